"""How to read a CSV file, for those that do not explain themselves."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

from attrs import field, frozen

from batch_api.engine.errors import InvalidInput


class Line(NamedTuple):
    """Where an item stands in its file, and how."""

    number: int
    """Its line, from 1, as an editor counts; the first of an item that spans several."""
    text: bytes
    """As it is in the file, without the end of the line."""

    def __repr__(self) -> str:
        return f"<line {self.number}>"  # the text is someone's data


def _path(given: str | os.PathLike[str]) -> Path:
    return Path(given)


def _columns(given: Collection[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise InvalidInput("a list of columns is due: put the name into one", path="text")
    return tuple(given)


@frozen
class CsvFile:
    """A CSV file as a source of `ingest`, where a path alone does not say enough.

        client.profiles.ingest(CsvFile("customers.csv", null="NULL", delimiter=";"))

    The header names attributes as the API does; one column is the id. An empty cell leaves its attribute alone. The
    guide on importing files says what a cell is read as. Raises `InvalidInput` for what cannot be; so does `ingest`,
    for a header that is of no use.
    """

    path: Path = field(converter=_path)
    """Whatever its name ends in. One that ends in `.gz` is unpacked."""
    null: str | None = field(default=None, kw_only=True)
    """The cell that deletes its attribute, such as `NULL`; by default none does."""
    text: Collection[str] = field(default=(), kw_only=True, converter=_columns)
    """Columns whose cells are text, whatever they look like."""
    zone: tzinfo = field(default=UTC, kw_only=True)
    """The time zone of days and moments that name none."""
    delimiter: str = field(default=",", kw_only=True)
    """What stands between cells: one character."""
    with_lines: bool = field(default=False, kw_only=True)
    """Attach each item's `Line` to it, so that it comes back as the `ref` of its fate. An item that cannot be read
    always comes with its line."""

    def __attrs_post_init__(self) -> None:
        if self.null is not None and (not isinstance(self.null, str) or not self.null):
            raise InvalidInput("text that is not empty is due: an empty cell leaves its attribute alone", path="null")
        if not isinstance(self.zone, tzinfo):
            raise InvalidInput("a time zone is due, such as zoneinfo.ZoneInfo('Europe/Paris')", path="zone")
        if not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise InvalidInput("one character is due, and no quote", path="delimiter")
