"""How the values of the API become Python's, and go back. Nothing here raises, whatever the API sends."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, final

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


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

QueryValue = str | int | float | bool | Sequence[str] | Unset | None
"""A value of the query, as the engine takes it."""


def to_datetime(value: Any) -> Any:
    """An RFC 3339 date-time as `datetime`, without a zone where it has none. Anything else as it came."""
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            return datetime.datetime.fromisoformat(value.upper())
        except ValueError:
            return value
    return value


def to_date(value: Any) -> Any:
    """A date such as `2026-02-01` as `date`. Anything else as it came."""
    if isinstance(value, str) and _DATE.fullmatch(value):
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
        return rfc3339(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    shallow = getattr(value, "_json", None)
    return to_json(shallow()) if callable(shallow) else value


def rfc3339(value: datetime.datetime) -> str:
    """An aware datetime in UTC with `Z`; a naive one has no zone to write and gets none."""
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def as_query(parameters: dict[str, Any]) -> dict[str, QueryValue]:
    """Query parameters that are given, as text where the API has a form of its own: dates, `true` and `false`."""
    return {key: _as_text(value) for key, value in parameters.items() if value is not UNSET and value is not None}


def _as_text(value: Any) -> QueryValue:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return rfc3339(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, int, float)):
        return value
    return [str(_as_text(item)) for item in value]
