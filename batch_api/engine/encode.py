"""From what the caller passes in to the bytes that are sent, and what the engine must know about them.

This is the hot path of ingestion. Clean items cost little more than orjson alone: a slice is encoded first, and walked
in Python only if something in it may be wrong. Three signs are enough: orjson refused it; or the bytes contain `null`,
which is how orjson writes NaN (and `None`, and the word itself); or a datetime went through our hook. orjson refuses
everything else that `check` finds.

A slice is read, encoded and checked without yielding to the event loop. Between slices other tasks run: the items of a
call are those it started with, but an item that is changed before its slice is encoded is sent as changed, never half.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from batch_api._operation import Condition, Dates, Encoded, Operation
from batch_api.engine.check import check, named, plain, written
from batch_api.engine.errors import InvalidInput
from batch_api.engine.retry import is_replayable

SLICE: Final = 250
"""Items encoded before yielding to the event loop: well under a millisecond, or below two if they must be walked."""

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_BY_DEFAULT: Final = Dates()


class Prepared(NamedTuple):
    """A body ready to be sent. `items` is 1 where the operation has none."""

    content: bytes | None
    items: int
    replayable: bool
    """Whether a retry is safe when it is unknown whether the first attempt was applied."""
    met: frozenset[Condition]
    """The conditions of the operation that this body meets: some limits hold only where one is met."""

    def __repr__(self) -> str:  # the content is personal data, and asyncio puts results into the repr of tasks
        return f"Prepared({len(self.content or b'')} bytes, items={self.items}, replayable={self.replayable})"


async def prepare(operation: Operation, body: object | Encoded | None) -> Prepared:
    """Checks, counts and encodes a body: plain data, models or a mixture, or `Encoded`, which is trusted.

    Raises `InvalidInput` for no items or too many, for a list where an object is expected or the reverse, and for
    whatever `check` finds.
    """
    unless, only_if = operation.replay_unless, operation.replay_only_if
    asked = {when for when in (unless, only_if, *(fact.when for fact in operation.limits)) if when}
    content: bytes | None
    if isinstance(body, Encoded):
        content, items = body.body, 1 if operation.items is None else _counted(operation, body.items)
        # `Encoded` says whether it has events and nothing more: assume that every other condition is met.
        met = {condition for condition in asked if body.has_events or condition.path[-1] != "events"} - {only_if}
    elif operation.items is not None:
        content, items, met = await _encode_items(operation, operation.items, body, asked)
    elif body is not None:
        fields = _object(body)
        content = _encode(fields, [(None, fields)], operation.dates)
        items = 1 if operation.counted is None else _counted_inside(operation, content, operation.counted)
        met = _met(content, asked)
    else:
        content, items, met = None, 1, set()
    return Prepared(content, items, replayable=is_replayable(operation, met), met=frozenset(met))


async def _encode_items(
    operation: Operation, path: tuple[str, ...], body: object, asked: set[Condition]
) -> tuple[bytes, int, set[Condition]]:
    """The body's bytes, how many items are at `path`, and which of the conditions are met."""
    items, rest = _taken_out(body, path)
    count = _counted(operation if operation.counted is None else operation._replace(max_items=None), len(items), path)
    around = _encode(rest, [(None, rest)], operation.dates)
    met = _met(around, asked)
    of_items = {condition for condition in asked if condition.path[: len(path) + 1] == (*path, "*")}
    # The emptied array is last at every level, so the bytes around its items end in `[` and `]`, or `[` and `]}`.
    split = len(around) - len(path) - 1
    pieces = [around[:split]]
    for start in range(0, count, SLICE):
        if start:
            await asyncio.sleep(0)
            pieces.append(b",")
        rows = items[start : start + SLICE]
        if set(map(type, rows)) != {dict}:
            item_of = _text if operation.items_are_text else _object
            rows = [item_of(item, index) for index, item in enumerate(rows, start)]
        content = _encode(rows, enumerate(rows, start), operation.dates)
        pieces.append(content[1:-1])
        likely = {condition for condition in of_items - met if _any_has(rows, condition.path[len(path) + 1])}
        met |= _met(content, likely, len(path))
    pieces.append(around[split:])
    content = b"".join(pieces)
    if operation.counted is not None:
        count = _counted_inside(operation, content, operation.counted)
    return content, count, met


def encode_items(items: Sequence[object], dates: Dates = _BY_DEFAULT) -> bytes:
    """Items as they stand in a body, joined by commas. Raises `InvalidInput` whose index counts in `items`."""
    return _encode(items, enumerate(items), dates)[1:-1]


def encode_whole(body: object, dates: Dates) -> bytes:
    """A body of any shape, checked, and encoded in one go. Raises `InvalidInput`."""
    return _encode(body, [(None, body)], dates)


def _encode(value: object, parts: Iterable[tuple[int | None, object]], dates: Dates) -> bytes:
    """The bytes of `value`, whose `parts` are checked one by one if anything looks wrong."""
    dated = False

    def hook(inner: object) -> object:
        nonlocal dated
        if isinstance(inner, datetime):
            dated = True
            return written(inner, dates)
        return plain(inner)

    try:
        content = orjson.dumps(value, hook, _OPTIONS)
    except orjson.JSONEncodeError:
        content = b""  # the walk below finds out what is wrong, and where
    # rfind, because it is twice as fast as `in` (CPython 3.11 to 3.13)
    if not content or dated or content.rfind(b"null") >= 0:
        for index, part in parts:
            check(part, index=index, dates=dates)
    if not content:  # the walk found no fault: the value changes from one reading to the next
        raise InvalidInput("cannot be encoded as JSON: the value changed while it was being read")
    return content


def _taken_out(body: object, path: tuple[str, ...]) -> tuple[list[Any], object]:
    """The items at `path`, and the body with an empty array in their place, last among its keys."""
    if not path:
        if not isinstance(body, Sequence) or isinstance(body, str | bytes | bytearray | memoryview):
            raise InvalidInput(f"expected a list, got {type(body).__name__}")
        return list(body), []
    fields, key = _object(body), path[0]
    if key not in fields:
        raise InvalidInput("missing", path=key)
    try:
        items, rest = _taken_out(fields.pop(key), path[1:])
    except InvalidInput as fault:
        raise InvalidInput(fault.reason, path=f"{key}.{fault.path}".removesuffix(".")) from None
    return items, {**fields, key: rest}


def _object(value: object, index: int | None = None) -> dict[str, Any]:
    """The fields of a mapping or a model, one level deep, as a `dict` of their own."""
    if isinstance(value, Mapping) or hasattr(type(value), "_json"):
        fields: dict[str, Any] = plain(value)
        return fields
    raise InvalidInput(f"expected an object, got {type(value).__name__}", index=index)


def _text(value: object, index: int) -> str:
    if isinstance(value, str) and value:
        return value
    raise InvalidInput(f"expected a non-empty string, got {named(value)}", index=index)


def _counted(operation: Operation, items: int, path: Sequence[str] = ()) -> int:
    """`items`, if one call of the operation may carry so many."""
    where = ".".join(path)
    if items < 1:
        raise InvalidInput("expected at least one item, got none", path=where)
    if operation.max_items is not None and items > operation.max_items:
        instead = operation.instead or "split them over several calls"
        raise InvalidInput(f"got {items} items, but a call takes at most {operation.max_items}: {instead}", path=where)
    return items


def _counted_inside(operation: Operation, content: bytes, path: tuple[str, ...]) -> int:
    """As `_counted`, of what is at `path` of the bytes that are sent."""
    return _counted(operation, _number_at(content, path), [key for key in path if key != "*"])


def _number_at(content: bytes, path: tuple[str, ...]) -> int:
    """How many values are at `path` of what is sent."""
    found = [orjson.loads(content)]
    for key in path:
        if key == "*":
            found = [inner for value in found for inner in _elements(value)]
        else:
            found = [value[key] for value in found if isinstance(value, dict) and key in value]
    return len(found)


def _elements(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _any_has(rows: Iterable[Any], key: str) -> bool:
    return any(row[key] not in _EMPTY for row in rows if key in row)


def _met(content: bytes, asked: set[Condition], skip: int = 0) -> set[Condition]:
    """Which conditions are met by what is sent, whose root lies `skip` keys down their paths."""
    if not asked:
        return set()
    # Read back from the bytes: models, mappings, enums and changes made meanwhile by the caller all end up in them.
    data = orjson.loads(content)
    return {condition for condition in asked if _meets(data, condition.path[skip:], condition.equals)}


def _meets(data: Any, path: tuple[str, ...], equals: str | bool | None) -> bool:
    if not path:
        return data not in _EMPTY if equals is None else data == equals
    key, rest = path[0], path[1:]
    if key == "*":
        return isinstance(data, list) and any(_meets(item, rest, equals) for item in data)
    return isinstance(data, dict) and _meets(data.get(key), rest, equals)
