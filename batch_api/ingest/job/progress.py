"""How far a job has come, in figures for people to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from batch_api.ingest.items.fates import ChunkResult

EVERY = 0.25
"""Minimum seconds between two calls of `on_progress`."""


class Progress:
    """Counts of a job so far. Updated while the job runs."""

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
        """Items that earlier calls with the same checkpoint completed."""
        self._start = 0.0  # their part of the job
        self.total = total
        """Items in total, if known beforehand; for a file it is not."""
        self.most = most
        """Items a second that the limits allow; `None` without limits."""
        self.fates: Counter[str] = Counter()
        """How many ended in each fate, by its name."""

    @property
    def done(self) -> int:
        """Items that got their fate in this call."""
        return self.fates.total()

    @property
    def seconds(self) -> float:
        """Seconds since the job began; once it is over, its duration."""
        return (self._now() if self._ended is None else self._ended) - self._began

    @property
    def rate(self) -> float:
        """Items a second, since the beginning."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def limit_share(self) -> float | None:
        """The part of what the limits allow that is used; `None` without limits."""
        return None if self.most is None else self.rate / self.most

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at this rate; `None` if the end is not known."""
        part = self.part
        return None if part is None or part <= self._start else self.seconds * (1 - part) / (part - self._start)

    @property
    def part(self) -> float | None:
        """The part of the job that is done, from 0 to 1, earlier calls included; `None` if the end is not known."""
        done = self.done + self.earlier
        if self.total is not None:
            return min(done / self.total, 1.0) if self.total else 1.0
        read = self._part_read()
        return None if read is None or not self.read else read * min(done / self.read, 1.0)

    def go_on(self, *, read: int, done: int) -> None:
        """Count what an earlier call read and completed."""
        self.read, self.earlier = read, done
        self._start = self.part or 0.0

    def count(self, result: ChunkResult) -> None:
        """Count the fates of a chunk."""
        self.fates["Delivered"] += result.delivered
        for trouble in result.troubles.values():
            self.fates[type(trouble).__name__] += 1

    def end(self) -> None:
        """Stop the clock: the job is over."""
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
        """Report a change."""
        if self._call is None:
            return
        seconds = self._progress.seconds
        if last or seconds - self._latest >= EVERY:
            self._latest = seconds
            self._call(self._progress)
