"""The producing side of a job: reads its source, groups the items into chunks, and sends them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, DeadlineExceeded
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import ChunkResult, Trouble, Unsent, result_of
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.items.lines import Block
from batch_api.ingest.items.reading import id_of, read, untied
from batch_api.ingest.job.choices import Choices
from batch_api.ingest.job.forecast import interval, shortest
from batch_api.ingest.job.progress import Progress, Reporter
from batch_api.ingest.job.replace import AudienceIncomplete, Opening, Replacement
from batch_api.ingest.sending.chunker import Chunker
from batch_api.ingest.sending.coalesce import spread
from batch_api.ingest.sending.delivery import ChunkSize, Delivery
from batch_api.ingest.sending.pace import Pace
from batch_api.ingest.sources.source import Source, Stream, Weighed, part_read, size_of, window_of

if TYPE_CHECKING:
    from batch_api.ingest.job.checkpoint import Checkpoint

LENIENT = 1.25
"""How far an estimate of a file's length may be off before the deadline is refused because of it."""


class Run:
    """Reads, chunks and sends, and reports the fates."""

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        source: Source,
        choices: Choices,
        replaces: Replacement | None,
        checkpoint: Checkpoint | None,
        tell: Callable[[ChunkResult], None],
    ) -> None:
        self._engine = engine
        self._item_type = item_type
        self._source = source
        self._choices = choices
        self._checkpoint = checkpoint
        self._tell_caller = tell
        between = interval(engine, item_type.operation, choices.chunk_size)
        size = ChunkSize(choices.chunk_size, engine.limits_of(item_type.operation))
        self.pace = Pace(size, lambda items: interval(engine, item_type.operation, items))
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
        self.updates = self._delivery(item_type)
        self._opening: Opening | None = None
        if replaces is not None:
            self._opening = Opening(self._delivery(replaces.content), self.updates, replaces.wait)
        self._incomplete: AudienceIncomplete | None = None
        self.is_over = False
        """Whether all of the source was read and sent."""
        self._is_stopped = False
        self._answered = asyncio.Event()
        self._unanswered = 0

    def _delivery(self, item_type: ItemType) -> Delivery:
        size = self.pace.size
        return Delivery(
            self._engine,
            item_type,
            resend_events=self._choices.resend_events,
            patience=self._choices.patience,
            on_answer=self.pace.learn,
            until=self._until,
            on_crowd=size.halve if size.counts_items else None,
        )

    def check_deadline(self) -> None:
        """Raises `DeadlineExceeded` if the source is known to be too long for it."""
        size, deadline = self._size, self._choices.deadline
        if size is None or deadline == math.inf or self._choices.coalesce:  # how many will be merged is not known
            return
        left = max(size.items - self.progress.earlier, 0)
        needed, _ = shortest(self._engine, self._item_type.operation, left, self._choices.chunk_size)
        if needed > (deadline if size.is_exact else deadline * LENIENT):
            raise DeadlineExceeded(
                f"{left} items take at least {needed:.1f} s, but the job's deadline is {deadline:g} s.",
                outcome="not_sent",
            )

    def stop(self) -> None:
        """Stop reading."""
        self._is_stopped = True
        if isinstance(self._source, Stream):
            self._source.stop()

    def go_on(self) -> None:
        """Resume what an earlier job with the same checkpoint left."""
        assert self._checkpoint is not None  # noqa: S101
        self.progress.go_on(read=self._checkpoint.start.index, done=self._checkpoint.done)
        if self._opening is not None and self._checkpoint.has_delivered:
            self._opening.take_up()

    @property
    def ended_by(self) -> BatchError | None:
        """Why nothing more is sent, and what that means for an audience that was emptied."""
        error = self.updates.ended_by
        if error is None or not self.leaves_incomplete:
            return error
        if self._incomplete is None:
            self._incomplete = AudienceIncomplete(
                "The audience was emptied, but the job ended before all new ids were added.", outcome="not_sent"
            )
            self._incomplete.__cause__ = error
        return self._incomplete

    @property
    def leaves_incomplete(self) -> bool:
        """Whether an audience was emptied, and not all ids have been sent since."""
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
                    items.clear()  # before the next are read, so that these make room in memory
                await self._unclog(group)
                await until_read()

    async def _unclog(self, group: asyncio.TaskGroup) -> None:
        while self._chunker.is_clogged:
            self._answered.clear()
            await self._send(group, self._chunker.flush())
            if self._chunker.is_clogged:
                await self._answered.wait()

    async def _finish(self, group: asyncio.TaskGroup) -> None:
        """Give everything that was read its fate, even if the source failed."""
        while True:
            self._answered.clear()
            await self._send(group, self._chunker.flush())
            if not self._chunker.waits:
                return
            await self._answered.wait()

    def _feed(self, items: list[Any] | Block) -> Iterable[EncodedItems]:
        window = read(self._item_type, items, self.progress.read)
        self.progress.read += len(items)
        if isinstance(self._source, Weighed):
            self._source.weighed(len(items), window.rows.weight if window.rows else 0)
        if self._checkpoint is None:
            rows, result = window.rows, result_of(window.invalid) if window.invalid else None
        else:
            rows, result = self._checkpoint.sift(self._item_type, window, resend_events=self._choices.resend_events)
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

    # -- sending: a few requests in flight at once, of which one at a time waits for the rate limit ---------------

    async def _send(self, group: asyncio.TaskGroup, chunks: Iterable[EncodedItems]) -> None:
        for rows in chunks:
            while self._unanswered >= self.pace.in_flight:
                self._answered.clear()
                await self._answered.wait()
            turn = asyncio.Event()
            opens = self._opening is not None and not self._opening.is_over
            self._unanswered += 1
            task = group.create_task(self._deliver(rows, turn))
            await turn.wait()  # so other callers get their turn between two requests of a job
            if opens:
                await asyncio.wait({task})

    async def _deliver(self, rows: EncodedItems, turn: asyncio.Event) -> None:
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
            result = result.but(self._checkpoint.unconfirmed(result.indexes, result.ids, result.refs))
            await self._checkpoint.answered(result)
        self._tell(result)

    def _tell(self, result: ChunkResult) -> None:
        self.progress.count(result)
        self._tell_caller(result)
        self._reporter.tell()
