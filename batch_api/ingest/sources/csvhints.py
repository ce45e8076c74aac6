"""What the first lines of a CSV file suggest about how it should be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from batch_api.ingest.sources.csvdates import Dates
from batch_api.ingest.sources.csvheader import PADDING
from batch_api.ingest.sources.tables.faults import Unusable

if TYPE_CHECKING:
    from batch_api.ingest.sources.csvfile import CsvFile
    from batch_api.ingest.sources.csvlayout import Layout
    from batch_api.ingest.sources.csvrecords import Record

_NOTHING: Final = frozenset(
    ("NULL", "null", "Null", "None", "NaN", "nan", "NaT", "NA", "<NA>", "N/A", "n/a", "#N/A", "\\N", "nil")
)
_WITH_COMMA: Final = re.compile(r"-?[0-9]+,[0-9]+")


def hints(layout: Layout, sample: Sequence[Record], file: CsvFile) -> list[str]:
    """A sentence for each thing that stands out. None quotes a value that could be someone's data."""
    return list(_hints(layout, sample, file))


def _hints(layout: Layout, sample: Sequence[Record], file: CsvFile) -> Iterator[str]:
    if any(record.reason.endswith("UTF-8") for record in sample):
        yield "Some lines are not valid UTF-8. If they are Windows-1252, as Excel saves CSV: option `encoding` cp1252."
    rows = [record.cells for record in sample if not record.reason]
    if not file.trim and any(cell != cell.strip(PADDING) for cell in _cells(rows, layout.id)):
        yield "Ids begin or end with white space, which makes them other ids: the option `trim` takes it away."
    for name, place in layout.places.items():
        yield from _hints_on(name, _cells(rows, place), file)


def _hints_on(name: str, cells: Sequence[str], file: CsvFile) -> Iterator[str]:
    words = sorted((_NOTHING - set(file.null or ())) & set(cells))
    if words:
        yield f"{name}: {', '.join(words)} would be text. If that means that there is no value: option `null`."
    if name.startswith(("$", "date(", "url(")) or name in file.text:
        return
    if file.decimal == "." and any(map(_WITH_COMMA.fullmatch, cells)):
        yield f"{name}: cells such as 12,5 would be text. If they are numbers: option `decimal` ','."
    if cells and all(map(_reads(Dates(file.zone)), cells)):
        yield f"{name}: dates would be text. If the attribute is a date, name the column date({name})."


def _cells(rows: Iterable[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in rows if place < len(row) and row[place].strip(PADDING)]


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def readable(cell: str) -> bool:
        try:
            read(cell)
        except Unusable:
            return False
        return True

    return readable
