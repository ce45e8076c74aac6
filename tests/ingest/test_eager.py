"""On a loop whose tasks begin to run before `create_task` returns (Python 3.12 and later), all is as on any other."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, BatchError
from batch_api.ingest.buffer import outbox as module
from batch_api.ingest.items.fates import Delivered
from batch_api.testing import FakeBatch
from tests.ingest.test_buffer import connect, edit_of

pytestmark = [
    pytest.mark.virtual_time,
    pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12"),
]


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    loop: Any = asyncio.get_running_loop()
    loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009 (3.11 has none, as mypy knows)
    async with connect(fake) as client:
        yield client


@pytest.mark.parametrize("has_outbox", [False, True])
async def test_put_and_update(fake: FakeBatch, client: BatchClient, tmp_path: Path, has_outbox: bool) -> None:
    edits = [edit_of(number) for number in range(20)]
    async with client.profiles.buffer(tmp_path / "outbox.db" if has_outbox else None) as buffer:
        for edit in edits[:5]:
            await buffer.put(edit)
        await asyncio.gather(*map(buffer.put, edits[5:10]))
        fates = [await buffer.update(edit) for edit in edits[10:15]]
        fates += await asyncio.gather(*map(buffer.update, edits[15:]))
        assert not await buffer.flush(5)
        if has_outbox:
            assert await buffer.aside() == []
    assert {type(fate) for fate in fates} == {Delivered}
    assert [edit.edit for edit in fake.edits] == edits


async def test_an_outbox_that_cannot_be_written_says_so_each_time(
    client: BatchClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async with client.profiles.buffer(tmp_path / "outbox.db") as buffer:
        with monkeypatch.context() as patched:
            patched.setattr(module.Outbox, "_transact", fails)
            for _ in range(3):
                with pytest.raises(module.OutboxError):
                    await buffer.put(edit_of(1))
        await buffer.put(edit_of(2))
        assert not await buffer.flush()


async def test_ingest(fake: FakeBatch, client: BatchClient, tmp_path: Path) -> None:
    async def source() -> AsyncIterator[dict[str, Any]]:
        for number in range(500):
            yield edit_of(number)

    edits = [edit_of(number) for number in range(500)]
    for items, checkpoint in ((edits, None), (source(), None), (edits, tmp_path / "point"), ([], None)):
        before = len(fake.edits)
        job = client.profiles.ingest(items, checkpoint=checkpoint, chunk_size=50)
        fates = [fate async for fate in job]
        assert {type(fate) for fate in fates} <= {Delivered}
        assert len(fates) == len(fake.edits) - before == (500 if items else 0)


async def test_a_source_that_breaks_at_once(client: BatchClient) -> None:
    def row() -> dict[str, Any]:
        raise LookupError("nothing there")

    async def breaks() -> AsyncIterator[Any]:
        yield row()

    def breaks_too() -> Iterator[Any]:
        yield row()

    for source in (breaks(), breaks_too()):
        with pytest.raises(LookupError):
            await client.profiles.ingest(source).collect()


async def test_send_chunk(fake: FakeBatch, client: BatchClient) -> None:
    summary = await client.profiles.send_chunk([edit_of(number) for number in range(10)])
    assert summary.delivered == 10
    fake.fail("profile_mass_update", 503, times=None)
    with pytest.raises(BatchError):
        await client.profiles.send_chunk([edit_of(1)], deadline=5)
