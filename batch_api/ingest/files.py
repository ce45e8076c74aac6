"""Files as sources: JSON lines, passed on as they are, and CSV whose header says what its columns are.

A file is read in blocks of 256 KB in the event loop: from the page cache that takes a tenth of a millisecond, and a
thread would cost more. Whatever the size of the file, no more than a block and a window of items are held.
"""

from __future__ import annotations

import asyncio
import codecs
import csv
import gzip
import os
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any, NamedTuple

from attrs import frozen

from batch_api.engine.check import rfc3339
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.csvfile import CsvFile, Line
from batch_api.ingest.kinds import Kind
from batch_api.ingest.lines import Block

REASON = "#reason"
"""A column of a CSV file that is for people: what it holds is not sent."""
COMMENT = b"#"
"""A line of a JSONL file that starts with this is for people, too. No JSON does."""

BLOCK = 1 << 18
PACKED_BLOCK = BLOCK // 4  # unpacking takes ten times as long as reading
LONGEST_LINE = 16 << 20
LONGEST_RECORD = 1 << 17
"""Bytes that one CSV record may span: a quote that is open for longer was never meant as one."""

JSON_LINES = (".jsonl", ".ndjson")


@frozen
class Mark:
    """A place to go on from: item `index` is the first at or after byte `offset` of the text, where `line` begins."""

    index: int
    offset: int
    line: int


class FileSource:
    """A file of items. `windows()` gives them, and an `InvalidInput` in the place of one that cannot be read."""

    def __init__(self, path: Path, *, with_lines: bool) -> None:
        self.path = path
        self.size = path.stat().st_size
        """Bytes of the file."""
        self.position = 0
        """How many of them were given out so far; of a packed file, how many were read."""
        self.total: int | None = None
        """How many items it holds: nobody knows before the end."""
        self._with_lines = with_lines
        self._is_packed = path.suffix.lower() == ".gz"
        self._marks = deque([Mark(0, 0, 1)])

    def start_at(self, mark: Mark) -> None:
        """Begin at a mark of an earlier reading."""
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
                await asyncio.to_thread(file.seek, start.offset)  # all before is unpacked again
            else:
                file.seek(start.offset)
            for items in self._items(self._blocks(file, raw), start, size):
                if items:
                    yield items
                await asyncio.sleep(0)
        self.position = self.size

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any] | Block]:
        """Windows of items from blocks of whole lines. It notes the mark of each before it gives it."""
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
                raise InvalidInput(f"a line of over {LONGEST_LINE >> 20} MB", path=str(self.path))
        if rest:
            yield rest

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name}: {self.position} of {self.size} bytes>"


def open_source(
    given: str | os.PathLike[str] | CsvFile, kind: Kind, *, with_lines: bool = False
) -> JsonLines | CsvSource:
    """A file as a source of items of `kind`.

    Args:
        given: A path whose name says what it is: `.jsonl` (or `.ndjson`), an object on each line, or `.csv`, a header
            and then a line for each item; `.gz` after it if it is packed. Or a `CsvFile`.
        kind: What the items are.
        with_lines: Give each item of a path together with its `Line`, which becomes the `ref` of its fate. An item of a
            CSV file that cannot be read always comes with its line.

    Raises `InvalidInput` for a file whose name or header is of no use, and `OSError`.
    """
    if isinstance(given, CsvFile):
        return CsvSource(given, kind)
    path = Path(given)
    if form_of(path) in JSON_LINES:
        return JsonLines(path, with_lines=with_lines)
    return CsvSource(CsvFile(path, with_lines=with_lines), kind)


def form_of(path: Path) -> str:
    """What a file is, by the end of its name: `.jsonl`, `.ndjson` or `.csv`. Raises `InvalidInput` for any other."""
    unpacked = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    form = unpacked.suffix.lower()
    if form not in (*JSON_LINES, ".csv"):
        raise InvalidInput("a name that ends in .jsonl, .ndjson or .csv is due, .gz after it or not", path=str(path))
    return form


# -- JSON lines ------------------------------------------------------------------------------------------------------


class JsonLines(FileSource):
    """One JSON object on each line; empty lines and those that start with `#` are passed over."""

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[Block | list[Any]]:
        index, offset, number = start.index, start.offset, start.line
        for block in blocks:
            if offset == 0 and block.startswith(codecs.BOM_UTF8):
                offset = len(codecs.BOM_UTF8)
                block = block[offset:]  # noqa: PLW2901
            if self._with_lines or not _is_plain(block):
                lines = block.removesuffix(b"\n").split(b"\n")
                windows: Iterator[Block | list[bytes]] = (lines[at : at + size] for at in range(0, len(lines), size))
            else:
                windows = map(Block, pieces(block, size))
            for window in windows:
                self._note(Mark(index, offset, number))
                items: Block | list[Any] = window
                if isinstance(window, Block):
                    offset += len(window.raw) + 1
                else:
                    offset += sum(map(len, window)) + len(window)
                    items = list(self._each(enumerate(window, number)))
                number += len(window)
                index += len(items)
                yield items

    def _each(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[Any]:
        for number, text in lines:
            line = text.removesuffix(b"\r")
            if line.strip() and not line.startswith(COMMENT):
                yield (line, Line(number, line)) if self._with_lines else line


def _is_plain(block: bytes) -> bool:
    """Whether there is nothing but objects, as in most files, so that the lines need not be looked at one by one."""
    # rfind, because it is three times as fast as `in` (CPython 3.11 to 3.13)
    empty = block[:1] == b"\n" or block.rfind(b"\n\n") >= 0
    return not (empty or b"\r" in block or (b"#" in block and (block[:1] == COMMENT or b"\n#" in block)))


def pieces(block: bytes, lines: int) -> Iterator[bytes]:
    """A block cut at line ends into pieces of about so many lines, if they are as long as the first."""
    end = len(block.removesuffix(b"\n"))
    span = max(lines * (block.find(b"\n") + 1), 1)
    start = 0
    while start < end:
        stop = block.find(b"\n", start + span - 1, end)
        stop = end if stop < 0 else stop
        yield block[start:stop]
        start = stop + 1


# -- CSV -------------------------------------------------------------------------------------------------------------


class CsvSource(FileSource):
    """A line for each item; the header names its attributes, as the API does, and one column is the id.

    `custom_id,$email_address,date(birthdate),url(homepage),plan` is a header of profiles. Catalogs and audiences have
    an `id`; where an audience has none, it is the first column.

    - An empty cell leaves an attribute alone; `null` is the cell that deletes one.
    - A cell under `date(…)` is a day or a moment as RFC 3339 or ISO 8601 write it. A day is its midnight. Both are of
      the zone `zone` unless they name one.
    - Under a name that starts with `$` or is a `url(…)`, a cell is text, because the API knows nothing else there.
    - Elsewhere a cell is what it would be as JSON: a whole number (of 64 bits) an integer, a decimal a float, true and
      false (in any case) a boolean. All else is text: `007` and `+33…` do not change.

    Cells are quoted as in RFC 4180, the file is UTF-8. Lines without any cell are passed over.
    """

    def __init__(self, file: CsvFile, kind: Kind) -> None:
        super().__init__(file.path, with_lines=file.with_lines)
        self._delimiter = file.delimiter
        header = self._read_header()
        self.header = header.line.text
        """The first line, as it is in the file."""
        self.layout = Layout(header.cells, kind, file)

    def _read_header(self) -> _Record:
        with self.path.open("rb") as raw, self._opened(raw) as file:
            records = _Records(self._blocks(file, raw), Mark(0, 0, 1), self._delimiter)
            header = next(records, None)
        if header is None:
            raise self._useless("it is empty: the first line names the columns")
        if header.reason:
            raise self._useless(f"its first line names no columns: {header.reason}")
        self._marks = deque([Mark(0, records.offset, records.number)])
        self.position = 0
        return header

    def _useless(self, reason: str) -> InvalidInput:
        return InvalidInput(reason, path=str(self.path))

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any]]:
        index = start.index
        records = _Records(blocks, start, self._delimiter)
        read = self.layout.read
        items: list[Any] = []
        for record in records:
            if len(items) == size:
                yield items
                items = []
            if not items:
                self._note(Mark(index, record.offset, record.line.number))
            index += 1
            try:
                item = read(record)
            except InvalidInput as error:
                items.append((error, record.line))
            else:
                items.append((item, record.line) if self._with_lines else item)
        yield items


class _Record(NamedTuple):
    """A record as it was read, or why it cannot be."""

    cells: list[str]
    line: Line
    offset: int
    reason: str = ""


class _Records:
    """The records of a CSV file, each with the lines it stands on, as the `csv` module reads them.

    A quote that is opened and never closed as it should be would swallow the lines after it. So of a record that
    cannot be read only the first line is given up, and the others are read by themselves.
    """

    def __init__(self, blocks: Iterator[bytes], start: Mark, delimiter: str) -> None:
        self._blocks = blocks
        self.offset, self.number = start.offset, start.line
        """Where the next record begins."""
        self._ahead: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self._taken_bytes = 0
        self._suspect = 0
        self._reader = csv.reader(_Feed(self.take), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[_Record]:
        return self

    def __next__(self) -> _Record:
        while True:
            reason = ""
            cells: list[str] = []
            try:
                cells = next(self._reader)
            except csv.Error as error:
                reason = _reason(error)
            except UnicodeDecodeError:
                reason = "not UTF-8"
            if reason:
                self._give_back()
            elif self._suspect and self._is_torn():
                reason, cells = "a quote that is not closed, or not opened", []
            record = self._close(cells, reason)
            if cells or reason:
                return record

    def take(self) -> str:
        """The next line of the text."""
        if not self._ahead:
            self._ahead.extend(self._next_block())
        line = self._ahead.popleft()
        self._taken.append(line)
        self._taken_bytes += len(line)
        if self._taken_bytes > LONGEST_RECORD and len(self._taken) > 1:
            raise csv.Error("unexpected end of data")
        return line.decode()

    def _next_block(self) -> list[bytes]:
        block = next(self._blocks)  # StopIteration ends the reading
        if self.offset == 0 and not self._taken and block.startswith(codecs.BOM_UTF8):
            self.offset = len(codecs.BOM_UTF8)
            block = block[self.offset :]
        return block.splitlines(keepends=True)

    def _give_back(self) -> None:
        """All lines but the first are read again."""
        others = self._taken[1:]
        self._ahead.extendleft(reversed(others))
        self._suspect = max(self._suspect - 1, len(others))
        del self._taken[1:]

    def _is_torn(self) -> bool:
        """Whether a line that was once part of a bad record is still no whole one."""
        self._suspect = max(self._suspect - len(self._taken), 0)
        return b"".join(self._taken).count(b'"') % 2 == 1

    def _close(self, cells: list[str], reason: str) -> _Record:
        text = b"".join(self._taken)
        record = _Record(cells, Line(self.number, text.rstrip(b"\r\n")), self.offset, reason)
        self.offset += len(text)
        self.number += len(self._taken)
        self._taken.clear()
        self._taken_bytes = 0
        return record


class _Feed:
    """Lines for `csv.reader`. A generator would be at its end after an error; this is not."""

    def __init__(self, take: Callable[[], str]) -> None:
        self._take = take

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._take()


def _reason(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "a line that ends in its middle"
    if "field larger" in str(error):
        return "a cell that is too long"
    return "a quote that is not closed, or closed too early"


# -- what the columns are --------------------------------------------------------------------------------------------

Reader = Callable[[str], Any]


class Layout:
    """What the columns of a CSV file are, by its header."""

    def __init__(self, header: Sequence[str], kind: Kind, file: CsvFile) -> None:
        self._width = len(header)
        self._item = _profile if kind.operation.name.startswith("profile") else _addition
        self._id = _id_column(header, kind.operation.name)
        self._id_name = header[self._id]
        self._null = file.null
        _check_names(header, file.text)
        self.columns: list[str] = []
        """The attributes."""
        self._readers: list[tuple[int, str, Reader | None]] = []
        for place, name in enumerate(header):
            if place != self._id and name != REASON:
                self.columns.append(name)
                self._readers.append((place, name, None if name in file.text else _reader(name, file.zone)))

    def read(self, record: _Record) -> dict[str, Any]:
        """The item of a record. Raises `InvalidInput` for one that is none."""
        cells = record.cells
        if record.reason:
            raise _invalid(record, record.reason)
        if len(cells) != self._width:
            raise _invalid(record, f"{len(cells)} cells, but the header has {self._width}")
        name = cells[self._id]
        if not name or name.isspace():
            raise _invalid(record, "no id", self._id_name)
        attributes: dict[str, Any] = {}
        null = self._null
        for place, key, read in self._readers:
            cell = cells[place]
            if cell == "":
                continue
            if cell == null:
                attributes[key] = None
            elif read is None:
                attributes[key] = cell
            else:
                try:
                    attributes[key] = read(cell)
                except (ValueError, OverflowError):
                    raise _invalid(record, "no date such as 2026-02-28 or 2026-02-28T09:30:00Z", key) from None
        item = self._item(name)
        if attributes:
            item["attributes"] = attributes
        return item


def _invalid(record: _Record, reason: str, path: str = "") -> InvalidInput:
    where = f"line {record.line.number}"
    return InvalidInput(reason, path=f"{where}, {path}" if path else where)


def _profile(name: str) -> dict[str, Any]:
    return {"identifiers": {"custom_id": name}}


def _addition(name: str) -> dict[str, Any]:
    return {"id": name, "action": "add"}


def _id_column(header: Sequence[str], operation: str) -> int:
    name = "custom_id" if operation.startswith("profile") else "id"
    if name in header:
        return header.index(name)
    if operation.startswith("audience"):
        return next((place for place, column in enumerate(header) if column != REASON), 0)
    hint = ": is the delimiter another?" if len(header) == 1 else ""
    raise InvalidInput(f"the header has no column {name}{hint}", path="header")


def _check_names(header: Sequence[str], text: Collection[str]) -> None:
    for place, name in enumerate(header):
        if not name.strip():
            raise InvalidInput(f"column {place + 1} has no name", path="header")
        if name in header[:place]:
            raise InvalidInput(f"two columns have the same name as column {place + 1}", path="header")
    for name in text:
        if name not in header:
            raise InvalidInput(f"there is no column {name} to read as text", path="header")


def _reader(name: str, zone: tzinfo) -> Reader | None:
    """How to read the cells of a column; `None` for those that are text."""
    if name.startswith("date(") and name.endswith(")"):
        return _Dates(zone)
    return None if name.startswith(("$", "url(")) else _value


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(\.[0-9]+)?")
_WORDS = {"true": True, "false": False}


def _value(cell: str) -> str | int | float | bool:
    number = _NUMBER.fullmatch(cell)
    if number is None:
        return _WORDS.get(cell.lower(), cell) if len(cell) <= 5 else cell
    if number[1]:
        return float(cell)
    whole = int(cell)
    return whole if -(2**63) <= whole < 2**63 else cell


_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII | re.IGNORECASE
)


class _Dates:
    """Reads dates, and remembers some: days of birth and of sign-up come again and again."""

    _MOST = 10_000

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[str, str] = {}

    def __call__(self, cell: str) -> str:
        known = self._known.get(cell)
        if known is None:
            if len(self._known) >= self._MOST:
                self._known.clear()
            known = self._known[cell] = self._read(cell)
        return known

    def _read(self, cell: str) -> str:
        if not _DATE.fullmatch(cell):
            raise ValueError
        moment = datetime.fromisoformat(cell.upper())
        return rfc3339(moment.replace(tzinfo=self._zone) if moment.tzinfo is None else moment)
