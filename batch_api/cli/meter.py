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

    def __init__(self, console: Console, source: FileSource) -> None:
        self._source = source
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
        self._from: int | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, progress: JobProgress) -> None:
        """Draw what has been done so far."""
        position = self._source.position
        self._from = position if self._from is None else self._from
        parts = [f"{progress.done:,} done", f"{progress.rate:,.0f}/s"]
        if progress.limit_share is not None:
            parts.append(share(progress.limit_share))
        left = self._left(position)
        if left is not None:
            parts.append(f"{seconds(left)} left")
        self._bar.update(self._task, completed=position, said=", ".join(parts))

    def read(self, items: int) -> None:
        """Draw how many items were read; nothing is sent."""
        self._bar.update(self._task, completed=self._source.position, said=f"{items:,} read")

    def _left(self, position: int) -> float | None:
        """At the pace so far. What has been read is a little ahead of what has been done."""
        read = position - (self._from or 0)
        return (self._source.size - position) * (time.monotonic() - self._began) / read if read > 0 else None
