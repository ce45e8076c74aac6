"""Turns items into rows: checked and encoded, a window at a time."""

from __future__ import annotations

import codecs
from typing import Any, NamedTuple

import orjson

from batch_api.engine.check import TOO_DEEP, check
from batch_api.engine.encode import encode_items
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import Invalid
from batch_api.ingest.items.item_types import CheckedItems, ItemType, is_item
from batch_api.ingest.items.lines import Block, DecodeError, may_be_too_deep

Items = list[Any]


class Window(NamedTuple):
    """The items read at once, checked."""

    rows: EncodedItems | None
    invalid: list[Invalid]


def read(item_type: ItemType, items: Items | Block, start: int) -> Window:
    """Check and encode the items of one window, the first of which is number `start` of the source."""
    if isinstance(items, Block):
        rows = _read_block(item_type, items, start, None)
        return _read_one_by_one(item_type, list(items), start, None) if rows is None else Window(rows, [])
    kinds = set(map(type, items))
    refs: list[Any] | None = None
    if tuple in kinds:
        items, refs = untied(items)
        kinds = set(map(type, items))
    if kinds == {dict}:
        rows = _read_objects(item_type, items, start, refs)
    elif kinds == {bytes}:
        block = Block.of(items)
        rows = _read_block(item_type, block, start, refs) if len(block) == len(items) else None
    elif kinds == {str}:
        rows = _read_texts(item_type, items, start, refs)
    else:
        rows = None
    return _read_one_by_one(item_type, items, start, refs) if rows is None else Window(rows, [])


def untied(items: Items) -> tuple[Items, list[Any] | None]:
    """Separates items from what the caller attached to them."""
    if tuple not in set(map(type, items)):
        return items, None
    pairs = [item if type(item) is tuple and len(item) == 2 and is_item(item[0]) else (item, None) for item in items]
    return [item for item, _ in pairs], [ref for _, ref in pairs]


def id_of(item: object) -> str | None:
    """The identifier of an item, if it can be read at all."""
    if isinstance(item, bytes):
        try:
            item = orjson.loads(item)
        except orjson.JSONDecodeError:
            return None
    if isinstance(item, str):
        return item
    holder = item.get("identifiers", item) if isinstance(item, dict) else getattr(item, "identifiers", item)
    for name in ("custom_id", "id"):
        found = holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)
        if isinstance(found, str):
            return found
    return None


def _read_objects(item_type: ItemType, items: Items, start: int, refs: list[Any] | None) -> EncodedItems | None:
    """The common case: all items valid, checked together and encoded at once. `None` otherwise."""
    try:
        # First, because it brings them into the processor's cache.
        body = encode_items(items, item_type.operation.dates)
    except InvalidInput:
        return None
    checked = item_type.check_many(items)
    return None if checked is None else _rows(checked, start, refs, body)


def _read_texts(item_type: ItemType, items: Items, start: int, refs: list[Any] | None) -> EncodedItems | None:
    """Ids alone."""
    try:
        plain = [item_type.plain(item) for item in items]
    except InvalidInput:
        return None
    return _read_objects(item_type, plain, start, refs)


def _read_block(item_type: ItemType, block: Block, start: int, refs: list[Any] | None) -> EncodedItems | None:
    """JSON as it is: its syntax is checked, and the bytes are sent unchanged. `None` if something is unusual."""
    if item_type.lines is None or may_be_too_deep(block.raw):
        return None
    try:
        ids, has_events = item_type.lines.read(block)
        if not block.raw.isascii():
            block.raw.decode()  # the decoder does not check strings that it skips
    except (DecodeError, UnicodeDecodeError):
        return None
    return _rows(CheckedItems(ids, has_events), start, refs, block.body)


def _rows(checked: CheckedItems, start: int, refs: list[Any] | None, body: bytes) -> EncodedItems:
    return EncodedItems(range(start, start + len(checked.ids)), checked.ids, refs, (body,), checked.has_events)


def _read_one_by_one(item_type: ItemType, items: Items, start: int, refs: list[Any] | None) -> Window:
    """At least one item is invalid: find out which, and keep the others."""
    indexes: list[int] = []
    ids: list[str] = []
    kept: list[Any] = []
    contents: list[bytes] = []
    invalid: list[Invalid] = []
    any_events = False
    for index, item in enumerate(items, start):
        ref = None if refs is None else refs[index - start]
        try:
            content, name, has_events = _read_one(item_type, item)
        except InvalidInput as error:
            fault = InvalidInput(error.reason, index=index, path=error.path)
            invalid.append(Invalid(index, id_of(item), ref, fault))
            continue
        indexes.append(index)
        ids.append(name)
        kept.append(ref)
        contents.append(content)
        any_events = any_events or has_events
    if not contents:
        return Window(None, invalid)
    rows = EncodedItems(indexes, ids, None if refs is None else kept, (b",".join(contents),), any_events)
    return Window(rows, invalid)


def _read_one(item_type: ItemType, item: object) -> tuple[bytes, str, bool]:
    if isinstance(item, InvalidInput):  # from the source, in place of an item that it could not read
        raise item
    if isinstance(item, bytes):
        line = item.strip().removeprefix(codecs.BOM_UTF8)  # parts put together have one in the middle
        item = _loaded(line)
        if item_type.lines is not None and isinstance(item, dict):
            seen = item_type.check_one(item_type.plain(item))
            if may_be_too_deep(line):
                check(item)
            return line, seen.id, seen.has_events
    fields = item_type.plain(item)
    seen = item_type.check_one(fields)
    return encode_items([fields], item_type.operation.dates), seen.id, seen.has_events


def _loaded(line: bytes) -> Any:
    """A line's value. Raises `InvalidInput`."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(TOO_DEEP if error.msg.startswith("depth limit") else "the line is not valid JSON") from None
