"""Operations called by name, or by method and path: for those that no method has, or not even the document.

The key goes with every request, so a path can lead nowhere but below `base_url`: it is made of plain segments, and what
is filled into it is percent-encoded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from batch_api._generated.codec import as_query
from batch_api._generated.runtime import Encoded, Operation, QueryValue, Unset
from batch_api.engine.encode import encode_whole
from batch_api.engine.errors import ConfigurationError, InvalidInput

_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_READS: Final = ("GET", "HEAD")
_ROUTE: Final = re.compile(r"([A-Za-z]{3,6}) (/.*)", re.DOTALL)
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~:@-]|\{[A-Za-z0-9_]+\})+)+")
_HOLE: Final = re.compile(r"\{([A-Za-z0-9_]+)\}")
_SHOWN: Final = re.compile(r"[A-Za-z0-9_.]{1,60}")


class Target(NamedTuple):
    """What to send: the operation with its path filled in, the body, and what is left for the query."""

    operation: Operation
    body: object | Encoded | None
    query: dict[str, QueryValue]


def target(
    registry: Mapping[str, Operation], undocumented: Operation, wanted: str, body: object, params: Mapping[str, Any]
) -> Target:
    """What `wanted` means: a name in the registry, or `METHOD /path` with each `{name}` in it filled from `params`.

    Raises `ConfigurationError` for what is no operation, `InvalidInput` for a body or parameters that cannot be right.
    """
    if not isinstance(params, Mapping):
        raise InvalidInput(f"params is a mapping, not {type(params).__name__}")
    operation = _found(registry, undocumented, wanted)
    if body is not None and operation.method in _READS:
        raise InvalidInput(f"a {operation.method} carries no body: give params")
    for name, value in params.items():
        _check_parameter(name, value)
    holes = set(_HOLE.findall(operation.path))
    path = _filled(operation.path, params)
    if body is not None and operation.name not in registry:
        body = Encoded(encode_whole(body), 1, has_events=False)  # it may be anything, also a list of anything
    query = as_query({name: value for name, value in params.items() if name not in holes and not _is_missing(value)})
    return Target(operation._replace(path=path), body, query)


def _found(registry: Mapping[str, Operation], undocumented: Operation, wanted: object) -> Operation:
    if isinstance(wanted, str) and wanted in registry:
        return registry[wanted]
    route = _ROUTE.fullmatch(wanted) if isinstance(wanted, str) else None
    if route is None or route[1].upper() not in _METHODS:
        raise ConfigurationError(_unknown(registry, wanted))
    method, path = route[1].upper(), route[2]
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ConfigurationError(
            "A path is made of plain segments, such as /things/{id}/view; values in it and after a '?' go into params."
        )
    known = [one for one in registry.values() if one.method == method and _is_same(one.path, path)]
    if known:  # of /things/list and /things/{id} the former
        return min(known, key=lambda one: one.path.count("{"))._replace(path=path)
    return undocumented._replace(name=f"{method} {path}", method=method, path=path, replay=method in _READS)


def _unknown(registry: Mapping[str, Operation], wanted: object) -> str:
    from difflib import get_close_matches

    shown = (
        isinstance(wanted, str) and _SHOWN.fullmatch(wanted) is not None
    )  # anything else may be an address with keys
    near = get_close_matches(str(wanted), registry, n=1) if shown else []
    said = f"There is no operation {wanted!r}" if shown else "This names no operation"
    return f"{said}{f': is {near[0]!r} meant' if near else ''}? Give one of the names in limits(), or 'POST /path'."


def _is_same(template: str, path: str) -> bool:
    """Whether a path is that of an operation, with any value where its template has a `{name}`."""
    if "{" not in template:
        return template == path
    pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", template))
    return re.fullmatch(pattern, path) is not None


def _filled(path: str, params: Mapping[str, Any]) -> str:
    values = {name: _segment(name, params.get(name)) for name in _HOLE.findall(path)}
    # Encoded dots are dots to many servers, and so is a slash that they decode.
    plain = _HOLE.sub(lambda hole: values[hole[1]], path)
    if {".", ".."} & set(re.split(r"[/\\]", plain)):
        raise InvalidInput("a parameter would make the path lead elsewhere")
    return _HOLE.sub(lambda hole: quote(values[hole[1]], safe=""), path)


def _segment(name: str, value: object) -> str:
    if _is_missing(value) or value == "":
        raise InvalidInput("missing from params: the path needs it", path=name)
    if isinstance(value, list | tuple):
        raise InvalidInput("a list cannot go into a path", path=name)
    return str(as_query({name: value})[name])


def _check_parameter(name: object, value: object) -> None:
    if not isinstance(name, str):
        raise InvalidInput(f"the name of a parameter is {type(name).__name__}, not str")
    for one in _values(value):
        if not isinstance(one, str | int | float | date):
            raise InvalidInput(f"{type(one).__name__} cannot be a parameter", path=name)
        if isinstance(one, float) and not math.isfinite(one):
            raise InvalidInput("not a finite number", path=name)
        if isinstance(one, datetime) and one.utcoffset() is None:
            raise InvalidInput("a datetime without a time zone: say which, for instance tzinfo=UTC", path=name)
        if isinstance(one, str) and not one.isascii() and one != one.encode(errors="ignore").decode():
            raise InvalidInput("a lone surrogate, which UTF-8 cannot carry", path=name)


def _values(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        yield from value
    elif not _is_missing(value):
        yield value


def _is_missing(value: object) -> bool:
    return value is None or isinstance(value, Unset)
