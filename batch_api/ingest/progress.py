"""How far a job has come, in figures a person can read."""

from __future__ import annotations

import time
from collections import Counter

from batch_api.ingest.fates import ChunkResult


class Progress:
    """Counts of a job so far."""

    def __init__(self) -> None:
        self.read = 0
        """Items read from the source."""
        self.fates: Counter[str] = Counter()
        """How many ended in each fate, by its name."""
        self._began = time.monotonic()
        self._seconds: float | None = None

    @property
    def done(self) -> int:
        """Items that have their fate."""
        return self.fates.total()

    @property
    def seconds(self) -> float:
        """Since the job began; of the whole job once it is over."""
        return time.monotonic() - self._began if self._seconds is None else self._seconds

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def count(self, result: ChunkResult) -> None:
        """Take the fates of a chunk into account."""
        self.fates["Delivered"] += result.delivered
        for trouble in result.troubles.values():
            self.fates[type(trouble).__name__] += 1

    def end(self) -> None:
        """The job is over: time stands still."""
        self._seconds = self.seconds

    def __repr__(self) -> str:
        counts = ", ".join(f"{name}={count}" for name, count in self.fates.items() if count)
        return f"Progress(read={self.read}, {counts or 'nothing done'}, {self.rate:.0f}/s)"
