"""What each column of a table becomes, worked out once; then a row is an item in a few steps."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any, Final, NamedTuple

import orjson
from attrs import frozen

from batch_api.engine.check import named
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources import csvheader
from batch_api.ingest.sources.tables import names
from batch_api.ingest.sources.tables.faults import Faults, Unusable, refusal
from batch_api.ingest.sources.tables.moments import Moment, of_text
from batch_api.ingest.sources.tables.rows import Rows
from batch_api.ingest.sources.tables.values import Rule, Values, identifier

Item = dict[str, Any]
_MOST_TOLD: Final = 10  # names in one error
_BRACKETS: Final = {False: ("[]",), True: ("[]", "{}")}
"""What is JSON in a table of Cloud Sync: arrays, and in one of events objects, too."""


def warn(reason: str) -> None:
    """Tell a caller of the SDK of something that is probably meant otherwise."""
    warnings.warn(reason, UserWarning, stacklevel=2)


@frozen
class Column:
    """A column, and how its cells are read."""

    name: str
    key: str
    """What it is in the API."""
    values: Rule
    """The rules for all values."""
    fit: Rule | None = None
    """What the key asks of a value beyond them."""
    place: int | None = None
    """Its place among the leading arguments of an item (id, name and time of an event); `None` for an attribute."""
    deletes: bool = False
    """Whether a cell without a value deletes the attribute."""
    fault: str | None = None
    """Why it can be no attribute."""

    def read(self, value: Any) -> Any:
        """What is sent for a cell; `None` where it has no value. Raises `Unusable`."""
        found = self.values(value)
        return found if found is None or self.fit is None else self.fit(found)

    @property
    def must_be_there(self) -> bool:
        """Whether a row without a value in it is no item: the id, and the name of an event."""
        return self.place in (0, 1)


class Cells(NamedTuple):
    """The values of a column in some rows."""

    column: Column
    key: str
    values: list[Any]
    is_full: bool
    """Whether each cell certainly has a value."""


class Plan:
    """What the columns become, as `Rows` says."""

    def __init__(self, rows: Rows, item_type: ItemType, doubt: Callable[[str], object] = warn) -> None:
        self._rows = rows
        self._doubt = doubt
        self._operation = item_type.operation.name
        self._of_profiles = self._operation.startswith("profile")
        if rows.events and not self._of_profiles:
            raise InvalidInput("only profiles have events", path="events")
        self.made: Callable[..., Item] = _event if rows.events else _edit if self._of_profiles else _addition
        """Makes an item of an id, for events of their name and time, and of attributes."""
        self._heads = ("id", names.EVENT_NAME, names.EVENT_TIME) if rows.events else ("id",)
        self._values = Values(rows.zone)
        self.columns: dict[str, Column | None] = {}
        """By name, what the columns become that were met so far; `None` for those that are left out."""
        self.refused: Counter[str] = Counter()
        """By column, how many cells could not be sent."""
        self._is_looked_at = False
        self._dated: dict[str, str] = {}  # columns that held dates, and their keys

    @property
    def heads(self) -> int:
        """How many arguments `made` takes before the attributes."""
        return len(self._heads)

    @property
    def has_events(self) -> bool:
        """Whether each row is an event."""
        return self._rows.events

    @property
    def is_as_written(self) -> bool:
        """Whether names and cells are taken as they are written, and not as Cloud Sync writes them."""
        return self._rows.names == "as-written"

    @property
    def id(self) -> str:
        """The column of the ids."""
        return self._rows.id

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of moments that have none."""
        return self._rows.zone

    # -- columns -------------------------------------------------------------------------------------------------

    def column(self, name: str) -> Column | None:
        """What a column becomes; `None` if it is left out."""
        if name not in self.columns:
            self.columns[name] = self._column(name)
        return self.columns[name]

    def _column(self, name: str) -> Column | None:
        if name == self._rows.id:
            return Column(name, "id", identifier, place=0)
        key = self._rows.columns[name] if name in self._rows.columns else self._written(name)
        if key is None:
            return None
        if key == names.EVENT_NAME in self._heads:
            return Column(name, key, _event_name, place=1)
        if key == names.EVENT_TIME in self._heads:
            return Column(name, key, self._values, self._as_date, place=2)
        wrong = csvheader.fault_of(key, self._operation)
        return Column(
            name,
            key,
            self._values,
            self._fit(key),
            deletes=name in self._rows.delete,
            fault=None if wrong is None else f"no attribute can be named so: {wrong}",
        )

    def _written(self, name: str) -> str | None:
        return names.written(name) if self._rows.names == "cloud-sync" else name

    def _fit(self, key: str) -> Rule | None:
        if names.is_date(key):
            return self._as_date
        if names.is_plain(key) or key.startswith("$"):
            fit = None if self.is_as_written else partial(_unwritten, self._values, _BRACKETS[self._rows.events])
            return fit if names.is_plain(key) else _no_date(fit)
        return _no_date(None)

    def _as_date(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if type(value) is Moment else of_text(value, self._values.zone)
        raise Unusable(f"expected a date, got {type(value).__name__}")

    def check(self, header: Sequence[str]) -> None:
        """Look at the names of a table's columns. Raises `InvalidInput` for all that is wrong with them."""
        faults = list(self._faults(header))
        if faults:
            raise InvalidInput("; ".join(faults), path="columns")
        self.look_at(header)

    def _faults(self, header: Sequence[str]) -> Iterator[str]:
        for name in names.repeated(header):
            yield f"two columns have the name {name!r}: rename one"
        for name, option in self._named():
            if name not in header:
                close = names.meant(name, header)
                yield f"expected the column {name!r}, as `{option}` says, found none" + (
                    f": did you mean {close!r}?" if close else ""
                )
        columns = [column for name in header if (column := self.column(name)) is not None]
        if wrong := [column for column in columns if column.fault is not None]:
            keys = ", ".join(repr(column.key) for column in wrong[:_MOST_TOLD])
            yield f"{keys}: {wrong[0].fault}. {names.RENAME}"
        for key in names.repeated(names.bare(column.key) for column in columns if column.place is None):
            both = sorted({column.name for column in columns if names.bare(column.key) == key})
            if len(both) > 1:
                yield f"the columns {' and '.join(map(repr, both))} are one attribute: {names.RENAME}"

    def _named(self) -> Iterator[tuple[str, str]]:
        """The columns that must be there, and what names each."""
        yield self._rows.id, "id"
        if self._rows.events and names.EVENT_NAME not in self._rows.columns.values():
            yield names.EVENT_NAME, "events"
        yield from ((name, "columns") for name in self._rows.columns)
        yield from ((name, "delete") for name in self._rows.delete)

    def look_at(self, header: Collection[Any]) -> None:
        """Tell once of columns that are probably meant otherwise than they are read."""
        if self._is_looked_at:
            return
        self._is_looked_at = True
        left = [name for name in map(str, header) if name not in self._rows.columns and name != self._rows.id]
        if not self._of_profiles:
            return
        if self._rows.names == "as-written" and (found := names.of_cloud_sync(left)):
            self._doubt(f"the column {found[0]!r} looks like one of Cloud Sync's: {names.CLOUD_SYNC}")
        if not self._rows.events and names.EVENT_NAME in left:
            self._doubt(f"the column {names.EVENT_NAME!r} looks like rows of events: {names.EVENTS}")

    def name_of(self, column: Column, key: str) -> str:
        """The name of a column in a table that needs no more explaining."""
        return ("custom_id" if self._of_profiles else "id") if column.place == 0 else key

    # -- rows ----------------------------------------------------------------------------------------------------

    def row(self, row: Any) -> Item | InvalidInput:
        """The item of a row, as a driver of a database gives it."""
        fields = fields_of(row)
        if fields is None:
            return InvalidInput(f"expected a row with names of columns, got {type(row).__name__}")
        self.look_at(fields)
        return self.item(fields)

    def item(self, row: Mapping[Any, Any]) -> Item | InvalidInput:
        """The item of one row; what is wrong with it, if anything is."""
        heads: list[Any] = [None] * len(self._heads)
        attributes: Item = {}
        faults: list[tuple[str, str]] = []
        for name, cell in row.items():
            column = self.column(name if type(name) is str else str(name))
            if column is None:
                continue
            try:
                value = column.read(cell)
            except Unusable as error:
                faults.append((column.name, str(error)))
                continue
            if column.place is not None:
                heads[column.place] = value
            elif column.fault is not None:
                faults.append((column.name, column.fault))
            elif value is not None or column.deletes:
                attributes[self._key(column, value)] = value
        faults += self._missing(heads, faults)
        if faults:
            return self.refusal(faults)
        return self.made(*heads, attributes)

    def _key(self, column: Column, value: Any) -> str:
        """The key of a value. A date is deleted under the key under which it was sent, once one was."""
        if type(value) is Moment:
            self._dated[column.name] = names.dated(column.key)
            return self._dated[column.name]
        return self._dated.get(column.name, column.key) if value is None else column.key

    def _missing(self, heads: Sequence[Any], faults: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """What every row must have, and this one has not."""
        told = {column for column, _ in faults}
        if heads[0] is None and self._rows.id not in told:
            yield self._rows.id, "expected an id, found no such column"
        if len(heads) > 1 and heads[1] is None and names.EVENT_NAME not in told:
            yield names.EVENT_NAME, "expected the name of an event, found no such column"

    def refusal(self, faults: Sequence[tuple[str, str]]) -> InvalidInput:
        """The error about a row."""
        self.refused.update(column for column, _ in faults)
        return refusal(faults)

    def items(self, count: int, columns: Sequence[Cells], faults: Faults) -> list[Any]:
        """The items of `count` rows, from their columns."""
        heads: list[Any] = [[None] * count for _ in self._heads]
        full: list[Cells] = []
        sparse: list[Cells] = []
        for cells in columns:
            if cells.column.place is not None:
                heads[cells.column.place] = cells.values
            else:
                (full if cells.is_full else sparse).append(cells)
        attributes = _attributes(count, full)
        for cells in sparse:
            key, deletes = cells.key, cells.column.deletes
            for fields, value in zip(attributes, cells.values, strict=True):
                if value is not None or deletes:
                    fields[key] = value
        items: list[Any] = list(map(self.made, *heads, attributes))
        for row, reasons in faults.items():
            items[row] = self.refusal(reasons)
        return items


def _attributes(count: int, full: Sequence[Cells]) -> list[Item]:
    """The attributes of each row, from columns in which every cell has a value."""
    if not full:
        return [{} for _ in range(count)]
    keys = [cells.key for cells in full]
    return [dict(zip(keys, row, strict=True)) for row in zip(*(cells.values for cells in full), strict=True)]


def fields_of(row: Any) -> Mapping[Any, Any] | None:
    """A row as a mapping; `None` if it has no names. Each driver of a database has rows of its own."""
    if isinstance(row, Mapping):
        return row
    if hasattr(row, "_mapping"):  # SQLAlchemy
        inner: Mapping[Any, Any] = row._mapping
        return inner
    if hasattr(row, "keys"):  # asyncpg, sqlite3
        return dict(row)
    named: Mapping[Any, Any] | None = row._asdict() if hasattr(row, "_asdict") else None
    return named


# -- what items look like --------------------------------------------------------------------------------------------


def _edit(name: str, attributes: Item) -> Item:
    identifiers = {"custom_id": name}
    return {"identifiers": identifiers, "attributes": attributes} if attributes else {"identifiers": identifiers}


def _addition(name: str, attributes: Item) -> Item:
    if attributes:
        return {"id": name, "action": "add", "attributes": attributes}
    return {"id": name, "action": "add"}


def _event(name: str, event_name: str, time: str | None, attributes: Item) -> Item:
    event: Item = {"name": event_name}
    if time is not None:
        event["time"] = time
    if attributes:
        event["attributes"] = attributes
    return {"identifiers": {"custom_id": name}, "events": [event]}


# -- what keys ask of values -----------------------------------------------------------------------------------------


def _event_name(value: Any) -> str:
    if isinstance(value, str) and value:
        return str.__str__(value)
    raise Unusable(f"expected the name of an event, got {named(value)}")


def _no_date(fit: Rule | None) -> Rule:
    """What a key asks that says another type than a date."""

    def read(value: Any) -> Any:
        if type(value) is Moment:
            raise Unusable("expected no date: it would be stored as text")
        return value if fit is None else fit(value)

    return read


def _unwritten(values: Rule, brackets: Collection[str], value: Any) -> Any:
    """Text that is JSON in such brackets as what it says; anything else as it is."""
    if type(value) is not str or f"{value[:1]}{value[-1:]}" not in brackets:
        return value
    try:
        return values(orjson.loads(value))
    except orjson.JSONDecodeError:
        return value
