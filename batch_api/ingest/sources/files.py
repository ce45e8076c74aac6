"""Files as sources: read in blocks, in the event loop, and from where an earlier run stopped.

From the page cache a block of 256 KB takes a tenth of a millisecond, and a thread would cost more. Whatever the size of
the file, no more than a block and a window of items are held in memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.lines import Block
from batch_api.ingest.sources.tables.plan import Plan
from batch_api.ingest.sources.text import DAMAGE, UTF_8, Text, check_whole, damaged, is_packed, opened

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

    def __init__(self, path: Path, *, with_lines: bool, encoding: str = UTF_8) -> None:
        self.path = path
        self.size = path.stat().st_size
        """Bytes of the file."""
        self.position = 0
        """How many of them were yielded so far; of a compressed file, how many were read."""
        self.total: int | None = None
        """How many items it holds; not known before the end."""
        self.plan: Plan | None = None
        """What its columns become, if it has columns."""
        self._with_lines = with_lines
        self._encoding = encoding
        self._line_end = b"\n"
        self._has_offsets = not is_packed(path) and encoding == UTF_8  # those of the text are those of the file
        self._marks = deque([Mark(0, 0, 1)])

    @property
    def line(self) -> int:
        """Where the window begins that was yielded last."""
        return self._marks[-1].line

    def start_at(self, mark: Mark) -> None:
        """Begin at a mark of an earlier run."""
        self._marks = deque([mark])
        if self._has_offsets:
            self.position = mark.offset

    def mark(self, index: int) -> Mark:
        """The last mark that is not after item `index`. Those before it are forgotten."""
        while len(self._marks) > 1 and self._marks[1].index <= index:
            self._marks.popleft()
        return self._marks[0]

    def check_whole(self) -> None:
        """Raises `InvalidInput` if it is compressed and damaged, or incomplete. Reads all of it, so: in a thread."""
        check_whole(self.path)

    async def windows(self, size: int) -> AsyncGenerator[list[Any] | Block, None]:
        """The items from the first mark on, in lists of `size` at most, or in blocks of about so many lines.

        Raises `InvalidInput` where a compressed file turns out to be damaged, once all before that was yielded.
        """
        start, has_begun = self._marks[0], False
        try:
            with opened(self.path, self._encoding) as text:
                if self._has_offsets or not start.offset:
                    text.file.seek(start.offset)
                else:
                    await asyncio.to_thread(text.file.seek, start.offset)  # reads everything before it again
                for items in self._items(self._blocks(text), start, size):
                    if items:
                        has_begun = True
                        yield items
                    await asyncio.sleep(0)
        except (*DAMAGE, InvalidInput) as error:
            raise await self._failure(error, has_begun=has_begun) from None
        self.position = self.size

    async def _failure(self, error: Exception, *, has_begun: bool) -> InvalidInput:
        """Why the file cannot be read on. It is read again for that, to count its lines."""
        if not isinstance(error, InvalidInput):
            try:
                await asyncio.to_thread(self.check_whole)
            except InvalidInput as counted:
                error = counted
            else:  # it has been replaced since
                error = damaged(self.path, error, 0)
        if has_begun:
            error.outcome = "unknown"
        return error

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any] | Block]:
        """Windows of items from blocks of whole lines. Notes the mark of each window before yielding it."""
        raise NotImplementedError

    def _note(self, mark: Mark) -> None:
        if mark.index > self._marks[-1].index:
            self._marks.append(mark)
        if self._has_offsets:
            self.position = mark.offset

    def _blocks(self, text: Text) -> Iterator[bytes]:
        """Blocks of whole lines; the last may lack its end."""
        size = BLOCK if self._has_offsets else PACKED_BLOCK
        rest = b""
        while block := text.file.read(size):
            if not self._has_offsets:
                self.position = text.raw.tell()
            end = block.rfind(self._line_end) + 1
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
