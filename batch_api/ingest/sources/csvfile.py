"""How to read a CSV file, for those that need more than a path."""

from __future__ import annotations

import codecs
import os
from collections.abc import Collection
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

from attrs import field, frozen

from batch_api.engine.arguments import choice
from batch_api.engine.check import named
from batch_api.engine.errors import InvalidInput


class Line(NamedTuple):
    """The place of an item in its file, and its text there."""

    number: int
    """Its line, from 1, as an editor counts; the first of an item that spans several."""
    text: bytes
    """The text as it is in the file, without the end of the line."""

    def __repr__(self) -> str:
        return f"<line {self.number}>"  # the text may be personal data


def _path(given: str | os.PathLike[str]) -> Path:
    return Path(given)


def _columns(given: Collection[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise InvalidInput("expected a list of columns, got str: put the name into a list", path="text")
    return tuple(given)


def _cells(given: str | Collection[str] | None) -> tuple[str, ...]:
    cells = () if given is None else (given,) if isinstance(given, str) or not isinstance(given, Collection) else given
    for cell in cells:
        if not isinstance(cell, str) or not cell:
            raise InvalidInput(
                f"expected a non-empty string, got {named(cell)}: an empty cell leaves its attribute alone", path="null"
            )
    return tuple(cells)


def _encoding(given: str) -> str:
    """The name by which Python knows an encoding. Raises `InvalidInput` for none that text can have."""
    try:
        b"a".decode(given, errors="ignore")
        name = codecs.lookup(given).name
    except (LookupError, TypeError):
        raise InvalidInput("expected the name of an encoding, such as cp1252 or utf-16", path="encoding") from None
    return "utf-8" if name == "utf-8-sig" else name


@frozen
class CsvFile:
    """A CSV file as a source of `ingest`, for those that need more than a path.

        client.profiles.ingest(CsvFile("customers.csv", null="NULL", delimiter=";"))

    The header names attributes as the API does; one column is the id. An empty cell leaves its attribute alone. The
    guide on importing files says how cells are read. Raises `InvalidInput` for an invalid setting; `ingest` raises it
    for an unusable header.
    """

    path: Path = field(converter=_path)
    """The file, with any suffix. One that ends in `.gz` is decompressed."""
    null: str | Collection[str] | None = field(default=None, kw_only=True, converter=_cells)
    """The cell that deletes its attribute, such as `NULL`, or several such cells; by default none does."""
    text: Collection[str] = field(default=(), kw_only=True, converter=_columns)
    """Columns whose cells are text, whatever they look like."""
    zone: tzinfo = field(default=UTC, kw_only=True)
    """The time zone of dates and times that name none."""
    delimiter: str = field(default=",", kw_only=True)
    """The character between cells. A first line `sep=;`, as Excel writes it, overrides it."""
    decimal: str = field(default=".", kw_only=True)
    """The character before the decimals of a number: a dot or a comma."""
    encoding: str = field(default="utf-8", kw_only=True, converter=_encoding)
    """The encoding of the file, such as `cp1252`, in which Excel saves CSV in Western Europe and America. A byte order
    mark of UTF-8 overrides it."""
    trim: bool = field(default=False, kw_only=True)
    """Take away white space around names and cells."""
    header: bool = field(default=True, kw_only=True)
    """Whether the first line names the columns. A file without a header is a list of ids, one on each line."""
    with_lines: bool = field(default=False, kw_only=True)
    """Attach each item's `Line` to it, so that it comes back as the `ref` of its fate. An item that cannot be read
    always comes with its line."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.zone, tzinfo):
            raise InvalidInput(
                f"expected a time zone, such as zoneinfo.ZoneInfo('Europe/Paris'), got {type(self.zone).__name__}",
                path="zone",
            )
        if not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise InvalidInput("expected one character, neither a double quote nor a line end", path="delimiter")
        choice(self.decimal, "decimal", ".", ",")
