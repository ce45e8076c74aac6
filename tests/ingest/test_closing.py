"""The source of a job that is left is closed: a generator gives back what it holds before the block ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError
from batch_api.ingest.chunks.split import split
from batch_api.ingest.sources import source as sources
from batch_api.testing import FakeBatch
from tests.ingest.test_buffer import connect, edit_of, now

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def fake() -> FakeBatch:
    fake = FakeBatch(limits=False)
    fake.delay(None, 0.5)
    return fake


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


class Table:
    """Rows without end, and whether whoever reads them has given the table back."""

    def __init__(self) -> None:
        self.is_open = self.was_open = False
        self.pause = 0.0

    def rows(self) -> Iterator[dict[str, Any]]:
        self.is_open = self.was_open = True
        try:
            yield from map(edit_of, count())
        finally:
            self.is_open = False

    async def arows(self) -> AsyncIterator[dict[str, Any]]:
        self.is_open = self.was_open = True
        try:
            for number in count():
                await asyncio.sleep(self.pause)
                yield edit_of(number)
        finally:
            await asyncio.sleep(0.1)  # a connection is given back
            self.is_open = False


class Reiterable:
    """Makes a generator of its own for whoever asks."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._table.rows()


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture(params=["sync", "async", "slow", "reiterable"])
def source(request: pytest.FixtureRequest, table: Table) -> Any:
    if request.param == "slow":
        table.pause = 1.0  # it is waiting for a row when it is closed
    if request.param == "reiterable":
        return Reiterable(table)
    return table.rows() if request.param == "sync" else table.arows()


@pytest.mark.parametrize("how", ["break", "raise", "stop", "leave"])
async def test_a_block_that_is_left(client: BatchClient, table: Table, source: Any, how: str) -> None:
    async def leave() -> None:
        async with client.profiles.ingest(source, chunk_size=100) as job:
            async for _ in job:
                if how == "break":
                    break
                if how == "raise":
                    raise LookupError
                if how == "leave":
                    return
                job.stop()

    if how == "raise":
        with pytest.raises(LookupError):
            await leave()
    else:
        await leave()
    assert table.was_open
    assert not table.is_open


async def test_a_task_that_is_cancelled(client: BatchClient, table: Table, source: Any) -> None:
    async def read() -> None:
        async with client.profiles.ingest(source, chunk_size=100) as job:
            async for _ in job:
                await asyncio.sleep(1000)

    task = asyncio.create_task(read())
    await asyncio.sleep(5)
    assert table.is_open
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not table.is_open


async def test_a_task_that_is_cancelled_while_it_leaves(client: BatchClient, table: Table) -> None:
    async def read() -> None:
        async with client.profiles.ingest(table.arows(), chunk_size=100) as job:
            async for _ in job:
                break

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    while not table.is_open:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not table.is_open


async def test_collect_that_is_cancelled(client: BatchClient, table: Table, source: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await client.profiles.ingest(source, chunk_size=100).collect()
    assert table.was_open
    assert not table.is_open


async def test_a_job_that_is_refused_before_it_reads(client: BatchClient, table: Table, tmp_path: Path) -> None:
    rows = table.rows()
    next(rows)
    (tmp_path / "point").write_text("no checkpoint")
    with pytest.raises(ConfigurationError):
        async with client.profiles.ingest(rows, checkpoint=tmp_path / "point"):
            pass
    assert not table.is_open


async def test_what_the_caller_opened_stays_open(client: BatchClient, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"identifiers":{"custom_id":"u1"},"attributes":{"n":1}}\n' * 5000)
    with path.open("rb") as file:
        async with client.profiles.ingest(file) as job:
            async for _ in job:
                break
        assert not file.closed


@pytest.mark.parametrize("kind", ["rows", "arows"])
async def test_split_that_is_left(table: Table, tmp_path: Path, kind: str) -> None:
    async with aclosing(split(getattr(table, kind)(), tmp_path, chunk_size=10, partitions=2)) as references:
        async for _ in references:
            assert table.is_open
            break
    assert not table.is_open


# -- sources that do not let go ----------------------------------------------------------------------------------------


async def raises_at_its_end() -> AsyncIterator[Any]:
    try:
        while True:
            yield edit_of(1)
    finally:
        raise RuntimeError("ann@example.org")


def raises_too() -> Iterator[Any]:
    try:
        while True:
            yield edit_of(1)
    finally:
        raise RuntimeError("ann@example.org")


@pytest.mark.parametrize("source", [raises_at_its_end, raises_too])
async def test_what_closing_raises_is_logged_and_hides_nothing(
    client: BatchClient, source: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        async with client.profiles.ingest(source()) as job:
            async for _ in job:
                raise LookupError

    with pytest.raises(LookupError):
        await leave()
    assert "the source of a job raised RuntimeError while it was closed" in caplog.text
    assert "ann@example.org" not in caplog.text


@pytest.mark.parametrize("pause", [0.0, 1000.0])
async def test_a_source_that_hangs_while_it_is_closed_is_cut_off(
    client: BatchClient, caplog: pytest.LogCaptureFixture, pause: float
) -> None:
    is_over = False

    async def hangs() -> AsyncIterator[Any]:
        nonlocal is_over
        try:
            while True:
                yield edit_of(1)
                await asyncio.sleep(pause)
        finally:
            try:
                await asyncio.sleep(1_000_000)
            finally:
                is_over = True

    async with client.profiles.ingest(hangs(), chunk_size=100) as job:
        async for _ in job:
            break
        began = now()
    assert now() - began == pytest.approx(sources.CLOSING, abs=0.1)
    assert is_over


async def test_a_source_that_does_not_hear_a_cancellation_is_cancelled_again(client: BatchClient) -> None:
    async def deaf() -> AsyncIterator[Any]:
        while True:
            yield edit_of(1)
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                continue

    async with client.profiles.ingest(deaf()) as job:
        async for _ in job:
            break
    assert not [task for task in asyncio.all_tasks() if "source" in task.get_name()]
