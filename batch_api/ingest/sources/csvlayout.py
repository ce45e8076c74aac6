"""What the columns of a CSV file mean, by its header, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, tzinfo
from typing import Any

from batch_api._codec import rfc3339
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvrecords import Record

REASON = "#reason"
"""A column for people to read: its cells are not sent."""

Reader = Callable[[str], Any]


class Layout:
    """What the columns of a CSV file mean, by its header."""

    def __init__(self, header: Sequence[str], item_type: ItemType, file: CsvFile) -> None:
        self._width = len(header)
        self._item = _profile if item_type.operation.name.startswith("profile") else _addition
        self._id = _id_column(header, item_type.operation.name)
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

    def read(self, record: Record) -> dict[str, Any]:
        """The item of a record. Raises `InvalidInput` for an unreadable one."""
        cells = record.cells
        if record.reason:
            raise _invalid(record, record.reason)
        if len(cells) != self._width:
            raise _invalid(record, f"expected {self._width} cells as in the header, got {len(cells)}")
        name = cells[self._id]
        if not name or name.isspace():
            raise _invalid(record, "expected an id, got an empty cell", self._id_name)
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
                    raise _invalid(record, "expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z", key) from None
        item = self._item(name)
        if attributes:
            item["attributes"] = attributes
        return item


def _invalid(record: Record, reason: str, path: str = "") -> InvalidInput:
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
    hint = ": there is only one column, so the delimiter may be wrong" if len(header) == 1 else ""
    raise InvalidInput(f"expected a column {name}, found none{hint}", path="header")


def _check_names(header: Sequence[str], text: Collection[str]) -> None:
    for place, name in enumerate(header):
        if not name.strip():
            raise InvalidInput(f"column {place + 1} has no name", path="header")
        if name in header[:place]:
            raise InvalidInput(f"column {place + 1} has the same name as an earlier one", path="header")
    for name in text:
        if name not in header:
            raise InvalidInput(f"expected the column {name}, which `text` names, found none", path="header")


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
    """Reads dates, and caches some: dates of birth and of sign-up recur."""

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
