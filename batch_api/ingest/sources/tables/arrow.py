"""Columns of Arrow as lists of values, by the rules of `values`.

The common types are read a column at a time. What Arrow brings as Python objects that the rules let pass (text, whole
numbers, booleans) is taken as it is; moments, decimals and floats it brings into their form itself, with the same result
as value by value. All other types, and pieces of a column with a value out of the ordinary, are read value by value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

from batch_api.engine.errors import ConfigurationError
from batch_api.ingest.sources.tables import names
from batch_api.ingest.sources.tables.faults import Faults, Unusable, read_each
from batch_api.ingest.sources.tables.moments import day_zone
from batch_api.ingest.sources.tables.plan import Column, Plan

if find_spec("pyarrow") is None:
    raise ConfigurationError("reading tables needs pyarrow: install the extra [tables], as by pip install '.[tables]'.")

import pyarrow as pa
import pyarrow.compute as pc

Bulk = Callable[[Any], list[Any] | None]
"""Reads a piece of a column; `None` if it has to be read value by value."""
Reader = Callable[[Any, Faults], list[Any]]
"""Reads a piece of a column. What is unusable is noted."""

ODD: Final = (pa.ArrowException, ValueError, OverflowError, KeyError)
"""What Arrow raises for values that Python cannot hold: text that is no UTF-8, the year 10000."""
_FIRST, _LAST = -62_135_596_800, 253_402_300_799  # seconds: the years 1 to 9999


class Layout:
    """How record batches of one schema are read."""

    def __init__(self, schema: Any, plan: Plan) -> None:
        plan.check(schema.names)
        self.schema = schema
        self._plan = plan
        self._columns: list[tuple[int, Column, str, Reader]] = []
        for place, field in enumerate(schema):
            column = plan.column(field.name)
            if column is not None:
                key = names.dated(column.key) if _is_moment(field.type) else column.key
                self._columns.append((place, column, key, _reader(column, field.type, plan)))

    def items(self, piece: Any) -> list[Any]:
        """The items of a record batch, or of a slice of one; an `InvalidInput` in place of each that cannot be sent."""
        faults: Faults = {}
        cells = [(column, key, read(piece.column(place), faults)) for place, column, key, read in self._columns]
        return self._plan.items(piece.num_rows, cells, faults)


def _reader(column: Column, kind: Any, plan: Plan) -> Reader:
    """How the cells of a column of this type are read."""
    fit = column.fit
    if column.must_be_there:
        bulk = _complete(kind)
    elif _is_moment(kind):
        bulk, fit = (partial(_moments, plan.zone), None) if names.is_date(names.dated(column.key)) else (None, fit)
    else:
        bulk = _bulk(kind)

    def read(piece: Any, faults: Faults) -> list[Any]:
        try:
            found = None if bulk is None else bulk(piece)
        except ODD:
            found = None
        if found is None:
            return _one_by_one(column, piece, faults)
        if fit is None:
            return found
        return read_each(lambda value: None if value is None else fit(value), found, column.name, faults)

    return read


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
    return piece.to_pylist() if pc.all(pc.is_finite(piece), min_count=0).as_py() else None


def _decimals(piece: Any) -> list[Any]:
    """The nearest floats: as text, because Arrow's own cast to a float rounds twice."""
    return [None if digits is None else float(digits) for digits in piece.cast(pa.string()).to_pylist()]


def _whole_decimals(piece: Any) -> list[Any]:
    """Whole numbers, as Snowflake's `NUMBER` and DuckDB's sums are; the nearest floats above 64 bits."""
    return [None if value is None else _whole(int(value)) for value in piece.to_pylist()]


def _whole(value: int) -> int | float:
    return value if -(2**63) <= value < 2**63 else float(value)


def _categories(piece: Any) -> list[Any]:
    """Only the categories that occur are read: there may be many more of them than rows in a piece."""
    indices, categories = piece.indices.to_pylist(), piece.dictionary
    known = {index: categories[index].as_py() for index in set(indices) if index is not None}
    return [known.get(index) for index in indices]


def _lists(piece: Any) -> list[Any] | None:
    return None if piece.flatten().null_count else piece.to_pylist()


def _moments(zone: Any, piece: Any) -> list[Any] | None:
    """Instants as text; `None` where a value, or the lack of a zone, needs a closer look."""
    if pa.types.is_date(piece.type):
        piece, zone = piece.cast(pa.timestamp("s")), day_zone(zone)
    if piece.type.tz is not None:
        utc = piece.view(pa.timestamp(piece.type.unit))
    else:
        name = getattr(zone, "key", None) or ("UTC" if zone is UTC else None)
        if name is None:
            return None
        utc = pc.assume_timezone(piece, name, ambiguous="earliest", nonexistent="latest")
        utc = utc.view(pa.timestamp(piece.type.unit))
    return _written(utc)


def _written(utc: Any) -> list[Any] | None:
    seconds = pc.floor_temporal(utc, unit="second").cast(pa.timestamp("s"))
    ends = pc.min_max(seconds.cast(pa.int64())).as_py()
    if ends["min"] is not None and not (_FIRST <= ends["min"] and ends["max"] <= _LAST):
        return None
    texts = seconds.cast(pa.string())
    if not seconds.cast(utc.type).equals(utc):
        texts = pc.floor_temporal(utc, unit="microsecond").cast(pa.timestamp("us")).cast(pa.string())
        texts = pc.replace_substring(texts, ".000000", "")
    texts = pc.binary_replace_slice(texts, 10, 11, "T")
    return _objects(pc.binary_join_element_wise(texts, "Z", ""))
