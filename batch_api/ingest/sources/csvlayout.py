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
from batch_api.ingest.sources.tables import names
from batch_api.ingest.sources.tables.faults import Unusable
from batch_api.ingest.sources.tables.plan import Column, Plan
from batch_api.ingest.sources.tables.rows import Rows

Reader = Callable[[str], Any]


class Layout:
    """What the columns of a CSV file mean, by its header, and by a plan if there is one."""

    def __init__(self, header: Sequence[str], item_type: ItemType, file: CsvFile, plan: Plan | None = None) -> None:
        self._header = [name if name.strip(PADDING) else "" for name in (trimmed(header) if file.trim else header)]
        self._width = len(header)
        self._trim = file.trim
        self._nulls = frozenset(file.null or ())
        self._id, self.plan = _planned(self._header, item_type, file, plan)
        plan = self.plan
        self._id_name = self._header[self._id]
        self._made = plan.made
        self._heads: list[tuple[int, Column]] = []
        self._readers: list[tuple[int, Column, Reader | None]] = []
        value = _value if file.decimal == "." else _value_with_comma
        for place, name in enumerate(self._header):
            column = None if name in ("", REASON) else plan.column(name)
            if column is None or place == self._id:
                continue
            if column.place is not None:
                self._heads.append((place, column))
            else:
                self._readers.append((place, column, None if name in file.text else _reader(column, plan, value)))
        self._no_heads: list[Any] = [None] * (plan.heads - 1)
        self._nameless = [place for place, name in enumerate(self._header) if not name]

    @property
    def columns(self) -> list[str]:
        """The attributes."""
        return list(self.places)

    @property
    def keys(self) -> dict[str, str]:
        """What the attributes are called in the header, and in the API."""
        return {column.name: column.key for _, column, _ in self._readers}

    @property
    def places(self) -> dict[str, int]:
        """Where the attributes are."""
        return {column.key: place for place, column, _ in self._readers}

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
        faults: list[tuple[str, str]] = []
        nulls = self._nulls
        for place, column, read in self._readers:
            cell = cells[place]
            if cell == "":
                if column.deletes:
                    attributes[column.key] = None
            elif nulls and cell in nulls:
                attributes[column.key] = None
            elif read is None:
                attributes[column.key] = cell
            else:
                try:
                    attributes[column.key] = read(cell)
                except Unusable as error:
                    faults.append((column.name, str(error)))
        heads = self._read_heads(cells, faults) if self._heads else self._no_heads
        if faults:
            fault = self.plan.refusal(faults)
            raise _invalid(record, fault.reason, fault.path)
        return self._made(name, *heads, attributes)

    def _read_heads(self, cells: Sequence[str], faults: list[tuple[str, str]]) -> list[Any]:
        """The name and the time of an event."""
        heads = list(self._no_heads)
        for place, column in self._heads:
            try:
                heads[(column.place or 0) - 1] = column.read(cells[place] or None)
            except Unusable as error:
                faults.append((column.name, str(error)))
        return heads

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


def _planned(header: list[str], item_type: ItemType, file: CsvFile, plan: Plan | None) -> tuple[int, Plan]:
    """Where the id is, and what the other columns become. Raises `InvalidInput` for a header that cannot be right."""
    operation = item_type.operation.name
    if plan is not None:
        plan.check([name for name in header if name and name != REASON])
        csvheader.check_text(header, file.text)
        return header.index(plan.id), plan
    id = csvheader.id_column(header, operation, file.delimiter)
    csvheader.check(header, id, operation, file.text)
    return id, Plan(Rows(file, id=header[id], zone=file.zone), item_type)


def _reader(column: Column, plan: Plan, value: Reader) -> Reader | None:
    """How to read the cells of an attribute; `None` if they are text."""
    if names.is_date(column.key):
        return Dates(plan.zone)
    plain = value if names.is_plain(column.key) else None
    if column.fit is None or plan.is_as_written:
        return plain
    fit = column.fit
    return fit if plain is None else lambda cell: fit(value(cell))


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
