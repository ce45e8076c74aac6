"""What the cells of a CSV file mean, by its header."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources import csvheader
from batch_api.ingest.sources.csvdates import Dates
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvheader import PADDING, REASON, trimmed
from batch_api.ingest.sources.csvrecords import Record
from batch_api.ingest.sources.tables.faults import Unusable

Reader = Callable[[str], Any]


class Layout:
    """What the columns of a CSV file mean, by its header."""

    def __init__(self, header: Sequence[str], item_type: ItemType, file: CsvFile) -> None:
        operation = item_type.operation.name
        self._header = [name if name.strip(PADDING) else "" for name in (trimmed(header) if file.trim else header)]
        self._width = len(header)
        self._item = _profile if operation.startswith("profile") else _addition
        self._id = csvheader.id_column(self._header, operation, file.delimiter)
        self._id_name = self._header[self._id]
        self._trim = file.trim
        self._nulls = frozenset(file.null or ())
        csvheader.check(self._header, self._id, operation, file.text)
        value = _value if file.decimal == "." else _value_with_comma
        self.columns: list[str] = []
        """The attributes."""
        self._readers: list[tuple[int, str, Reader | None]] = []
        for place, name in enumerate(self._header):
            if place != self._id and name not in ("", REASON):
                self.columns.append(name)
                self._readers.append((place, name, None if name in file.text else _reader(name, file, value)))
        self._nameless = [place for place, name in enumerate(self._header) if not name]

    @property
    def places(self) -> dict[str, int]:
        """Where the attributes are."""
        return {name: place for place, name, _ in self._readers}

    @property
    def id(self) -> int:
        """Where the id is."""
        return self._id

    def check(self, rows: Sequence[Sequence[str]]) -> None:
        """Raises `InvalidInput` if these rows show that the header is wrong."""
        csvheader.check_nameless(self._header, rows)

    def read(self, record: Record) -> dict[str, Any] | None:
        """The item of a record; `None` for one that is empty, or the header again, as in parts that were put together.

        Raises `InvalidInput` for an unreadable one.
        """
        cells = record.cells
        if record.reason:
            raise _invalid(record, record.reason)
        if self._trim:
            cells = trimmed(cells)
        if len(cells) != self._width or self._nameless:
            if is_blank(cells):
                return None
            self._check_width(record, cells)
        name = cells[self._id]
        if not name or name.isspace():
            if is_blank(cells):
                return None
            raise _invalid(record, "expected an id, got an empty cell", self._id_name)
        if name == self._id_name and cells == self._header:
            return None
        attributes: dict[str, Any] = {}
        nulls = self._nulls
        for place, key, read in self._readers:
            cell = cells[place]
            if cell == "":
                continue
            if nulls and cell in nulls:
                attributes[key] = None
            elif read is None:
                attributes[key] = cell
            else:
                try:
                    attributes[key] = read(cell)
                except Unusable as error:
                    raise _invalid(record, str(error), key) from None
        item = self._item(name)
        if attributes:
            item["attributes"] = attributes
        return item

    def _check_width(self, record: Record, cells: list[str]) -> None:
        """Cells under no name must be empty: those beyond the header, too."""
        if len(cells) < self._width or not is_blank(cells[self._width :]):
            raise _invalid(record, f"expected {self._width} cells as in the header, got {len(cells)}")
        for place in self._nameless:
            if not is_blank(cells[place : place + 1]):
                raise _invalid(record, f"expected an empty cell in column {place + 1}, which has no name")


def is_blank(cells: Sequence[str]) -> bool:
    """Whether there is nothing in any cell. Spreadsheets write such lines below a table."""
    return not any(cell.strip(PADDING) for cell in cells)


def _invalid(record: Record, reason: str, path: str = "") -> InvalidInput:
    where = f"line {record.line.number}"
    return InvalidInput(reason, path=f"{where}, {path}" if path else where)


def _profile(name: str) -> dict[str, Any]:
    return {"identifiers": {"custom_id": name}}


def _addition(name: str) -> dict[str, Any]:
    return {"id": name, "action": "add"}


def _reader(name: str, file: CsvFile, value: Reader) -> Reader | None:
    """How to read the cells of a column; `None` for those that are text."""
    if name.startswith("date(") and name.endswith(")"):
        return Dates(file.zone)
    return None if name.startswith(("$", "url(")) else value


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(\.[0-9]+)?")
_NUMBER_WITH_COMMA = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(,[0-9]+)?")
_WORDS = {"true": True, "false": False}


def _value(cell: str) -> str | int | float | bool:
    number = _NUMBER.fullmatch(cell)
    if number is None:
        return _WORDS.get(cell.lower(), cell) if len(cell) <= 5 else cell
    if number[1]:
        return float(cell)
    whole = int(cell)
    return whole if -(2**63) <= whole < 2**63 else cell


def _value_with_comma(cell: str) -> str | int | float | bool:
    if _NUMBER_WITH_COMMA.fullmatch(cell):
        return _value(cell.replace(",", "."))
    return cell if _NUMBER.fullmatch(cell) else _value(cell)
