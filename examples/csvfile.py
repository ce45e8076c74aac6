"""Reads any CSV file with a header into records with typed attributes, as the Batch API expects them.

- A column has the type that all its cells have: whole numbers, decimals, true/false, ISO dates; otherwise it is text.
  So an attribute has one type for all profiles, and `007` stays what it is.
- A column's name becomes an attribute's: lower case, without accents, each run of other characters one underscore, at
  most 30 characters; a name that is taken gets a number. Dates go under `date(name)`.
- Cells are separated by what the header has the most of: commas, semicolons, tabs or bars.
- Empty cells are left out. A date without a time zone is taken for UTC.
- What cannot be sent is left out and told, with the numbers of the lines: `Table.left_out`.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

Value = str | int | float | bool | datetime
Kind = Literal["integer", "float", "bool", "date", "string"]
"""The API's names for the types of a catalog's fields."""

LONGEST_ID = 512
LONGEST_NAME = 30
LONGEST_STRING = 300
MOST_ATTRIBUTES = 50
"""Limits of one profile and one edit (fact sheet: profiles and audiences, 1.5)."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)


class InputError(Exception):
    """The file cannot be read. The text is for the person who named it."""


class Record(NamedTuple):
    """One line of the file: an id, and the non-empty attributes, under their names in the API."""

    id: str
    attributes: dict[str, Value]


class Column(NamedTuple):
    """A column other than the id."""

    name: str
    kind: Kind

    @property
    def attribute(self) -> str:
        return f"date({self.name})" if self.kind == "date" else self.name


class Table(NamedTuple):
    """What a file holds."""

    records: list[Record]
    columns: list[Column]
    left_out: list[str]
    """What was left out of the file, for people to read."""


def read(path: Path, id_column: str | None = None) -> Table:
    """All records of a file, in its order. `id_column` is by default the first. Raises `InputError`."""
    lines = _lines(path)
    header = [title.strip() for title in next(lines, (1, []))[1]]
    if not any(header):
        raise InputError(f"{path}: expected the first line to name the columns, got an empty one.")
    if id_column is not None and id_column not in header:
        raise InputError(f"{path}: expected a column {id_column!r}, got: {', '.join(header)}.")
    id_place = 0 if id_column is None else header.index(id_column)

    faults: dict[str, list[int]] = defaultdict(list)
    rows = list(_whole_rows(lines, id_place, len(header), faults))
    if not rows:
        raise InputError(f"{path}: no line has an id in the column {header[id_place]!r}.")
    others = [place for place in range(len(header)) if place != id_place]
    names = attribute_names([header[place] for place in others])
    columns = {
        place: Column(name, _kind_of([row[place] for _, row in rows if row[place]]))
        for place, name in zip(others[:MOST_ATTRIBUTES], names, strict=False)
    }
    records = [Record(row[id_place], _attributes(number, row, columns, faults)) for number, row in rows]
    left_out = [f"{_count(numbers)} {fault}: {_shown(numbers)}" for fault, numbers in faults.items()]
    if len(names) > MOST_ATTRIBUTES:
        left_out.append(f"columns after the first {MOST_ATTRIBUTES}: {', '.join(names[MOST_ATTRIBUTES:])}")
    return Table(records, list(columns.values()), left_out)


def attribute_names(header: Sequence[str]) -> list[str]:
    """The names of attributes for these columns: unique, and of `a-z`, `0-9` and `_` only."""
    names: list[str] = []
    for position, title in enumerate(header, 1):
        plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_NAME] or f"column_{position}"
        candidate, number = name, 1
        while candidate in names:
            number += 1
            candidate = f"{name[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
        names.append(candidate)
    return names


# -- the file --------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, with the number that an editor shows where it starts."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from error
    unquoted = re.sub('"[^"]*"', "", text.partition("\n")[0])
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=unquoted.count))
    start = 1
    try:
        for cells in rows:
            yield start, cells
            start = rows.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {start}: {error}.") from error


def _decoded(content: bytes) -> str:
    """Decoded by its byte order mark, else as UTF-8, else as Windows-1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _whole_rows(
    lines: Iterator[tuple[int, list[str]]], id_place: int, width: int, faults: dict[str, list[int]]
) -> Iterator[tuple[int, list[str]]]:
    """The lines that can be sent, each with a cell for every column. The others are noted in `faults`."""
    for number, cells in lines:
        row = [cell.strip() for cell in cells] + [""] * (width - len(cells))
        if not row[id_place]:
            faults["without an id"].append(number)
        elif len(row[id_place]) > LONGEST_ID:
            faults[f"with an id of over {LONGEST_ID} characters"].append(number)
        elif len(row) > width:
            faults["with more cells than the header"].append(number)
        else:
            yield number, row


def _attributes(
    number: int, row: list[str], columns: dict[int, Column], faults: dict[str, list[int]]
) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for place, column in columns.items():
        if len(row[place]) > LONGEST_STRING:
            faults[f"with over {LONGEST_STRING} characters in {column.name}, sent without it"].append(number)
        elif row[place]:
            attributes[column.attribute] = READERS[column.kind](row[place])
    return attributes


def _count(numbers: list[int]) -> str:
    return "1 line" if len(numbers) == 1 else f"{len(numbers):,} lines"


def _shown(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers[:5]) + (", …" if len(numbers) > 5 else "")


# -- types -----------------------------------------------------------------------------------------------------------


def _kind_of(cells: list[str]) -> Kind:
    """The first type that all cells can be read as."""
    if not cells:
        return "string"
    return next(kind for kind, reader in READERS.items() if all(_can_be_read(cell, reader) for cell in cells))


def _can_be_read(cell: str, reader: Callable[[str], Value]) -> bool:
    try:
        reader(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _integer(cell: str) -> int:
    """Of 64 bits and without leading zeros: anything else is a phone number, or one on a card."""
    if _INTEGER.fullmatch(cell) and -(2**63) <= int(cell) < 2**63:
        return int(cell)
    raise ValueError


def _float(cell: str) -> float:
    if _FLOAT.fullmatch(cell) and math.isfinite(number := float(cell)):
        return number
    raise ValueError


def _bool(cell: str) -> bool:
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    raise ValueError


def _date(cell: str) -> datetime:
    if not _DATE.fullmatch(cell):
        raise ValueError
    date = datetime.fromisoformat(cell)
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


READERS: dict[Kind, Callable[[str], Value]] = {
    "integer": _integer,
    "float": _float,
    "bool": _bool,
    "date": _date,
    "string": str,
}
