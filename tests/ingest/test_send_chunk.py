"""One chunk, as a job sends it: what it returns, what it raises, and what a repetition does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from batch_api import (
    AuthenticationFailed,
    BatchClient,
    BatchError,
    BufferFull,
    ChunkReference,
    DeadlineExceeded,
    InvalidInput,
    Maintenance,
    NotFound,
    PartlyApplied,
    Refused,
    ServerError,
    Summary,
    TransportError,
    Unknown,
    WaitTimeout,
    split,
)
from batch_api.testing import FakeBatch
from tests.ingest.world import MASS, a_client, edit, stored, with_event

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with a_client(fake) as client:
        yield client


POISON: Any = {**edit("bad"), "attributes": "gold"}
"""No schema takes it, and the whole request is refused for it."""


def lines(*edits: Any) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in edits)


async def one_chunk(source: Any, folder: Path, **choices: Any) -> ChunkReference:
    (reference,) = [each async for each in split(source, folder, partitions=1, **choices)]
    return reference


# -- what is sent, and what comes back -------------------------------------------------------------------------------


async def test_a_reference_bytes_and_a_list_are_the_same_chunk(
    client: BatchClient, fake: FakeBatch, tmp_path: Path
) -> None:
    edits = [edit(number) for number in range(1200)]
    chunks: list[Any] = [
        await one_chunk(edits, tmp_path),
        lines(*edits),
        edits,
        (await one_chunk(edits, tmp_path / "b")).read(),
    ]
    for chunk in chunks:
        assert await client.profiles.send_chunk(chunk) == Summary({"Delivered": 1200})
    assert fake.stats[MASS].items == 4 * 1200
    assert fake.stats[MASS].accepted == 4


async def test_troubles_name_positions_in_the_source(client: BatchClient, tmp_path: Path) -> None:
    source: list[Any] = [edit(number) for number in range(40)]
    source[3] = {"identifiers": {}}  # it is in no chunk
    source[7] = edit(7, Tier="no such name")
    summary = await client.profiles.send_chunk(await one_chunk(source, tmp_path, on_trouble=lambda _: None))
    assert summary.counts == {"Delivered": 38, "PartlyApplied": 1}
    (trouble,) = summary.troubles
    assert isinstance(trouble, PartlyApplied)
    assert (trouble.index, trouble.id, trouble.error[0].index) == (7, "u7", 7)


async def test_what_cannot_be_right_in_bytes_is_invalid(client: BatchClient) -> None:
    chunk: Any = lines(edit(0)) + b"# for people\n{broken\n" + lines({"identifiers": {}}, edit(3))
    summary = await client.profiles.send_chunk(chunk)
    assert summary.counts == {"Delivered": 2, "Invalid": 2}
    assert [fate.index for fate in summary.troubles] == [1, 2]
    assert await client.profiles.send_chunk(b"") == Summary({})


async def test_one_that_is_refused_does_not_keep_the_others(client: BatchClient, fake: FakeBatch) -> None:
    summary = await client.profiles.send_chunk([edit(1), POISON, edit(2)])
    assert summary.counts == {"Delivered": 2, "Refused": 1}
    assert isinstance(summary.troubles[0], Refused)


async def test_edits_of_one_profile_go_one_after_another(client: BatchClient, fake: FakeBatch) -> None:
    summary = await client.profiles.send_chunk([edit(1, n=1), edit(2), edit(1, n=2), edit(1, n=3)])
    assert summary.counts == {"Delivered": 4}
    assert fake.stats[MASS].accepted == 3
    assert stored(fake)["u1"].attributes == {"n": 3}


async def test_more_than_a_call_takes_goes_in_several(client: BatchClient, fake: FakeBatch) -> None:
    summary = await client.profiles.send_chunk([edit(number) for number in range(450)], endpoint="update")
    assert summary.delivered == 450
    assert fake.stats["profile_update"].accepted == 3


async def test_catalogs_and_audiences_have_it_too(client: BatchClient, fake: FakeBatch, tmp_path: Path) -> None:
    await client.catalogs.create("shoes", {"title": "string"})
    items = [{"id": f"S{number}", "action": "add", "attributes": {"title": "t"}} for number in range(250)]
    summary = await client.catalogs.send_chunk("shoes", await one_chunk(items, tmp_path, of="catalog"))
    assert summary.delivered == 250
    await client.audiences.create("vip")
    assert (await client.audiences.send_chunk("vip", ["a", "b"])).delivered == 2
    with pytest.raises(NotFound) as missing:
        await client.audiences.send_chunk("nobody", ["a"])
    assert missing.value.retry == "never"


async def test_a_chunk_that_is_none_is_refused(client: BatchClient) -> None:
    with pytest.raises(InvalidInput, match="chunk"):
        await client.profiles.send_chunk("no chunk")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="deadline"):
        await client.profiles.send_chunk([edit(1)], deadline=-1)


@pytest.mark.parametrize("spoil", [lambda chunk: chunk + b"{}\n", lambda chunk: chunk.replace(b" 1 ", b" x ", 1)])
async def test_a_chunk_that_is_not_whole_is_refused(client: BatchClient, tmp_path: Path, spoil: Any) -> None:
    whole = (await one_chunk([edit(number) for number in range(5)], tmp_path)).read()
    with pytest.raises(InvalidInput, match="not a complete chunk"):
        await client.profiles.send_chunk(spoil(whole))


# -- now, later, never -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "retry", "outcome"),
    [
        (401, AuthenticationFailed, "never", "refused"),
        (500, ServerError, "later", "unknown"),
        (503, Maintenance, "later", "refused"),
    ],
)
async def test_what_fails_for_no_items_fault_says_when_to_come_back(
    client: BatchClient, fake: FakeBatch, status: int, kind: type[BatchError], retry: str, outcome: str
) -> None:
    fake.fail(MASS, status, times=None)
    with pytest.raises(kind) as failed:
        await client.profiles.send_chunk([edit(1)])
    assert (failed.value.retry, failed.value.outcome) == (retry, outcome)
    assert (failed.value.retry_after > 0) == (retry == "later")


async def test_a_server_that_says_how_long_is_believed(client: BatchClient, fake: FakeBatch) -> None:
    fake.fail(MASS, 503, times=None, retry_after=77)
    with pytest.raises(Maintenance) as failed:
        await client.profiles.send_chunk([edit(1)])
    assert failed.value.retry_after >= 77


async def test_no_connection_means_later_and_nothing_was_sent(fake: FakeBatch) -> None:
    async with BatchClient("k", "project_x", base_url="http://127.0.0.1:9/2.11") as client:
        with pytest.raises(TransportError) as failed:
            await client.profiles.send_chunk([edit(1)])
    assert (failed.value.retry, failed.value.outcome) == ("later", "not_sent")


async def test_a_turn_after_the_deadline_is_refused_at_once_with_the_time_to_wait(client: BatchClient) -> None:
    await client.profiles.send_chunk([edit(number) for number in range(5000)])
    await client.profiles.send_chunk([edit(number) for number in range(5000)])
    wait = client.wait_time(MASS, 5000)
    with pytest.raises(DeadlineExceeded) as late:
        await client.profiles.send_chunk([edit(number) for number in range(5000)], deadline=0.01)
    assert (late.value.retry, late.value.outcome) == ("later", "not_sent")
    assert late.value.retry_after == pytest.approx(wait, abs=0.01)


async def test_where_a_part_got_through_the_outcome_of_the_chunk_is_unknown(fake: FakeBatch) -> None:
    async with a_client(fake, observer=lambda _: fake.fail(MASS, 401, times=None)) as client:
        with pytest.raises(AuthenticationFailed) as failed:
            await client.profiles.send_chunk([edit(1, n=1), edit(1, n=2)])
    assert (failed.value.retry, failed.value.outcome) == ("never", "unknown")
    assert fake.stats[MASS].accepted == 1


@pytest.mark.parametrize("error", [BatchError(), InvalidInput("x"), TransportError("x", stage="tls", final=True)])
def test_errors_that_never_pass(error: BatchError) -> None:
    assert (error.retry, error.retry_after) == ("never", 0)


@pytest.mark.parametrize("error", [BufferFull(), WaitTimeout()])
def test_errors_that_may_pass_at_once(error: BatchError) -> None:
    assert (error.retry, error.retry_after) == ("now", 0)


# -- delivered before ------------------------------------------------------------------------------------------------


async def test_a_job_that_may_have_been_sent_leaves_events_out(client: BatchClient, fake: FakeBatch) -> None:
    chunk: Any = [edit(1), with_event(2), {"identifiers": {"custom_id": "u3"}, "events": [{"name": "seen"}]}]
    summary = await client.profiles.send_chunk(chunk, may_have_been_sent=True)
    assert summary.counts == {"Delivered": 1, "Unknown": 2}
    assert [(type(fate), fate.index, fate.id) for fate in summary.troubles] == [(Unknown, 1, "u2"), (Unknown, 2, "u3")]
    assert {name: len(profile.events) for name, profile in stored(fake).items()} == {"u1": 0, "u2": 0}


async def test_unless_twice_is_better_than_never(client: BatchClient, fake: FakeBatch) -> None:
    summary = await client.profiles.send_chunk([with_event(1)], may_have_been_sent=True, resend_events=True)
    assert summary == Summary({"Delivered": 1})
    assert len(stored(fake)["u1"].events) == 1


@pytest.mark.parametrize(("resend", "counts", "events"), [(False, {"Unknown": 1}, 1), (True, {"Delivered": 1}, 2)])
async def test_a_lost_answer_is_no_reason_to_send_events_twice(
    client: BatchClient, fake: FakeBatch, resend: bool, counts: dict[str, int], events: int
) -> None:
    fake.reset(MASS, after_acceptance=True)
    summary = await client.profiles.send_chunk([with_event(1)], resend_events=resend)
    assert summary.counts == counts
    assert len(stored(fake)["u1"].events) == events


class SlowAnswers(httpx.AsyncBaseTransport):
    """Answers are on their way for a while after the request was taken."""

    def __init__(self, fake: FakeBatch, dice: random.Random) -> None:
        self._inner = fake.transport()
        self._dice = dice

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await asyncio.sleep(self._dice.uniform(0, 3))
        return response


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_a_queue_that_repeats_loses_nothing_and_counts_no_event_twice(seed: int) -> None:
    """Failures, lost answers, and workers that are stopped or die, as a queue sees them."""
    fake, dice = FakeBatch(seed=seed), random.Random(seed)
    fake.fail(MASS, 500, times=None, probability=0.3)
    fake.fail(MASS, 429, times=None, probability=0.2)
    fake.reset(MASS, times=None, probability=0.2, after_acceptance=True)
    chunk: Any = [with_event(number) if number % 3 else edit(number, n=1) for number in range(40)]
    may_have_been_sent = False
    ended: dict[int, Any] = {}
    async with a_client(fake, transport=SlowAnswers(fake, dice)) as client:
        while not ended:
            job = asyncio.create_task(
                client.profiles.send_chunk(chunk, may_have_been_sent=may_have_been_sent, deadline=30, drain=1)
            )
            await asyncio.wait({job}, timeout=dice.choice([0.2, 1, 60]))
            job.cancel()
            try:
                summary = await job
            except BatchError as error:
                may_have_been_sent |= error.outcome == "unknown"
                await asyncio.sleep(error.retry_after)
            except asyncio.CancelledError:
                may_have_been_sent = True
            else:
                ended = {fate.index: fate for fate in summary.troubles} | {-1: None}
    assert {name: profile.attributes for name, profile in stored(fake).items()} == {
        each["identifiers"]["custom_id"]: each["attributes"] for each in chunk
    }
    for index, each in enumerate(chunk):
        events = len(stored(fake)[each["identifiers"]["custom_id"]].events)
        assert events <= 1
        if "events" in each and index not in ended:
            assert events == 1, "it ended Delivered"
        assert isinstance(ended.get(index), Unknown | None)


# -- a worker that is stopped ----------------------------------------------------------------------------------------


async def test_cancelled_with_a_request_on_the_wire_it_waits_for_the_answer(
    client: BatchClient, fake: FakeBatch
) -> None:
    fake.delay(MASS, 5)
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1)]))
    await asyncio.sleep(1)
    sending.cancel()
    assert await sending == Summary({"Delivered": 1})


async def test_a_loop_over_chunks_still_ends(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 5)
    done: list[Summary] = []

    async def work() -> None:
        while True:
            done.append(await client.profiles.send_chunk([edit(1)]))

    working = asyncio.create_task(work())
    await asyncio.sleep(1)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert done == [Summary({"Delivered": 1})]
    assert fake.stats[MASS].requests == 1


async def test_a_time_limit_around_it_does_not_throw_an_answer_away(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 5)
    async with asyncio.timeout(1):
        assert await client.profiles.send_chunk([edit(1)]) == Summary({"Delivered": 1})
    assert (await client.profiles.send_chunk([edit(2)])).delivered == 1, "its cancellation ended with the block"


async def test_it_does_not_wait_for_ever(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 60)
    now = asyncio.get_running_loop().time
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1)], drain=3))
    await asyncio.sleep(1)
    sending.cancel()
    cancelled_at = now()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert now() - cancelled_at == pytest.approx(3, abs=0.1)


async def test_a_second_cancellation_ends_it_at_once(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 60)
    now = asyncio.get_running_loop().time
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1)]))
    await asyncio.sleep(1)
    sending.cancel()
    await asyncio.sleep(1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert now() == pytest.approx(2, abs=0.5)


async def test_cancelled_while_it_waits_for_its_turn_nothing_is_sent(client: BatchClient, fake: FakeBatch) -> None:
    fake.storm(MASS, seconds=60)
    now = asyncio.get_running_loop().time
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1)]))
    await asyncio.sleep(1)  # it was rejected, and waits
    sending.cancel()
    cancelled_at = now()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert now() == pytest.approx(cancelled_at, abs=0.01)
    assert fake.stats[MASS].accepted == 0


@pytest.mark.parametrize("status", [429, 500])
async def test_while_it_drains_nothing_more_is_sent(client: BatchClient, fake: FakeBatch, status: int) -> None:
    fake.delay(MASS, 5)
    fake.fail(MASS, status, times=1)
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1)]))
    await asyncio.sleep(1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert fake.stats[MASS].requests == 1


async def test_of_a_chunk_in_parts_what_is_on_the_wire_is_finished_and_the_rest_not_begun(
    client: BatchClient, fake: FakeBatch
) -> None:
    fake.delay(MASS, 5)
    sending = asyncio.create_task(client.profiles.send_chunk([edit(1, n=1), edit(1, n=2)]))
    await asyncio.sleep(1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert stored(fake)["u1"].attributes == {"n": 1}
    assert len(asyncio.all_tasks()) == 1


# -- as JSON ---------------------------------------------------------------------------------------------------------


async def test_a_summary_goes_through_json_and_comes_back(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=True)
    broken: Any = {"identifiers": {}}
    first = await client.profiles.send_chunk([with_event("jane@example.com"), broken])
    second = await client.profiles.send_chunk([POISON, edit(2), edit(3, Tier="jane@example.com")])
    for summary in (first, second):
        written = json.dumps(summary.to_dict())
        read = Summary.from_dict(json.loads(written))
        assert read.counts == summary.counts
        assert read.to_dict() == summary.to_dict()
        assert [(type(one), one.index, one.id) for one in read.troubles] == [
            (type(one), one.index, one.id) for one in summary.troubles
        ]
        assert [str(one.error) for one in read.troubles] == [str(one.error) for one in summary.troubles]
        assert "example.com" not in repr(summary) + repr(read) + repr(summary.troubles)
        assert "reason" not in [
            key for one in summary.to_dict()["troubles"] if isinstance(one["error"], list) for key in one["error"][0]
        ]
    refused = Summary.from_dict(second.to_dict()).troubles[0]
    assert isinstance(refused, Refused)
    assert (refused.error.outcome, refused.error.retry, refused.error.status) == ("refused", "never", 400)  # type: ignore[attr-defined]
