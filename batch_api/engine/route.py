"""Where a request goes: the route of its operation with its parameters filled in, and the query string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, quote_plus

from batch_api._codec import QueryValue, Unset
from batch_api.engine.check import NO_TEXT, is_text, named
from batch_api.engine.errors import InvalidInput

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def filled(route: str, values: Mapping[str, str], *, besides: str | None = None) -> str:
    """`route` with its parameters filled in, percent-encoded; `besides` names one that is left as it is.

    Raises `InvalidInput`, which quotes no value.
    """
    names = [name for name in _PARAMETER.findall(route) if name != besides]
    if not names:
        return route
    for name in names:
        _check(name, values.get(name))
    # Many servers decode dots and slashes before they resolve a path, so percent-encoding does not disarm them.
    plain = _PARAMETER.sub(lambda found: values.get(found[1], "…"), route)
    if {".", ".."} & set(re.split(r"[/\\]", plain)):
        raise InvalidInput("expected path parameters without . or .. as a segment: they would lead to another path")
    return _PARAMETER.sub(lambda found: quote(values[found[1]], safe="") if found[1] != besides else found[0], route)


def query(values: Mapping[str, QueryValue]) -> str:
    """The query string with its `?`, empty if no value is given. Raises `InvalidInput`, which quotes no value."""
    pairs = [
        f"{quote_plus(name)}={quote_plus(_text(name, value))}"
        for name, given in values.items()
        if not (given is None or isinstance(given, Unset))
        for value in ([given] if isinstance(given, str | int | float) else given)
    ]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _text(name: str, value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        _check_encodable(name, value)
    return str(value)


def _check(name: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"expected a non-empty string, got {named(value)}", path=name)
    _check_encodable(name, value)


def _check_encodable(name: str, value: str) -> None:
    if not is_text(value):
        raise InvalidInput(NO_TEXT, path=name)
