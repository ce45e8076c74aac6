"""Operations called by name, or by method and path: those without a method of their own, or not even documented.

The key goes with every request, so a path must stay below `base_url`: it is made of plain segments, and what is filled
into it is percent-encoded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from batch_api._codec import QueryValue, Unset, as_query
from batch_api._operation import Api, Encoded, Operation
from batch_api.engine.check import NO_TEXT, NO_ZONE, is_text
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

    The engine fills in the parameter that names the client's project or app, if paths have one.
    Raises `ConfigurationError` if `wanted` is not an operation, `InvalidInput` for an invalid body or parameter.
    """
    if not isinstance(params, Mapping):
        raise InvalidInput(f"expected a mapping, got {type(params).__name__}", path="params")
    operation, parts = _found(api, wanted)
    if body is not None and operation.method in _READS:
        raise InvalidInput(f"{operation.method} takes no body: use params instead")
    for name, value in params.items():
        _check_parameter(name, value)
    holes = {hole for part in parts.values() for hole in _HOLE.findall(part)}
    path = {name: _filled(part, params) for name, part in parts.items()}
    if body is not None and operation.name not in api.operations:
        # The body of an undocumented operation may be anything, a list included.
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
            "Expected a path of plain segments, such as /things/{id}/view: "
            "put the values for it, and what would follow a '?', into params."
        )
    # /things/list matches before /things/{id} does.
    for operation in sorted(api.operations.values(), key=lambda one: one.path.count("{")):
        parts = _parts(api, operation.path, path) if operation.method == method else None
        if parts is not None:
            return operation, parts
    named = f"{method} {path}"
    other = api.undocumented._replace(name=named, method=method, path=path, replay=method in _READS)
    return other, _parts(api, path, path) or {}


def _parts(api: Api, template: str, path: str) -> dict[str, str] | None:
    """What a path has in place of a template's parameters; `None` if it does not match the template."""
    pieces = _HOLE.split(template)  # alternately text and names of parameters
    names = pieces[1::2]
    if template == path:
        parts = {name: f"{{{name}}}" for name in names}
    elif match := re.fullmatch("([^/]+)".join(re.escape(text) for text in pieces[::2]), path):
        parts = dict(zip(names, match.groups(), strict=True))
    else:
        return None
    given = parts.pop(str(api.scope_parameter), None)
    if given is not None and given != f"{{{api.scope_parameter}}}":
        raise ConfigurationError(f"Expected {{{api.scope_parameter}}} in the path as it is: the client fills it in.")
    return parts


def _unknown(registry: Mapping[str, Operation], wanted: object) -> str:
    from difflib import get_close_matches

    # Anything else may be an address with keys in it.
    shown = isinstance(wanted, str) and _SHOWN.fullmatch(wanted) is not None
    near = get_close_matches(str(wanted), registry, n=1) if shown else []
    said = f"There is no operation {wanted!r}" if shown else "There is no such operation"
    closest = f"; the closest name is {near[0]!r}" if near else ""
    return f"{said}{closest}. Expected one of the names in limits(), or a method and a path such as 'POST /path'."


def _filled(part: str, params: Mapping[str, Any]) -> str:
    return _HOLE.sub(lambda hole: _segment(hole[1], params.get(hole[1])), part)


def _segment(name: str, value: object) -> str:
    if _is_missing(value) or value == "":
        raise InvalidInput("missing from params, but the path requires it", path=name)
    if isinstance(value, list | tuple):
        raise InvalidInput(f"expected a single value for the path, got {type(value).__name__}", path=name)
    return str(as_query({name: value})[name])


def _check_parameter(name: object, value: object) -> None:
    if not isinstance(name, str):
        raise InvalidInput(f"expected str as the names of parameters, got {type(name).__name__}", path="params")
    for one in _values(value):
        if not isinstance(one, str | int | float | date):
            raise InvalidInput(
                f"expected a string, a number, a date or a list of these, got {type(one).__name__}", path=name
            )
        if isinstance(one, float) and not math.isfinite(one):
            raise InvalidInput("expected a finite number, got NaN or an infinity", path=name)
        if isinstance(one, datetime) and one.utcoffset() is None:
            raise InvalidInput(NO_ZONE, path=name)
        if isinstance(one, str) and not is_text(one):
            raise InvalidInput(NO_TEXT, path=name)


def _values(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        yield from value
    elif not _is_missing(value):
        yield value


def _is_missing(value: object) -> bool:
    return value is None or isinstance(value, Unset)
