"""CSV files, whose header says what their columns mean."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from attrs import evolve

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.csvfile import CsvFile, Line
from batch_api.ingest.sources.csvheader import REASON, id_name
from batch_api.ingest.sources.csvhints import hints
from batch_api.ingest.sources.csvlayout import Layout, is_blank
from batch_api.ingest.sources.csvrecords import Record, Records
from batch_api.ingest.sources.files import FileSource, Mark
from batch_api.ingest.sources.tables.plan import Plan
from batch_api.ingest.sources.text import UTF_8, head_of, marks_before, opened

SAMPLE: Final = 100
"""Records that are looked at before the first is given out."""
_LINE_END: Final = re.compile(rb"\r?\n|\r")
_SEP: Final = re.compile(rb"sep=([^\"\r\n\x80-\xff])(?=\r|\n|$)", re.IGNORECASE)


class CsvSource(FileSource):
    """A line for each item; the header names its attributes, as the API does, and one column is the id.

    `custom_id,$email_address,date(birthdate),url(homepage),plan` is a header of profiles. Catalogs and audiences have
    an `id`; where an audience has none, it is the first column.

    - An empty cell leaves an attribute alone; `null` is the cell that deletes one.
    - A cell under `date(…)` is a date, or a date and time, as in RFC 3339 or ISO 8601. A date means its midnight. Both
      are in the time zone `zone` unless they name one.
    - Under a name that starts with `$` or is a `url(…)`, a cell is text, because the API accepts nothing else there.
    - Elsewhere a cell is read as JSON would be: a whole number (of 64 bits) is an integer, a decimal a float, true and
      false (in any case) a boolean. Everything else is text: `007` and `+33…` stay as they are.

    Cells are quoted as in RFC 4180. Lines whose cells are all blank are skipped, and so are those that repeat the
    header, as in parts that were put together. A column without a name is none as long as its cells are empty.
    """

    def __init__(self, file: CsvFile, item_type: ItemType, plan: Plan | None = None) -> None:
        super().__init__(file.path, with_lines=file.with_lines, encoding=file.encoding)
        head = head_of(file.path, file.encoding)
        end = _LINE_END.search(head)
        self._line_end = b"\r" if end is not None and end[0] == b"\r" else b"\n"
        sep = _SEP.match(head, marks_before(head))
        self.preamble = (b"" if file.encoding == UTF_8 else codecs.BOM_UTF8) + (b"" if sep is None else sep[0] + b"\n")
        """What has to stand before the header of a file of some of these lines, so that it is read as this one."""
        self.delimiter = file.delimiter if sep is None else sep[1].decode()
        """The character between cells."""
        header, sample = self._read_head(0 if sep is None else 1)
        if not file.header and header.cells[:1] != [REASON]:
            header, sample = self._without_header(header, sample, id_name(item_type.operation.name))
        self.header = header.line.text
        """The line of the header, as it is in the file."""
        self.layout = Layout(header.cells, item_type, evolve(file, delimiter=self.delimiter), plan)
        self.plan = self.layout.plan
        self.layout.check([record.cells for record in sample])
        self.hints = hints(self.layout, sample, file)
        """What the first lines suggest about how the file should be read."""

    def _read_head(self, skipped: int) -> tuple[Record, list[Record]]:
        """The header, behind so many lines, and the records after it that are looked at."""
        with opened(self.path, self._encoding) as text:
            records = self._records(self._blocks(text), Mark(0, 0, 1))
            header = next(islice(filter(_has_cells, records), skipped, None), None)
            if header is None:
                raise self._useless("expected a first line that names the columns, got an empty file")
            if header.reason:
                raise self._useless(f"expected a first line that names the columns: {header.reason}")
            start = Mark(0, records.offset, records.number)
            sample = list(islice(records, SAMPLE))
        self.start_at(start)
        self.position = 0
        return header, sample

    def _without_header(self, first: Record, sample: list[Record], name: str) -> tuple[Record, list[Record]]:
        """A header for a list of ids, which has none. Its dead letters have one."""
        self.start_at(Mark(0, first.offset, first.line.number))
        self.position = 0
        return Record([name], Line(0, name.encode()), 0), [first, *sample]

    def _records(self, blocks: Iterator[bytes], start: Mark) -> Records:
        return Records(blocks, start, self.delimiter, self._line_end, self._encoding)

    def _useless(self, reason: str) -> InvalidInput:
        return InvalidInput(reason, path=str(self.path))

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any]]:
        index = start.index
        records = self._records(blocks, start)
        read = self.layout.read
        items: list[Any] = []
        for record in records:
            if len(items) == size:
                yield items
                items = []
            if not items:
                self._note(Mark(index, record.offset, record.line.number))
            try:
                item: Any = read(record)
            except InvalidInput as error:
                item = (error, record.line)
            else:
                if item is None:
                    continue
                if self._with_lines:
                    item = (item, record.line)
            index += 1
            items.append(item)
        yield items


def _has_cells(record: Record) -> bool:
    return bool(record.reason) or not is_blank(record.cells)
