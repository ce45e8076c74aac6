"""One set of rules for values, whichever way a table brings them.

| A value | is sent as |
| --- | --- |
| `None`, NaN, `pandas.NaT`, `pandas.NA` | nothing |
| text, whole numbers of 64 bits, finite floats, booleans | itself |
| `Decimal` | the nearest float |
| a day | its midnight |
| a moment | that instant, in UTC; a naive one is of the table's time zone |
| `UUID` | its text |
| a member of an enum, a numpy scalar, a numpy array | what it holds |
| a list | a list, without what is missing in it |
| an object | an object, likewise |

Anything else cannot be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final
from uuid import UUID

from batch_api.engine.check import NO_TEXT, TOO_DEEP, is_text
from batch_api.ingest.sources.tables.faults import Unusable
from batch_api.ingest.sources.tables.moments import OUT_OF_RANGE, Moment, of_day, of_moment
from batch_api.ingest.sources.tables.names import dated

Rule = Callable[[Any], Any]

INFINITE: Final = "an infinite number cannot be sent"
TOO_LARGE: Final = "expected a whole number of at most 64 bits"
_MISSING: Final = ("NAType", "NaTType")
_INSTEAD: Final = {
    "bytes": "give text",
    "memoryview": "give text",
    "set": "give a list",
    "frozenset": "give a list",
    "time": "give a moment or text",
    "timedelta": "give a number or text",
    "Timedelta": "give a number or text",
}


class Values:
    """The rules, for the naive moments of one time zone. `None` stands for what is missing."""

    def __init__(self, zone: tzinfo | None) -> None:
        self.zone = zone
        self._rules: dict[type, Rule] = {type(None): _nothing, str: _text, bool: _same, int: _whole, float: _number}

    def __call__(self, value: Any) -> Any:
        """What is sent for a value; `None` if it is missing. Raises `Unusable`."""
        kind = type(value)
        rule = self._rules.get(kind)
        if rule is None:
            rule = self._rules[kind] = self._rule_of(kind)
        return rule(value)

    def _rule_of(self, kind: type) -> Rule:
        if kind.__name__ in _MISSING:
            return _nothing
        if issubclass(kind, Enum):
            return lambda member: self(member.value)
        if hasattr(kind, "dtype") and hasattr(kind, "tolist"):  # a scalar or an array of numpy
            return self._numpy
        for base, rule in self._by_base():
            if issubclass(kind, base):
                return rule
        return _refuse

    def _by_base(self) -> tuple[tuple[Any, Rule], ...]:
        """The rules for classes and what derives from them: drivers of databases have such."""
        return (
            (str, lambda value: _text(str.__str__(value))),
            (int, lambda value: _whole(int(value))),
            (float, lambda value: _number(float(value))),
            (datetime, lambda value: of_moment(value, self.zone)),
            (date, lambda value: of_day(value, self.zone)),
            (Decimal, _decimal),
            (UUID, UUID.__str__),
            (Mapping, self._object),
            ((bytes, bytearray, memoryview), _refuse),
            (Sequence, self._list),
        )

    def _numpy(self, value: Any) -> Any:
        if value.dtype.kind == "M":  # numpy gives a number for nanoseconds
            value = value.astype("datetime64[us]")
        plain = value.tolist()
        if value.dtype.kind == "M" and isinstance(plain, int):
            raise Unusable(OUT_OF_RANGE)
        return _number(float(plain)) if type(plain) is type(value) else self(plain)

    def _list(self, values: Sequence[Any]) -> list[Any]:
        found = [inner for inner in self._inside(values) if inner is not None]
        if Moment in set(map(type, found)):
            raise Unusable("a date in a list would be stored as text")
        return found

    def _inside(self, values: Sequence[Any]) -> list[Any]:
        try:
            return [self(value) for value in values]
        except RecursionError:
            raise Unusable(TOO_DEEP) from None

    def _object(self, fields: Mapping[Any, Any]) -> dict[str, Any] | None:
        """An object of several fields that are all missing is missing itself."""
        found: dict[str, Any] = {}
        for key, value in zip(fields, self._inside(list(fields.values())), strict=True):
            if not isinstance(key, str):
                raise Unusable(f"expected text as the key of an object, got {type(key).__name__}")
            if value is not None:
                found[dated(_text(key)) if type(value) is Moment else _text(key)] = value
        return found or None


def identifier(value: Any) -> str:
    """The id of a row: text, a whole number as its digits, or a UUID. Raises `Unusable`."""
    if getattr(getattr(value, "dtype", None), "kind", "M") not in "mM":  # a scalar of numpy
        value = value.item()
    if isinstance(value, str) and value:
        return _text(str.__str__(value))
    if isinstance(value, UUID):
        return UUID.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value))
    raise Unusable(f"expected an id, got {_instead_of_id(value)}")


def _instead_of_id(value: Any) -> str:
    if value is None or type(value).__name__ in _MISSING or (isinstance(value, float | Decimal) and value != value):
        return "no value"
    if isinstance(value, float | Decimal):
        return "a number with decimals: make the column text or whole numbers first, in pandas astype('Int64')"
    return "an empty text" if value == "" else type(value).__name__


def _nothing(value: Any) -> None:
    return None


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    if not is_text(value):
        raise Unusable(NO_TEXT)
    return value


def _whole(value: int) -> int:
    if not -(2**63) <= value < 2**64:
        raise Unusable(TOO_LARGE)
    return value


def _number(value: float) -> float | None:
    if isfinite(value):
        return value
    if value != value:
        return None
    raise Unusable(INFINITE)


def _decimal(value: Decimal) -> float | None:
    return None if value.is_nan() else _number(float(value))


def _refuse(value: Any) -> Any:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__name__}".removeprefix("builtins.")
    instead = _INSTEAD.get(kind.__name__)
    raise Unusable(f"{name} cannot be sent" + (f": {instead}" if instead else ""))
