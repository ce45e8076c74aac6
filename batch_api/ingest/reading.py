"""From a source to rows: windows of items, checked and encoded, small enough that the loop never stalls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import orjson

from batch_api.engine.encode import encode_items
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.fates import Invalid
from batch_api.ingest.kinds import Kind, is_item
from batch_api.ingest.rows import Rows

WINDOW = 250
"""Items read and encoded between two turns of the loop: under a millisecond for most."""

Items = list[Any]


class Window(NamedTuple):
    """What was read at once."""

    rows: Rows | None
    invalid: list[Invalid]


async def windows(source: Iterable[Any] | AsyncIterable[Any], size: int) -> AsyncIterator[Items]:
    """The source in lists of `size` at most. An async source that pauses gives what it has so far as an empty list."""
    if isinstance(source, AsyncIterable):
        async for items in _async_windows(source, size):
            yield items
        return
    if isinstance(source, str | bytes) or not isinstance(source, Iterable):
        raise InvalidInput("the source is an iterable of items, or a path")
    iterator: Iterator[Any] = iter(source)
    while items := list(islice(iterator, size)):
        yield items
        await asyncio.sleep(0)


async def _async_windows(source: AsyncIterable[Any], size: int) -> AsyncIterator[Items]:
    items: Items = []
    async for item in source:
        items.append(item)
        if len(items) == size:
            yield items
            items = []
            await asyncio.sleep(0)
    if items:
        yield items


def read(kind: Kind, items: Items, start: int) -> Window:
    """Check and encode the items of one window, the first of which is number `start` of the source."""
    kinds = set(map(type, items))
    if kinds == {bytes}:
        return _read_lines(kind, items, start, None)
    refs: list[Any] | None = None
    if tuple in kinds:
        items, refs = _untie(items)
        kinds = set(map(type, items))
        if kinds == {bytes}:
            return _read_lines(kind, items, start, refs)
    if kinds == {dict}:
        return _read_objects(kind, items, start, refs)
    return _read_one_by_one(kind, items, start, refs)


def _untie(items: Items) -> tuple[Items, list[Any]]:
    """Pairs of an item and what the caller attached to it, apart."""
    pairs = [item if type(item) is tuple and len(item) == 2 and is_item(item[0]) else (item, None) for item in items]
    return [item for item, _ in pairs], [ref for _, ref in pairs]


def _read_objects(kind: Kind, items: Items, start: int, refs: list[Any] | None) -> Window:
    """The common case: all of them good, looked at one by one and encoded at once."""
    look = kind.look
    try:
        seen = [look(item) for item in items]
        body = encode_items(items)
    except InvalidInput:
        return _read_one_by_one(kind, items, start, refs)
    ids = [name for name, _ in seen]
    events = any(has_events for _, has_events in seen)
    return Window(Rows(range(start, start + len(items)), ids, refs, body, None, events), [])


def _read_lines(kind: Kind, lines: Items, start: int, refs: list[Any] | None) -> Window:
    """JSON as it came: its syntax is checked, and the bytes go out as they are."""
    from batch_api.ingest.lines import DecodeError

    joined = b"\n".join(lines)
    try:
        # A line is one object if it starts and ends like one, and if there are as many objects as lines: within a
        # value a closing brace is never followed by an opening one.
        records = kind.lines()(joined)
        if len(records) != len(lines) or not all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
            return _read_one_by_one(kind, lines, start, refs)
        if not joined.isascii():
            joined.decode()
        look = kind.look_at_line
        seen = [look(record) for record in records]
    except (DecodeError, UnicodeDecodeError, InvalidInput):
        return _read_one_by_one(kind, lines, start, refs)
    ids = [name for name, _ in seen]
    events = any(has_events for _, has_events in seen)
    body = b",".join(lines)
    return Window(Rows(range(start, start + len(lines)), ids, refs, body, list(map(len, lines)), events), [])


def _read_one_by_one(kind: Kind, items: Items, start: int, refs: list[Any] | None) -> Window:
    """Something is wrong with at least one of them: find out with which, and keep the others."""
    indexes: list[int] = []
    ids: list[str] = []
    kept: list[Any] = []
    parts: list[bytes] = []
    invalid: list[Invalid] = []
    has_events = False
    for index, item in enumerate(items, start):
        ref = None if refs is None else refs[index - start]
        try:
            part, name, events = _read_line(kind, item) if isinstance(item, bytes) else _read_object(kind, item)
        except InvalidInput as error:
            fault = InvalidInput(error.reason, index=index, path=error.path)
            invalid.append(Invalid(index, None, ref, fault))
            continue
        indexes.append(index)
        ids.append(name)
        kept.append(ref)
        parts.append(part)
        has_events = has_events or events
    if not parts:
        return Window(None, invalid)
    rows = Rows(indexes, ids, kept if refs is not None else None, b",".join(parts), list(map(len, parts)), has_events)
    return Window(rows, invalid)


def _read_object(kind: Kind, item: object) -> tuple[bytes, str, bool]:
    fields = kind.plain(item)
    seen = kind.look(fields)
    return encode_items([fields]), seen.id, seen.has_events


def _read_line(kind: Kind, line: bytes) -> tuple[bytes, str, bool]:
    stripped = line.strip()
    try:
        item = orjson.loads(stripped)
    except orjson.JSONDecodeError:
        raise InvalidInput("the line is no JSON") from None
    if not isinstance(item, dict):
        raise InvalidInput("an object is due")
    seen = kind.look(item)
    return stripped.replace(b"\n", b" ").replace(b"\r", b" "), seen.id, seen.has_events
