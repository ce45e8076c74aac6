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
from batch_api.ingest.items.item_types import Kind
from batch_api.ingest.items.lines import Block
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.jsonlines import JsonLines
from batch_api.ingest.sources.open import open_source

WINDOW = 250
"""Items of an iterable that are read and encoded at once, at most: well under a millisecond for most."""
STREAM_WINDOW = 100
"""The same where they come one by one, or are made of cells."""
LINES_WINDOW = 500
"""The same for JSON lines."""
WINDOW_BYTES = 1 << 20
"""Bytes of items that are read and encoded at once, at most, or one item: of large ones there are fewer."""
TURN = 0.001
"""Seconds after which other tasks have a turn, once the window at hand is read and encoded."""
CLOSING = 5.0
"""Seconds that a generator has for its own cleaning up when it is closed, before that is cancelled."""
LINGER = 1.0
"""Seconds that an item of a source that pauses waits for others to be sent with."""
_SAMPLE = 1 << 16  # bytes at the beginning of a file, by which the number of its lines is guessed
_SLOW = 0.005  # seconds for reading a window, above which they become smaller
_GC_ROOM = 0.7  # part of what makes the garbage collector begin

Items = list[Any]


class Source(Protocol):
    """Items in order."""

    def windows(self, size: int) -> AsyncGenerator[Items | Block, None]:
        """The items in lists of `size` at most, or in blocks of about so many lines.

        An empty list says: what is there should be sent now.
        """
        ...


AnySource = Iterable[Any] | AsyncIterable[Any] | str | os.PathLike[str] | CsvFile | FileSource


def source_of(given: AnySource, kind: Kind) -> Source:
    """What the caller handed in, as a source. Raises `InvalidInput` for what is none, and `OSError` for a path."""
    if isinstance(given, AsyncIterable):
        return Stream(given)
    if isinstance(given, FileSource):
        return given
    if isinstance(given, str | os.PathLike | CsvFile):
        return open_source(given, kind)
    if isinstance(given, bytes | dict) or not isinstance(given, Iterable):
        raise InvalidInput("an iterable of items is due, or a path", path="source")
    return Plain(given)


async def close(source: Source) -> None:
    """Close the generator that the items came from, if it was one, so that it gives back what it holds.

    It has `CLOSING` seconds. What it raises is logged and not raised: it would take the place of what ended the job.
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
    """How many items there are, where that can be told without reading them; of a file, about how many."""
    if isinstance(source, Plain) and source.total is not None:
        return Size(source.total, is_exact=True)
    if not isinstance(source, FileSource) or source.path.suffix == ".gz":
        return None
    with source.path.open("rb") as file:
        sample = file.read(_SAMPLE)
    lines = sample.count(b"\n")
    return Size(source.size * lines // len(sample), is_exact=False) if lines else None


def window_of(source: Source) -> int:
    """How many items to read at once."""
    if isinstance(source, JsonLines):
        return LINES_WINDOW
    return WINDOW if isinstance(source, Plain) else STREAM_WINDOW


def part_read(source: Source) -> float | None:
    """Which part of a file has been read."""
    return source.position / source.size if isinstance(source, FileSource) and source.size else None


class Weighed:
    """How many items to read at once: first one, since its size is known only then, and more while they are small."""

    def __init__(self) -> None:
        self.most = 1

    def weighed(self, items: int, size: int) -> None:
        """So many items were so many bytes."""
        self.most = max(min(2 * self.most, WINDOW_BYTES * items // max(size, 1)), 1)


class Plain(Weighed):
    """An iterable. It is read in the event loop, so that what it does slowly holds up the loop."""

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__()
        self._items = items
        self._iterator: Iterator[Any] | None = None
        self.total = len(items) if isinstance(items, Sized) else None
        """How many there are; `None` where that is not known."""

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
                items.extend(islice(iterator, min(count, self.most)))  # what came before a failure is kept
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
        """See `close`. Anything but a generator, such as a file, is the caller's to close."""
        opened = self._items if self._iterator is None else self._iterator
        if isinstance(opened, Generator):
            opened.close()


def _unseen_by_gc(items: int, containers: int) -> int:
    """How many items to read at once, after that many brought so many containers into being.

    So few that they are freed before the garbage collector counts enough of them to look through them all. That would
    make reading a third slower.
    """
    threshold = gc.get_threshold()[0] if gc.isenabled() else 0
    if not threshold:
        return WINDOW
    if containers < 0:  # it has just done so
        return max(items // 2, 1)
    return max(int(_GC_ROOM * threshold * items / max(containers, 1)), 1)


class Stream(Weighed):
    """An async iterable. While it pauses, what it gave is sent once it is `LINGER` seconds old."""

    def __init__(self, items: AsyncIterable[Any]) -> None:
        super().__init__()
        self._items = items
        self._iterator: AsyncIterator[Any] | None = None
        self._pump: _Pump | None = None

    def stop(self) -> None:
        """Wait for no more items."""
        if self._pump is not None:
            self._pump.stop()

    async def windows(self, size: int) -> AsyncGenerator[Items, None]:
        """See `Source`. A task of its own reads up to `size` items ahead: asking for one must not be cancelled."""
        self._iterator = aiter(self._items)
        pump = self._pump = _Pump(self._iterator, lambda: min(self.most, size))
        reader = asyncio.create_task(pump.run(), name="batch_api ingest source")
        now = asyncio.get_running_loop().time
        due: float | None = None
        try:
            while True:
                items = await pump.take(None if due is None else due - now())
                if items is None:
                    await asyncio.sleep(0)  # the reader, if it came to its end, is done after this
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
        """See `close`. Anything but a generator is the caller's to close."""
        opened = self._items if self._iterator is None else self._iterator
        if isinstance(opened, AsyncGenerator):
            await opened.aclose()


async def _end(reader: asyncio.Task[None]) -> None:
    """Cancel it, once more if it is not over in time: a source may hang while it cleans up."""
    while not reader.done():
        reader.cancel()
        await asyncio.wait({reader}, timeout=CLOSING)
    if not reader.cancelled():
        reader.exception()  # told to the caller before, or of no interest any more


class _Pump:
    """Reads ahead, up to `size()` items."""

    def __init__(self, source: AsyncIterator[Any], size: Callable[[], int]) -> None:
        self._source = source
        self._size = size
        self._items: Items = []
        self._over = False
        self._some = asyncio.Event()
        self._room = asyncio.Event()

    async def run(self) -> None:
        try:
            async for item in self._source:
                self._items.append(item)
                self._some.set()
                while len(self._items) >= self._size():
                    self._room.clear()
                    await self._room.wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """Let `take` come to its end."""
        self._over = True
        self._some.set()

    async def take(self, seconds: float | None) -> Items | None:
        """What has been read, at least one item; none if nothing came in time; `None` at the end."""
        if not self._items and not self._over:
            self._some.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._some.wait()
        elif not self._over:
            await asyncio.sleep(0)  # let the source go on
        items, self._items = self._items, []
        self._room.set()
        return items if items or not self._over else None
