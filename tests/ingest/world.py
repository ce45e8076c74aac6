"""A fake API and a client of it, and what a test says about fates."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Iterable
from typing import Any

from batch_api import BatchClient, Fate
from batch_api.testing import FakeBatch

MASS = "profile_mass_update"


def a_client(fake: FakeBatch, **options: Any) -> BatchClient:
    return BatchClient(fake.rest_api_key, fake.project_key, **{"transport": fake.transport(), **options})


def edit(name: object, **attributes: Any) -> Any:
    return {"identifiers": {"custom_id": f"u{name}"}, "attributes": attributes or {"n": 1}}


def with_event(name: object, event: str = "seen") -> Any:
    return {**edit(name), "events": [{"name": event}]}


async def fates_of(job: AsyncIterable[Fate]) -> list[Fate]:
    return [fate async for fate in job]


def kinds(fates: Iterable[Fate]) -> Counter[str]:
    return Counter(type(fate).__name__ for fate in fates)


def one_each(fates: Iterable[Fate], count: int) -> bool:
    """Whether each item has one fate, and none has two."""
    return sorted(fate.index for fate in fates) == list(range(count))


def stored(fake: FakeBatch) -> dict[str, Any]:
    return fake.project().profiles.by_id
