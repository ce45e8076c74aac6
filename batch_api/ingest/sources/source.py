"""Where items come from, in windows small enough that the event loop never stalls."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator, Sized
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple, Protocol

from batch_api.engine.errors import InvalidInput
from batch_api.engine.observe import logger
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.items.lines import Block
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.jsonlines import JsonLines
from batch_api.ingest.sources.open import open_source
from batch_api.ingest.sources.tables.rows import Rows

WINDOW = 250
"""Items of an iterable that are read and encoded at once, at most: well under a millisecond for most."""
STREAM_WINDOW = 100
"""The same for items that come one by one, or are made of cells."""
LINES_WINDOW = 500
"""The same for JSON lines."""
WINDOW_BYTES = 1 << 20
"""Bytes of items that are read and encoded at once, at most, or one item: windows of large items have fewer."""
TURN = 0.001
"""Seconds after which other tasks get to run, once the current window is read and encoded."""
CLOSING = 5.0
"""Seconds that a generator has to clean up when it is closed, before it is cancelled."""
LINGER = 1.0
"""Seconds that an item waits for others to be sent with while the source pauses."""
_SAMPLE = 1 << 16  # bytes at the beginning of a file, from which the number of its lines is estimated
_SLOW = 0.005  # seconds for reading a window; if one takes longer, windows become smaller
_GC_ROOM = 0.7  # part of the threshold at which the garbage collector runs

Items = list[Any]


class Source(Protocol):
    """Items in order."""

    def windows(self, size: int) -> AsyncGenerator[Items | Block, None]:
        """The items in lists of `size` at most, or in blocks of about that many lines.

        An empty list means: send what was read so far.
        """
        ...


AnySource = Iterable[Any] | AsyncIterable[Any] | str | os.PathLike[str] | CsvFile | Rows | FileSource


def source_of(given: AnySource, item_type: ItemType) -> Source:
    """What the caller passed in, as a source. Raises `InvalidInput` if it cannot be one, and `OSError` for a path."""
    if isinstance(given, Rows):
        from batch_api.ingest.sources.tables.opening import open_rows

        return open_rows(given, item_type)
    if hasattr(given, "__arrow_c_stream__"):
        raise InvalidInput("expected items, got a table: Rows(table) makes an item of each row", path="source")
    if isinstance(given, AsyncIterable):
        return Stream(given)
    if isinstance(given, FileSource):
        return given
    if isinstance(given, str | os.PathLike | CsvFile):
        return open_source(given, item_type)
    if isinstance(given, bytes | dict) or not isinstance(given, Iterable):
        raise InvalidInput(f"expected an iterable of items or a path, got {type(given).__name__}", path="source")
    return Plain(given)


def has_events(given: AnySource) -> bool:
    """Whether each row of it is an event, so that rows of one profile are to be merged."""
    if isinstance(given, FileSource):
        return given.plan is not None and given.plan.has_events
    return isinstance(given, Rows) and given.events


async def close(source: Source) -> None:
    """Close the source if it is a generator, so that it releases its resources.

    It has `CLOSING` seconds. What it raises is logged and not raised: it would mask what ended the job.
    """
    if not isinstance(source, Plain | Stream):
        return
    try:
        async with asyncio.timeout(CLOSING):
            await source.aclose()
    except Exception as error:  # no traceback: what it raises may quote anything
        logger.warning("the source of a job raised %s while it was closed", type(error).__name__)


class Size(NamedTuple):
    """How long a source is."""

    items: int
    is_exact: bool


def size_of(source: Source) -> Size | None:
    """How many items there are, if known without reading them; for a file, an estimate."""
    total: int | None = getattr(source, "total", None)
    if total is not None:
        return Size(total, is_exact=True)
    if not isinstance(source, FileSource) or source.path.suffix == ".gz":
        return None
    with source.path.open("rb") as file:
        sample = file.read(_SAMPLE)
    lines = sample.count(b"\n")
    return Size(source.size * lines // len(sample), is_exact=False) if lines else None


def window_of(source: Source) -> int:
    """How many items to read at once."""
    if type(source) is JsonLines:
        return LINES_WINDOW
    return STREAM_WINDOW if isinstance(source, Stream | CsvSource | JsonLines) else WINDOW


def part_read(source: Source) -> float | None:
    """The part of a file that has been read, from 0 to 1."""
    return source.position / source.size if isinstance(source, FileSource) and source.size else None


class Weighed:
    """How many items to read at once: first one, because sizes are not known before, and more while they are small."""

    def __init__(self) -> None:
        self.most = 1

    def weighed(self, items: int, size: int) -> None:
        """Learn from the size in bytes of some items."""
        self.most = max(min(2 * self.most, WINDOW_BYTES * items // max(size, 1)), 1)


class Plain(Weighed):
    """An iterable. It is read in the event loop, so a slow one holds up the loop."""

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__()
        self._items = items
        self._iterator: Iterator[Any] | None = None
        self.total = len(items) if isinstance(items, Sized) else None
        """How many there are; `None` if not known."""

    async def windows(self, size: int) -> AsyncGenerator[Items, None]:
        """See `Source`. Windows shrink where an item takes long to read, or is made of many parts."""
        iterator = self._iterator = iter(self._items)
        count = size
        failure: Exception | None = None
        turn = time.perf_counter()
        while failure is None:
            items: Items = []
            began = time.perf_counter()
            if began > turn + TURN:
                await asyncio.sleep(0)
                turn = began = time.perf_counter()
            containers = gc.get_count()[0]
            try:
                items.extend(islice(iterator, min(count, self.most)))  # keeps the items read before a failure
            except Exception as error:
                failure = error
            if not items:
                break
            if time.perf_counter() - began > _SLOW:
                count = max(len(items) // 2, 1)
            else:
                count = min(_unseen_by_gc(len(items), gc.get_count()[0] - containers), 2 * count, size)
            yield items
        if failure is not None:
            raise failure

    async def aclose(self) -> None:
        """See `close`. The caller closes anything but a generator, such as a file."""
        opened = self._items if self._iterator is None else self._iterator
        if isinstance(opened, Generator):
            opened.close()


def _unseen_by_gc(items: int, containers: int) -> int:
    """How many items to read at once, given how many containers the last window of `items` created.

    So few that they are freed before their number triggers the garbage collector, whose runs would make reading a third
    slower.
    """
    threshold = gc.get_threshold()[0] if gc.isenabled() else 0
    if not threshold:
        return WINDOW
    if containers < 0:  # the collector has just run, and reset its count
        return max(items // 2, 1)
    return max(int(_GC_ROOM * threshold * items / max(containers, 1)), 1)


class Stream(Weighed):
    """An async iterable. While it pauses, its items are sent once they are `LINGER` seconds old."""

    def __init__(self, items: AsyncIterable[Any]) -> None:
        super().__init__()
        self._items = items
        self._iterator: AsyncIterator[Any] | None = None
        self._pump: _Pump | None = None

    def stop(self) -> None:
        """Stop waiting for items."""
        if self._pump is not None:
            self._pump.stop()

    async def windows(self, size: int) -> AsyncGenerator[Items, None]:
        """See `Source`. A separate task reads up to `size` items ahead, because `anext` must not be cancelled."""
        self._iterator = aiter(self._items)
        pump = self._pump = _Pump(self._iterator, lambda: min(self.most, size))
        reader = asyncio.create_task(pump.run(), name="batch_api ingest source")
        now = asyncio.get_running_loop().time
        due: float | None = None
        try:
            while True:
                items = await pump.take(None if due is None else due - now())
                if items is None:
                    await asyncio.sleep(0)  # a reader that has ended is done after this
                    break
                if items:
                    yield items
                    due = now() + LINGER if due is None else due
                if due is not None and now() >= due:
                    yield []
                    due = None
            if reader.done():
                reader.result()  # raises what the source raised
        finally:
            await _end(reader)

    async def aclose(self) -> None:
        """See `close`. The caller closes anything but a generator."""
        opened = self._items if self._iterator is None else self._iterator
        if isinstance(opened, AsyncGenerator):
            await opened.aclose()


async def _end(reader: asyncio.Task[None]) -> None:
    """Cancel the reader, and again if it does not end in time: a source may hang while it cleans up."""
    while not reader.done():
        reader.cancel()
        await asyncio.wait({reader}, timeout=CLOSING)
    if not reader.cancelled():
        reader.exception()  # raised to the caller before, or no longer of interest


class _Pump:
    """Reads ahead, up to `size()` items."""

    def __init__(self, source: AsyncIterator[Any], size: Callable[[], int]) -> None:
        self._source = source
        self._size = size
        self._items: Items = []
        self._over = False
        self._some = asyncio.Event()
        self._flow = asyncio.Event()

    async def run(self) -> None:
        try:
            async for item in self._source:
                self._items.append(item)
                self._some.set()
                while len(self._items) >= self._size():
                    self._flow.clear()
                    await self._flow.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """Make `take` return `None` once it has returned all items."""
        self._over = True
        self._some.set()

    async def take(self, seconds: float | None) -> Items | None:
        """What has been read: at least one item, an empty list if none came in time, or `None` at the end."""
        if not self._items and not self._over:
            self._some.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._some.wait()
        elif not self._over:
            await asyncio.sleep(0)  # let the source go on
        items, self._items = self._items, []
        self._flow.set()
        return items if items or not self._over else None
