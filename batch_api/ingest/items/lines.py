"""JSON lines, checked without being read into objects: their syntax, and whom each is about.

msgspec skips what it is not asked for after checking it, at a third of the cost of reading it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from batch_api._generated.cep.keys import KEYS
from batch_api._operation import Keys
from batch_api.engine.check import MAX_DEPTH

DecodeError = msgspec.DecodeError

MOST_EVENTS: Final = 15
"""Events in one edit (fact sheet: profiles and audiences, 1.5)."""

_Text = Annotated[str, Meta(min_length=1)]


class _Object(Struct, gc=False):
    """An object whose fields are skipped: this costs less than `Raw`, which holds on to the bytes."""


def _record(keys: Keys, *read: tuple[Any, ...]) -> Any:
    """A reader of one kind of object: it reads the fields `read`, skips others and refuses unknown keys."""
    skipped = sorted(keys.names - {name for name, *_ in read})
    names = {f"skipped_{number}": name for number, name in enumerate(skipped)}
    fields = [*read, *((name, _Object | str | None, None) for name in names)]
    return msgspec.defstruct("Record", fields, forbid_unknown_fields=True, rename=names, gc=False)


class _Identifiers(Struct, forbid_unknown_fields=True, gc=False):
    custom_id: _Text
    installation: None = None


_Event: Any = _record(KEYS["ProfileEvent"], ("name", _Text))
_Events = Annotated[list[_Event], Meta(max_length=MOST_EVENTS)] | None
_Edit = _record(KEYS["EditProfile"], ("identifiers", _Identifiers), ("events", _Events, None))


class Block:
    """JSON lines in one piece, with a line end after each but the last. It is as long as it has lines."""

    __slots__ = ("_count", "body", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.body = raw.replace(b"\n", b",\n")
        """The same with commas between them."""
        self._count = len(self.body) - len(raw) + 1

    @classmethod
    def of(cls, lines: list[bytes]) -> Block:
        """Lines that came one by one, their ends with them or not."""
        if lines[0][-1:] == b"\n":
            lines = [line.rstrip(b"\r\n") for line in lines]
        return cls(b"\n".join(lines))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.raw.split(b"\n"))

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"<Block of {self._count} lines>"


class LineReader:
    """How the lines of one kind of item are read.

    Each line is put into brackets, so that no value can begin on one line and end on another, nor two share one: within
    an array or an object, a `]`, a line end and a `[` cannot follow each other.
    """

    def __init__(
        self,
        record: type[Struct],
        ids: Callable[[list[tuple[Any]]], list[str]],
        has_events: Callable[[list[tuple[Any]]], bool] = lambda _: False,
    ) -> None:
        decoder: Any = msgspec.json.Decoder(tuple[record])  # type: ignore[valid-type]
        self._decode: Callable[[bytes], list[tuple[Any]]] = decoder.decode_lines
        self._ids = ids
        self._has_events = has_events

    def read(self, block: Block) -> tuple[list[str], bool]:
        """Whom each line is about, and whether any has events. Raises `DecodeError` for what is wrong or unusual."""
        records = self._decode(b"[%b]" % block.raw.replace(b"\n", b"]\n["))
        return self._ids(records), self._has_events(records)


def may_be_too_deep(lines: bytes) -> bool:
    """Whether a line may nest deeper than `MAX_DEPTH`, because it has more opening brackets than that.

    msgspec skips whatever is nested, to a depth that differs between versions of Python; orjson reads less of it.
    """
    start, end = 0, len(lines)
    while start + 2 * MAX_DEPTH < end:
        stop = lines.rfind(b"\n", start, start + 2 * MAX_DEPTH)  # lines so short, several at once, have too few
        if stop < 0:
            stop = lines.find(b"\n", start)
            stop = end if stop < 0 else stop
            line = lines[start:stop]
            # replace, because it is four times as fast as count (CPython 3.11 to 3.13)
            if len(line) - len(line.replace(b"{", b"").replace(b"[", b"")) > MAX_DEPTH:
                return True
        start = stop + 1
    return False


EDITS = LineReader(
    _Edit,
    lambda records: [edit.identifiers.custom_id for (edit,) in records],
    lambda records: any(edit.events for (edit,) in records),
)


def by_id(keys: Keys) -> LineReader:
    """How lines are read whose objects have an `id` and an `action`."""
    record = _record(keys, ("id", _Text), ("action", _Text))
    return LineReader(record, lambda records: [item.id for (item,) in records])


_parts = msgspec.json.Decoder(list[Raw])


def parts(body: bytes) -> list[bytes]:
    """The elements of a JSON array without its brackets, each as it stands there."""
    return [bytes(part) for part in _parts.decode(b"[%b]" % body)]
