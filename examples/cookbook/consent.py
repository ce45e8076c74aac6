"""Consent: write who may be written to, and read back who has unsubscribed.

`$email_marketing` and `$sms_marketing` are what Batch itself goes by. The event beside them records how it came about;
an export of events reads it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from batch_api import BatchClient
from batch_api.types import ProfileEvent, ProfileIdentifiers

Channel = Literal["email", "sms"]
State = Literal["subscribed", "unsubscribed"]


class Consent(NamedTuple):
    """A choice of a customer."""

    customer_id: str
    channel: Channel
    state: State
    source: str


async def record(client: BatchClient, consent: Consent) -> None:
    """Write a choice. The attribute and the event go apart: attributes may be retried, events may not."""
    identifiers: ProfileIdentifiers = {"custom_id": consent.customer_id}
    await client.profiles.update(
        [{"identifiers": identifiers, "attributes": {f"${consent.channel}_marketing": consent.state}}]
    )
    event: ProfileEvent = {
        "name": "consent_changed",
        "time": datetime.now(UTC),
        "attributes": {"channel": consent.channel, "state": consent.state, "source": consent.source},
    }
    await client.profiles.update([{"identifiers": identifiers, "events": [event]}])


async def changes_since(client: BatchClient, since: datetime) -> AsyncIterator[Consent]:
    """The choices that were recorded since then, at most 90 days back. An export takes minutes."""
    id = await client.profiles.export(
        {"export_type": "EVENTS", "from": since, "to": "now", "events": ["consent_changed"]}
    )
    async for row in client.exports.records(id):
        chosen = row["event"]["attributes"]
        yield Consent(row["identifiers"]["custom_id"], chosen["channel"], chosen["state"], chosen["source"])


async def unsubscribed(client: BatchClient) -> set[str]:
    """Who does not want mail, by what Batch holds: whoever clicked a link in a mail is among them."""
    id = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["$email_marketing"]})
    return {
        row["identifiers"]["custom_id"]
        async for row in client.exports.records(id)
        if row["attributes"].get("$email_marketing") == "unsubscribed"
    }
