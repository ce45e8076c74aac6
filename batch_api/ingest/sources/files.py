"""Files as sources: read in blocks, in the event loop, and from where an earlier run stopped.

From the page cache a block of 256 KB takes a tenth of a millisecond, and a thread would cost more. Whatever the size of
the file, no more than a block and a window of items are held in memory.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import IO, Any

from attrs import frozen

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.lines import Block

BLOCK = 1 << 18
PACKED_BLOCK = BLOCK // 4  # unpacking takes ten times as long as reading
LONGEST_LINE = 16 << 20


@frozen
class Mark:
    """A place to resume from: item `index` is the first at or after byte `offset` of the text, where `line` begins."""

    index: int
    offset: int
    line: int


class FileSource:
    """A file of items. `windows()` yields them, and an `InvalidInput` in place of each unreadable one."""

    def __init__(self, path: Path, *, with_lines: bool) -> None:
        self.path = path
        self.size = path.stat().st_size
        """Bytes of the file."""
        self.position = 0
        """How many of them were yielded so far; of a compressed file, how many were read."""
        self.total: int | None = None
        """How many items it holds; not known before the end."""
        self._with_lines = with_lines
        self._is_packed = path.suffix.lower() == ".gz"
        self._marks = deque([Mark(0, 0, 1)])

    def start_at(self, mark: Mark) -> None:
        """Begin at a mark of an earlier run."""
        self._marks = deque([mark])
        if not self._is_packed:
            self.position = mark.offset

    def mark(self, index: int) -> Mark:
        """The last mark that is not after item `index`. Those before it are forgotten."""
        while len(self._marks) > 1 and self._marks[1].index <= index:
            self._marks.popleft()
        return self._marks[0]

    async def windows(self, size: int) -> AsyncGenerator[list[Any] | Block, None]:
        """The items from the first mark on, in lists of `size` at most, or in blocks of about so many lines."""
        start = self._marks[0]
        with self.path.open("rb") as raw, self._opened(raw) as file:
            if self._is_packed and start.offset:
                await asyncio.to_thread(file.seek, start.offset)  # decompresses everything before it again
            else:
                file.seek(start.offset)
            for items in self._items(self._blocks(file, raw), start, size):
                if items:
                    yield items
                await asyncio.sleep(0)
        self.position = self.size

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any] | Block]:
        """Windows of items from blocks of whole lines. Notes the mark of each window before yielding it."""
        raise NotImplementedError

    def _note(self, mark: Mark) -> None:
        if mark.index > self._marks[-1].index:
            self._marks.append(mark)
        if not self._is_packed:
            self.position = mark.offset

    def _opened(self, raw: IO[bytes]) -> IO[bytes]:
        return gzip.open(raw) if self._is_packed else raw  # type: ignore[return-value]

    def _blocks(self, file: IO[bytes], raw: IO[bytes]) -> Iterator[bytes]:
        """Blocks of whole lines; the last may lack its end."""
        size = PACKED_BLOCK if self._is_packed else BLOCK
        rest = b""
        while block := file.read(size):
            if self._is_packed:
                self.position = raw.tell()
            end = block.rfind(b"\n") + 1
            if end:
                yield rest + block[:end]
                rest = block[end:]
            else:
                rest += block
            if len(rest) > LONGEST_LINE:
                raise InvalidInput(
                    f"expected lines of at most {LONGEST_LINE >> 20} MB, got a longer one", path=str(self.path)
                )
        if rest:
            yield rest

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}: {self.position} of {self.size} bytes>"
