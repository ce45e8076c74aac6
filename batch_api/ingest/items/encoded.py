"""Items ready to be sent: their JSON, encoded once, and what must be known of each to send it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

from attrs import evolve, frozen

from batch_api.ingest.items.lines import parts


class Original(NamedTuple):
    """One of several edits that were merged into a row."""

    place: int
    """Its position in the source."""
    ref: Any
    names: frozenset[str]
    """The attributes it wrote, without `date(…)` and `url(…)` around them."""
    has_events: bool


@frozen(eq=False, repr=False)
class EncodedItems:
    """A sequence of items, with their JSON joined by commas."""

    indexes: Sequence[int]
    """Positions in the source."""
    ids: list[str]
    """The identifier of each. No two items of one request may have the same."""
    refs: list[Any] | None
    """What the caller attached to each; `None` if nothing."""
    bodies: tuple[bytes, ...]
    """The JSON of the items in order, joined by commas, in one piece or several."""
    has_events: bool
    """Whether any of them must not be applied twice."""
    merged: dict[int, list[Original]] | None = None
    """By index: the edits that a row was merged from, if there are several."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def weight(self) -> int:
        """Bytes in a request."""
        bodies = self.bodies
        return len(bodies[0]) + 1 if len(bodies) == 1 else sum(map(len, bodies)) + len(bodies)

    @property
    def places(self) -> Sequence[int]:
        """The positions in the source of all items, merged or not."""
        if self.merged is None:
            return self.indexes
        one = {index: [Original(index, None, frozenset(), has_events=False)] for index in self.indexes}
        return [original.place for originals in (one | self.merged).values() for original in originals]

    def between(self, prefix: bytes, suffix: bytes) -> bytes:
        """The JSON of all items between a prefix and a suffix. The only time that all of it is copied."""
        first, *others = self.bodies
        pieces = [prefix + first, *others]
        pieces[-1] += suffix
        return b",".join(pieces)

    def parts(self) -> list[bytes]:
        """The JSON of each item."""
        return parts(b",".join(self.bodies))

    def take(self, positions: Iterable[int], contents: list[bytes] | None = None) -> EncodedItems:
        """Some of the items; `contents` is the JSON of each, if already known."""
        chosen = list(positions)
        contents = self.parts() if contents is None else contents
        return evolve(
            self,
            indexes=[self.indexes[position] for position in chosen],
            ids=[self.ids[position] for position in chosen],
            refs=None if self.refs is None else [self.refs[position] for position in chosen],
            bodies=(b",".join([contents[position] for position in chosen]),),
        )

    def split(self, middle: int) -> tuple[EncodedItems, EncodedItems]:
        """The first `middle` items and the others."""
        contents = self.parts()
        first, second = (
            evolve(
                self,
                indexes=self.indexes[part],
                ids=self.ids[part],
                refs=None if self.refs is None else self.refs[part],
                bodies=(b",".join(contents[part]),),
            )
            for part in (slice(middle), slice(middle, None))
        )
        return first, second

    def halves(self) -> tuple[EncodedItems, EncodedItems]:
        """The first half and the second."""
        return self.split(len(self) // 2)

    def ref(self, position: int) -> Any:
        """What the caller attached to one of them."""
        return None if self.refs is None else self.refs[position]

    @classmethod
    def joined(cls, runs: Sequence[EncodedItems]) -> EncodedItems:
        """Several runs as one. The JSON is not copied."""
        if len(runs) == 1:
            return runs[0]
        has_refs = any(run.refs is not None for run in runs)
        merged = [run.merged for run in runs if run.merged]
        return cls(
            _joined_indexes([run.indexes for run in runs]),
            list(chain.from_iterable(run.ids for run in runs)),
            list(chain.from_iterable(run.refs or [None] * len(run) for run in runs)) if has_refs else None,
            tuple(chain.from_iterable(run.bodies for run in runs)),
            any(run.has_events for run in runs),
            {index: originals for each in merged for index, originals in each.items()} or None,
        )

    def __repr__(self) -> str:
        return f"<EncodedItems: {len(self)} items, {self.weight} bytes>"


def _joined_indexes(runs: list[Sequence[int]]) -> Sequence[int]:
    """One range if the runs are contiguous, which they nearly always are."""
    ranges = [run for run in runs if isinstance(run, range)]
    follow = all(one.stop == other.start for one, other in pairwise(ranges))
    if len(ranges) == len(runs) and follow:
        return range(ranges[0].start, ranges[-1].stop)
    return list(chain.from_iterable(runs))
