"""Sets of whole numbers that are mostly contiguous."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence


class Spans:
    """A set of indexes, kept as spans from a start up to a stop that is not in it."""

    def __init__(self, spans: Iterable[Sequence[int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in spans:
            self._add(start, stop)

    def add(self, indexes: Sequence[int]) -> None:
        """Put indexes in."""
        for start, stop in _runs(indexes):
            self._add(start, stop)

    def remove(self, indexes: Sequence[int]) -> None:
        """Take indexes out."""
        for start, stop in _runs(indexes):
            self._remove(start, stop)

    @property
    def prefix(self) -> int:
        """How many there are from 0 up to the first gap."""
        return self._stops[0] if self._starts and self._starts[0] == 0 else 0

    @property
    def end(self) -> int:
        """One more than the largest; 0 for none."""
        return self._stops[-1] if self._stops else 0

    def _add(self, start: int, stop: int) -> None:
        low = bisect_left(self._stops, start)
        high = bisect_right(self._starts, stop)
        if low < high:  # it touches these, and merges with them
            start, stop = min(start, self._starts[low]), max(stop, self._stops[high - 1])
        self._starts[low:high] = [start]
        self._stops[low:high] = [stop]

    def _remove(self, start: int, stop: int) -> None:
        low = bisect_right(self._stops, start)
        high = bisect_left(self._starts, stop)
        if low >= high:
            return
        left = [(self._starts[low], start)] if self._starts[low] < start else []
        right = [(stop, self._stops[high - 1])] if stop < self._stops[high - 1] else []
        self._starts[low:high] = [span[0] for span in left + right]
        self._stops[low:high] = [span[1] for span in left + right]

    def __contains__(self, index: int) -> bool:
        at = bisect_right(self._starts, index) - 1
        return at >= 0 and index < self._stops[at]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The spans, in order."""
        return zip(self._starts, self._stops, strict=True)

    def __len__(self) -> int:
        """How many spans there are."""
        return len(self._starts)

    def __repr__(self) -> str:
        return f"Spans({list(self)})"


def _runs(indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Spans of contiguous indexes; those of a chunk may come in any order."""
    if not indexes:
        return
    if isinstance(indexes, range) and indexes.step == 1:
        yield indexes.start, indexes.stop
        return
    ordered = sorted(indexes)
    start = last = ordered[0]
    if ordered[-1] - start != len(ordered) - 1:
        for index in ordered:
            if index > last + 1:
                yield start, last + 1
                start = index
            last = index
    yield start, ordered[-1] + 1
