"""Waiting for indexing and exports: when it ends, how often it looks, what it tells meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batch_api import (
    BatchClient,
    BatchError,
    DeadlineExceeded,
    ExportFailed,
    NotFound,
    RateLimited,
    ServerError,
    WaitTimeout,
    models,
)
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect
from tests.facade.wire import Answer, Wire

EXPORT: Any = {"export_type": "ATTRIBUTES", "attributes": ["tier"]}


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(index_seconds=5, export_seconds=60)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_an_audience_is_waited_for_with_progress(client: BatchClient, fake: FakeBatch) -> None:
    token = (await client.audiences.create("vip")).indexing_token
    states: list[Any] = []
    seen = await client.audiences.wait(
        "vip", token, on_progress=lambda audience: states.append(audience and audience.indexing_state)
    )
    assert seen is not None
    assert seen.indexing_state == "APPLIED"
    assert states == ["IN_PROGRESS"] * (len(states) - 1) + ["APPLIED"]
    assert 5 <= now() < 8
    assert 3 <= fake.stats["audience_view"].requests <= 6, "a pace of its own, below that of the limit"
    assert fake.rejections == 0


async def test_a_change_that_was_replaced_is_over(client: BatchClient) -> None:
    await client.audiences.create("vip")
    token = (await client.audiences.update("vip", ["a"])).indexing_token
    await client.audiences.replace("vip", ["b"])
    seen = await client.audiences.wait("vip", token)
    assert seen is not None
    assert seen.indexing_state == "REPLACED"


async def test_without_a_token_the_latest_change_counts(client: BatchClient) -> None:
    await client.audiences.create("vip")
    seen = await client.audiences.wait("vip", None)
    assert seen is not None
    assert seen.indexing_state == "APPLIED"


async def test_a_removal_ends_with_the_audience_not_found(client: BatchClient) -> None:
    await client.audiences.create("vip")
    token = (await client.audiences.remove("vip")).indexing_token
    states: list[Any] = []
    assert await client.audiences.wait("vip", token, on_progress=states.append) is None
    assert states[-1] is None
    assert states[0].indexing_state == "IN_PROGRESS"
    assert now() >= 5


async def test_a_token_that_was_stored_needs_to_be_told(client: BatchClient) -> None:
    await client.audiences.create("vip")
    token = str((await client.audiences.remove("vip")).indexing_token)
    stored = "".join(token)
    await asyncio.sleep(10)
    with pytest.raises(NotFound):
        await client.audiences.wait("vip", stored)
    assert await client.audiences.wait("vip", stored, removed=True) is None


async def test_an_audience_that_is_not_there_is_not_waited_for(client: BatchClient) -> None:
    with pytest.raises(NotFound):
        await client.audiences.wait("vip", None)


async def test_a_catalog_is_waited_for(client: BatchClient) -> None:
    await client.catalogs.create("shoes", {"title": "string"})
    token = (await client.catalogs.edit_items("shoes", [{"id": "a", "action": "add"}])).indexing_token
    states: list[Any] = []
    seen = await client.catalogs.wait("shoes", token, on_progress=lambda catalog: states.append(catalog.indexing_state))
    assert seen.items == 1
    assert states[0] == "IN_PROGRESS"
    assert states[-1] == "APPLIED"


async def test_an_export_is_waited_for(client: BatchClient, fake: FakeBatch) -> None:
    id = await client.profiles.export(EXPORT)
    states: list[Any] = []
    record = await client.exports.wait(id, on_progress=lambda record: states.append(record.status))
    assert record.status == "SUCCESS"
    assert record.files
    assert list(dict.fromkeys(states)) == ["CREATED", "PENDING", "RUNNING", "SUCCESS"]
    assert 60 <= now() < 80
    assert fake.stats["export_view"].requests <= 12


async def test_an_export_that_fails_raises_with_its_record(client: BatchClient, fake: FakeBatch) -> None:
    fake.project().exports.fail_next()
    id = await client.profiles.export(EXPORT)
    with pytest.raises(ExportFailed) as caught:
        await client.exports.wait(id)
    assert isinstance(caught.value.export, models.ExportRecord)
    assert (caught.value.export.id, caught.value.export.status) == (id, "ERROR")
    assert caught.value.outcome == "refused"


# -- states nobody knows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd", [{"indexing_state": "ADDED_LATER"}, {}, {"indexing_state": 7}, [], b"<html>", {"indexing_state": None}]
)
async def test_unknown_and_missing_states_go_on(odd: Any) -> None:
    wire = Wire(Answer(200, odd), Answer(200, odd), Answer(200, {"indexing_state": "APPLIED", "name": "vip"}))
    async with wire.client() as client:
        seen = await client.audiences.wait("vip", "token")
    assert seen is not None
    assert seen.name == "vip"
    assert len(wire.requests) == 3


async def test_unknown_states_of_an_export_go_on() -> None:
    wire = Wire(
        Answer(200, {"status": "QUEUED"}), Answer(200, {}), Answer(200, {"status": "SUCCESS", "id": "export_1"})
    )
    async with wire.client() as client:
        assert (await client.exports.wait("export_1")).id == "export_1"


# -- timeouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0.5, 1, 3, 10, 100])
async def test_a_wait_gives_up_on_time(connect: Connect, timeout: float) -> None:
    fake = FakeBatch(index_seconds=1e6)
    async with connect(transport=fake.transport()) as client:
        token = (await client.audiences.create("vip")).indexing_token
        began = now()
        with pytest.raises(WaitTimeout, match=f"audiences.wait: not over after {timeout:g} s.* IN_PROGRESS") as caught:
            await client.audiences.wait("vip", token, timeout=timeout)
    assert timeout - 1.1 <= now() - began <= timeout + 0.01
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, BatchError)
    assert "taken" not in str(caught.value), "a look changes nothing"


async def test_the_last_look_comes_shortly_before_the_end(connect: Connect) -> None:
    fake = FakeBatch(index_seconds=28.5)
    async with connect(transport=fake.transport()) as client:
        token = (await client.audiences.create("vip")).indexing_token
        await client.audiences.wait("vip", token, timeout=30)
    assert 28.5 <= now() <= 30


async def test_a_wait_may_take_as_long_as_it_takes(connect: Connect) -> None:
    fake = FakeBatch(index_seconds=100_000)
    async with connect(transport=fake.transport()) as client:
        token = (await client.audiences.create("vip")).indexing_token
        assert await client.audiences.wait("vip", token, timeout=None)
    assert fake.stats["audience_view"].requests < 10_100, "at most every 10 s"


async def test_the_time_out_bounds_a_look_that_hangs(client: BatchClient, fake: FakeBatch) -> None:
    await client.audiences.create("vip")
    fake.delay("audience_view", 25)
    began = now()
    with pytest.raises(WaitTimeout):
        await client.audiences.wait("vip", None, timeout=5)
    assert now() - began == pytest.approx(5, abs=0.01)


async def test_the_time_out_bounds_a_storm(client: BatchClient, fake: FakeBatch) -> None:
    await client.audiences.create("vip")
    fake.storm("audience_view", seconds=1000)
    began = now()
    with pytest.raises(WaitTimeout) as caught:
        await client.audiences.wait("vip", None, timeout=20)
    assert now() - began <= 20
    assert isinstance(caught.value.__cause__, RateLimited)


async def test_a_call_s_own_deadline_still_holds(connect: Connect, fake: FakeBatch) -> None:
    async with connect(deadline=5) as client:
        await client.audiences.create("vip")
        fake.delay("audience_view", 25)
        with pytest.raises(DeadlineExceeded):
            await client.audiences.wait("vip", None, timeout=100)


async def test_an_error_of_a_look_is_raised(client: BatchClient, fake: FakeBatch) -> None:
    await client.audiences.create("vip")
    fake.fail("audience_view", 500, times=None)
    with pytest.raises(ServerError):
        await client.audiences.wait("vip", None)


async def test_a_wait_can_be_cancelled(client: BatchClient, fake: FakeBatch) -> None:
    await client.audiences.create("vip")
    wait = asyncio.create_task(client.audiences.wait("vip", None))
    await asyncio.sleep(2)
    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait
    assert client.wait_time("audience_view") < 1.1
