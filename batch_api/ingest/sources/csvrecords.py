"""The records of a CSV file, and the lines of each."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from batch_api.ingest.sources.csvfile import Line
from batch_api.ingest.sources.files import Mark
from batch_api.ingest.sources.text import UTF_8, marks_before

BARE = "a cell contains a line end, but is not quoted"

LONGEST_RECORD = 1 << 17
"""Bytes that one record may span: a quote that stays open for longer is a stray one."""


class Record(NamedTuple):
    """A record as it was read, or the reason why it could not be."""

    cells: list[str]
    line: Line
    offset: int
    reason: str = ""


class Records:
    """The records of a CSV file, each with its lines, as the `csv` module reads them.

    A quote that is opened and not closed properly would swallow the lines after it. So only the first line of an
    unreadable record is given up, and the others are read again on their own.

    Lines end as the first one does, at LF or at CR alone. Where they end at LF, a lone CR is part of a cell; pandas on
    Python before 3.11.9 and 3.12.3 does not quote it, and such a record is unreadable.
    """

    def __init__(
        self, blocks: Iterator[bytes], start: Mark, delimiter: str, line_end: bytes = b"\n", encoding: str = UTF_8
    ) -> None:
        self._blocks = blocks
        self._line_end = line_end
        self._encoding = encoding.upper() if encoding == UTF_8 else encoding
        self.offset, self.number = start.offset, start.line
        """Where the next record begins."""
        self._ahead: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self._taken_bytes = 0
        self._suspect = 0
        self._has_marks = False
        self._reader = csv.reader(_Feed(self.take), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        while True:
            reason = ""
            cells: list[str] = []
            try:
                cells = next(self._reader)
            except csv.Error as error:
                reason = _reason(error)
            except UnicodeDecodeError:
                reason = f"the line is not valid {self._encoding}"
            if reason:
                self._give_back()
            elif self._suspect and self._is_torn():
                reason, cells = "a quote is not closed, or not opened", []
            record = self._close(cells, reason)
            if cells or reason:
                return record

    def take(self) -> str:
        """The next line of the text."""
        while not self._ahead:
            self._ahead.extend(self._next_block())
        line = self._ahead.popleft()
        may_have_mark = self._has_marks and not self._taken
        self._taken.append(line)
        self._taken_bytes += len(line)
        if self._taken_bytes > LONGEST_RECORD and len(self._taken) > 1:
            raise csv.Error("unexpected end of data")
        return line.decode().lstrip("\ufeff") if may_have_mark else line.decode()

    def _next_block(self) -> list[bytes]:
        block = next(self._blocks)  # StopIteration ends the reading
        if self.offset == 0 and not self._taken:
            self.offset = marks_before(block)
            block = block[self.offset :]
        self._has_marks = codecs.BOM_UTF8 in block  # parts that were put together have some in the middle
        if self._line_end == b"\r":
            return block.splitlines(keepends=True)
        return io.BytesIO(block).readlines()

    def _give_back(self) -> None:
        """Read all lines but the first again."""
        others = self._taken[1:]
        self._ahead.extendleft(reversed(others))
        self._suspect = max(self._suspect - 1, len(others))
        del self._taken[1:]

    def _is_torn(self) -> bool:
        """Whether a line that was part of an unreadable record is not a complete record either."""
        self._suspect = max(self._suspect - len(self._taken), 0)
        return b"".join(self._taken).count(b'"') % 2 == 1

    def _close(self, cells: list[str], reason: str) -> Record:
        text = b"".join(self._taken)
        record = Record(cells, Line(self.number, text.rstrip(b"\r\n")), self.offset, reason)
        self.offset += len(text)
        self.number += len(self._taken)
        self._taken.clear()
        self._taken_bytes = 0
        return record


class _Feed:
    """Lines for `csv.reader`. A generator would be exhausted after an error; this is not."""

    def __init__(self, take: Callable[[], str]) -> None:
        self._take = take

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._take()


def _reason(error: csv.Error) -> str:
    if "new-line" in str(error):
        return BARE
    if "field larger" in str(error):
        return "a cell is too long"
    return "a quote is not closed, or closed too early"
