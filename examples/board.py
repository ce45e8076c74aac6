"""The output of the demo: a line for each phase while it runs, and a table at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from batch_api import Limit


def share_of(limits: Sequence[Limit], requests_per_second: float, items_per_second: float) -> float:
    """The part of `limits` that is used at this pace; of several, the part of the one most used."""
    pace = {"requests": requests_per_second, "items": items_per_second}
    return max((pace[limit.unit] / limit.per_second for limit in limits), default=0.0)


class Row(NamedTuple):
    """The result of a phase."""

    phase: str
    requests: int
    items: int
    seconds: float
    share: float | None
    """The part of the allowed rate, from the first request to the last; `None` if there was only one."""
    rejected: int
    """Requests answered with 429."""
    lost: int
    """Items that are not on the server as they were sent."""


class Board:
    """The lines of all phases, drawn while they run."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}", markup=False),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def line(self, phase: str, total: int, limits: Sequence[Limit]) -> Line:
        """The line of a phase of `total` items, whose main operation has these limits."""
        return Line(self._progress, self._progress.add_task(phase, total=total, said=""), limits)


class Line:
    """The line of one phase."""

    def __init__(self, progress: Progress, task: TaskID, limits: Sequence[Limit]) -> None:
        self._progress = progress
        self._task = task
        self._limits = limits
        self._first: float | None = None
        self._requests = 0
        self._items = 0

    def sent(self, items: int) -> None:
        """Count one more request with `items`. The pace is the items after the first request, by the time since."""
        self.advance(items)
        now = time.monotonic()
        if self._first is None:
            self._first = now
            return
        self._requests += 1
        self._items += items
        seconds = max(now - self._first, 1e-3)
        share = share_of(self._limits, self._requests / seconds, self._items / seconds)
        self.say(f"{self._items / seconds:,.0f}/s, {share:.0%} of the limit")

    def advance(self, items: int) -> None:
        self._progress.advance(self._task, items)

    def say(self, text: str) -> None:
        self._progress.update(self._task, said=text)


def table(rows: Sequence[Row]) -> Table:
    """All phases, and their sums."""
    drawn = Table(show_footer=True)
    total = Row(
        "all",
        sum(row.requests for row in rows),
        sum(row.items for row in rows),
        sum(row.seconds for row in rows),
        None,
        sum(row.rejected for row in rows),
        sum(row.lost for row in rows),
    )
    titles = ("phase", "requests", "items", "seconds", "share of the allowed rate", "429s", "items lost")
    for title, footer in zip(titles, _cells(total), strict=True):
        drawn.add_column(title, footer, justify="left" if title == "phase" else "right")
    for row in rows:
        drawn.add_row(*_cells(row))
    return drawn


def _cells(row: Row) -> tuple[str, ...]:
    share = "" if row.share is None else f"{row.share:.0%}"
    numbers = (f"{row.requests:,}", f"{row.items:,}", f"{row.seconds:.1f}", share, f"{row.rejected:,}", f"{row.lost:,}")
    return (row.phase, *numbers)
