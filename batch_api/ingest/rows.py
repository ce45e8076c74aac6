"""Items on their way: their JSON, encoded once, and what must be known of each to send it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple

import orjson


class Rows(NamedTuple):
    """Items that follow each other, with their JSON joined by commas."""

    indexes: Sequence[int]
    """Positions in the source."""
    ids: list[str]
    """Whom each is about. No two of one request may be about the same."""
    refs: list[Any] | None
    """What the caller attached to each; `None` where nothing was."""
    body: bytes
    lengths: list[int] | None
    """Bytes of each item; `None` where they were encoded together and can be told apart by reading them back."""
    has_events: bool
    """Whether any of them does something that must not be done twice."""

    def __len__(self) -> int:
        return len(self.ids)

    def parts(self) -> list[bytes]:
        """The JSON of each item by itself."""
        if self.lengths is None:
            return [orjson.dumps(item) for item in orjson.loads(b"[%b]" % self.body)]
        ends = list(accumulate(length + 1 for length in self.lengths))
        return [self.body[end - 1 - length : end - 1] for end, length in zip(ends, self.lengths, strict=True)]

    def take(self, positions: Iterable[int]) -> Rows:
        """Some of the items."""
        chosen = list(positions)
        parts = self.parts()
        kept = [parts[position] for position in chosen]
        return Rows(
            [self.indexes[position] for position in chosen],
            [self.ids[position] for position in chosen],
            None if self.refs is None else [self.refs[position] for position in chosen],
            b",".join(kept),
            [len(part) for part in kept],
            self.has_events,
        )

    def halves(self) -> tuple[Rows, Rows]:
        """The first half and the second."""
        middle = len(self) // 2
        return self.take(range(middle)), self.take(range(middle, len(self)))

    @classmethod
    def joined(cls, runs: Sequence[Rows]) -> Rows:
        """Several runs as one."""
        if len(runs) == 1:
            return runs[0]
        whole = all(run.lengths is not None for run in runs)
        refs = list(chain.from_iterable(run.refs or [None] * len(run) for run in runs))
        return cls(
            list(chain.from_iterable(run.indexes for run in runs)),
            list(chain.from_iterable(run.ids for run in runs)),
            refs if any(run.refs is not None for run in runs) else None,
            b",".join([run.body for run in runs]),
            list(chain.from_iterable(run.lengths or () for run in runs)) if whole else None,
            any(run.has_events for run in runs),
        )

    def __repr__(self) -> str:
        return f"<Rows: {len(self)} items, {len(self.body)} bytes>"
