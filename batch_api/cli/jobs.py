"""The targets of an import, and the job for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from batch_api import BatchClient, Job
from batch_api.ingest.items.item_types import AudienceChanges, AudienceMembers, CatalogItems, ItemType, ProfileEdits
from batch_api.ingest.sources.files import FileSource


class Target(NamedTuple):
    """Where the items of a file go."""

    name: str
    """For people: `profiles`, `catalog cars`, `audience vip`."""
    item_type: ItemType
    start: Callable[[BatchClient, FileSource, Path | None], Job]
    """Makes the job that sends them, with its checkpoint."""
    texts: Callable[[BatchClient], Awaitable[Sequence[str]]]
    """Returns the columns that are text there. Called before anything is sent."""


def profiles(endpoint: Literal["update", "mass-update"], *, resend_events: bool) -> Target:
    """Edits of profiles."""

    def start(client: BatchClient, source: FileSource, checkpoint: Path | None) -> Job:
        return client.profiles.ingest(source, endpoint=endpoint, checkpoint=checkpoint, resend_events=resend_events)

    return Target("profiles", ProfileEdits(endpoint), start, _none)


def catalog(name: str) -> Target:
    """Items of a catalog."""

    def start(client: BatchClient, source: FileSource, checkpoint: Path | None) -> Job:
        return client.catalogs.ingest(name, source, checkpoint=checkpoint)

    return Target(f"catalog {name}", CatalogItems(name), start, lambda client: _texts_of_catalog(client, name))


def audience(name: str, mode: Literal["update", "replace"]) -> Target:
    """Ids of an audience."""

    def start(client: BatchClient, source: FileSource, checkpoint: Path | None) -> Job:
        return client.audiences.ingest(name, source, mode=mode, checkpoint=checkpoint)

    return Target(
        f"audience {name}", AudienceMembers(name) if mode == "replace" else AudienceChanges(name), start, _none
    )


async def _texts_of_catalog(client: BatchClient, name: str) -> list[str]:
    """The fields of a catalog that hold text: a title such as `1984` is not a number there.

    Raises `NotFound` for a catalog that does not exist, before its items are sent.
    """
    fields = (await client.catalogs.view(name)).fields or []
    return [field.name for field in fields if getattr(field, "type_", None) == "string"]


async def _none(client: BatchClient) -> list[str]:
    return []


def offline(share: float | None) -> BatchClient:
    """A client that knows the limits and opens nothing."""
    return BatchClient("none", "none", share=share)
