"""The progress of an import: a bar on a terminal, and elsewhere a line now and then.

Schedulers end a job that is silent for long, and a log should say how far it came. So the lines come by the clock, also
while the API answers nothing.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from batch_api.cli.output import seconds, share
from batch_api.cli.safe import visible
from batch_api.ingest.job.progress import Progress as JobProgress
from batch_api.ingest.sources.files import FileSource

EVERY: Final = 30.0
"""Seconds from one line to the next."""


class Meter:
    """How far a file has been read, how fast, how close to the limit, and how long it will take."""

    def __init__(self, console: Console, source: FileSource) -> None:
        self._console = console
        self._source = source
        self._name = visible(source.path.name)
        self._progress: JobProgress | None = None
        self._items = 0
        self._timer: asyncio.TimerHandle | None = None
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[said]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(self._name, total=1.0, said="")

    def __enter__(self) -> Self:
        self._bar.start()
        if not self._console.is_terminal:
            self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._timer is not None:
            self._timer.cancel()

    def show(self, progress: JobProgress) -> None:
        """Draw the progress so far."""
        self._progress = progress
        self._draw()

    def read(self, items: int) -> None:
        """Draw how many items were read; nothing is sent."""
        self._items = items
        self._draw()

    def _draw(self) -> None:
        if self._console.is_terminal:
            self._bar.update(self._task, completed=self._part, said=self._said)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._tell)

    def _tell(self) -> None:
        self._console.print(f"{self._name}: {self._part:.0%}, {self._said}")
        self._wait()

    @property
    def _part(self) -> float:
        if self._progress is not None:
            return self._progress.part or 0.0
        return self._source.position / self._source.size if self._source.size else 1.0

    @property
    def _said(self) -> str:
        progress = self._progress
        if progress is None:
            return f"{self._items:,} read"
        parts = [f"{progress.done:,} done", f"{progress.rate:,.0f}/s"]
        if progress.limit_share is not None:
            parts.append(share(progress.limit_share))
        if progress.seconds_left is not None:
            parts.append(f"{seconds(progress.seconds_left)} left")
        return ", ".join(parts)
