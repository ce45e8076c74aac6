"""Columns of Arrow as lists of values, by the rules of `values`.

The common types are read a column at a time. What Arrow brings as Python objects that the rules let pass (text, whole
numbers, booleans) is taken as it is. Moments and decimals become text first, a batch at a time, which needs no Python
and so can be done in a thread. All other types, and columns with a value out of the ordinary, are read value by value,
with the same results.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute
from attrs import frozen

from batch_api.ingest.sources.tables import names
from batch_api.ingest.sources.tables.faults import Faults, Unusable, read_each
from batch_api.ingest.sources.tables.moments import day_zone
from batch_api.ingest.sources.tables.plan import Cells, Column, Plan
from batch_api.ingest.sources.tables.values import Rule

Prepare = Callable[[Any], Any]
"""Brings a column of a batch into a form that is quick to read; `None` if it has to be read value by value."""
Bulk = Callable[[Any], list[Any] | None]
"""Reads a piece of a column; `None` if it has to be read value by value."""

kernels: Any = pyarrow.compute  # its functions are made when it is imported

ODD: Final = (pa.ArrowException, ValueError, OverflowError, KeyError)
"""What Arrow raises for values that Python cannot hold: text that is no UTF-8, the year 10000."""
_YEARS: Final = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
_KNOWN_CLOCKS: Final = datetime(1902, 1, 1), datetime(2037, 1, 1)
"""Outside of these years Arrow knows no changes of clocks (up to version 26, at least): Python does."""


@frozen
class Reading:
    """How the cells of a column are read."""

    column: Column
    key: str
    bulk: Bulk | None
    """`None` for a type that is read value by value."""
    prepare: Prepare | None = None
    fit: Rule | None = None
    """What is done to each value that was read in bulk."""

    def prepared(self, array: Any) -> tuple[Reading, Any]:
        """A column of a batch, ready to be read, and how."""
        if self.prepare is None:
            return self, array
        try:
            quick = self.prepare(array)
        except ODD:
            quick = None
        return (Reading(self.column, self.key, None), array) if quick is None else (self, quick)

    def cells(self, piece: Any, faults: Faults) -> Cells:
        """The values of a piece of the column. What is unusable is noted."""
        column, fit = self.column, self.fit
        try:
            found = None if self.bulk is None else self.bulk(piece)
        except ODD:
            found = None
        if found is None:
            return Cells(column, self.key, _one_by_one(column, piece, faults), is_full=False)
        if fit is not None:
            found = read_each(lambda value: None if value is None else fit(value), found, column.name, faults)
        return Cells(column, self.key, found, is_full=fit is None and not piece.null_count)


class Layout:
    """How record batches of one schema are read."""

    def __init__(self, schema: Any, plan: Plan) -> None:
        plan.check(schema.names)
        self.schema = schema
        self._plan = plan
        self._readings = [
            (place, _reading(column, field.type, plan))
            for place, field in enumerate(schema)
            if (column := plan.column(field.name)) is not None
        ]

    def ready(self, batch: Any) -> ArrowBatch:
        """A record batch of this schema, ready to be read."""
        columns = [reading.prepared(batch.column(place)) for place, reading in self._readings]
        return ArrowBatch(self._plan, batch.num_rows, _size(batch), columns)


class ArrowBatch:
    """A record batch that is read piece by piece. Nothing is copied for it."""

    def __init__(self, plan: Plan, rows: int, size: int, columns: list[tuple[Reading, Any]]) -> None:
        self._plan = plan
        self.rows = rows
        self.size = size
        """Its bytes, approximately."""
        self._columns = columns

    def items(self, start: int, count: int) -> list[Any]:
        """The items of some rows; an `InvalidInput` in place of each that cannot be sent."""
        faults: Faults = {}
        cells = [reading.cells(array.slice(start, count), faults) for reading, array in self._columns]
        return self._plan.items(min(count, self.rows - start), cells, faults)

    def text(self, row: int) -> bytes:
        """A row as JSON under the names that its values have in the API: as they would be sent, or else as they are."""
        fields: dict[str, Any] = {}
        for reading, array in self._columns:
            faults: Faults = {}
            (value,) = reading.cells(array.slice(row, 1), faults).values
            fields[self._plan.name_of(reading.column, reading.key)] = _object(array[row]) if faults else value
        return orjson.dumps(fields, default=str)


class RowLine:
    """The place of a row in its file, and its text, which is made when somebody asks for it."""

    def __init__(self, number: int, batch: ArrowBatch, row: int) -> None:
        self.number = number
        self._batch = batch
        self._row = row

    @property
    def text(self) -> bytes:
        """See `ArrowBatch.text`."""
        return self._batch.text(self._row)

    def __repr__(self) -> str:
        return f"<row {self.number}>"  # the text may be personal data


def _reading(column: Column, kind: Any, plan: Plan) -> Reading:
    """How the cells of a column of this type are read."""
    if column.must_be_there:
        return Reading(column, column.key, _complete(kind))
    if _is_moment(kind):
        key = names.dated(column.key)
        return Reading(column, key, _objects if names.is_date(key) else None, partial(_moments, plan.zone))
    return Reading(column, column.key, _bulk(kind), _as_text if pa.types.is_decimal(kind) else None, column.fit)


def _size(batch: Any) -> int:
    try:
        size: int = batch.nbytes
    except pa.ArrowException:  # of views of text, pyarrow 20 knows only what is behind them
        size = batch.get_total_buffer_size()
    return size


def _one_by_one(column: Column, piece: Any, faults: Faults) -> list[Any]:
    try:
        values = piece.to_pylist(maps_as_pydicts="strict")
    except ODD:
        return read_each(lambda scalar: column.read(_object(scalar)), piece, column.name, faults)
    return read_each(column.read, values, column.name, faults)


def _object(scalar: Any) -> Any:
    try:
        return scalar.as_py(maps_as_pydicts="strict")
    except ODD:
        raise Unusable("cannot be read") from None


# -- a column at a time ----------------------------------------------------------------------------------------------


def _bulk(kind: Any) -> Bulk | None:
    """How a type is read a column at a time; `None` if it is not."""
    if _is_plain(kind):
        return _objects
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return _floats
    if pa.types.is_decimal(kind):
        return _decimals if kind.scale > 0 else _whole_decimals
    if pa.types.is_dictionary(kind) and _is_plain(kind.value_type):
        return _categories
    if _is_list(kind) and _is_plain(kind.value_type):
        return _lists
    return None


def _complete(kind: Any) -> Bulk | None:
    """As `_bulk`, for ids and other columns in which each cell must have a value: text, or the digits of one."""
    if pa.types.is_integer(kind):
        return lambda piece: None if piece.null_count else list(map(str, piece.to_pylist()))
    bulk = _bulk(kind)
    if bulk is None or not _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind):
        return None

    def texts(piece: Any) -> list[Any] | None:
        found = bulk(piece)
        return found if found is not None and all(found) else None

    return texts


def _is_text(kind: Any) -> bool:
    return any(of(kind) for of in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_plain(kind: Any) -> bool:
    """Whether its values are sent as they come."""
    return _is_text(kind) or any(of(kind) for of in (pa.types.is_integer, pa.types.is_boolean, pa.types.is_null))


def _is_list(kind: Any) -> bool:
    of_lists = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(getattr(pa.types, name)(kind) for name in of_lists)


def _is_moment(kind: Any) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _objects(piece: Any) -> list[Any]:
    found: list[Any] = piece.to_pylist()
    return found


def _floats(piece: Any) -> list[Any] | None:
    return piece.to_pylist() if kernels.all(kernels.is_finite(piece), min_count=0).as_py() else None


def _as_text(array: Any) -> Any:
    return array.cast(pa.string())


def _decimals(piece: Any) -> list[Any]:
    """The nearest floats of decimals as text. Arrow's own cast to a float rounds twice."""
    return [None if digits is None else float(digits) for digits in piece.to_pylist()]


def _whole_decimals(piece: Any) -> list[Any]:
    """Decimals without decimal places, as Snowflake's `NUMBER` and DuckDB's sums are: whole numbers, up to 64 bits."""
    return [None if digits is None else _whole(digits) for digits in piece.to_pylist()]


def _whole(digits: str) -> int | float:
    value = int(digits)
    return value if -(2**63) <= value < 2**63 else float(value)


def _categories(piece: Any) -> list[Any]:
    """Only the categories that occur are read: there may be many more of them than rows in a piece."""
    indices, categories = piece.indices.to_pylist(), piece.dictionary
    known = {index: categories[index].as_py() for index in set(indices) if index is not None}
    return [known.get(index) for index in indices]


def _lists(piece: Any) -> list[Any] | None:
    return None if piece.flatten().null_count else piece.to_pylist()


def _moments(zone: Any, array: Any) -> Any:
    """Instants as text; `None` where a value, or the lack of a zone, needs a closer look."""
    if pa.types.is_date(array.type):
        array, zone = array.cast(pa.timestamp("s")), day_zone(zone)
    if array.type.tz is None and zone is not UTC:
        name = getattr(zone, "key", None)
        if name is None or not _is_within(_whole_seconds(array), _KNOWN_CLOCKS):
            return None
        array = kernels.assume_timezone(array, name, ambiguous="earliest", nonexistent="latest")
    return _written(array.view(pa.timestamp(array.type.unit)))


def _written(utc: Any) -> Any:
    seconds = _whole_seconds(utc)
    if not _is_within(seconds, _YEARS):
        return None
    texts = seconds.cast(pa.string())
    if not seconds.cast(utc.type).equals(utc):
        texts = kernels.floor_temporal(utc, unit="microsecond").cast(pa.timestamp("us")).cast(pa.string())
        texts = kernels.replace_substring(texts, ".000000", "")
    return kernels.binary_join_element_wise(kernels.binary_replace_slice(texts, 10, 11, "T"), "Z", "")


def _whole_seconds(moments: Any) -> Any:
    return kernels.floor_temporal(moments, unit="second").cast(pa.timestamp("s"))


def _is_within(seconds: Any, span: tuple[datetime, datetime]) -> bool:
    ends = kernels.min_max(seconds.cast(pa.int64())).as_py()
    first, last = (moment.replace(tzinfo=UTC).timestamp() for moment in span)
    return ends["min"] is None or (first <= ends["min"] and ends["max"] <= last)
