"""How the values of the API become Python's, and go back. Nothing here raises, whatever the API sends."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Protocol, SupportsIndex, TypeVar, final

T_co = TypeVar("T_co", covariant=True)

# Compiled when first needed: `re` keeps them, and importing the package should cost little.
_DATE = r"\d{4}-\d\d-\d\d"
_DATE_TIME = _DATE + r"[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?"


@final
class Unset:
    """The type of `UNSET`: a field that is left out, where `None` would be sent as `null` and delete."""

    __slots__ = ()
    _only: Unset | None = None

    def __new__(cls) -> Unset:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"

    def __copy__(self) -> Unset:
        return self

    def __deepcopy__(self, memo: object) -> Unset:
        return self


UNSET: Final = Unset()


class ListOf(Protocol[T_co]):
    """A list or a tuple, or another sequence, but no text: a `str` is a `Sequence[str]` as well, and seldom meant."""

    def __contains__(self, value: object, /) -> bool: ...  # that of `str` takes no other object
    def __getitem__(self, index: SupportsIndex, /) -> T_co: ...
    def __iter__(self) -> Iterator[T_co]: ...
    def __len__(self) -> int: ...
    def __reversed__(self) -> Iterator[T_co]: ...


QueryValue = str | int | float | bool | Sequence[str] | Unset | None
"""A value of the query, as the engine takes it."""


def to_datetime(value: Any) -> Any:
    """An RFC 3339 date-time as `datetime`, without a zone where it has none. Anything else as it came."""
    if isinstance(value, str) and re.fullmatch(_DATE_TIME, value, re.ASCII):
        try:
            return datetime.datetime.fromisoformat(value.upper())
        except ValueError:
            return value
    return value


def to_date(value: Any) -> Any:
    """A date such as `2026-02-01` as `date`. Anything else as it came."""
    if isinstance(value, str) and re.fullmatch(_DATE, value, re.ASCII):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return value
    return value


def each(parse: Callable[[Any], Any], value: Any) -> Any:
    """A list with each item parsed. Anything else as it came."""
    return [parse(item) for item in value] if isinstance(value, list) else value


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request that are set."""
    return {key: value for key, value in fields.items() if value is not UNSET}


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an answer that were there."""
    return {key: value for key, value in fields.items() if value is not None}


def to_json(value: Any) -> Any:
    """`value` ready for any JSON encoder: models as dicts, aware datetimes as RFC 3339 in UTC with `Z`."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items() if item is not UNSET}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, datetime.datetime):
        return _written(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    shallow = getattr(value, "_json", None)
    return to_json(shallow()) if callable(shallow) else value


def rfc3339(moment: datetime.datetime, precision: str = "auto") -> str:
    """An aware datetime as the API expects it: in UTC with `Z`, by default with microseconds only where there are any.

    `precision` is a `timespec` of `datetime.isoformat`; what is finer is cut off.
    """
    # The base class's method, for subclasses that would write more digits.
    in_utc = moment.astimezone(datetime.UTC)
    return datetime.datetime.isoformat(in_utc, timespec=precision).removesuffix("+00:00") + "Z"


def _written(value: datetime.datetime) -> str:
    """A datetime as text; a naive one has no zone to write and gets none."""
    return value.isoformat() if value.tzinfo is None else rfc3339(value)


def as_query(parameters: dict[str, Any]) -> dict[str, QueryValue]:
    """Query parameters that are given, as text where the API has a form of its own: dates, `true` and `false`."""
    return {key: _as_text(value) for key, value in parameters.items() if value is not UNSET and value is not None}


def _as_text(value: Any) -> QueryValue:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return _written(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return value
    return [str(_as_text(item)) for item in value]
