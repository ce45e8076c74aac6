"""The line that moves while an import runs."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from batch_api.cli.output import seconds, share
from batch_api.ingest.files import FileSource
from batch_api.ingest.progress import Progress as JobProgress


class Meter:
    """How far a file has been read, how fast, how close to the limit, and how long it will take. Only on a terminal."""

    def __init__(self, console: Console, source: FileSource, *, skipped: int = 0) -> None:
        self._source = source
        self._skipped = skipped  # items that an earlier import was done with
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[said]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(source.path.name, total=max(source.size, 1), said="")
        self._began = time.monotonic()
        self._start = source.position

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, progress: JobProgress) -> None:
        """Draw what has been done so far."""
        done = self._bytes_done(progress)
        parts = [f"{progress.done:,} done", f"{progress.rate:,.0f}/s"]
        if progress.limit_share is not None:
            parts.append(share(progress.limit_share))
        left = self._left(done)
        if left is not None:
            parts.append(f"{seconds(left)} left")
        self._bar.update(self._task, completed=done, said=", ".join(parts))

    def read(self, items: int) -> None:
        """Draw how many items were read; nothing is sent."""
        self._bar.update(self._task, completed=self._source.position, said=f"{items:,} read")

    def _bytes_done(self, progress: JobProgress) -> float:
        """More has been read than done: some is on its way."""
        position, read = self._source.position, progress.read - self._skipped
        return self._start + (position - self._start) * min(progress.done / read, 1.0) if read else float(position)

    def _left(self, done: float) -> float | None:
        """At the pace so far."""
        gone = done - self._start
        return (self._source.size - done) * (time.monotonic() - self._began) / gone if gone > 0 else None
