"""What is nested too deep is no item, however it comes: it alone is set aside, and the rest goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from batch_api import BatchClient, InvalidInput
from batch_api.engine.check import MAX_DEPTH, TOO_DEEP
from batch_api.ingest.items.fates import Delivered, Invalid, PartlyApplied
from batch_api.ingest.items.lines import may_be_too_deep
from batch_api.testing import FakeBatch
from tests.ingest.test_buffer import connect, edit_of

pytestmark = pytest.mark.virtual_time

DEPTHS = [MAX_DEPTH + 1, 900, 1_000, 1_024, 1_500, 5_000, 100_000]


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


def line(depth: int, name: str = "deep") -> bytes:
    """An edit that nests so deep, with objects and arrays in turns."""
    inside = depth - 3
    opening = b'{"a":[' * (inside // 2) + b"[" * (inside % 2)
    closing = b"]" * (inside % 2) + b"]}" * (inside // 2)
    return b'{"identifiers":{"custom_id":"%b"},"attributes":{"x":[%b1%b]}}' % (name.encode(), opening, closing)


def item(depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth - 2):
        value = {"a": value}
    return {"identifiers": {"custom_id": "deep"}, "attributes": {"x": value}}


def lines(count: int, *others: bytes) -> list[bytes]:
    usual = [orjson.dumps(edit_of(number)) for number in range(count)]
    return [*usual[: count // 2], *others, *usual[count // 2 :]]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("form", ["file", "lines", "with events", "merged"])
async def test_a_line_alone_is_invalid(
    fake: FakeBatch, client: BatchClient, tmp_path: Path, depth: int, form: str
) -> None:
    deep: Any = line(depth)
    if form == "with events":
        deep = deep[:-1] + b',"events":[{"name":"seen"}]}'
    all_lines = lines(20, deep)
    source: Any = all_lines
    if form == "file":
        source = tmp_path / "a.jsonl"
        source.write_bytes(b"\n".join(all_lines))
    fates = [fate async for fate in client.profiles.ingest(source, coalesce=form == "merged")]
    assert len(fates) == 21
    [trouble] = [fate for fate in fates if not isinstance(fate, Delivered)]
    assert isinstance(trouble, Invalid)
    assert trouble.index == 10
    assert trouble.error.reason == TOO_DEEP
    assert len(fake.edits) == 20


@pytest.mark.parametrize("among", [lines(20), lines(20, b"no JSON")])
async def test_as_deep_as_may_be_is_sent_as_it_is(fake: FakeBatch, client: BatchClient, among: list[bytes]) -> None:
    deepest = line(MAX_DEPTH)
    fates = [fate async for fate in client.profiles.ingest([*among, deepest])]
    assert isinstance(fates[-1], PartlyApplied)  # the API takes no such value, but that is for the API to say
    assert fake.edits[-1].edit == orjson.loads(deepest)


def test_only_lines_with_many_brackets_are_looked_at_one_by_one() -> None:
    short = b"\n".join(lines(500))
    assert not may_be_too_deep(short)
    assert not may_be_too_deep(b"\n".join(lines(10, b'{"x":"%b"}' % (b"y" * 10_000))))
    assert may_be_too_deep(b"\n".join(lines(10, line(MAX_DEPTH + 1))))
    for end in (b"", b"\n"):
        for text in (line(MAX_DEPTH + 1), short + b"\n" + line(MAX_DEPTH + 1), line(MAX_DEPTH + 1) + b"\n" + short):
            assert may_be_too_deep(text + end)
    assert may_be_too_deep(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


async def test_many_brackets_are_no_depth(fake: FakeBatch, client: BatchClient) -> None:
    wide = b'{"identifiers":{"custom_id":"wide"},"attributes":{"x":"%b"}}' % (b"[" * (MAX_DEPTH + 1))
    assert [type(fate) async for fate in client.profiles.ingest([wide])] == [Delivered]
    assert len(fake.edits) == 1


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_dict(fake: FakeBatch, client: BatchClient, depth: int) -> None:
    deep: Any = item(depth)
    with pytest.raises(InvalidInput, match="contains itself, or is nested deeper"):
        await client.profiles.update([deep])
    with pytest.raises(InvalidInput, match="contains itself, or is nested deeper"):
        await client.profiles.mass_update([edit_of(1), deep])
    async with client.profiles.buffer() as buffer:
        with pytest.raises(InvalidInput, match="contains itself, or is nested deeper"):
            await buffer.put(deep)
        assert isinstance(await buffer.update(deep), Invalid)
    for coalesce in (False, True):
        fates = [type(fate) async for fate in client.profiles.ingest([edit_of(1), deep, edit_of(2)], coalesce=coalesce)]
        assert sorted(fates, key=str) == [Delivered, Delivered, Invalid]
    summary = await client.profiles.send_chunk([edit_of(1), deep])
    assert summary.counts == {"Delivered": 1, "Invalid": 1}
    assert len(fake.edits) == 5
