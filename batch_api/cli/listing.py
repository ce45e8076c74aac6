"""`list` and `view`."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any, NamedTuple

from batch_api import BatchClient
from batch_api.cli import output
from batch_api.cli.output import Format


class Kind(NamedTuple):
    """Something that can be listed, and viewed if it has a `view`."""

    columns: tuple[str, ...]
    list: Callable[[BatchClient], AsyncIterable[Any]]
    view: Callable[[BatchClient, str], Awaitable[Any]] | None


KINDS = {
    "audiences": Kind(
        ("name", "display_name", "type", "nb_ids", "created", "updated"),
        lambda client: client.audiences.list(),
        lambda client, name: client.audiences.view(name),
    ),
    "catalogs": Kind(
        ("name", "items", "size", "fields", "created", "updated"),
        lambda client: client.catalogs.list(),
        lambda client, name: client.catalogs.view(name),
    ),
    "campaigns": Kind(
        ("id", "name", "status", "channels", "source", "start_time"),
        lambda client: client.orchestrations.list(type="campaign"),
        lambda client, id: client.orchestrations.view(id),
    ),
    "orchestrations": Kind(
        ("id", "name", "type", "status", "channels", "start_time"),
        lambda client: client.orchestrations.list(),
        lambda client, id: client.orchestrations.view(id),
    ),
    "exports": Kind(
        ("id", "scope", "status", "request_date", "completion_date"),
        lambda client: client.exports.list(),
        lambda client, id: client.exports.view(id),
    ),
    "segments": Kind(
        ("code", "display_name", "created_at", "updated_at"),
        lambda client: client.segments.list(),
        None,
    ),
}


def kind_of(word: str) -> str | None:
    """The kind that a word names, in the singular or plural: `audience` or `audiences`."""
    plural = word if word.endswith("s") else f"{word}s"
    return plural if plural in KINDS else None


async def show_list(open_client: Callable[[], BatchClient], name: str, form: Format) -> int:
    """All of a kind. The list is read to its end before it is shown: tables need to know their widest cell."""
    kind = KINDS[name]
    async with open_client() as client:
        found = [output.plain(item) async for item in kind.list(client)]
    output.rows([row for row in found if isinstance(row, dict)], kind.columns, form)
    return 0


async def show_one(open_client: Callable[[], BatchClient], name: str, id: str, form: Format) -> int:
    """One of a kind."""
    view = KINDS[name].view
    assert view is not None  # noqa: S101
    async with open_client() as client:
        found = await view(client, id)
    output.one(output.plain(found), form)
    return 0
