"""A stream of items on its way into the API, and the fate of each on its way out."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

from attrs import evolve

from batch_api._generated.runtime import Encoded
from batch_api.engine.engine import Engine
from batch_api.engine.errors import APIError, BatchError, Outcome, ServerError, TransportError
from batch_api.engine.response import Response
from batch_api.engine.retry import backoff
from batch_api.ingest.chunker import Chunker
from batch_api.ingest.fates import (
    ChunkResult,
    Fate,
    Invalid,
    PartlyApplied,
    Refused,
    Trouble,
    Unknown,
    Unsent,
)
from batch_api.ingest.kinds import Kind
from batch_api.ingest.progress import Progress
from batch_api.ingest.reading import WINDOW, read, windows
from batch_api.ingest.rows import Rows
from batch_api.results import PartialError, UpdateResult

MOST_SINGLE_REFUSALS = 8
"""When so many items of a chunk are refused each by itself, it is not the items: the rest is not tried one by one."""
SMALLEST_CHUNK = 50
_ABOUT_ONE_ITEM = (400, 413, 422)
_UNREAD = 4  # results that may wait for the caller before reading stops
_LONGEST_BACKOFF = 30.0


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
        self._engine = engine.with_options(deadline=math.inf)
        self._kind = kind
        self._source = source
        self._settings = settings
        self._chunker = Chunker(most_items=settings.chunk_size, most_bytes=settings.chunk_bytes)
        self._results: deque[ChunkResult] = deque()
        self._told = asyncio.Event()
        self._read_on = asyncio.Event()
        self._answered = asyncio.Event()
        self._ended_by: BatchError | None = None
        self._over = False
        self._rng = random.Random()
        self._limits = engine.limits()[kind.operation.name]
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
            troubles = await self._settle(chunk, on_turn, refusals=[])
        finally:
            self._chunker.answered(chunk)
            self._answered.set()
        self._tell(ChunkResult(chunk.indexes, chunk.ids, chunk.refs, troubles))

    async def _settle(
        self, rows: Rows, on_turn: Callable[[], object], *, refusals: list[BatchError]
    ) -> dict[int, Trouble]:
        """The troubles of these rows, by position in the source; whoever is not among them was delivered."""
        if self._ended_by is not None:
            return _all(Unsent, rows, self._ended_by)
        try:
            response = await self._send(rows, on_turn)
        except BatchError as error:
            if (
                isinstance(error, APIError)
                and error.status in _ABOUT_ONE_ITEM
                and error.attempts[-1].outcome == "refused"
            ):
                return await self._find_the_bad_one(rows, error, on_turn, refusals)
            if error.outcome == "unknown" and rows.has_events and not self._settings.resend_events:
                return await self._attributes_only(rows, error, on_turn)
            self._ended_by = error
            return _all(_END[error.outcome], rows, error)
        self._adapt(response)
        return _refused_values(rows, response)

    async def _send(self, rows: Rows, on_turn: Callable[[], object]) -> Response:
        """One request, and again while nothing gets through and nothing can be done twice."""
        kind = self._kind
        events = rows.has_events and not self._settings.resend_events
        body = Encoded(b"%b%b%b" % (kind.prefix, rows.body, kind.suffix), len(rows), events)
        now = asyncio.get_running_loop().time
        until = now() + self._settings.patience
        failures = 0
        while True:
            try:
                return await self._engine.send(kind.operation, body=body, on_turn=on_turn)
            except (TransportError, ServerError) as error:
                safe = error.outcome != "unknown" or not events
                if not safe or now() >= until or getattr(error, "stage", "") == "tls":
                    raise
                failures += 1
                await asyncio.sleep(min(2 + backoff(failures, self._rng), _LONGEST_BACKOFF))

    async def _find_the_bad_one(
        self, rows: Rows, error: BatchError, on_turn: Callable[[], object], refusals: list[BatchError]
    ) -> dict[int, Trouble]:
        """Halve what was refused until the bad items stand alone, and the others are through."""
        if len(rows) == 1 or len(refusals) > MOST_SINGLE_REFUSALS:
            refusals.append(error)
            return _all(Refused, rows, error)
        troubles: dict[int, Trouble] = {}
        for half in rows.halves():
            troubles |= await self._settle(half, on_turn, refusals=refusals)
        return troubles

    async def _attributes_only(
        self, rows: Rows, error: BatchError, on_turn: Callable[[], object]
    ) -> dict[int, Trouble]:
        """After an answer that was lost: attributes may be written twice, events may not.

        Edits without events go again as they are. Those with events go without them, and stay unknown.
        """
        parts = [self._kind.without_events(part) for part in rows.parts()]
        changed = [at for at, (part, whole) in enumerate(zip(parts, rows.parts(), strict=True)) if part != whole]
        left = [(at, part) for at, part in enumerate(parts) if part is not None]
        troubles: dict[int, Trouble] = {}
        if left:
            rest = Rows(
                [rows.indexes[at] for at, _ in left],
                [rows.ids[at] for at, _ in left],
                None if rows.refs is None else [rows.refs[at] for at, _ in left],
                b",".join(part for _, part in left),
                [len(part) for _, part in left],
                has_events=False,
            )
            troubles = await self._settle(rest, on_turn, refusals=[])
        return troubles | _all(Unknown, rows, error, changed)

    def _adapt(self, response: Response) -> None:
        """Smaller chunks while rejections persist, and back again, where the limit counts items."""
        if any(limit.unit == "items" for limit in self._limits):
            rejections = sum(attempt.status == 429 for attempt in response.attempts)
            size = self._chunker.most_items
            if rejections > 1:
                self._chunker.most_items = max(size // 2, min(SMALLEST_CHUNK, size))
            elif not rejections and size < self._settings.chunk_size:
                self._chunker.most_items = min(size + size // 10 + 1, self._settings.chunk_size)


_END: dict[Outcome, Callable[[int, str | None, Any, BatchError], Trouble]] = {
    "unknown": Unknown,
    "not_sent": Unsent,
    "refused": Refused,
}


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


def _all(
    kind: Callable[[int, str | None, Any, BatchError], Trouble],
    rows: Rows,
    error: BatchError,
    positions: Iterable[int] | None = None,
) -> dict[int, Trouble]:
    """One fate for all of the rows, or for some."""
    chosen = range(len(rows)) if positions is None else positions
    return {
        rows.indexes[at]: kind(rows.indexes[at], rows.ids[at], None if rows.refs is None else rows.refs[at], error)
        for at in chosen
    }


def _refused_values(rows: Rows, response: Response) -> dict[int, Trouble]:
    """The items of which the API refused a part, from an answer that took the rest."""
    if b"rror" not in response.content:
        return {}
    by_row: dict[int, list[PartialError]] = {}
    for error in UpdateResult.of(response).errors:
        # An error that names no item, or one that is not there, may concern any of them.
        positions = [error.index] if error.index is not None and 0 <= error.index < len(rows) else range(len(rows))
        for at in positions:
            by_row.setdefault(at, []).append(evolve(error, index=rows.indexes[at]))
    return {
        rows.indexes[at]: PartlyApplied(
            rows.indexes[at], rows.ids[at], None if rows.refs is None else rows.refs[at], tuple(errors)
        )
        for at, errors in by_row.items()
    }
