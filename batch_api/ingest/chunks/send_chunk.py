"""Sends one chunk for a task of a worker engine: returns its fates, or raises an error that says when to retry."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from attrs import evolve
from msgspec.structs import replace

from batch_api.engine.arguments import seconds, wrong
from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, InvalidInput
from batch_api.engine.loop import running_loop
from batch_api.engine.response import Response
from batch_api.ingest.chunks.reference import ChunkReference, lines_of
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import PartlyApplied, Unknown
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.items.lines import Block
from batch_api.ingest.items.reading import Window, read
from batch_api.ingest.items.summary import Summary
from batch_api.ingest.job.choices import CHUNK_BYTES, chunk_size
from batch_api.ingest.sending.chunker import Chunker
from batch_api.ingest.sending.delivery import Delivery, Troubles
from batch_api.ingest.sources.jsonlines import pieces
from batch_api.ingest.sources.source import LINES_WINDOW, WINDOW

Chunk = ChunkReference | bytes | Sequence[Any]


async def send_chunk(
    engine: Engine,
    item_type: ItemType,
    chunk: Chunk,
    *,
    may_have_been_sent: bool,
    resend_events: bool,
    deadline: float | None,
    drain: float,
) -> Summary:
    """See `client.profiles.send_chunk`."""
    loop, task = running_loop(), asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError  # requested before this call: an awaited answer came first, and must not hide it
    content = await asyncio.to_thread(chunk.read) if isinstance(chunk, ChunkReference) else chunk
    if not isinstance(content, bytes | list | tuple):
        raise wrong("a ChunkReference, JSON lines as bytes, or a list of items", content, "chunk")
    until = loop.time() + seconds(engine.deadline if deadline is None else deadline, "deadline")
    sending = _Sending(engine, item_type, content, until, may_have_been_sent, resend_events)
    return await sending.run(seconds(drain, "drain"))


class _Stopped(BatchError):
    """The worker is stopping, and nothing more is sent."""

    may_pass = True


class _Sending:
    """A chunk being sent."""

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        content: bytes | Sequence[Any],
        until: float,
        may_have_been_sent: bool,
        resend_events: bool,
    ) -> None:
        self._engine = engine
        self._item_type = item_type
        self._content = content
        self._may_have_been_sent = may_have_been_sent
        # Waiting out an outage is up to the queue: beyond the engine's few retries, nothing here retries.
        self._delivery = Delivery(
            engine,
            item_type,
            resend_events=resend_events,
            patience=0.0,
            until=until,
            on_answer=self._answered,
            on_rejected=self._rejected,
        )
        size = chunk_size(item_type.operation, engine.limits_of(item_type.operation), None)
        self._chunker = Chunker(most_items=size, most_bytes=CHUNK_BYTES)
        self._items = 0
        self._taken = False
        self._troubles: Troubles = {}
        self._on_the_wire = False
        self._is_stopped = False

    async def run(self, drain: float) -> Summary:
        """Send it. If cancelled while a request is in flight, wait for its answer for up to `drain` seconds."""
        sending = asyncio.create_task(self._send(), name="batch_api chunk")
        try:
            await asyncio.wait({sending})
        except asyncio.CancelledError:
            if not await self._finishes(sending, drain):
                raise
        return sending.result()

    async def _finishes(self, sending: asyncio.Task[Summary], drain: float) -> bool:
        """Whether all fates become known in time, without sending more."""
        self._is_stopped = True
        loop = asyncio.get_running_loop()
        until = loop.time() + drain if self._on_the_wire else -math.inf
        while not sending.done():
            left = until - loop.time()
            if left <= 0:
                sending.cancel()
            try:
                await asyncio.wait({sending}, timeout=left if left > 0 else None)
            except asyncio.CancelledError:  # for the second time
                until = -math.inf
        return not sending.cancelled() and sending.exception() is None

    # -- what is sent ----------------------------------------------------------------------------------------------

    async def _send(self) -> Summary:
        async for window in self._windows():
            self._troubles.update((fate.index, fate) for fate in window.invalid)
            if window.rows is not None:
                for rows in self._chunker.feed(window.rows):
                    await self._settle(rows)
        while True:
            for rows in self._chunker.flush():
                await self._settle(rows)
            if not self._chunker.waits:
                break
        counts = Counter(type(trouble).__name__ for trouble in self._troubles.values())
        counts["Delivered"] = self._items - len(self._troubles)
        return Summary(dict(+counts), [self._troubles[index] for index in sorted(self._troubles)])

    async def _windows(self) -> AsyncIterator[Window]:
        """The content, checked and encoded a little at a time."""
        content, positions = self._content, None
        windows: Any
        if isinstance(content, bytes):
            raw, positions = lines_of(content)
            windows = map(Block, pieces(raw, LINES_WINDOW)) if raw else ()
        else:
            windows = (list(content[start : start + WINDOW]) for start in range(0, len(content), WINDOW))
        for items in windows:
            window = read(self._item_type, items, self._items)
            self._items += len(items)
            yield window if positions is None else _moved(window, positions)
            await asyncio.sleep(0)

    async def _settle(self, rows: EncodedItems) -> None:
        """Send rows until all items have their fates. Raises the error that ended it early."""
        lost_answer = _lost_answer() if self._may_have_been_sent else None
        troubles = await self._delivery.settle(rows, self._at_its_turn, lost_answer)
        error = self._delivery.ended_by
        if error is not None:
            raise self._told(error, rows, troubles)
        self._chunker.answered(rows)
        self._taken = True
        self._troubles.update(troubles)

    def _told(self, error: BatchError, rows: EncodedItems, troubles: Troubles) -> BatchError:
        """The error, with the outcome of the whole chunk, and when to retry it."""
        here = len(troubles) < len(rows) or any(isinstance(one, PartlyApplied | Unknown) for one in troubles.values())
        if self._taken or here or self._may_have_been_sent:
            error.outcome = "unknown"  # part of it is known, but retrying the chunk repeats that part, too
        if error.may_pass:
            wait = self._engine.wait_time(self._item_type.operation.name, len(rows))
            error.retry_after = max(error.retry_after, wait)
        return error

    # -- when it is stopped ----------------------------------------------------------------------------------------

    def _at_its_turn(self) -> None:
        if self._is_stopped:
            raise _Stopped("The worker is stopping.", outcome="not_sent")
        self._on_the_wire = True

    def _answered(self, _: Response) -> None:
        self._on_the_wire = False

    def _rejected(self) -> None:
        self._on_the_wire = False
        if self._is_stopped:
            raise _Stopped("The worker is stopping.", outcome="refused")


def _moved(window: Window, positions: Sequence[int]) -> Window:
    """The window with the positions that its items had in the source."""
    rows = window.rows
    if rows is not None:
        rows = evolve(rows, indexes=[positions[at] for at in rows.indexes])
    invalid = [
        replace(
            fate,
            index=(at := positions[fate.index]),
            error=InvalidInput(fate.error.reason, index=at, path=fate.error.path),
        )
        for fate in window.invalid
    ]
    return Window(rows, invalid)


def _lost_answer() -> BatchError:
    return BatchError("An earlier run of this job may have got through.", outcome="unknown")
