"""How far a job has come, in figures a person can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from batch_api.ingest.items.fates import ChunkResult

EVERY = 0.25
"""Seconds at least between two calls of `on_progress`."""


class Progress:
    """Counts of a job so far. It moves on while the job runs."""

    def __init__(
        self,
        *,
        now: Callable[[], float],
        total: int | None,
        most: float | None,
        part_read: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._now = now
        self._part_read = part_read
        self._began = now()
        self._ended: float | None = None
        self.read = 0
        """Items read from the source."""
        self.earlier = 0
        """Items that earlier calls with the same checkpoint were done with."""
        self._start = 0.0  # the part of the job that they were
        self.total = total
        """Items in all, where that is known beforehand; of a file it is not."""
        self.most = most
        """Items a second that the limits allow; `None` without limits."""
        self.fates: Counter[str] = Counter()
        """How many ended in each fate, by its name."""

    @property
    def done(self) -> int:
        """Items that have their fate, by this call."""
        return self.fates.total()

    @property
    def seconds(self) -> float:
        """Since the job began; of the whole job once it is over."""
        return (self._now() if self._ended is None else self._ended) - self._began

    @property
    def rate(self) -> float:
        """Items a second, from the beginning."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def limit_share(self) -> float | None:
        """Which part of what the limits allow is used; `None` without limits."""
        return None if self.most is None else self.rate / self.most

    @property
    def seconds_left(self) -> float | None:
        """At this rate; `None` where the end is not known."""
        part = self.part
        return None if part is None or part <= self._start else self.seconds * (1 - part) / (part - self._start)

    @property
    def part(self) -> float | None:
        """Which part of the job is done, from 0 to 1, by earlier calls too; `None` where the end is not known."""
        done = self.done + self.earlier
        if self.total is not None:
            return min(done / self.total, 1.0) if self.total else 1.0
        read = self._part_read()
        return None if read is None or not self.read else read * min(done / self.read, 1.0)

    def go_on(self, *, read: int, done: int) -> None:
        """An earlier call read and did so much."""
        self.read, self.earlier = read, done
        self._start = self.part or 0.0

    def count(self, result: ChunkResult) -> None:
        """Take the fates of a chunk into account."""
        self.fates["Delivered"] += result.delivered
        for trouble in result.troubles.values():
            self.fates[type(trouble).__name__] += 1

    def end(self) -> None:
        """The job is over: time stands still."""
        self._ended = self._now()

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={count}" for name, count in self.fates.items() if count)
        return f"Progress(read={self.read}, {counts or 'nothing done'}, {self.rate:.0f}/s)"


class Reporter:
    """Calls `on_progress`, but not too often."""

    def __init__(self, progress: Progress, on_progress: Callable[[Progress], object] | None) -> None:
        self._progress = progress
        self._call = on_progress
        self._latest = 0.0

    def tell(self, *, last: bool = False) -> None:
        """Something has changed."""
        if self._call is None:
            return
        seconds = self._progress.seconds
        if last or seconds - self._latest >= EVERY:
            self._latest = seconds
            self._call(self._progress)
