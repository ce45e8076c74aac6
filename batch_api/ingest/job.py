"""A stream of items on its way into the API, and the fate of each on its way out."""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

from msgspec.structs import replace

from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, DeadlineExceeded, Outcome
from batch_api.ingest.choices import Choices, seconds
from batch_api.ingest.choices import chunk_size as fitting_size
from batch_api.ingest.chunker import Chunker
from batch_api.ingest.coalesce import Coalescer, spread
from batch_api.ingest.delivery import ChunkSize, Delivery
from batch_api.ingest.fates import ChunkResult, Fate, Trouble, Unsent, result_of
from batch_api.ingest.forecast import interval, shortest
from batch_api.ingest.kinds import Kind
from batch_api.ingest.lines import Block
from batch_api.ingest.pace import Pace
from batch_api.ingest.progress import Progress, Reporter
from batch_api.ingest.reading import id_of, read, untied
from batch_api.ingest.replace import AudienceIncomplete, Opening
from batch_api.ingest.rows import Rows
from batch_api.ingest.sources import AnySource, Source, Stream, Weighed, part_read, size_of, source_of, window_of
from batch_api.ingest.summary import Summary

if TYPE_CHECKING:
    from batch_api.ingest.checkpoint import Checkpoint

MOST_UNREAD = 4
"""Results that may wait for the caller before no more is read."""
LENIENT = 1.25
"""How far a guess of the length of a file may be out, before a deadline is refused for it."""
MOST_TROUBLES = 10_000
"""Troubles that `collect` keeps; the rest it only counts."""


class Replacement(NamedTuple):
    """What `mode="replace"` needs."""

    content: Kind
    """How the first chunk is sent."""
    wait: Callable[[str | None], Awaitable[object]]
    """Returns when the change with this token is applied."""


class IngestFailed(BatchError):
    """Not every item of a job was delivered whole. `summary` has the counts and the troubles."""

    summary: Summary

    def __init__(self, message: str = "", *, summary: Summary | None = None, outcome: Outcome = "unknown") -> None:
        super().__init__(message, outcome=outcome)
        self.summary = Summary({}) if summary is None else summary

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self.args, {"outcome": self.outcome})  # the troubles name people


class Job:
    """A running job: `async with` it, and walk its fates with `async for`, or by chunk with `by_chunk()`.

    Each item of the source ends in exactly one fate. The stream never raises for an item; it raises what the source
    raises, once all that was read has its fate. Leaving the block ends the job and all its tasks; where there is no
    block, leaving the loop does.

    When nothing can get through any more, `ended_by` says why, and all further items end `Unsent`. The source is still
    read to its end for that: leave the loop if it has none.
    """

    def __init__(
        self,
        engine: Engine,
        kind: Kind,
        source: Source,
        choices: Choices,
        *,
        replaces: Replacement | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._engine = engine
        self._kind = kind
        self._source = source
        self._choices = choices
        self._replaces = replaces
        self.checkpoint = checkpoint
        """What remembers how far the job is, if anything does."""
        self._results: deque[ChunkResult] = deque()
        self._unseen: ChunkResult | None = None  # handed out; seen when the caller asks for the next
        self._walked: Iterator[Fate] = iter(())
        self._told = asyncio.Event()
        self._read_on = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._run: _Run | None = None
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

    def stop(self) -> None:
        """Read no more. What was read is still sent, and its fates are told. Harmless to repeat."""
        self._running.stop()

    async def aclose(self) -> None:
        """End the job and its tasks. What was not answered gets no fate. Harmless to repeat."""
        self._is_left = True
        self._told.set()
        try:
            await self._end_task()
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
        """The fates of items that were sent together, at once: for speed."""
        try:
            while (result := await self._next()) is not None:
                yield result
        finally:
            await self._leave()

    async def collect(self) -> Summary:
        """Run the job to its end, and return the counts. Raises `IngestFailed` unless all was delivered whole.

        Both hold the troubles. Raises what the source raises, too.
        """
        troubles: list[Trouble] = []
        async for result in self.by_chunk():
            troubles += list(result.troubles.values())[: MOST_TROUBLES - len(troubles)]
        summary = Summary(dict(self.progress.fates), troubles)
        if summary.delivered < sum(summary.counts.values()):
            raise IngestFailed(_told_of(summary), summary=summary) from self.ended_by
        return summary

    @property
    def progress(self) -> Progress:
        """What has happened so far. Raises `RuntimeError` before the job is started."""
        return self._running.progress

    @property
    def ended_by(self) -> BatchError | None:
        """Why the job stopped sending before the end of the source; `None` if it did not."""
        return None if self._run is None else self._run.ended_by

    @property
    def is_incomplete(self) -> bool:
        """Whether an audience stands emptied by `mode="replace"`, and not all ids were sent since."""
        return self._run is not None and self._run.leaves_incomplete

    @property
    def _running(self) -> _Run:
        if self._run is None:
            raise RuntimeError("the job has not been started: use it with `async with` or `async for`")
        return self._run

    @property
    def _name(self) -> str:
        """What a checkpoint knows the job by."""
        engine, kind = self._engine, self._kind
        host = urlsplit(engine.base_url).netloc  # without the version, which changes
        what = kind.operation.name if self._replaces is None else self._replaces.content.operation.name
        return f"{what} {kind.about}, project {engine.project} at {host}"

    async def _start(self) -> asyncio.Task[None]:
        """Raises `DeadlineExceeded` where the job cannot be done in time, and what opening a checkpoint raises."""
        if self._task is None:
            run = _Run(
                self._engine, self._kind, self._source, self._choices, self._replaces, self.checkpoint, self._tell
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
        """Read no further while the caller has results to look at."""
        while len(self._results) > MOST_UNREAD:
            self._read_on.clear()
            await self._read_on.wait()


class _Run:
    """The job's side: reads, chunks, sends."""

    def __init__(
        self,
        engine: Engine,
        kind: Kind,
        source: Source,
        choices: Choices,
        replaces: Replacement | None,
        checkpoint: Checkpoint | None,
        tell: Callable[[ChunkResult], None],
    ) -> None:
        self._engine = engine
        self._kind = kind
        self._source = source
        self._choices = choices
        self._checkpoint = checkpoint
        self._tell_caller = tell
        between = interval(engine, kind.operation, choices.chunk_size)
        size = ChunkSize(choices.chunk_size, engine.limits()[kind.operation.name])
        self.pace = Pace(size, lambda items: interval(engine, kind.operation, items))
        self._chunker = (choices.coalesce or Chunker)(most_items=choices.chunk_size, most_bytes=choices.chunk_bytes)
        self._size = size_of(source)
        self.progress = Progress(
            now=asyncio.get_running_loop().time,
            total=self._size.items if self._size is not None and self._size.is_exact else None,
            most=choices.chunk_size / between if between else None,
            part_read=lambda: part_read(source),
        )
        self._reporter = Reporter(self.progress, choices.on_progress)
        self._until = asyncio.get_running_loop().time() + choices.deadline
        self.updates = self._delivery(kind)
        self._opening: Opening | None = None
        if replaces is not None:
            self._opening = Opening(self._delivery(replaces.content), self.updates, replaces.wait)
        self._incomplete: AudienceIncomplete | None = None
        self.is_over = False
        """Whether all of the source was read and sent."""
        self._is_stopped = False
        self._answered = asyncio.Event()
        self._unanswered = 0

    def _delivery(self, kind: Kind) -> Delivery:
        size = self.pace.size
        return Delivery(
            self._engine,
            kind,
            resend_events=self._choices.resend_events,
            patience=self._choices.patience,
            on_answer=self.pace.learn,
            until=self._until,
            on_crowd=size.halve if size.counts_items else None,
        )

    def check_deadline(self) -> None:
        """Raises `DeadlineExceeded` if the source is known to be too long for it."""
        size, deadline = self._size, self._choices.deadline
        if size is None or deadline == math.inf or self._choices.coalesce:  # nobody knows how many will be merged
            return
        left = max(size.items - self.progress.earlier, 0)
        needed, _ = shortest(self._engine, self._kind.operation, left, self._choices.chunk_size)
        if needed > (deadline if size.is_exact else deadline * LENIENT):
            raise DeadlineExceeded(
                f"{left} items take {needed:.1f} s at least, and the job's deadline is {deadline:g} s.",
                outcome="not_sent",
            )

    def stop(self) -> None:
        """Read no more."""
        self._is_stopped = True
        if isinstance(self._source, Stream):
            self._source.stop()

    def go_on(self) -> None:
        """Take up what an earlier job with the same checkpoint left."""
        assert self._checkpoint is not None  # noqa: S101
        self.progress.go_on(read=self._checkpoint.start.index, done=self._checkpoint.done)
        if self._opening is not None and self._checkpoint.has_delivered:
            self._opening.take_up()

    @property
    def ended_by(self) -> BatchError | None:
        """Why nothing more is sent, with what that means for an audience that was emptied."""
        error = self.updates.ended_by
        if error is None or not self.leaves_incomplete:
            return error
        if self._incomplete is None:
            self._incomplete = AudienceIncomplete(
                "The audience was emptied, and the job ended before all its new ids were in.", outcome="not_sent"
            )
            self._incomplete.__cause__ = error
        return self._incomplete

    @property
    def leaves_incomplete(self) -> bool:
        """Whether an audience was emptied, and its ids were not all sent since."""
        return self._opening is not None and self._opening.began and not self.is_over

    async def all(self, until_read: Callable[[], Awaitable[None]]) -> None:
        """Run to the end of the source. Raises what it raises, once all that was read has its fate."""
        failure: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    if self._checkpoint is None or not self._checkpoint.is_finished:
                        await self._read(group, until_read)
                except Exception as error:
                    failure = error
                await self._finish(group)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        self.is_over = failure is None and self.updates.ended_by is None and not self._is_stopped
        self.progress.end()
        self._reporter.tell(last=True)
        if failure is not None:
            raise failure

    async def _read(self, group: asyncio.TaskGroup, until_read: Callable[[], Awaitable[None]]) -> None:
        size = min(window_of(self._source), self._choices.chunk_size)
        async with aclosing(self._source.windows(size)) as windows:
            async for items in windows:
                if self._is_stopped:
                    return
                if self.ended_by is not None:
                    self._tell_unsent(items, self.ended_by)
                else:
                    await self._send(group, self._feed(items) if items else self._chunker.flush())
                if isinstance(items, list):
                    items.clear()  # before the next are read, so that these make room for them
                await self._unclog(group)
                await until_read()

    async def _unclog(self, group: asyncio.TaskGroup) -> None:
        while self._chunker.is_clogged:
            self._answered.clear()
            await self._send(group, self._chunker.flush())
            if self._chunker.is_clogged:
                await self._answered.wait()

    async def _finish(self, group: asyncio.TaskGroup) -> None:
        """What was read has a fate, also when the source broke."""
        while True:
            self._answered.clear()
            await self._send(group, self._chunker.flush())
            if not self._chunker.waits:
                return
            await self._answered.wait()

    def _feed(self, items: list[Any] | Block) -> Iterable[Rows]:
        window = read(self._kind, items, self.progress.read)
        self.progress.read += len(items)
        if isinstance(self._source, Weighed):
            self._source.weighed(len(items), window.rows.weight if window.rows else 0)
        if self._checkpoint is None:
            rows, result = window.rows, result_of(window.invalid) if window.invalid else None
        else:
            rows, result = self._checkpoint.sift(self._kind, window, resend_events=self._choices.resend_events)
        if result:
            self._tell(result)
        return () if rows is None else self._chunker.feed(rows)

    def _tell_unsent(self, items: list[Any] | Block, error: BatchError) -> None:
        if not items:
            return
        start = self.progress.read
        self.progress.read += len(items)
        things, refs = untied(list(items) if isinstance(items, Block) else items)
        unsent: dict[int, Trouble] = {
            index: Unsent(index, id_of(thing), None if refs is None else refs[index - start], error)
            for index, thing in enumerate(things, start)
        }
        self._tell(ChunkResult(range(start, start + len(items)), [fate.id for fate in unsent.values()], refs, unsent))

    # -- sending: a few requests unanswered at once, and one at a time at the gate ---------------------------------

    async def _send(self, group: asyncio.TaskGroup, chunks: Iterable[Rows]) -> None:
        for rows in chunks:
            while self._unanswered >= self.pace.in_flight:
                self._answered.clear()
                await self._answered.wait()
            turn = asyncio.Event()
            opens = self._opening is not None and not self._opening.is_over
            self._unanswered += 1
            task = group.create_task(self._deliver(rows, turn))
            await turn.wait()  # others come in between two requests of a job
            if opens:
                await asyncio.wait({task})

    async def _deliver(self, rows: Rows, turn: asyncio.Event) -> None:
        """Send a chunk until every item in it has its fate."""
        opening = self._opening
        try:
            if self._checkpoint is not None:
                await self._checkpoint.sending(rows.places)
            opens = opening is not None and not opening.is_over
            settle = opening.settle if opening is not None and opens else self.updates.settle
            troubles = await settle(rows, turn.set)
        finally:
            self._chunker.answered(rows)
            self._chunker.most_items = self.pace.size.now
            self._unanswered -= 1
            self._answered.set()
            turn.set()
        if self.leaves_incomplete and self.ended_by is not None:
            troubles = {
                at: replace(trouble, error=self.ended_by) if isinstance(trouble, Unsent) else trouble
                for at, trouble in troubles.items()
            }
        result = spread(rows, troubles)
        if self._checkpoint is not None:
            result = result.but(self._checkpoint.judge(result.indexes, result.ids, result.refs))
            await self._checkpoint.answered(result)
        self._tell(result)

    def _tell(self, result: ChunkResult) -> None:
        self.progress.count(result)
        self._tell_caller(result)
        self._reporter.tell()


def _told_of(summary: Summary) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in summary.counts.items() if count)
    return f"Not everything was delivered: {counts}."


def job_of(
    engine: Engine,
    kind: Kind,
    source: AnySource,
    *,
    chunk_size: int | None,
    patience: float,
    deadline: float | None,
    on_progress: Callable[[Progress], object] | None,
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    resend_events: bool = False,
    coalesce: type[Coalescer] | None = None,
    replaces: Replacement | None = None,
) -> Job:
    """A job by what the caller chose. Raises `InvalidInput`, and `OSError` for a source that is a path."""
    operation = kind.operation
    choices = Choices(
        chunk_size=fitting_size(operation, engine.limits()[operation.name], chunk_size),
        resend_events=resend_events,
        coalesce=coalesce,
        patience=seconds(patience, "patience"),
        deadline=math.inf if deadline is None else seconds(deadline, "deadline"),
        on_progress=on_progress,
    )
    if isinstance(checkpoint, str | os.PathLike):
        from batch_api.ingest.checkpoint import Checkpoint

        checkpoint = Checkpoint(checkpoint)
    return Job(engine, kind, source_of(source, kind), choices, replaces=replaces, checkpoint=checkpoint)
