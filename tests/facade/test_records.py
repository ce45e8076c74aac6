"""`exports.records`: dicts over all parts, whatever form they have, and nothing left out in silence."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, ExportFailed, TransportError
from batch_api.resources.records import records_of
from batch_api.testing import FakeBatch
from batch_api.testing.exports import File

pytestmark = pytest.mark.virtual_time

RECORDS: Any = [
    {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"note": '[{"},\\', "é": "é😀\u2028", "n": number}}
    for number in range(3)
]


def lines(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def array(records: list[Any]) -> bytes:
    return json.dumps(records).encode()


def pretty_array(records: list[Any]) -> bytes:
    return json.dumps(records, indent=2).encode() + b"\r\n"


def pretty_objects(records: list[Any]) -> bytes:
    return "\n\n".join(json.dumps(record, indent="\t") for record in records).encode()


def unended_lines(records: list[Any]) -> bytes:
    return b"\xef\xbb\xbf" + lines(records).replace(b"\n", b"\r\n").rstrip()


def packed(records: list[Any]) -> bytes:
    return gzip.compress(lines(records), mtime=0)


def packed_in_members(records: list[Any]) -> bytes:
    return (b"".join(packed([record]) for record in records) or packed([])) + bytes(512)


def packed_array(records: list[Any]) -> bytes:
    return gzip.compress(array(records), mtime=0)


FORMS: list[Callable[[list[Any]], bytes]] = [
    lines, array, pretty_array, pretty_objects, unended_lines, packed, packed_in_members, packed_array,
]  # fmt: skip


async def in_blocks(content: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def read(content: bytes, size: int = 1 << 16) -> list[Any]:
    return [record async for record in records_of(in_blocks(content, size), "part 1")]


async def export_of(client: BatchClient, fake: FakeBatch, *files: File) -> str:
    """An export whose files are these."""
    id = await client.profiles.export({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]})
    fake.project().exports.by_id[id].files = list(files)
    return id


# -- over all parts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [[1, 2, 3], [3, 1, 2], [0, 1, 2], [1, 1, 1], [None, None, None]])
async def test_the_records_of_all_parts(client: BatchClient, fake: FakeBatch, numbers: list[Any]) -> None:
    files = [
        File(f"file_{number}", part, form([record]))
        for number, (part, form, record) in enumerate(
            zip(numbers, [lines, packed_array, pretty_array], RECORDS, strict=True)
        )
    ]
    id = await export_of(client, fake, *files)
    found = [record async for record in client.exports.records(id)]
    in_order = sorted(range(3), key=lambda at: (numbers[at] or 0, at))
    assert found == [RECORDS[at] for at in in_order]


async def test_it_waits_for_the_export(client: BatchClient, fake: FakeBatch) -> None:
    await client.profiles.update(RECORDS[:1])
    id = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["n"]})
    assert [record async for record in client.exports.records(id)] == [
        {"identifiers": {"custom_id": "u0"}, "attributes": {"n": 0}}
    ]
    fake.project().exports.fail_next()
    id = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["n"]})
    with pytest.raises(ExportFailed):
        await anext(client.exports.records(id))


async def test_an_empty_export_has_no_records(client: BatchClient, fake: FakeBatch) -> None:
    for files in ([], [File("file_1", 1, b"")], [File("file_1", 1, b"[]"), File("file_2", 2, gzip.compress(b""))]):
        id = await export_of(client, fake, *files)
        assert [record async for record in client.exports.records(id)] == []


async def test_a_download_that_breaks_goes_on(client: BatchClient, fake: FakeBatch) -> None:
    content = lines([{"n": number} for number in range(20_000)])
    id = await export_of(client, fake, File("file_1", 1, gzip.compress(content, 0)))
    fake.truncate("storage", keep=0.5, times=3)
    assert len([record async for record in client.exports.records(id)]) == 20_000


async def test_whoever_leaves_leaves_no_connection(client: BatchClient, fake: FakeBatch) -> None:
    id = await export_of(client, fake, File("file_1", 1, lines(RECORDS)), File("file_2", 2, b""))
    async with aclosing(client.exports.records(id)) as records:
        async for _ in records:
            break
    assert len(fake.storage_requests) == 1


# -- any form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
async def test_every_form(form: Callable[[list[Any]], bytes]) -> None:
    for size in (1, 7, 1 << 16):
        assert await read(form(RECORDS), size) == RECORDS


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(
    records=st.lists(st.dictionaries(st.text(max_size=3), _values, max_size=3), max_size=6),
    form=st.sampled_from(FORMS),
    size=st.integers(1, 40),
    cut=st.integers(0, 400),
)
async def test_what_was_written_is_read_and_what_breaks_off_is_told(
    records: list[dict[str, Any]], form: Callable[[list[Any]], bytes], size: int, cut: int
) -> None:
    content = form(records)
    assert await read(content, size) == records
    found: list[Any] = []
    try:
        async for record in records_of(in_blocks(content[:cut], size), "part 1"):
            found.append(record)  # noqa: PERF401 (what came before an error counts)
    except TransportError as error:
        assert "It was a read: nothing was changed." in str(error)  # noqa: PT017
    else:
        whole = content[:cut].strip() in (content.strip(), b"") or form in (
            lines,
            pretty_objects,
            unended_lines,
            packed_in_members,
        )
        assert whole, "only where a record or a member ends, nothing is missing as far as one can see"
    assert found == records[: len(found)]


async def test_memory_stays_constant() -> None:
    async def endless(total: int) -> AsyncIterator[bytes]:
        yield b"["
        line = json.dumps(RECORDS[0]).encode()
        for _ in range(total // len(line)):
            yield line + b",\n"
        yield b"{}]"

    tracemalloc.start()
    try:
        count = 0
        async for _ in records_of(endless(4 << 20), "part 1"):
            count += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count > 30_000
    assert peak < 1 << 20


async def test_a_bomb_is_unpacked_a_little_at_a_time() -> None:
    content = gzip.compress(b'{"a":1}\n' * 500_000)
    tracemalloc.start()
    try:
        found = 0
        async for _ in records_of(in_blocks(content, len(content)), "part 1"):
            found += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 500_000
    assert peak < 1 << 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a":1}\n{"a":', "its JSON breaks off, or is invalid"),
        (b'{"a":1}\nnonsense\n{"a":2}', "its JSON breaks off, or is invalid"),
        (b'[{"a":1},', "its JSON breaks off"),
        (b'[{"a":1}] {"a":2}', "something follows its JSON array"),
        (b'{"a":1}\n3\n', "expected objects"),
        (b'{"a":1}\n"text"\n', "expected objects"),
        (b'{"a":1}\n' + b"[" * 100_000, "its JSON breaks off, or is invalid"),
        (b'{"a":1}\n{"a":"\xff"}', "it is not UTF-8"),
        (b'{"a":1}\n{"a":"\xc3', "it is not UTF-8|its JSON breaks off"),
        (lines([{"a": 1}]) + b" " * 70_000 + b'{"a":"' + b"x" * (20 << 20), "a record has more than 16 MB"),
        (gzip.compress(lines([{"a": 1}]))[:-3], "its gzip data breaks off"),
        (gzip.compress(lines([{"a": 1}])) + b"garbage", "its gzip data is damaged"),
    ],
)
async def test_what_cannot_be_read_is_told_after_what_can(content: bytes, said: str) -> None:
    async with aclosing(records_of(in_blocks(content, 1 << 16), "part 7")) as records:
        assert await anext(records) == {"a": 1}
        with pytest.raises(TransportError, match=f"^exports.records: part 7: .*({said})") as raised:
            await anext(records)
    assert (raised.value.stage, raised.value.may_pass) == ("download", False)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PAR1....", "got Parquet"), (b"PK\x03\x04....", "got a zip archive"), (b"<html>", "got an HTML page")],
)
async def test_what_is_no_json_at_all_is_said_by_name(content: bytes, said: str) -> None:
    with pytest.raises(TransportError, match=said):
        await read(content)


async def test_no_text_is_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record over many blocks is tried a few times, not once for each."""
    tries = 0
    decode = json.JSONDecoder().raw_decode

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> Any:
            nonlocal tries
            tries += 1
            return decode(s, idx)

    monkeypatch.setattr(json, "JSONDecoder", Counting)
    record = {"a": "x" * (1 << 20)}
    assert await read(lines([record]), 1 << 10) == [record]
    assert tries < 40
