"""A running job: streams items into the API, and the fate of each back to the caller."""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import urlsplit

from batch_api.engine.arguments import seconds
from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, InvalidInput, Outcome
from batch_api.ingest.items.fates import ChunkResult, Fate, Trouble
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.items.summary import Summary
from batch_api.ingest.job.choices import Choices
from batch_api.ingest.job.choices import chunk_size as fitting_size
from batch_api.ingest.job.forecast import JobForecast, job_forecast
from batch_api.ingest.job.progress import Progress
from batch_api.ingest.job.replace import Replacement
from batch_api.ingest.job.run import Run
from batch_api.ingest.sending.coalesce import Coalescer
from batch_api.ingest.sources.source import AnySource, Source, close, source_of

if TYPE_CHECKING:
    from batch_api.ingest.job.checkpoint import Checkpoint

MOST_UNREAD = 4
"""Results that may wait for the caller before reading pauses."""
MOST_TROUBLES = 10_000
"""Troubles that `collect` keeps; it only counts the rest."""


class IngestFailed(BatchError):
    """Not every item of a job was delivered in full. `summary` has the counts and the troubles."""

    summary: Summary

    def __init__(self, message: str = "", *, summary: Summary | None = None, outcome: Outcome = "unknown") -> None:
        super().__init__(message, outcome=outcome)
        self.summary = Summary({}) if summary is None else summary

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self.args, {"outcome": self.outcome})  # the troubles name people


class Job:
    """A running job: `async with` it, and iterate over its fates with `async for`, or by chunk with `by_chunk()`.

    Each item of the source ends in exactly one fate. The stream never raises for an item; it raises what the source
    raises, once all that was read has its fate. Leaving the block ends the job and all its tasks; without a block,
    leaving the loop does. A job is not awaitable itself: `await job.collect()` runs it to its end.

    Once nothing can get through any more, `ended_by` says why, and all further items end `Unsent`. The source is still
    read to its end for that: leave the loop if it is endless.
    """

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        source: Source,
        choices: Choices,
        *,
        replaces: Replacement | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._engine = engine
        self._item_type = item_type
        self._source = source
        self._choices = choices
        self._replaces = replaces
        self.checkpoint = checkpoint
        """Remembers how far the job has come; `None` without a checkpoint."""
        self._results: deque[ChunkResult] = deque()
        self._unseen: ChunkResult | None = None  # handed out; counts as seen once the caller asks for the next
        self._walked: Iterator[Fate] = iter(())
        self._told = asyncio.Event()
        self._read_on = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._run: Run | None = None
        self._is_entered = False
        self._is_left = False

    # -- the caller's side ---------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._start()
        self._is_entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    if not TYPE_CHECKING:  # to type checkers a job stays what it is: not awaitable

        def __await__(self) -> NoReturn:
            raise TypeError(
                "a job cannot be awaited: await job.collect(), or use `async with job:` and `async for fate in job:`"
            )

    def forecast(self, n: int) -> JobForecast:
        """How long the job would take for `n` items, and which limit holds it up. It need not have begun.

        For a job that begins now, alone on its limits, and where nothing goes wrong. Call it from a coroutine. Raises
        `InvalidInput`.
        """
        return job_forecast(self._engine, self._item_type.operation, n, self._choices.chunk_size)

    def stop(self) -> None:
        """Stop reading. What was read is still sent, and its fates are still reported. May be called again."""
        self._running.stop()

    async def aclose(self) -> None:
        """End the job and its tasks, and close its source if that is a generator. May be called again.

        Items that were not answered get no fate.
        """
        self._is_left = True
        self._told.set()
        try:
            await self._end_task()
        finally:
            try:
                await close(self._source)
            finally:
                if self.checkpoint is not None:
                    self.checkpoint.close()

    async def _end_task(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        cancelled: asyncio.CancelledError | None = None
        while not self._task.done():
            try:
                await asyncio.wait({self._task})
            except asyncio.CancelledError as error:  # no task outlives the job
                cancelled = error
        if not self._task.cancelled():
            self._task.exception()
        if cancelled is not None:
            raise cancelled

    async def __aiter__(self) -> AsyncIterator[Fate]:
        try:
            while True:
                for fate in self._walked:
                    yield fate
                result = await self._next()
                if result is None:
                    return
                self._walked = iter(result)
        finally:
            await self._leave()

    async def by_chunk(self) -> AsyncIterator[ChunkResult]:
        """Iterate over the fates chunk by chunk: faster than one by one."""
        try:
            while (result := await self._next()) is not None:
                yield result
        finally:
            await self._leave()

    async def collect(self) -> Summary:
        """Run the job to its end, and return the counts. Raises `IngestFailed` unless all was delivered in full.

        Both hold the troubles. Also raises what the source raises.
        """
        troubles: list[Trouble] = []
        async for result in self.by_chunk():
            troubles += list(result.troubles.values())[: MOST_TROUBLES - len(troubles)]
        summary = Summary(dict(self.progress.fates), troubles, was_finished=self._was_finished)
        if summary.delivered < sum(summary.counts.values()):
            raise IngestFailed(_told_of(summary), summary=summary) from self.ended_by
        return summary

    @property
    def progress(self) -> Progress:
        """How far the job has come. Raises `RuntimeError` before the job is started."""
        return self._running.progress

    @property
    def ended_by(self) -> BatchError | None:
        """Why the job stopped sending before the end of the source; `None` if it did not."""
        return None if self._run is None else self._run.ended_by

    @property
    def is_incomplete(self) -> bool:
        """Whether `mode="replace"` has emptied an audience, and not all ids have been sent since."""
        return self._run is not None and self._run.leaves_incomplete

    @property
    def _was_finished(self) -> bool:
        return self.checkpoint is not None and self.checkpoint.was_finished

    @property
    def _running(self) -> Run:
        if self._run is None:
            raise RuntimeError("the job has not been started: use it with `async with` or `async for`")
        return self._run

    @property
    def _name(self) -> str:
        """The name by which a checkpoint recognises the job."""
        engine, item_type = self._engine, self._item_type
        host = urlsplit(engine.base_url).netloc  # without the version, which changes
        what = item_type.operation.name if self._replaces is None else self._replaces.content.operation.name
        return f"{what} {item_type.about}, project {engine.project} at {host}"

    async def _start(self) -> asyncio.Task[None]:
        """Raises `DeadlineExceeded` if the job cannot be done in time, and what opening a checkpoint raises."""
        if self._task is None:
            run = Run(
                self._engine, self._item_type, self._source, self._choices, self._replaces, self.checkpoint, self._tell
            )
            try:
                if self.checkpoint is not None:
                    await self.checkpoint.open(self._name, self._source)
                    run.go_on()
                run.check_deadline()
            except BaseException:
                await self.aclose()
                raise
            self._run = run
            self._task = asyncio.create_task(run.all(self._until_read), name="batch_api ingest")
            self._task.add_done_callback(lambda _: self._told.set())
        return self._task

    async def _next(self) -> ChunkResult | None:
        task = await self._start()
        await self._note_seen()
        while not self._results:
            if task.done():
                if not self._is_left:
                    task.result()  # raises what the source raised
                    await self._note_finished()
                return None
            self._told.clear()
            await self._told.wait()
        self._read_on.set()
        self._unseen = self._results.popleft()
        return self._unseen

    async def _note_seen(self) -> None:
        seen, self._unseen = self._unseen, None
        if seen is not None and self.checkpoint is not None:
            await self.checkpoint.told(seen, self._running.ended_by)

    async def _note_finished(self) -> None:
        if self.checkpoint is not None and self._running.is_over:
            await self.checkpoint.finish(self.progress.read)

    async def _leave(self) -> None:
        if not self._is_entered:
            await self.aclose()

    # -- between the two -----------------------------------------------------------------------------------------

    def _tell(self, result: ChunkResult) -> None:
        self._results.append(result)
        self._told.set()

    async def _until_read(self) -> None:
        """Pause reading while the caller has results to consume."""
        while len(self._results) > MOST_UNREAD:
            self._read_on.clear()
            await self._read_on.wait()


def _told_of(summary: Summary) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in summary.counts.items() if count)
    return f"Not everything was delivered: {counts}."


def job_of(
    engine: Engine,
    item_type: ItemType,
    source: AnySource,
    *,
    chunk_size: int | None,
    patience: float,
    deadline: float | None,
    on_progress: Callable[[Progress], object] | None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    run: str | None = None,
    resend_events: bool = False,
    coalesce: type[Coalescer] | None = None,
    replaces: Replacement | None = None,
) -> Job:
    """A job with the caller's options. Raises `InvalidInput`, and `OSError` for a source that is a path."""
    operation = item_type.operation
    choices = Choices(
        chunk_size=fitting_size(operation, engine.limits_of(operation), chunk_size),
        resend_events=resend_events,
        coalesce=coalesce,
        patience=seconds(patience, "patience"),
        deadline=math.inf if deadline is None else seconds(deadline, "deadline"),
        on_progress=on_progress,
    )
    memory = _checkpoint_of(checkpoint, run)
    return Job(engine, item_type, source_of(source, item_type), choices, replaces=replaces, checkpoint=memory)


def _checkpoint_of(given: str | os.PathLike[str] | Checkpoint | None, run: str | None) -> Checkpoint | None:
    if isinstance(given, str | os.PathLike):
        from batch_api.ingest.job.checkpoint import Checkpoint

        return Checkpoint(given, run=run)
    if run is not None:
        raise InvalidInput("expected a path as checkpoint with it", path="run")
    return given
