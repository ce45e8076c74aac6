"""A source cut into chunks that other processes send, with the order of each profile kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import IO, Any, Literal
from zlib import crc32

from batch_api.engine import arguments
from batch_api.engine.observe import logger
from batch_api.ingest import private
from batch_api.ingest.chunks.reference import ChunkReference, written
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import Invalid
from batch_api.ingest.items.item_types import AudienceChanges, CatalogItems, ItemType, ProfileEdits
from batch_api.ingest.items.reading import read
from batch_api.ingest.job.choices import CHUNK_BYTES
from batch_api.ingest.sending.chunker import Chunker
from batch_api.ingest.sources.source import AnySource, Source, close, source_of, window_of

CHUNK = 5_000
"""Items of a chunk: half of what a second of `profiles.mass_update` takes, so that jitter is hidden."""
_KINDS: dict[str, Callable[[], ItemType]] = {
    "profiles": lambda: ProfileEdits("mass-update"),
    "catalog": lambda: CatalogItems("any"),
    "audience": lambda: AudienceChanges("any"),
}


def split(
    source: AnySource,
    folder: str | os.PathLike[str],
    *,
    of: Literal["profiles", "catalog", "audience"] = "profiles",
    partitions: int = 8,
    chunk_size: int = CHUNK,
    on_trouble: Callable[[Invalid], object] | None = None,
) -> AsyncGenerator[ChunkReference, None]:
    """Cut a source into chunks that any process can send with `send_chunk`, as an async iterator of their references.

        async for reference in split("customers.csv", "spool"):
            await queue.enqueue("send", reference.to_dict())

    The source is read once, and written as JSON lines into a file for each partition. All items of one id are in one
    partition, in their order, and no two of them in one chunk: so whoever sends the chunks of a partition one after
    another keeps the order of each profile, also when a chunk is sent again. A chunk is on disk before its reference
    is given. Memory stays constant: at most two chunks for each partition.

    Args:
        source: As `ingest` takes it: an iterable, an async iterable, a path, or `Rows`.
        folder: Where the files go. It is made if need be. They are readable by their owner alone, hold what the source
            held, and are yours to delete when all is sent.
        of: What the items are.
        partitions: How many chunks may be on their way at once. Twice the number of workers is enough.
        chunk_size: Items in a chunk, at most. `profiles.update` takes 200 in a request.
        on_trouble: Called with the fate of each item that cannot be right and is in no chunk. By default such fates are
            logged, without anyone's data.

    Raises `InvalidInput` for a choice that cannot be; `FileExistsError` for a folder with the files of another split;
    other `OSError`s; and what the source raises.
    """
    arguments.choice(of, "of", *_KINDS)
    arguments.whole(partitions, "partitions")
    arguments.whole(chunk_size, "chunk_size")
    item_type = _KINDS[of]()
    return _split(item_type, source_of(source, item_type), Path(folder), partitions, chunk_size, on_trouble or _log)


async def _split(
    item_type: ItemType,
    source: Source,
    folder: Path,
    partitions: int,
    chunk_size: int,
    on_trouble: Callable[[Invalid], object],
) -> AsyncGenerator[ChunkReference, None]:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    position = 0
    parts: list[_Partition] = []
    async with AsyncExitStack() as opened:
        opened.push_async_callback(close, source)
        for number in range(partitions):
            part = _Partition(folder / f"part-{number:03}.jsonl", number, chunk_size)
            opened.enter_context(part.file)
            parts.append(part)
        windows = await opened.enter_async_context(aclosing(source.windows(window_of(source))))
        async for items in windows:
            window = read(item_type, items, position)
            position += len(items)
            for invalid in window.invalid:
                on_trouble(invalid)
            for number, rows in _by_partition(window.rows, partitions):
                for chunk in parts[number].add(rows):
                    yield await parts[number].write(chunk)
        for part in parts:
            for chunk in part.rest():
                yield await part.write(chunk)


class _Partition:
    """The file of one partition, and the chunks that are on their way into it."""

    def __init__(self, path: Path, number: int, chunk_size: int) -> None:
        self.path = path
        self.file: IO[bytes] = open(path, "xb", buffering=0, opener=private.new)  # noqa: SIM115
        self._number = number
        self._chunks = 0
        # It never puts two items of one id into a chunk. As chunks are sent one after another, an id is free again as
        # soon as its chunk is full.
        self._chunker = Chunker(most_items=chunk_size, most_bytes=CHUNK_BYTES)

    def add(self, rows: EncodedItems) -> Iterable[EncodedItems]:
        """Take rows; give the chunks that became full."""
        yield from self._over(self._chunker.feed(rows))
        while self._chunker.is_clogged:
            yield from self._over(self._chunker.close())

    def rest(self) -> Iterable[EncodedItems]:
        """What is left, at the end."""
        yield from self._over(self._chunker.flush())

    def _over(self, chunks: Iterable[EncodedItems]) -> Iterable[EncodedItems]:
        for chunk in chunks:
            self._chunker.answered(chunk)
            yield chunk

    async def write(self, chunk: EncodedItems) -> ChunkReference:
        """Append a chunk, in a thread: it is megabytes, and a disk may stall."""
        reference = await asyncio.to_thread(self._append, chunk, self._chunks)
        self._chunks += 1
        return reference

    def _append(self, chunk: EncodedItems, number: int) -> ChunkReference:
        start, content = self.file.tell(), written(chunk.parts(), chunk.indexes)
        left = memoryview(content)
        while left:
            left = left[self.file.write(left) :]
        os.fsync(self.file.fileno())
        digest, stop = hashlib.sha256(content).hexdigest(), start + len(content)
        return ChunkReference(str(self.path), start, stop, digest, len(chunk), partition=self._number, number=number)


def _by_partition(rows: EncodedItems | None, partitions: int) -> Iterable[tuple[int, EncodedItems]]:
    """The rows of each partition, in their order. Which one an id is in never changes."""
    if rows is None:
        return
    chosen: dict[int, list[int]] = {}
    for at, name in enumerate(rows.ids):
        chosen.setdefault(crc32(name.encode()) % partitions, []).append(at)
    contents = rows.parts()
    for number, positions in chosen.items():
        yield number, rows.take(positions, contents)


def _log(invalid: Invalid) -> Any:
    logger.warning("item %d of the source is invalid, and is in no chunk", invalid.index)
