"""What would be damaged on its way, found before anything is sent.

`orjson` writes NaN and infinities as `null`, which this API reads as "delete the attribute", and a naive datetime as if
it had a zone. The API stores a date whose name is not written `date(name)` as text (fact sheet: profiles and audiences,
2.1.3). Neither says a word, so we do. What JSON cannot carry at all is refused here too, with the place where it is.

What may be sent: `dict`, `list`, `tuple`, other mappings and sequences, the generated models, `str`, `int` of 64 bits
(-2**63 to 2**64 - 1; the API's own range is not documented), finite `float`, `bool`, `None`, aware `datetime`, `UUID`
(as text), enum members (as their value) and `orjson.Fragment` (taken as it is). Subclasses count as what they derive
from. Keys are plain `str`.

What may not, though it could be guessed: a `datetime.date`, because no field of any request body takes a day, and which
midnight would be meant is the caller's to say; dataclasses, because their names cannot be written `$email_address`;
`Decimal`, because the API keeps floats. To take them later would break nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from math import isfinite
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from batch_api._codec import rfc3339
from batch_api._operation import Dates
from batch_api.engine.errors import InvalidInput

MAX_DEPTH: Final = 253
"""How deep an item may nest: what orjson takes (254), less the array around the items."""

NO_TEXT: Final = "contains a lone surrogate, which UTF-8 cannot encode"
NO_ZONE: Final = "expected a datetime with a time zone, got a naive one: set one, for instance tzinfo=UTC"
TOO_DEEP: Final = f"contains itself, or is nested deeper than {MAX_DEPTH} levels"

_INSTEAD: Final = {
    "date": "give a datetime with a time zone",
    "Decimal": "give a float or a str",
    "set": "give a list",
    "frozenset": "give a list",
    "bytes": "give a str",
    "Unset": "leave the key out",
}

_DATES: Final = Dates()

# What these hold, whatever a subclass makes of it: that is also what orjson reads.
_EXACT: Final[Mapping[type, Any]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    dict: lambda value: dict(dict.items(value)),  # dict.copy would ask an overridden `keys`
    list: list.copy,
}


def check(value: object, *, index: int | None = None, dates: Dates = _DATES) -> None:
    """Raises `InvalidInput` for the first fault in `value`, which is item number `index` of a request.

    The error names the keys that lead to the fault, never a value.
    """
    fault = _fault(value, None, 0, dates)
    if fault is not None:
        path = fault.path.removeprefix(".")
        raise InvalidInput(fault.reason, index=index, path=path if len(path) <= 200 else f"{path[:200]}…")


def plain(value: Any) -> Any:
    """One step from `value` towards what JSON knows. `TypeError` if there is none. Does not handle datetimes."""
    if hasattr(type(value), "_json"):  # a generated model
        return value._json()
    if isinstance(value, Enum):
        return value.value
    for kind, exact in _EXACT.items():
        if isinstance(value, kind):
            return exact(value)
    if isinstance(value, UUID):  # orjson knows the class itself, but database drivers bring their own subclass
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    raise TypeError


def written(moment: datetime, dates: Dates) -> str:
    """An aware datetime in the format that the API expects."""
    return rfc3339(moment) if dates.offset else rfc3339(moment, "seconds").removesuffix("Z")


class _Fault(NamedTuple):
    reason: str
    path: str = ""

    def below(self, step: str) -> _Fault:
        return _Fault(self.reason, step + self.path)


def _fault(value: Any, name: str | None, depth: int, dates: Dates) -> _Fault | None:
    """The first fault in `value`. Inside attributes, `name` is the one it is under, "" in an array; else `None`."""
    kind = type(value)
    if kind is str:
        return None if is_text(value) else _Fault(NO_TEXT)
    if kind is int:
        return None if -(2**63) <= value < 2**64 else _Fault("expected an integer of at most 64 bits")
    if kind is float:
        return None if isfinite(value) else _Fault(f"{_named(value)} would be sent as null and delete the attribute")
    if kind is bool or value is None or kind is orjson.Fragment:
        return None
    if kind is dict:
        return _Fault(TOO_DEEP) if depth == MAX_DEPTH else _fault_in_object(value, name, depth + 1, dates)
    if kind is list or kind is tuple:
        return _Fault(TOO_DEEP) if depth == MAX_DEPTH else _fault_in_array(value, name, depth + 1, dates)
    if isinstance(value, datetime):
        return _fault_in_datetime(value, name)
    try:
        simpler = plain(value)
    except TypeError:
        name, instead = f"{kind.__module__}.{kind.__name__}".removeprefix("builtins."), _INSTEAD.get(kind.__name__)
        return _Fault(f"{name} cannot be sent" + (f": {instead}" if instead else ""))
    return _fault(simpler, name, depth, dates)


def _fault_in_object(fields: dict[Any, Any], name: str | None, depth: int, dates: Dates) -> _Fault | None:
    for key, value in fields.items():
        if type(key) is not str:
            return _Fault(f"expected plain str keys, got {type(key).__name__}")
        if type(value) is str and value.isascii() and key.isascii():  # the common case: save the calls
            continue
        if not is_text(key):
            return _Fault("the key contains a lone surrogate").below(f".{ascii(key)[1:-1]}")
        inside = name is not None or key in dates.named
        fault = _fault(value, key if inside else None, depth, dates)
        if fault is not None:
            return fault.below(f".{key if key.isprintable() else ascii(key)[1:-1]}")
    return None


def _fault_in_array(values: Sequence[Any], name: str | None, depth: int, dates: Dates) -> _Fault | None:
    for index, value in enumerate(values):
        fault = _fault(value, None if name is None else "", depth, dates)
        if fault is not None:
            return fault.below(f"[{index}]")
    return None


def _fault_in_datetime(moment: datetime, name: str | None) -> _Fault | None:
    try:
        if moment.utcoffset() is None:
            return _Fault(NO_ZONE)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # pandas.NaT; the year 0 or 10000 once in UTC
        return _Fault("expected a datetime that can be converted to UTC")
    if name is None or (name.startswith("date(") and name.endswith(")")):
        return None
    return _Fault("a datetime here would be stored as text: put it directly under a name written date(name)")


def is_text(value: str) -> bool:
    """Whether UTF-8 can encode it."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def named(value: object) -> str:
    """What came where a non-empty string was expected, for an error."""
    return "an empty one" if value == "" else type(value).__name__


def _named(value: float) -> str:
    return "NaN" if value != value else "an infinite number"
