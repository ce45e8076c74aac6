"""CSV files, whose header says what their columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvlayout import Layout
from batch_api.ingest.sources.csvrecords import Record, Records
from batch_api.ingest.sources.files import FileSource, Mark


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

    Cells are quoted as in RFC 4180, and the file is UTF-8. Lines without any cell are skipped.
    """

    def __init__(self, file: CsvFile, item_type: ItemType) -> None:
        super().__init__(file.path, with_lines=file.with_lines)
        self._delimiter = file.delimiter
        header = self._read_header()
        self.header = header.line.text
        """The first line, as it is in the file."""
        self.layout = Layout(header.cells, item_type, file)

    def _read_header(self) -> Record:
        with self.path.open("rb") as raw, self._opened(raw) as file:
            records = Records(self._blocks(file, raw), Mark(0, 0, 1), self._delimiter)
            header = next(records, None)
        if header is None:
            raise self._useless("expected a first line that names the columns, got an empty file")
        if header.reason:
            raise self._useless(f"expected a first line that names the columns: {header.reason}")
        self.start_at(Mark(0, records.offset, records.number))
        self.position = 0
        return header

    def _useless(self, reason: str) -> InvalidInput:
        return InvalidInput(reason, path=str(self.path))

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any]]:
        index = start.index
        records = Records(blocks, start, self._delimiter)
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
