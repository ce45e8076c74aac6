"""Merges pending edits of one profile into one: limits count profiles, so this raises throughput.

A merged edit leaves the profile as the edits would have left it one by one, provided that the API accepts them all. The
API applies the attributes of an edit before its events, so an edit with events takes no further attributes. Edits whose
merger might have another effect are not merged, and are sent one after the other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson
from attrs import define, evolve, field
from msgspec.structs import replace

from batch_api.ingest.items.encoded import EncodedItems, Original
from batch_api.ingest.items.fates import ChunkResult, PartlyApplied, Trouble
from batch_api.ingest.items.lines import MOST_EVENTS

MOST_ATTRIBUTES = 50
"""Attributes in one edit (fact sheet: profiles and audiences, 1.5)."""
MOST_IN_ARRAY = 25
"""Strings in an array (fact sheet: profiles and audiences, 1.5)."""
_MOST_MERGED = 4  # edits and bytes that may be pending, as a multiple of those a request carries

_TYPED = re.compile(r"(?:date|url)\((.*)\)")
_KNOWN = {"identifiers", "attributes", "events"}
_OPERATION = {"$add", "$remove"}

Edit = dict[str, Any]


@define
class _Slot:
    """An edit that has not been sent, and those it was merged from."""

    edit: Edit
    originals: list[Original] = field(factory=list)
    size: int = 0
    """The sum of the sizes of all that were merged into it."""
    weight: int = 0
    """Their bytes, approximately."""


class Coalescer:
    """Takes the place of a `Chunker`: holds edits until there are enough profiles for a request, and merges them.

    One edit of each profile is sent at a time; those that arrive before its answer are merged with each other. `size`
    says how much an edit counts in a request, and `merge` how two become one.
    """

    def merge(self, first: Edit, second: Edit) -> Edit | None:
        """One edit in place of two; `None` if none is certain to have the same effect."""
        return merged(first, second)

    @staticmethod
    def size(edit: Edit) -> int:
        """How much an edit counts in a request."""
        return 1

    def __init__(self, *, most_items: int, most_bytes: int) -> None:
        self.most_items = most_items
        self._most_bytes = most_bytes
        self._pending: dict[str, deque[_Slot]] = {}
        self._ready: dict[str, None] = {}  # the pending profiles without an unanswered edit, in order
        self._unanswered: set[str] = set()
        self._ready_size = 0
        self._count = self._bytes = 0  # the size of all, before they were merged, and their bytes

    def feed(self, rows: EncodedItems) -> Iterator[EncodedItems]:
        """Take edits; yield the chunks that became full."""
        edits = orjson.loads(b"[%b]" % b",".join(rows.bodies))
        weight = rows.weight // len(rows)
        for position, (name, edit) in enumerate(zip(rows.ids, edits, strict=True)):
            slot = self._take(name, edit, rows.indexes[position], rows.ref(position))
            slot.weight += weight
            self._bytes += weight
        while self._ready_size >= self.most_items or (self._ready and self.is_clogged):
            yield self._next()

    def flush(self) -> Iterator[EncodedItems]:
        """What is left, except for what waits for an answer to earlier edits."""
        while self._ready:
            yield self._next()

    def answered(self, rows: EncodedItems) -> None:
        """These were answered: later edits of the same profiles may be sent."""
        self._unanswered.difference_update(rows.ids)
        for name in rows.ids:
            if name in self._pending:
                self._make_ready(name)

    @property
    def waits(self) -> bool:
        """Whether edits wait for an answer to earlier ones."""
        return bool(self._pending)

    @property
    def is_clogged(self) -> bool:
        """Whether so many edits wait that reading should pause."""
        return self._count >= _MOST_MERGED * self.most_items or self._bytes >= _MOST_MERGED * self._most_bytes

    def _take(self, name: str, edit: Edit, index: int, ref: Any) -> _Slot:
        size = self.size(edit)
        self._count += size
        slots = self._pending.setdefault(name, deque())
        together = self.merge(slots[-1].edit, edit) if slots else None
        if together is None:
            slots.append(_Slot(edit))
        else:
            if len(slots) == 1 and name in self._ready:
                self._ready_size += self.size(together) - self.size(slots[-1].edit)
            slots[-1].edit = together
        slots[-1].size += size
        names = frozenset(map(bare, edit.get("attributes") or ()))
        slots[-1].originals.append(Original(index, ref, names, bool(edit.get("events"))))
        if name not in self._unanswered:
            self._make_ready(name)
        return slots[-1]

    def _make_ready(self, name: str) -> None:
        if name not in self._ready:
            self._ready[name] = None
            self._ready_size += self.size(self._pending[name][0].edit)

    def _next(self) -> EncodedItems:
        """One edit of each of the first profiles in line."""
        ids: list[str] = []
        chosen: list[_Slot] = []
        contents: list[bytes] = []
        weight = size = 0
        for name in self._ready:
            slot = self._pending[name][0]
            content = orjson.dumps(slot.edit)
            more = self.size(slot.edit)
            if ids and (size + more > self.most_items or weight + len(content) > self._most_bytes):
                break
            weight += len(content) + 1
            size += more
            ids.append(name)
            chosen.append(slot)
            contents.append(content)
        for name in ids:
            del self._ready[name]
            self._pending[name].popleft()
            if not self._pending[name]:
                del self._pending[name]
        self._unanswered.update(ids)
        self._ready_size -= size
        self._count -= sum(slot.size for slot in chosen)
        self._bytes -= sum(slot.weight for slot in chosen)
        return EncodedItems(
            [slot.originals[0].place for slot in chosen],
            ids,
            [slot.originals[0].ref for slot in chosen],
            (b",".join(contents),),
            any(slot.edit.get("events") for slot in chosen),
            {slot.originals[0].place: slot.originals for slot in chosen if len(slot.originals) > 1} or None,
        )


def bare(key: str) -> str:
    """The attribute that a key names: `date(since)`, `url(since)` and `since` are the same one."""
    typed = _TYPED.fullmatch(key)
    return key if typed is None else typed[1]


def merged(first: Edit, second: Edit) -> Edit | None:
    """One edit in place of two of the same profile; `None` if none is certain to have the same effect."""
    if not first.keys() <= _KNOWN or not second.keys() <= _KNOWN:
        return None
    events = [*(first.get("events") or ()), *(second.get("events") or ())]
    if len(events) > MOST_EVENTS or (first.get("events") and second.get("attributes")):
        return None
    attributes = _merged_attributes(first.get("attributes") or {}, second.get("attributes") or {})
    if attributes is None:
        return None
    edit: Edit = {"identifiers": first["identifiers"]}
    return edit | ({"attributes": attributes} if attributes else {}) | ({"events": events} if events else {})


def _merged_attributes(first: Any, second: Any) -> Edit | None:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return None
    by_name = {bare(key): key for key in first}
    if len(by_name) < len(first) or len(set(map(bare, second))) < len(second):
        return None  # two values for one attribute in one edit: which one wins is not documented
    together = dict(first)
    for key, value in second.items():
        earlier = by_name.get(bare(key))
        if isinstance(value, dict) and earlier is not None:
            result = _after(together[earlier], value) if earlier == key else None
            if result is None:
                return None
            together[key] = result
        else:
            together.pop(earlier or key, None)
            together[key] = value
    return together if len(together) <= MOST_ATTRIBUTES else None


def _after(earlier: Any, operation: Edit) -> Any:
    """What an array operation makes of an earlier value: an array or an operation; `None` if that is uncertain."""
    added, removed = _parts_of(operation)
    if added is None or removed is None:
        return None
    if isinstance(earlier, list):
        array = [text for text in [*earlier, *(new for new in added if new not in earlier)] if text not in removed]
        return array if 0 < len(array) <= MOST_IN_ARRAY else None
    if not isinstance(earlier, dict):
        return None
    added_before, removed_before = _parts_of(earlier)
    # A string that is removed and added again moves to the end; merged, it would keep its old place in the array.
    if added_before is None or removed_before is None or not removed_before.isdisjoint(added):
        return None
    adds = [text for text in dict.fromkeys([*added_before, *added]) if text not in removed]
    removes = removed_before | removed
    if max(len(adds), len(removes)) > MOST_IN_ARRAY:
        return None
    return ({"$add": adds} if adds else {}) | ({"$remove": sorted(removes)} if removes else {}) or None


def _parts_of(operation: Edit) -> tuple[dict[str, None], set[str]] | tuple[None, None]:
    """What an operation adds, in order, and what it removes; `None` if it is not one, or does both to one string."""
    added, removed = operation.get("$add", []), operation.get("$remove", [])
    texts = isinstance(added, list) and isinstance(removed, list) and all(type(one) is str for one in added + removed)
    if not texts or not operation.keys() <= _OPERATION or not set(added).isdisjoint(removed):
        return None, None
    return dict.fromkeys(added), set(removed)


def spread(rows: EncodedItems, troubles: dict[int, Trouble]) -> ChunkResult:
    """The fates of a chunk, with one for each of the edits that were merged."""
    if rows.merged is None:
        return ChunkResult(rows.indexes, rows.ids, rows.refs, troubles)
    indexes: list[int] = []
    ids: list[str | None] = []
    refs: list[Any] = []
    spread_troubles: dict[int, Trouble] = {}
    for position, (index, name) in enumerate(zip(rows.indexes, rows.ids, strict=True)):
        originals = rows.merged.get(index) or [Original(index, rows.ref(position), frozenset(), has_events=False)]
        indexes += [original.place for original in originals]
        ids += [name] * len(originals)
        refs += [original.ref for original in originals]
        if index in troubles:
            spread_troubles |= _each(troubles[index], originals)
    return ChunkResult(indexes, ids, refs, spread_troubles)


def _each(trouble: Trouble, originals: list[Original]) -> dict[int, Trouble]:
    if len(originals) == 1:
        return {trouble.index: trouble}
    if not isinstance(trouble, PartlyApplied):
        return {one.place: replace(trouble, index=one.place, ref=one.ref) for one in originals}
    found: dict[int, Trouble] = {}
    for one in originals:
        errors = tuple(
            evolve(error, index=one.place)
            for error in trouble.error
            if not _is_told_apart(error.attribute, originals) or bare(error.attribute or "") in one.names
        )
        if errors:
            found[one.place] = replace(trouble, index=one.place, ref=one.ref, error=errors)
    return found


def _is_told_apart(attribute: str | None, originals: list[Original]) -> bool:
    """Whether it is known which edits wrote an attribute. An event's attribute is not among theirs."""
    return attribute is not None and any(bare(attribute) in one.names for one in originals)
