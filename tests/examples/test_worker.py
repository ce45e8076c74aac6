"""The worker, against a fake: what it is given is sent or named, whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from batch_api import Attempt, BatchClient
from batch_api.testing import FakeBatch
from examples import worker
from examples.worker import Worker
from tests.examples.conftest import Connect


def edit_of(id: object) -> dict[str, Any]:
    return {"identifiers": {"custom_id": f"u{id}"}, "attributes": {"tier": "gold"}}


async def source_of(*edits: Any, then_wait: bool = False) -> AsyncIterator[Any]:
    for edit in edits:
        yield edit
    if then_wait:
        await asyncio.Event().wait()


class Run:
    """A worker, and what it could not send."""

    def __init__(self, client: BatchClient, outbox: str | None = None) -> None:
        self.unsent: list[tuple[str, Any]] = []
        self.worker = Worker(client, lambda outcome, edit: self.unsent.append((outcome, edit)), outbox)


async def test_all_edits_are_sent_in_chunks_of_what_has_gathered(fake: FakeBatch, connect: Connect) -> None:
    edits = [edit_of(number) for number in range(2500)]
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of(*edits))
    assert sorted(fake.project().profiles.by_id) == sorted(edit["identifiers"]["custom_id"] for edit in edits)
    assert (run.worker.read, run.worker.sent, run.worker.unsent) == (2500, 2500, 0)
    assert fake.stats["profile_update"].accepted <= 15
    assert fake.rejections == 0


async def test_an_edit_that_cannot_be_right_is_set_aside_and_the_others_go(fake: FakeBatch, connect: Connect) -> None:
    bad: list[Any] = [{"identifiers": {}}, "no edit at all", None]
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of(edit_of(1), *bad, edit_of(2)))
    assert run.unsent == [("invalid", edit) for edit in bad]
    assert fake.project().profiles.by_id.keys() == {"u1", "u2"}
    assert run.worker.sent == 2


async def test_values_that_were_refused_are_counted(connect: Connect) -> None:
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of({"identifiers": {"custom_id": "u1"}, "attributes": {"NOT A NAME": 1}}))
    assert (run.worker.sent, run.worker.refused_values, run.worker.unsent) == (1, 1, 0)


@pytest.mark.parametrize("status", [429, 503])
async def test_an_outage_is_waited_out(fake: FakeBatch, connect: Connect, status: int) -> None:
    fake.fail("profile_update", status, seconds=120)
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of(*[edit_of(number) for number in range(1500)]))
    assert len(fake.project().profiles.by_id) == 1500
    assert run.unsent == []


async def test_when_stopped_it_sends_what_it_holds(fake: FakeBatch, connect: Connect) -> None:
    run: Run
    async with connect(observer=lambda _: run.worker.stop()) as client:
        run = Run(client)
        await run.worker.run(source_of(*[edit_of(number) for number in range(500)], then_wait=True))
    assert len(fake.project().profiles.by_id) == run.worker.sent == run.worker.read == 500


async def test_when_stopped_in_an_outage_it_ends_in_time_and_names_what_is_unsent(
    fake: FakeBatch, connect: Connect
) -> None:
    fake.storm("profile_update", times=None)
    stopped: list[float] = []
    now = asyncio.get_running_loop().time

    def stop(_: Attempt) -> None:
        stopped.append(now())
        run.worker.stop()

    async with connect(observer=stop) as client:
        run = Run(client)
        await run.worker.run(source_of(*[edit_of(number) for number in range(3000)]))
    assert now() - stopped[0] <= 20
    assert {outcome for outcome, _ in run.unsent} == {"not_sent"}
    assert [edit for _, edit in run.unsent] != []
    named = sorted(edit["identifiers"]["custom_id"] for _, edit in run.unsent)
    assert named == sorted(f"u{number}" for number in range(run.worker.read))
    assert run.worker.read < 3000


async def test_what_may_have_been_taken_is_named_as_such_and_not_sent_again(fake: FakeBatch, connect: Connect) -> None:
    fake.reset("profile_update", after_acceptance=True)
    edit = {"identifiers": {"custom_id": "u1"}, "events": [{"name": "order_placed"}]}
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of(edit))
    assert run.unsent == [("unknown", edit)]
    assert len(fake.project().profiles.by_id["u1"].events) == 1


async def test_a_key_that_is_refused_stops_it(fake: FakeBatch, connect: Connect) -> None:
    fake.fail("profile_update", 401, times=None)
    async with connect() as client:
        run = Run(client)
        await run.worker.run(source_of(edit_of(1), then_wait=True))
    assert run.unsent == [("refused", edit_of(1))]


@pytest.mark.parametrize("outage", [True, False])
async def test_even_when_it_is_cancelled_it_names_what_it_held(fake: FakeBatch, connect: Connect, outage: bool) -> None:
    if outage:
        fake.storm("profile_update", times=None)
    else:
        fake.delay("profile_update", 60)
    async with connect() as client:
        run = Run(client)
        running = asyncio.create_task(run.worker.run(source_of(*[edit_of(number) for number in range(900)])))
        await asyncio.sleep(7.5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert {outcome for outcome, _ in run.unsent} == ({"not_sent"} if outage else {"unknown", "not_sent"})
    assert len(run.unsent) == run.worker.read == 900


async def test_with_an_outbox_the_next_worker_sends_what_was_left(
    fake: FakeBatch, connect: Connect, tmp_path: Path
) -> None:
    storm = fake.storm("profile_update", times=None)
    async with connect() as client:
        first = Run(client, outbox=str(tmp_path / "outbox.db"))
        asyncio.get_running_loop().call_later(5, first.worker.stop)
        await first.worker.run(source_of(*[edit_of(number) for number in range(300)]))
        assert (first.worker.read, first.worker.kept, first.worker.sent, first.unsent) == (300, 300, 0, [])
        storm.stop()
        second = Run(client, outbox=str(tmp_path / "outbox.db"))
        await second.worker.run(source_of(edit_of("new")))
    assert (second.worker.found, second.worker.read, second.worker.sent, second.unsent) == (300, 1, 301, [])
    assert len(fake.edits) == 301


@pytest.fixture
def pipe() -> Iterator[tuple[IO[bytes], int]]:
    """Where the worker reads, and where we write."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as file:
        yield file, writing


async def test_the_command_reads_lines_and_prints_what_is_unsent(
    fake: FakeBatch, connect: Connect, pipe: tuple[IO[bytes], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with os.fdopen(pipe[1], "wb") as lines:
        lines.write(json.dumps(edit_of(1)).encode() + b"\n{broken\nnull\n" + json.dumps(edit_of(2)).encode())
    assert await worker.main(connect, pipe[0]) == 1
    assert fake.project().profiles.by_id.keys() == {"u1", "u2"}
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == [
        {"outcome": "invalid", "edit": "{broken"},
        {"outcome": "invalid", "edit": None},
    ]
    assert printed.err == "4 lines read, 2 edits sent, 0 of their values refused, 2 edits unsent.\n"


async def test_the_command_ends_on_sigterm_with_all_sent(
    fake: FakeBatch, connect: Connect, pipe: tuple[IO[bytes], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with os.fdopen(pipe[1], "wb") as lines:  # it stays open: the producer has more to say
        lines.write(b"".join(json.dumps(edit_of(number)).encode() + b"\n" for number in range(3)))
        lines.flush()
        status = await worker.main(lambda: connect(observer=lambda _: signal.raise_signal(signal.SIGTERM)), pipe[0])
    assert status == 0
    assert fake.project().profiles.by_id.keys() == {"u0", "u1", "u2"}
    assert capsys.readouterr().err.startswith("3 lines read, 3 edits sent,")
