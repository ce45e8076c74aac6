"""Everything goes wrong now and then: what is lost, what is repeated, and whether the fates say so."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from batch_api import Delivered, Unknown
from batch_api.testing import FakeBatch
from tests.ingest.world import MASS, a_client, edit, fates_of, kinds, one_each, stored

pytestmark = pytest.mark.virtual_time

COUNT = 20_000


def troubled(seed: int) -> FakeBatch:
    fake = FakeBatch(seed=seed, keep_edits=None)
    fake.delay(MASS, 0.02, 0.06)
    fake.storm(MASS, times=None, probability=0.02)
    fake.fail(MASS, 500, times=None, probability=0.01)
    fake.reset(MASS, times=None, probability=0.01)
    fake.reset(MASS, after_acceptance=True, times=None, probability=0.01)
    return fake


def source() -> list[dict[str, Any]]:
    """Three in ten have an event, whose name says whose it is."""
    return [
        {**edit(number), **({"events": [{"name": f"e{number}"}]} if number % 10 < 3 else {})} for number in range(COUNT)
    ]


def events_of(fake: FakeBatch) -> Counter[str]:
    return Counter(happened["name"] for profile in stored(fake).values() for happened in profile.events)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_without_leave_no_event_comes_twice(seed: int) -> None:
    fake = troubled(seed)
    async with a_client(fake) as client:
        fates = await fates_of(client.profiles.ingest(source(), chunk_size=100))
    assert one_each(fates, COUNT)
    events = events_of(fake)
    assert max(events.values()) == 1
    unknown = {fate.index for fate in fates if isinstance(fate, Unknown)}
    delivered = {fate.index for fate in fates if isinstance(fate, Delivered)}
    assert unknown
    assert unknown | delivered == set(range(COUNT))
    assert stored(fake).keys() == {f"u{number}" for number in range(COUNT)}
    for index in delivered:
        assert index % 10 >= 3 or events[f"e{index}"] == 1
    assert all(index % 10 < 3 for index in unknown), "attributes are simply sent again"


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_with_leave_nothing_is_lost_and_every_repeat_is_counted(seed: int) -> None:
    fake = troubled(seed)
    async with a_client(fake) as client:
        job = client.profiles.ingest(source(), chunk_size=100, resend_events=True)
        fates = await fates_of(job)
    assert kinds(fates) == {"Delivered": COUNT}
    assert one_each(fates, COUNT)
    events = events_of(fake)
    assert len(events) == COUNT * 3 // 10
    # What arrived twice is exactly what was taken and whose answer was lost.
    assert fake.stats[MASS].items - COUNT == 100 * (fake.stats[MASS].accepted - COUNT // 100)
    assert sum(events.values()) - len(events) == 30 * (fake.stats[MASS].accepted - COUNT // 100)
