"""The progress bar of an import."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from batch_api.cli.output import seconds, share
from batch_api.cli.safe import visible
from batch_api.ingest.job.progress import Progress as JobProgress
from batch_api.ingest.sources.files import FileSource


class Meter:
    """How far a file has been read, how fast, how close to the limit, and how long it will take. Only on a terminal."""

    def __init__(self, console: Console, source: FileSource) -> None:
        self._source = source
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[said]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(visible(source.path.name), total=1.0, said="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, progress: JobProgress) -> None:
        """Draw the progress so far."""
        parts = [f"{progress.done:,} done", f"{progress.rate:,.0f}/s"]
        if progress.limit_share is not None:
            parts.append(share(progress.limit_share))
        if progress.seconds_left is not None:
            parts.append(f"{seconds(progress.seconds_left)} left")
        self._bar.update(self._task, completed=progress.part or 0.0, said=", ".join(parts))

    def read(self, items: int) -> None:
        """Draw how many items were read; nothing is sent."""
        part = self._source.position / self._source.size if self._source.size else 1.0
        self._bar.update(self._task, completed=part, said=f"{items:,} read")
