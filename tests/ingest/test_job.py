"""What a caller sees of a job: a fate for each item, whatever happens."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import (
    BatchClient,
    BatchError,
    DeadlineExceeded,
    Delivered,
    Fate,
    IngestFailed,
    Invalid,
    InvalidInput,
    Limit,
    NotFound,
    PartlyApplied,
    Progress,
    Refused,
    Unknown,
    Unsent,
    models,
)
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.ingest.world import MASS, a_client, edit, fates_of, kinds, one_each, stored, with_event

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with a_client(fake) as client:
        yield client


# -- sources and fates -----------------------------------------------------------------------------------------------


async def test_each_item_has_one_fate(client: BatchClient, fake: FakeBatch) -> None:
    items: list[Any] = [edit(number) for number in range(6000)]
    items[17] = edit(17, score=math.nan)
    items[4321] = {"identifiers": {}}
    items[5999] = edit(5999, Tier="no such name")
    fates = await fates_of(client.profiles.ingest(items))
    assert one_each(fates, 6000)
    assert kinds(fates) == {"Delivered": 5997, "Invalid": 2, "PartlyApplied": 1}
    by_index = {fate.index: fate for fate in fates}
    nan, partly = by_index[17], by_index[5999]
    assert isinstance(nan, Invalid)
    assert (nan.id, nan.error.index, nan.error.path) == ("u17", 17, "attributes.score")
    assert isinstance(partly, PartlyApplied)
    assert [(error.index, error.attribute) for error in partly.error] == [(5999, "Tier")]
    assert by_index[0] == Delivered(0, "u0", None)
    assert len(stored(fake)) == 5998


async def test_dicts_models_and_lines_are_the_same_edit(client: BatchClient, fake: FakeBatch) -> None:
    plain = edit(1, tier="gold")
    model = models.EditProfile.from_dict(edit(2, tier="gold"))
    lines = [orjson.dumps(edit(name, tier="gold")) for name in (3, 4, 5)]
    fates = await fates_of(
        client.profiles.ingest([plain, model, lines[0], lines[1] + b"\n", b"  " + lines[2] + b"\r\n"])
    )
    assert [(type(fate), fate.id) for fate in fates] == [(Delivered, f"u{number}") for number in range(1, 6)]
    assert {profile.attributes["tier"] for profile in stored(fake).values()} == {"gold"}


async def test_lines_go_out_as_they_came(fake: FakeBatch) -> None:
    line = b'{"identifiers": {"custom_id": "u1"},  "attributes":{"score":1.50,\n"note":"\xc3\xa9"}}'
    bodies: list[bytes] = []

    class Spy(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            bodies.append(await request.aread())
            return httpx.Response(202, json={"code": "SUCCESS"})

    async with a_client(fake, transport=Spy()) as client:
        fates = await fates_of(client.profiles.ingest([line, b'{"identifiers":{"custom_id":"u2"}}\r\n']))
    assert kinds(fates) == {"Delivered": 2}
    assert bodies == [b"[" + line + b',{"identifiers":{"custom_id":"u2"}}]']


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json",
        b"[]",
        b"{}{}",
        b'{"identifiers":{"custom_id":""}}',
        b'{"identifiers":{"custom_id":1}}',
        b'{"identifiers":{}}',
        b'{"identifiers":{"custom_id":"u","installation":{"apikey":"a","installation_id":"b"}}}',
        b'{"identifiers":{"custom_id":"u"},"attributes":{"a":NaN}}',
        b'{"identifiers":{"custom_id":"u"},"attributes":{"a":"\xff"}}',
        b'{"identifiers":{"custom_id":"u"},"events":[' + b",".join([b'{"name":"a"}'] * 16) + b"]}",
    ],
)
async def test_a_bad_line_is_invalid_and_its_neighbours_are_not(
    client: BatchClient, fake: FakeBatch, line: bytes
) -> None:
    good = [orjson.dumps(edit(number)) for number in range(4)]
    fates = await fates_of(client.profiles.ingest([*good[:2], line, *good[2:]]))
    assert kinds(fates) == {"Delivered": 4, "Invalid": 1}
    assert {fate.index for fate in fates if isinstance(fate, Invalid)} == {2}
    assert len(stored(fake)) == 4


async def test_a_line_that_holds_two_objects_beside_one_that_holds_none(client: BatchClient) -> None:
    """As many objects as lines, and yet not one on each."""
    two = orjson.dumps(edit(1)) + orjson.dumps(edit(2))
    fates = await fates_of(client.profiles.ingest([two, b" ", orjson.dumps(edit(3))]))
    assert [type(fate) for fate in sorted(fates, key=lambda fate: fate.index)] == [Invalid, Invalid, Delivered]


async def test_what_the_caller_attached_comes_back(client: BatchClient) -> None:
    source = [(edit(1), "row 1"), edit(2), (edit(""), "row 3"), ({"identifiers": {}}, "row 4")]
    fates = await fates_of(client.profiles.ingest(source))
    assert sorted((fate.index, fate.ref) for fate in fates) == [(0, "row 1"), (1, None), (2, "row 3"), (3, "row 4")]


async def test_installations(client: BatchClient, fake: FakeBatch) -> None:
    who = {"installation": {"apikey": "a", "installation_id": "b"}}
    source = [{"identifiers": who, "attributes": {"n": 1}}, orjson.dumps({"identifiers": who, "attributes": {"n": 2}})]
    fates = await fates_of(client.profiles.ingest(source))
    assert [fate.id for fate in fates] == ["a/b", "a/b"]
    assert fake.stats[MASS].accepted == 2, "both are about one profile, so they go one after the other"


@pytest.mark.parametrize("source", [edit(1), b"{}", 7, None])
async def test_what_is_no_source_is_refused(client: BatchClient, source: Any) -> None:
    with pytest.raises(InvalidInput):
        client.profiles.ingest(source)


@pytest.mark.parametrize("choice", [{"chunk_size": 10_001}, {"chunk_size": 0}, {"patience": 0}, {"deadline": -1}])
async def test_choices_that_cannot_be_are_refused(client: BatchClient, choice: Any) -> None:
    with pytest.raises(InvalidInput):
        client.profiles.ingest([], **choice)


async def test_an_empty_source(client: BatchClient, fake: FakeBatch) -> None:
    assert await fates_of(client.profiles.ingest([])) == []
    assert fake.stats[MASS].requests == 0


async def test_fates_show_nobody(client: BatchClient) -> None:
    (fate,) = await fates_of(client.profiles.ingest([({"identifiers": {"custom_id": "ann@example.org"}}, "secret")]))
    assert "ann" not in repr(fate)
    assert "secret" not in repr(fate)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("coalesce", [False, True])
async def test_of_large_items_few_are_held_at_once(client: BatchClient, is_async: bool, coalesce: bool) -> None:
    """4 MB each: what was read and has no fate yet is what is on its way, and a few more."""
    size, count = 4_000_000, 30
    held = most = 0

    def lines() -> Iterator[bytes]:
        nonlocal held, most
        for number in range(count):
            held += 1
            most = max(most, held)
            who = number % 3 if number > 15 else number  # some wait for earlier ones
            yield b'{"identifiers":{"custom_id":"u%d"},"attributes":{"a":"%b"}}' % (who, b"x" * size)

    async def stream() -> AsyncIterator[bytes]:
        for line in lines():
            yield line

    delivered = 0
    source: Any = stream() if is_async else lines()
    async for chunk in client.profiles.ingest(source, coalesce=coalesce).by_chunk():
        held -= len(chunk)
        delivered += len(chunk)
    assert delivered == count
    assert most <= 12


# -- by chunk, and all at once ---------------------------------------------------------------------------------------


async def test_by_chunk(client: BatchClient) -> None:
    chunks = [chunk async for chunk in client.profiles.ingest(map(edit, range(12_000))).by_chunk()]
    assert [len(chunk) for chunk in chunks] == [5000, 5000, 2000]
    assert [chunk.delivered for chunk in chunks] == [5000, 5000, 2000]
    assert [fate.index for chunk in chunks for fate in chunk] == list(range(12_000))
    assert chunks[1].indexes == range(5000, 10_000)


async def test_collect_counts(client: BatchClient) -> None:
    summary = await client.profiles.ingest(map(edit, range(300))).collect()
    assert (summary.counts, summary.troubles, summary.delivered) == ({"Delivered": 300}, [], 300)


async def test_a_job_that_is_awaited_says_what_to_await(client: BatchClient, fake: FakeBatch) -> None:
    job: Any = client.profiles.ingest([edit(0)])
    with pytest.raises(
        TypeError, match=r"await job\.collect\(\), or use `async with job:` and `async for fate in job:`"
    ):
        await job
    assert not fake.edits
    assert (await job.collect()).delivered == 1


async def test_collect_raises_with_the_troubles(client: BatchClient) -> None:
    with pytest.raises(IngestFailed, match="1 Delivered, 1 Invalid") as raised:
        await client.profiles.ingest([edit(1), {}]).collect()
    assert [type(trouble) for trouble in raised.value.summary.troubles] == [Invalid]
    assert raised.value.summary.delivered == 1


async def test_leaving_a_loop_within_the_block_loses_nothing(client: BatchClient) -> None:
    async with client.profiles.ingest(map(edit, range(700)), chunk_size=100) as job:
        seen: list[Fate] = []
        async for fate in job:
            seen.append(fate)
            if len(seen) == 150:
                break
        seen += await fates_of(job)
    assert one_each(seen, 700)


# -- progress, deadline, forecast ------------------------------------------------------------------------------------


async def test_progress_is_told_now_and_then(client: BatchClient) -> None:
    shots: list[tuple[float, int, float | None]] = []

    def note(progress: Progress) -> None:
        shots.append((progress.seconds, progress.done, progress.seconds_left))

    items = [edit(number) for number in range(40_000)]
    job = client.profiles.ingest(items, chunk_size=500, on_progress=note)
    await job.collect()
    assert shots[-1][1:] == (40_000, 0.0)
    assert all(later - sooner >= 0.24 for (sooner, _, _), (later, _, _) in itertools.pairwise(shots[:-1]))
    assert len(shots) > 10
    middle = shots[len(shots) // 2]
    assert middle[2] is not None
    assert middle[0] + middle[2] == pytest.approx(shots[-1][0], rel=0.2)
    share = job.progress.limit_share
    assert share is not None
    assert 0.97 < share < 1.2, "what the bucket held comes on top"
    assert job.progress.rate == pytest.approx(10_000 * share)


@pytest.mark.parametrize(("endpoint", "count"), [("mass-update", 52_300), ("update", 4700)])
async def test_a_forecast_comes_true(client: BatchClient, endpoint: Any, count: int) -> None:
    now = asyncio.get_running_loop().time
    for _ in range(2):  # on a client that has just been opened, and on one that has just been used
        forecast = client.profiles.forecast(count, endpoint=endpoint)
        began = now()
        await client.profiles.ingest(map(edit, range(count)), endpoint=endpoint).collect()
        assert now() - began == pytest.approx(forecast.seconds, rel=0.02)
        assert forecast.limit is not None
        assert forecast.limit.unit == "items"


@pytest.mark.parametrize(
    ("start", "seconds", "requests"),
    [
        (lambda client: client.profiles.ingest([], endpoint="update"), 800 / 300, 5),
        (lambda client: client.catalogs.ingest("cars", []), 0.8, 5),
        (lambda client: client.audiences.ingest("vip", [], chunk_size=100), 9, 10),
    ],
)
async def test_every_job_has_a_forecast_before_it_begins(
    client: BatchClient, start: Any, seconds: float, requests: int
) -> None:
    forecast = start(client).forecast(1000)
    assert forecast.items == 1000
    assert forecast.seconds == pytest.approx(seconds, rel=0.02)
    assert forecast.requests == requests
    assert start(client).forecast(0).seconds == 0
    with pytest.raises(InvalidInput, match="n: expected a whole number of 0 or more, got -1"):
        start(client).forecast(-1)


async def test_a_forecast_says_which_endpoint_is_better(client: BatchClient) -> None:
    assert client.profiles.forecast(100, endpoint="mass-update").better == "update"
    assert client.profiles.forecast(100_000, endpoint="update").better == "mass-update"
    assert client.profiles.forecast(0).seconds == 0.0
    with pytest.raises(InvalidInput):
        client.profiles.forecast(-1)


async def test_a_forecast_names_the_limit_that_binds(fake: FakeBatch) -> None:
    few = Limit(1.0)
    async with a_client(fake, limits={MASS: [few, Limit(10_000, unit="items")]}) as client:
        forecast = client.profiles.forecast(20_000)
    assert forecast.limit == few
    assert forecast.requests == 2


async def test_a_deadline_that_cannot_be_met_is_refused_first(client: BatchClient, fake: FakeBatch) -> None:
    items = [edit(number) for number in range(100_000)]
    with pytest.raises(DeadlineExceeded, match="100000 items take at least 9"):
        await client.profiles.ingest(items, deadline=5).collect()
    assert fake.stats[MASS].requests == 0
    summary = await client.profiles.ingest(items, deadline=11).collect()
    assert summary.delivered == 100_000


async def test_a_deadline_is_not_held_against_edits_that_may_be_merged(client: BatchClient) -> None:
    items = [edit(number % 100, n=number) for number in range(50_000)]
    summary = await client.profiles.ingest(items, deadline=4, coalesce=True).collect()
    assert summary.delivered == 50_000


async def test_a_deadline_is_held_against_the_length_of_a_file(
    client: BatchClient, fake: FakeBatch, tmp_path: Path
) -> None:
    path = tmp_path / "profiles.jsonl"
    path.write_bytes(b"".join(orjson.dumps(edit(number)) + b"\n" for number in range(30_000)))
    checkpoint = tmp_path / "checkpoint"
    with pytest.raises(DeadlineExceeded, match="items take"):
        await client.profiles.ingest(path, deadline=1, checkpoint=checkpoint).collect()
    assert fake.stats[MASS].requests == 0
    summary = await client.profiles.ingest(path, deadline=4, checkpoint=checkpoint).collect()
    assert summary.delivered == 30_000


async def test_a_deadline_that_passes_ends_the_job(client: BatchClient, fake: FakeBatch) -> None:
    """The source does not say how long it is."""
    job = client.profiles.ingest(map(edit, range(100_000)), deadline=2.1)
    fates = await fates_of(job)
    assert one_each(fates, 100_000)
    assert kinds(fates) == {"Delivered": 25_000, "Unsent": 75_000}
    assert isinstance(job.ended_by, DeadlineExceeded)
    assert len(stored(fake)) == 25_000


# -- leaving ---------------------------------------------------------------------------------------------------------


def endless() -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        yield edit(number)
        number += 1


async def others() -> set[asyncio.Task[Any]]:
    """The tasks that are left, once those that were cancelled had their say."""
    for _ in range(20):
        await asyncio.sleep(0)
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_break_ends_the_tasks(client: BatchClient) -> None:
    async for fate in client.profiles.ingest(endless()):
        assert isinstance(fate, Delivered)
        break
    assert await others() == set()
    async for _ in client.profiles.ingest(endless()).by_chunk():
        break
    assert await others() == set()


async def test_leaving_the_block_ends_the_tasks_at_once(client: BatchClient) -> None:
    async with client.profiles.ingest(endless()) as job:
        await asyncio.sleep(3)
        assert len(asyncio.all_tasks()) > 1
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await job.aclose()


async def test_a_slow_caller_is_waited_for(client: BatchClient) -> None:
    read = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal read
        for item in endless():
            read += 1
            yield item

    async with client.profiles.ingest(counted(), chunk_size=100):
        await asyncio.sleep(3600)
        assert read < 2000


async def test_an_async_source_that_is_left_is_not_read_on(client: BatchClient) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[dict[str, Any]]:
        try:
            for item in endless():
                yield item
                await asyncio.sleep(0.001)
        finally:
            closed.set()

    async with client.profiles.ingest(source()):
        await asyncio.sleep(1)
    assert closed.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stop_finishes_what_was_read(client: BatchClient, fake: FakeBatch) -> None:
    async with client.profiles.ingest(endless(), chunk_size=100) as job:
        seen: list[Fate] = []
        async for fate in job:
            seen.append(fate)
            if len(seen) == 1000:
                job.stop()
    assert one_each(seen, len(seen))
    assert len(stored(fake)) == len(seen) >= 1000
    assert kinds(seen) == {"Delivered": len(seen)}


async def test_stop_does_not_wait_for_a_source_that_pauses(client: BatchClient) -> None:
    async def source() -> AsyncIterator[dict[str, Any]]:
        yield edit(1)
        await asyncio.sleep(1e9)

    async with client.profiles.ingest(source()) as job:
        asyncio.get_running_loop().call_later(5, job.stop)
        assert kinds(await fates_of(job)) == {"Delivered": 1}
    assert asyncio.get_running_loop().time() < 10


@settings(max_examples=25, deadline=None)
@given(moment=st.floats(0.0, 1.5), steps=st.integers(0, 30), with_source=st.booleans())
def test_a_job_that_is_cancelled_leaves_no_task_behind(moment: float, steps: int, with_source: bool) -> None:
    """At any time, and at any await of that time."""

    async def source() -> AsyncIterator[dict[str, Any]]:
        for item in endless():
            yield item
            if item["identifiers"]["custom_id"].endswith("0"):
                await asyncio.sleep(0.05)

    async def consume(fake: FakeBatch) -> None:
        async with a_client(fake) as client:
            async for _ in client.profiles.ingest(source() if with_source else endless(), chunk_size=100):
                pass

    async def main() -> None:
        fake = FakeBatch()
        fake.delay(MASS, 0.02, 0.2)
        fake.storm(MASS, times=None, probability=0.05)
        fake.reset(MASS, times=None, probability=0.05)
        task = asyncio.create_task(consume(fake))
        await asyncio.sleep(moment)
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        for _ in range(20):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


# -- sources that raise or pause -------------------------------------------------------------------------------------


class SourceBroke(Exception):
    pass


@pytest.mark.parametrize("is_async", [False, True])
async def test_what_the_source_raises_comes_after_all_fates(client: BatchClient, is_async: bool) -> None:
    def plain() -> Iterator[dict[str, Any]]:
        yield from map(edit, range(6123))
        raise SourceBroke

    async def streamed() -> AsyncIterator[dict[str, Any]]:
        for item in map(edit, range(6123)):
            yield item
        raise SourceBroke

    fates: list[Fate] = []

    async def walk() -> None:
        async for fate in client.profiles.ingest(streamed() if is_async else plain()):
            fates.append(fate)  # noqa: PERF401

    with pytest.raises(SourceBroke):
        await walk()
    assert one_each(fates, 6123)
    assert kinds(fates) == {"Delivered": 6123}
    assert await others() == set()


async def test_while_a_source_pauses_what_is_there_is_sent(client: BatchClient, fake: FakeBatch) -> None:
    async def source() -> AsyncIterator[dict[str, Any]]:
        for number in range(10):
            yield edit(number)
        await asyncio.sleep(100)
        for number in range(10, 20):
            yield edit(number)

    now = asyncio.get_running_loop().time
    times = [(now(), len(chunk)) async for chunk in client.profiles.ingest(source()).by_chunk()]
    assert [(round(at), size) for at, size in times] == [(1, 10), (100, 10)]


async def test_a_source_that_trickles_is_gathered(client: BatchClient, fake: FakeBatch) -> None:
    async def source() -> AsyncIterator[dict[str, Any]]:
        for number in range(200):
            yield edit(number)
            await asyncio.sleep(0.1)

    assert (await client.profiles.ingest(source()).collect()).delivered == 200
    assert fake.stats[MASS].requests <= 22


async def test_an_observer_of_progress_that_raises_ends_the_job(client: BatchClient) -> None:
    def broken(progress: Progress) -> None:
        raise SourceBroke

    with pytest.raises(SourceBroke):
        await client.profiles.ingest(map(edit, range(100_000)), on_progress=broken).collect()
    assert await others() == set()


# -- order -----------------------------------------------------------------------------------------------------------


async def test_edits_of_one_profile_are_accepted_in_order(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 0.01, 0.5)
    fake.fail(MASS, 500, times=None, probability=0.1)
    fake.fail(MASS, 400, times=2, skip=3)
    count = 4000
    source = (edit(number % 37, n=number) for number in range(count))
    fates = await fates_of(client.profiles.ingest(source, chunk_size=100))
    assert one_each(fates, count)
    assert kinds(fates) == {"Delivered": count}
    last: dict[str, int] = {}
    for received in fake.edits:
        name, number = received.edit["identifiers"]["custom_id"], received.edit["attributes"]["n"]
        assert number >= last.get(name, -1)
        last[name] = number
    assert {profile.attributes["n"] for profile in stored(fake).values()} == set(range(count - 37, count))


async def test_no_request_has_two_edits_of_one_profile(client: BatchClient, fake: FakeBatch) -> None:
    source = [edit(number % 3, n=number) for number in range(9)]
    chunks = [chunk async for chunk in client.profiles.ingest(source).by_chunk()]
    assert [[fate.id for fate in chunk] for chunk in chunks] == [["u0", "u1", "u2"]] * 3


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "bad"), [*((5000, bad) for bad in (0, 1, 2499, 2500, 4999, 3333)), (10_000, 5000), (10_000, 9999)]
)
async def test_one_poisoned_item(client: BatchClient, fake: FakeBatch, count: int, bad: int) -> None:
    """Attributes that no schema takes refuse the whole call."""
    items: list[Any] = [edit(number) for number in range(count)]
    items[bad] = {**edit(bad), "attributes": "gold"}
    fates = await fates_of(client.profiles.ingest(items))
    assert kinds(fates) == {"Delivered": count - 1, "Refused": 1}
    assert {fate.index for fate in fates if isinstance(fate, Refused)} == {bad}
    assert fake.stats[MASS].requests - count // 5000 <= 2 * math.log2(count) + 2
    assert len(stored(fake)) == count - 1


async def test_a_chunk_of_bad_items_is_given_up(client: BatchClient, fake: FakeBatch) -> None:
    items = [{**edit(number), "attributes": "gold"} for number in range(500)]
    job = client.profiles.ingest([*items, *map(edit, range(500, 700))], chunk_size=500)
    fates = await fates_of(job)
    assert one_each(fates, 700)
    assert kinds(fates) == {"Refused": 500, "Unsent": 200}, "nothing was ever taken: it is not the items"
    assert fake.stats[MASS].requests <= 30
    assert job.ended_by is not None


async def test_bad_items_among_good_ones_do_not_end_the_job(client: BatchClient, fake: FakeBatch) -> None:
    items: list[Any] = [edit(number) for number in range(400)]
    for number in range(200, 260):
        items[number] = {**edit(number), "attributes": "gold"}
    fates = await fates_of(client.profiles.ingest(items, chunk_size=100))
    assert one_each(fates, 400)
    assert kinds(fates[:200]) == {"Delivered": 200}
    assert kinds(fates[300:]) == {"Delivered": 100}


async def test_a_missing_catalog_ends_the_job(client: BatchClient, fake: FakeBatch) -> None:
    items = [{"id": str(number), "action": "add", "attributes": {}} for number in range(5000)]
    job = client.catalogs.ingest("cars", items)
    fates = await fates_of(job)
    assert one_each(fates, 5000)
    assert kinds(fates).keys() <= {"Refused", "Unsent"}
    assert isinstance(job.ended_by, NotFound | BatchError)
    assert fake.stats["catalog_items_edit"].requests <= 30


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_job_that_is_refused_as_a_whole_stops(client: BatchClient, fake: FakeBatch, status: int) -> None:
    fake.fail(MASS, status, skip=1, times=None)
    job = client.profiles.ingest(map(edit, range(50_000)))
    fates = await fates_of(job)
    assert one_each(fates, 50_000)
    found = kinds(fates)
    assert found["Delivered"] == 5000
    assert found["Unsent"] >= 30_000
    assert found["Delivered"] + found["Unsent"] + found["Refused"] == 50_000
    assert fake.stats[MASS].requests <= 4
    assert job.ended_by is not None
    assert {fate.error for fate in fates if isinstance(fate, Unsent)} == {job.ended_by}


# -- limits and outages ----------------------------------------------------------------------------------------------


async def test_the_limit_is_used_and_never_passed(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 0.02, 0.06)
    began = asyncio.get_running_loop().time()
    assert (await client.profiles.ingest(map(edit, range(60_000))).collect()).delivered == 60_000
    assert fake.rejections == 0
    assert asyncio.get_running_loop().time() - began < 5.8


async def test_catalog_items_at_the_pace_of_two_limits(client: BatchClient, fake: FakeBatch) -> None:
    await client.catalogs.create("cars", {"title": "string"})
    fake.delay("catalog_items_edit", 0.02, 0.06)
    items = ({"id": str(number), "action": "add", "attributes": {"title": "x"}} for number in range(10_000))
    job = client.catalogs.ingest("cars", items)
    assert (await job.collect()).delivered == 10_000
    assert fake.rejections == 0
    assert job.progress.rate > 985


async def test_rejections_fail_no_item(client: BatchClient, fake: FakeBatch) -> None:
    fake.storm(MASS, seconds=120)
    fates = await fates_of(client.profiles.ingest(map(edit, range(12_000))))
    assert kinds(fates) == {"Delivered": 12_000}


async def test_chunks_are_halved_while_rejections_persist(client: BatchClient, fake: FakeBatch) -> None:
    fake.storm(MASS, seconds=40, skip=1)
    fates = await fates_of(client.profiles.ingest(map(edit, range(30_000))))
    assert kinds(fates) == {"Delivered": 30_000}
    sizes = [entry.items for entry in fake.stats[MASS].log]
    assert sizes[0] == 5000
    assert min(sizes[:-1]) < 2000
    assert max(sizes[-4:]) > min(sizes[:-1]), "they grow again"


async def test_an_interactive_call_waits_behind_one_chunk(client: BatchClient, fake: FakeBatch) -> None:
    now = asyncio.get_running_loop().time
    async with client.profiles.ingest(endless()) as job:

        async def drain() -> None:
            async for _ in job.by_chunk():
                pass

        draining = asyncio.create_task(drain())
        await asyncio.sleep(2)
        for _ in range(3):
            began = now()
            await client.profiles.mass_update([edit("me")])
            assert now() - began < 1.1
        draining.cancel()


@pytest.mark.parametrize("status", [500, 503])
async def test_an_outage_is_ridden_out(client: BatchClient, fake: FakeBatch, status: int) -> None:
    fake.fail(MASS, status, seconds=300, skip=1)
    fates = await fates_of(client.profiles.ingest(map(edit, range(12_000))))
    assert kinds(fates) == {"Delivered": 12_000}


@pytest.mark.parametrize(("status", "fate"), [(500, "Unknown"), (503, "Unsent")])
async def test_patience_ends(client: BatchClient, fake: FakeBatch, status: int, fate: str) -> None:
    fake.fail(MASS, status, times=None)
    fates = await fates_of(client.profiles.ingest(map(edit, range(30_000)), patience=60))
    assert one_each(fates, 30_000)
    found = kinds(fates)
    assert found[fate] + found["Unsent"] >= 30_000
    assert isinstance(fates[0], Unknown if fate == "Unknown" else Unsent)
    assert asyncio.get_running_loop().time() < 250


# -- lost answers ----------------------------------------------------------------------------------------------------


async def test_after_a_lost_answer_events_are_not_sent_again(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=True)
    fates = await fates_of(client.profiles.ingest([edit(1), with_event(2), edit(3)]))
    assert [type(fate) for fate in fates] == [Delivered, Unknown, Delivered]
    assert [len(profile.events) for profile in stored(fake).values()] == [0, 1, 0]
    assert len(fake.edits) == 6, "the attributes were written twice"


async def test_an_edit_of_nothing_but_events_is_not_repeated_at_all(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=False)
    only = {"identifiers": {"custom_id": "u1"}, "events": [{"name": "seen"}]}
    (fate,) = await fates_of(client.profiles.ingest([only]))
    assert isinstance(fate, Unknown)
    assert fake.stats[MASS].requests == 1


async def test_events_are_sent_again_on_request(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=True)
    fates = await fates_of(client.profiles.ingest([edit(1), with_event(2)], resend_events=True))
    assert kinds(fates) == {"Delivered": 2}
    assert len(stored(fake)["u2"].events) == 2


async def test_what_may_have_been_taken_never_ends_unsent(client: BatchClient, fake: FakeBatch) -> None:
    """The answer is lost, and when the attributes are to be sent again, the key is no longer valid."""
    fake.reset(MASS, after_acceptance=True)
    fake.fail(MASS, 401, times=None)
    fates = await fates_of(client.profiles.ingest([edit(1), with_event(2)]))
    assert kinds(fates) == {"Unknown": 2}


async def test_a_refusal_after_a_lost_answer_stays_unknown(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=True)
    fake.fail(MASS, 400, times=None)
    fates = await fates_of(client.profiles.ingest([edit(1)]))
    assert kinds(fates) == {"Unknown": 1}
