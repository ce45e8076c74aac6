"""GDPR requests over several apps: ask each app for the data of a person, or for its removal, and wait for all of them.

A GDPR request belongs to one app, that is, to one platform, and the older app-level API alone has them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from batch_api import BatchAppClient, BatchError
from batch_api.app_types import GdprRequestType


class Outcome(NamedTuple):
    """What became of the request to one app."""

    app: str
    status: str
    data_url: str | None = None


async def request_everywhere(
    client: BatchAppClient,
    apps: Mapping[str, str],
    customer_id: str,
    kind: GdprRequestType,
    *,
    poll_seconds: float = 60.0,
) -> list[Outcome]:
    """Make one request for each app (name to app key), and wait until all are done. One that fails stops no other."""
    clients = {name: client.for_app(key, app_alias=name) for name, key in apps.items()}
    wanted = [request(app, name, customer_id, kind, poll_seconds) for name, app in clients.items()]
    return await asyncio.gather(*wanted)


async def request(
    app: BatchAppClient, name: str, customer_id: str, kind: GdprRequestType, poll_seconds: float
) -> Outcome:
    """One request. It is never made twice: if no answer came, look for it with `gdpr.list()`."""
    try:
        id = await app.gdpr.create({"request_type": kind, "id": {"type": "custom_id", "value": customer_id}})
        while True:
            found = await app.gdpr.view(id)
            if found.status == "done":
                return Outcome(name, "done", found.data_url or None)
            if found.status == "error":
                return Outcome(name, "error")
            await asyncio.sleep(poll_seconds)
    except BatchError as error:
        return Outcome(name, f"failed, {error.outcome}")
