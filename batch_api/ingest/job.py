"""A stream of items on its way into the API, and the fate of each on its way out."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

from batch_api.engine.engine import Engine
from batch_api.ingest.chunker import Chunker
from batch_api.ingest.delivery import ChunkSize, Delivery
from batch_api.ingest.fates import ChunkResult, Fate, Invalid, Trouble
from batch_api.ingest.kinds import Kind
from batch_api.ingest.progress import Progress
from batch_api.ingest.reading import WINDOW, read, windows
from batch_api.ingest.rows import Rows

_UNREAD = 4  # results that may wait for the caller before reading stops


class Settings(NamedTuple):
    """The choices of one job."""

    chunk_size: int
    """Items in a request."""
    chunk_bytes: int = 2_000_000
    in_flight: int = 4
    """Requests unanswered at once."""
    resend_events: bool = False
    """Send again after a failure that leaves open whether events were taken, though they may then count twice."""
    patience: float = 600.0
    """Seconds to go on trying while nothing gets through, before the job ends."""
    on_progress: Callable[[Progress], object] | None = None


class Job:
    """A running job: `async with` it, and walk its fates with `async for`, or by chunk with `by_chunk()`.

    Each item of the source ends in exactly one fate. The stream never raises for an item; it raises what the source
    raises, once all that was read has its fate. Leaving the block ends the job and all its tasks.
    """

    def __init__(
        self, engine: Engine, kind: Kind, source: Iterable[Any] | AsyncIterable[Any], settings: Settings
    ) -> None:
        self._kind = kind
        self._source = source
        self._settings = settings
        self._chunker = Chunker(most_items=settings.chunk_size, most_bytes=settings.chunk_bytes)
        self._results: deque[ChunkResult] = deque()
        self._told = asyncio.Event()
        self._read_on = asyncio.Event()
        self._answered = asyncio.Event()
        self._over = False
        self._size = ChunkSize(settings.chunk_size, engine.limits()[kind.operation.name])
        self._delivery = Delivery(
            engine.with_options(deadline=math.inf),
            kind,
            resend_events=settings.resend_events,
            patience=settings.patience,
            on_answer=self._size.learn,
        )
        self.in_flight = settings.in_flight
        self._task: asyncio.Task[None] | None = None
        self.progress = Progress()
        """What has happened so far."""

    # -- the caller's side ---------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the job and its tasks. What was not answered gets no fate. Harmless to repeat."""
        self._over = True
        self._told.set()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def __aiter__(self) -> AsyncIterator[Fate]:
        async for chunk in self.by_chunk():
            for fate in chunk:
                yield fate

    async def by_chunk(self) -> AsyncIterator[ChunkResult]:
        """The fates of items that were sent together, at once: for speed."""
        task = self._start()
        try:
            while True:
                while self._results:
                    result = self._results.popleft()
                    self._read_on.set()
                    yield result
                if task.done():
                    break
                self._told.clear()
                await self._told.wait()
            if not self._over:
                task.result()  # raises what the source raised
        finally:
            await self.aclose()

    def _start(self) -> asyncio.Task[None]:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="batch_api ingest")
            self._task.add_done_callback(lambda _: self._told.set())
        return self._task

    # -- the job's side ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failure: Exception | None = None
        async with asyncio.TaskGroup() as group:
            send = _Sender(self, group)
            try:
                await self._read_all(send)
            except Exception as error:
                failure = error
            # What was read has a fate, also when the source broke.
            await send.all_of(self._chunker.flush())
            while self._chunker.waits:
                await self._next_answer()
                await send.all_of(self._chunker.flush())
        self.progress.end()
        if failure is not None:
            raise failure

    async def _read_all(self, send: _Sender) -> None:
        size = min(WINDOW, self._settings.chunk_size)
        async for items in windows(self._source, size):
            if items:
                await send.all_of(self._feed(items))
            else:  # an async source that pauses: what is there need not wait for more
                await send.all_of(self._chunker.flush())
            while self._chunker.is_clogged:
                await send.all_of(self._chunker.flush())
                if self._chunker.is_clogged:
                    await self._next_answer()
            await self._until_read()

    def _feed(self, items: list[Any]) -> Iterator[Rows]:
        window = read(self._kind, items, self.progress.read)
        self.progress.read += len(items)
        if window.invalid:
            self._tell_invalid(window.invalid)
        return iter(()) if window.rows is None else self._chunker.feed(window.rows)

    async def _next_answer(self) -> None:
        self._answered.clear()
        await self._answered.wait()

    async def _until_read(self) -> None:
        """Read no further while the caller has results to look at."""
        while len(self._results) > _UNREAD:
            self._read_on.clear()
            await self._read_on.wait()

    def _tell(self, result: ChunkResult) -> None:
        self._results.append(result)
        self._told.set()
        self.progress.count(result)
        if self._settings.on_progress is not None:
            self._settings.on_progress(self.progress)

    def _tell_invalid(self, invalid: list[Invalid]) -> None:
        troubles: dict[int, Trouble] = {fate.index: fate for fate in invalid}
        refs = [fate.ref for fate in invalid]
        self._tell(ChunkResult(list(troubles), [None] * len(invalid), refs, troubles))

    async def deliver(self, chunk: Rows, on_turn: Callable[[], object]) -> None:
        """Send a chunk until every item in it has its fate."""
        try:
            troubles = await self._delivery.settle(chunk, on_turn)
        finally:
            self._chunker.most_items = self._size.now
            self._chunker.answered(chunk)
            self._answered.set()
        self._tell(ChunkResult(chunk.indexes, chunk.ids, chunk.refs, troubles))


class _Sender:
    """Sends chunks side by side: a few unanswered at once, and one at a time at the gate."""

    def __init__(self, job: Job, group: asyncio.TaskGroup) -> None:
        self._job = job
        self._group = group
        self._room = asyncio.Semaphore(job.in_flight)

    async def all_of(self, chunks: Iterable[Rows]) -> None:
        for chunk in chunks:
            await self._room.acquire()
            turn = asyncio.Event()
            self._group.create_task(self._one(chunk, turn))
            await turn.wait()  # others come in between two requests of a job

    async def _one(self, chunk: Rows, turn: asyncio.Event) -> None:
        try:
            await self._job.deliver(chunk, turn.set)
        finally:
            turn.set()
            self._room.release()
