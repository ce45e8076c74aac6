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

from batch_api._codec import QueryValue, Unset, as_query
from batch_api._operation import Api, Encoded, Operation
from batch_api.engine.check import NO_TEXT, is_text
from batch_api.engine.encode import encode_whole
from batch_api.engine.errors import ConfigurationError, InvalidInput

_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_READS: Final = ("GET", "HEAD")
_ROUTE: Final = re.compile(r"([A-Za-z]{3,6}) (/.*)", re.DOTALL)
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~:@-]|\{[A-Za-z0-9_]+\})+)+")
_HOLE: Final = re.compile(r"\{([A-Za-z0-9_]+)\}")
_SHOWN: Final = re.compile(r"[A-Za-z0-9_.]{1,60}")


class Target(NamedTuple):
    """What to send: the operation, the values for its path, the body, and what is left for the query."""

    operation: Operation
    path: dict[str, str]
    body: object | Encoded | None
    query: dict[str, QueryValue]


def target(api: Api, wanted: str, body: object, params: Mapping[str, Any]) -> Target:
    """What `wanted` means: the name of an operation, or `METHOD /path` with each `{name}` in it filled from `params`.

    The parameter that says what the client stands for, if paths have one, is the engine's to fill.
    Raises `ConfigurationError` for what is no operation, `InvalidInput` for a body or parameters that cannot be right.
    """
    if not isinstance(params, Mapping):
        raise InvalidInput(f"params is a mapping, not {type(params).__name__}")
    operation, parts = _found(api, wanted)
    if body is not None and operation.method in _READS:
        raise InvalidInput(f"a {operation.method} carries no body: give params")
    for name, value in params.items():
        _check_parameter(name, value)
    holes = {hole for part in parts.values() for hole in _HOLE.findall(part)}
    path = {name: _filled(part, params) for name, part in parts.items()}
    if body is not None and operation.name not in api.operations:
        # It may be anything, also a list of anything.
        body = Encoded(encode_whole(body, operation.dates), 1, has_events=False)
    query = as_query({name: value for name, value in params.items() if name not in holes and not _is_missing(value)})
    return Target(operation, path, body, query)


def _found(api: Api, wanted: object) -> tuple[Operation, dict[str, str]]:
    """The operation, and what stands in its path for each of its parameters: a value, or the `{name}` of one."""
    if isinstance(wanted, str) and wanted in api.operations:
        operation = api.operations[wanted]
        return operation, _parts(api, operation.path, operation.path) or {}
    route = _ROUTE.fullmatch(wanted) if isinstance(wanted, str) else None
    if route is None or route[1].upper() not in _METHODS:
        raise ConfigurationError(_unknown(api.operations, wanted))
    method, path = route[1].upper(), route[2]
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ConfigurationError(
            "A path is made of plain segments, such as /things/{id}/view; values in it and after a '?' go into params."
        )
    # Of /things/list and /things/{id} the former.
    for operation in sorted(api.operations.values(), key=lambda one: one.path.count("{")):
        parts = _parts(api, operation.path, path) if operation.method == method else None
        if parts is not None:
            return operation, parts
    named = f"{method} {path}"
    other = api.undocumented._replace(name=named, method=method, path=path, replay=method in _READS)
    return other, _parts(api, path, path) or {}


def _parts(api: Api, template: str, path: str) -> dict[str, str] | None:
    """What a path has in the places of a template's parameters; `None` if it is not of this template."""
    pieces = _HOLE.split(template)  # text and names of parameters, in turn
    names = pieces[1::2]
    if template == path:
        parts = {name: f"{{{name}}}" for name in names}
    elif match := re.fullmatch("([^/]+)".join(re.escape(text) for text in pieces[::2]), path):
        parts = dict(zip(names, match.groups(), strict=True))
    else:
        return None
    given = parts.pop(str(api.scope_parameter), None)
    if given is not None and given != f"{{{api.scope_parameter}}}":
        raise ConfigurationError(f"Write {{{api.scope_parameter}}} in the path as it is: the client fills it in.")
    return parts


def _unknown(registry: Mapping[str, Operation], wanted: object) -> str:
    from difflib import get_close_matches

    shown = (
        isinstance(wanted, str) and _SHOWN.fullmatch(wanted) is not None
    )  # anything else may be an address with keys
    near = get_close_matches(str(wanted), registry, n=1) if shown else []
    said = f"There is no operation {wanted!r}" if shown else "This names no operation"
    return f"{said}{f': is {near[0]!r} meant' if near else ''}? Give one of the names in limits(), or 'POST /path'."


def _filled(part: str, params: Mapping[str, Any]) -> str:
    return _HOLE.sub(lambda hole: _segment(hole[1], params.get(hole[1])), part)


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
        if isinstance(one, str) and not is_text(one):
            raise InvalidInput(NO_TEXT, path=name)


def _values(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        yield from value
    elif not _is_missing(value):
        yield value


def _is_missing(value: object) -> bool:
    return value is None or isinstance(value, Unset)
