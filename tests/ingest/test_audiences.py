"""Audiences by the ten thousand: changes, and whole contents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from batch_api import AudienceIncomplete, AuthenticationFailed, BatchClient, ConfigurationError, InvalidInput, Unsent
from batch_api.testing import FakeBatch
from tests.ingest.world import a_client, fates_of, kinds, one_each

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with a_client(fake) as client:
        await client.audiences.create("vip")
        await client.audiences.update("vip", ["old"])
        yield client


def content(fake: FakeBatch) -> dict[str, Any]:
    return fake.project().audiences.by_name["vip"].ids


def ids(count: int) -> list[str]:
    return [f"u{number}" for number in range(count)]


async def test_update_adds_and_removes(client: BatchClient, fake: FakeBatch) -> None:
    changes = ["u1", {"id": "u2", "action": "add", "attributes": {"tier": "gold"}}, {"id": "old", "action": "remove"}]
    lines = [orjson.dumps({"id": "u3", "action": "add"}), b'{"id":"u4"}']
    fates = await fates_of(client.audiences.ingest("vip", [*changes, *lines]))
    assert kinds(fates) == {"Delivered": 4, "Invalid": 1}
    assert content(fake) == {"u1": {}, "u2": {"tier": "gold"}, "u3": {}}


async def test_replace_takes_the_first_and_adds_the_rest(client: BatchClient, fake: FakeBatch) -> None:
    fates = await fates_of(job := client.audiences.ingest("vip", ids(25_000), mode="replace"))
    assert one_each(fates, 25_000)
    assert kinds(fates) == {"Delivered": 25_000}
    assert set(content(fake)) == set(ids(25_000))
    assert fake.stats["audience_replace"].accepted == 1
    assert not job.is_incomplete


async def test_updates_wait_until_the_replacement_is_applied() -> None:
    fake = FakeBatch(index_seconds=30)
    async with a_client(fake) as client:
        await client.audiences.create("vip")
        await client.audiences.ingest("vip", ids(12_000), mode="replace").collect()
    replaced, updated = fake.stats["audience_replace"].log[0], fake.stats["audience_update"].log[0]
    assert updated.time >= replaced.time + 30


@pytest.mark.parametrize(
    "source", [ids(3), [{"id": name} for name in ids(3)], [b'{"id":"%b"}' % n.encode() for n in ids(3)]]
)
async def test_ids_of_all_kinds(client: BatchClient, fake: FakeBatch, source: list[Any]) -> None:
    assert kinds(await fates_of(client.audiences.ingest("vip", source, mode="replace"))) == {"Delivered": 3}
    assert list(content(fake)) == ids(3)


async def test_replace_takes_no_removals(client: BatchClient, fake: FakeBatch) -> None:
    source = [{"id": "u1"}, {"id": "u2", "action": "remove"}, {"id": "u3", "action": "add"}]
    assert kinds(await fates_of(client.audiences.ingest("vip", source, mode="replace"))) == {
        "Delivered": 2,
        "Invalid": 1,
    }
    assert list(content(fake)) == ["u1", "u3"]


async def test_a_bad_id_among_the_first(client: BatchClient, fake: FakeBatch) -> None:
    """It cannot be known which one it is without replacing by some of the others, and adding the rest."""
    source: list[Any] = list(ids(3000))
    source[10] = {"id": "u10", "attributes": "gold"}
    fates = await fates_of(client.audiences.ingest("vip", source, mode="replace"))
    assert kinds(fates) == {"Delivered": 2999, "Refused": 1}
    assert set(content(fake)) == set(ids(3000)) - {"u10"}
    assert fake.stats["audience_replace"].accepted == 1


@pytest.mark.parametrize("after_acceptance", [False, True])
async def test_the_first_call_is_repeated_only_before_any_update(
    client: BatchClient, fake: FakeBatch, after_acceptance: bool
) -> None:
    fake.reset("audience_replace", after_acceptance=after_acceptance, times=2)
    fake.reset("audience_update", after_acceptance=after_acceptance, times=2)
    fates = await fates_of(client.audiences.ingest("vip", ids(22_000), mode="replace"))
    assert kinds(fates) == {"Delivered": 22_000}
    assert set(content(fake)) == set(ids(22_000))
    updates = fake.stats["audience_update"].log[1:]  # the first was made before
    assert fake.stats["audience_replace"].log[-1].time < updates[0].time


async def test_a_job_that_ends_early_says_that_the_audience_is_incomplete(client: BatchClient, fake: FakeBatch) -> None:
    fake.fail("audience_update", 401, skip=1, times=None)
    job = client.audiences.ingest("vip", ids(50_000), mode="replace")
    fates = await fates_of(job)
    assert one_each(fates, 50_000)
    assert kinds(fates) == {"Delivered": 20_000, "Refused": 10_000, "Unsent": 20_000}
    assert job.is_incomplete
    errors = {fate.error for fate in fates if isinstance(fate, Unsent)}
    assert errors == {job.ended_by}
    assert isinstance(job.ended_by, AudienceIncomplete)
    assert isinstance(job.ended_by.__cause__, AuthenticationFailed)


async def test_a_job_that_is_left_early_leaves_it_incomplete(client: BatchClient) -> None:
    async with client.audiences.ingest("vip", ids(50_000), mode="replace") as job:
        async for _ in job:
            break
    assert job.is_incomplete


async def test_a_job_that_is_refused_from_the_start_changed_nothing(client: BatchClient, fake: FakeBatch) -> None:
    fake.fail("audience_replace", 401, times=None)
    job = client.audiences.ingest("vip", ids(20_000), mode="replace")
    fates = await fates_of(job)
    assert kinds(fates) == {"Refused": 10_000, "Unsent": 10_000}
    assert not job.is_incomplete
    assert isinstance(job.ended_by, AuthenticationFailed)
    assert list(content(fake)) == ["old"]


async def test_a_replacement_that_is_never_applied_ends_the_job() -> None:
    fake = FakeBatch(index_seconds=1e6)
    async with a_client(fake) as client:
        await client.audiences.create("vip")
        job = client.audiences.ingest("vip", ids(12_000), mode="replace", patience=60)
        fates = await fates_of(job)
    assert kinds(fates) == {"Delivered": 10_000, "Unsent": 2000}
    assert job.is_incomplete
    assert asyncio.get_running_loop().time() < 100


@pytest.mark.parametrize("seconds", [0.01, 0.5, 2.5, 3.5, 4.5])
async def test_a_job_that_goes_on_does_not_empty_the_audience_again(
    client: BatchClient, fake: FakeBatch, tmp_path: Path, seconds: float
) -> None:
    """Whether the caller had seen anything of the earlier one or not."""
    before = fake.stats["audience_update"].accepted
    async with client.audiences.ingest("vip", ids(35_000), mode="replace", checkpoint=tmp_path / "point"):
        await asyncio.sleep(seconds)
    updated = fake.stats["audience_update"].accepted > before
    replaced = fake.stats["audience_replace"].accepted
    job = client.audiences.ingest("vip", ids(35_000), mode="replace", checkpoint=tmp_path / "point")
    fates = await fates_of(job)
    assert one_each(fates, 35_000)
    assert kinds(fates) == {"Delivered": 35_000}
    assert set(content(fake)) == set(ids(35_000))
    assert not job.is_incomplete
    if updated:
        assert fake.stats["audience_replace"].accepted == replaced


async def test_a_job_that_goes_on_waits_until_the_replacement_is_applied(tmp_path: Path) -> None:
    """The earlier one had lost its patience."""
    fake = FakeBatch(index_seconds=50)
    async with a_client(fake) as client:
        await client.audiences.create("vip")
        job = client.audiences.ingest("vip", ids(12_000), mode="replace", checkpoint=tmp_path / "point", patience=5)
        assert kinds(await fates_of(job)) == {"Delivered": 10_000, "Unsent": 2_000}
        assert job.is_incomplete
        job = client.audiences.ingest("vip", ids(12_000), mode="replace", checkpoint=tmp_path / "point")
        assert kinds(await fates_of(job)) == {"Delivered": 2_000}
        assert not job.is_incomplete
    (replaced,), (updated,) = fake.stats["audience_replace"].log, fake.stats["audience_update"].log
    assert updated.time - replaced.time >= 50


async def test_the_checkpoint_of_an_update_is_none_of_a_replacement(client: BatchClient, tmp_path: Path) -> None:
    async with client.audiences.ingest("vip", ids(30_000), checkpoint=tmp_path / "point") as job:
        async for _ in job:
            break
    with pytest.raises(ConfigurationError, match="another job"):
        await client.audiences.ingest("vip", ids(30_000), mode="replace", checkpoint=tmp_path / "point").collect()


async def test_modes(client: BatchClient) -> None:
    with pytest.raises(InvalidInput, match="expected 'update' or 'replace'"):
        client.audiences.ingest("vip", [], mode="append")  # type: ignore[arg-type]
