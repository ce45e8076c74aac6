"""Validates requests against the overlaid document: bodies against its schemas, and parameters."""

from __future__ import annotations

import asyncio
import functools
import urllib.parse
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema_rs

from batch_api.engine.errors import InvalidInput
from batch_api.engine.keys import Known
from batch_api.testing import document
from batch_api.testing.wire import malformed, missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_api._operation import Operation

SLICE = 500
"""Elements of an array validated in one go, so that a large body does not hold up the loop."""


def items_of(operation: Operation, body: Any) -> list[Any]:
    """The items that a body carries; none if the operation has no items, or the body no array."""
    found = body if operation.items is not None else None
    for key in operation.items or ():
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []


def count_items(operation: Operation, body: Any) -> int:
    """The cost of a request where a limit counts items: at least 1."""
    if operation.counted is not None:
        return max(1, _count_at(body, operation.counted))
    return max(1, len(items_of(operation, body)))


def _count_at(value: Any, path: tuple[str, ...]) -> int:
    if not path:
        return 1
    if path[0] != "*":
        return _count_at(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else 0
    elements = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(_count_at(element, path[1:]) for element in elements)


def takes_body(operation: Operation, api: str) -> bool:
    """Whether the document gives the operation a body."""
    return document.body_schema(operation, api) is not None


async def check_body(operation: Operation, body: Any, api: str, *, whole: bool) -> None:
    """Raise a refusal with status 400 if the body does not match the document, or has a key that it does not know.

    Where not the `whole` is judged, what is inside the items of an array is left to others.
    """
    validator = _body_validator(operation, api, whole)
    if validator is None:
        return
    known = _known_keys(operation, api)
    if operation.items == () and isinstance(body, list):
        for start in range(0, len(body), SLICE):
            if start:
                await asyncio.sleep(0)
            _judge(validator, body[start : start + SLICE], start)
            for index, item in enumerate(body[start : start + SLICE], start):
                _refuse_unknown(known, item, f"{index}")
    else:
        _judge(validator, body)
        _refuse_unknown(known, body)


def _refuse_unknown(known: Known, body: Any, path: str = "") -> None:
    """What the API makes of a key that it does not have is not documented. A fake that passed it over would hide slips.

    A key that a later version has is refused, too: put a newer document under the fake, or answer by a fault.
    """
    try:
        known.check(body, path)
    except InvalidInput as error:
        raise malformed(f"{error.path}: {error.reason}") from None


def check_path(operation: Operation, path: dict[str, str], api: str) -> None:
    """Raise a refusal with status 400 if a value in the path does not match the document."""
    for name, parameter in _parameters(operation, api, "path").items():
        if not parameter.validator.is_valid(path[name]):
            raise malformed(f"{name!r} has a value that is not allowed")


def check_query(operation: Operation, text: str, api: str) -> dict[str, Any]:
    """The parameters of a query string in their types. Raises a refusal with status 400 for an invalid one."""
    given = urllib.parse.parse_qs(text, keep_blank_values=True)
    declared = _parameters(operation, api, "query")
    if unknown := given.keys() - declared.keys():
        raise malformed(f"there is no parameter {min(unknown)!r}")
    values: dict[str, Any] = {}
    for name, parameter in declared.items():
        if name in given:
            values[name] = parameter.read(given[name])
            if not parameter.validator.is_valid(values[name]):
                raise malformed(f"{name!r} has a value that is not allowed")
        elif parameter.required:
            raise missing(f"the parameter {name!r} is required")
    return values


def _judge(validator: jsonschema_rs.Validator, body: Any, offset: int = 0) -> None:
    if validator.is_valid(body):
        return
    outermost = next(iter(validator.iter_errors(body)))
    error = _innermost(outermost)
    path = list(error.instance_path)
    if offset and path and isinstance(path[0], int):
        path[0] += offset
    where = ".".join(str(step) for step in path) or "the body"
    keyword = str(outermost.schema_path[-1]) if outermost.schema_path else ""
    raise (missing if keyword == "required" else malformed)(f"{where}: {error.message}")


def _innermost(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of a value that fits no branch of a union, what is wrong in the branch that it is nearest to.

    Whether the API is so exact is not known: an answer that named no field would be of no use in a test.
    """
    branches = [errors for branch in getattr(error.kind, "context", ()) if (errors := list(branch))]
    if not branches:
        return error
    return _innermost(min(branches, key=_distance)[0])


def _distance(errors: list[jsonschema_rs.ValidationError]) -> tuple[bool, int, int]:
    """How far a value is from a branch: it is of another kind, as a constant says; then how little of it fits."""
    is_another = any(str(error.schema_path[-1]) == "const" for error in errors if error.schema_path)
    return is_another, -max(len(error.instance_path) for error in errors), len(errors)


def compile_schema(
    schema: dict[str, Any], *, formats: bool = True, api: str = document.FIRST
) -> jsonschema_rs.Validator:
    """A validator for a schema of the document. Its messages show no values."""
    return jsonschema_rs.validator_for(document.standalone(schema, api), validate_formats=formats, mask="the value")


@functools.cache
def _known_keys(operation: Operation, api: str) -> Known:
    return Known(document.keys(api), document.kinds_of(document.body_schema(operation, api) or {}, api))


@functools.cache
def _body_validator(operation: Operation, api: str, whole: bool) -> jsonschema_rs.Validator | None:
    schema = document.body_schema(operation, api)
    if schema is None:
        return None
    return compile_schema(schema if whole or operation.items != () else _edits_schema(schema), api=api)


def _edits_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Checks only the structure of profile edits: an invalid attribute or event is a partial error."""
    bulk = document.resolve(schema)
    edit = document.resolve(bulk["items"])
    properties = edit["properties"]
    loose = {
        **properties,
        "attributes": {"type": "object"},
        "events": {**properties["events"], "items": {"type": "object"}},
    }
    return {**bulk, "items": {**edit, "properties": loose}}


class _Parameter(NamedTuple):
    """A parameter: whether it is required, how to parse it, and how to validate it."""

    required: bool
    read: Callable[[list[str]], Any]
    validator: jsonschema_rs.Validator


@functools.cache
def _parameters(operation: Operation, api: str, place: str) -> dict[str, _Parameter]:
    """The parameters of an operation in the query or in the path, by name."""
    found: dict[str, _Parameter] = {}
    for declared in document.operation_in_document(operation, api).get("parameters", ()):
        parameter = document.resolve(declared, api)
        if parameter["in"] == place:
            schema = parameter["schema"]
            reader = _READERS.get(document.resolve(schema, api).get("type", "string"), _text)
            required = parameter.get("required", False)
            found[parameter["name"]] = _Parameter(required, reader, compile_schema(schema, api=api))
    return found


def _text(values: list[str]) -> Any:
    return values[-1]


def _integer(values: list[str]) -> Any:
    try:
        return int(values[-1])
    except ValueError:
        return values[-1]


def _boolean(values: list[str]) -> Any:
    return {"true": True, "false": False}.get(values[-1], values[-1])


def _list(values: list[str]) -> Any:
    return values  # the key repeated, OpenAPI's default


_READERS: dict[str, Callable[[list[str]], Any]] = {"integer": _integer, "boolean": _boolean, "array": _list}
