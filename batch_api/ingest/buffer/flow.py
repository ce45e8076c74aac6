"""How much a buffer may hold, and what happens to edits that arrive when it is full."""

from __future__ import annotations

import asyncio
from collections import deque

from batch_api.engine.errors import BatchError, BufferFull
from batch_api.ingest.buffer.settings import Holding


class FlowControl:
    """The capacity that is left. Strictly first come, first served: small edits do not starve a large one."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.items = 0
        self.bytes = 0

    async def take(self, size: int) -> None:
        """Reserve capacity for an edit of `size` bytes. If there is none, waits or raises `BufferFull`."""
        if not self._queue and self._fits(size):
            self.fill(size)
            return
        if self._holding.when_full != "wait":
            raise BufferFull(f"The buffer is full: {self.items} edits, {self.bytes} bytes.")
        granted = asyncio.get_running_loop().create_future()
        place = (size, granted)
        self._queue.append(place)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self.free(size)  # it was granted just before the cancellation
            elif place in self._queue:
                self._queue.remove(place)
                self._admit()  # a smaller one behind it may fit
            raise

    def fill(self, size: int) -> None:
        """Reserve capacity even if there is none left."""
        self.items += 1
        self.bytes += size

    def free(self, size: int) -> None:
        """Release capacity; the edits that have waited longest get it."""
        self.items -= 1
        self.bytes -= size
        self._admit()

    def close(self, error: BatchError) -> None:
        """Accept nothing more: waiting callers get `error`."""
        while self._queue:
            _, granted = self._queue.popleft()
            if not granted.done():
                granted.set_exception(error)

    def _admit(self) -> None:
        while self._queue and (self._queue[0][1].done() or self._fits(self._queue[0][0])):
            size, granted = self._queue.popleft()
            if not granted.done():
                self.fill(size)
                granted.set_result(None)

    def _fits(self, size: int) -> bool:
        full = self.items >= self._holding.most_items or self.bytes + size > self._holding.most_bytes
        return not full or self.items == 0
