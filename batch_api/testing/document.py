"""The OpenAPI documents that requests are validated against, and lookups in them. `api` is the name of one."""

from __future__ import annotations

import functools
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_api._operation import Keys, Operation

FIRST = "cep"


@functools.cache
def document(api: str = FIRST) -> dict[str, Any]:
    """The overlaid document: the published one refuses items that the API accepts (its `oneOf` of catalog values)."""
    loaded: dict[str, Any] = orjson.loads(
        resources.files(f"batch_api._generated.{api}").joinpath("openapi.json").read_bytes()
    )
    return loaded


def operation_in_document(operation: Operation, api: str = FIRST) -> dict[str, Any]:
    found: dict[str, Any] = document(api)["paths"][operation.path][operation.method.lower()]
    return found


def resolve(part: dict[str, Any], api: str = FIRST) -> dict[str, Any]:
    """What a `$ref` of the document points to."""
    while "$ref" in part:
        target: Any = document(api)
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def body_schema(operation: Operation, api: str = FIRST) -> dict[str, Any] | None:
    """The schema of the body of a request; `None` where it has none."""
    body = operation_in_document(operation, api).get("requestBody")
    if body is None:
        return None
    schema: dict[str, Any] = resolve(body, api)["content"]["application/json"]["schema"]
    return schema


def keys(api: str = FIRST) -> Mapping[str, Keys]:
    """The keys that objects in requests may have, by the names of their schemas."""
    found: Mapping[str, Keys] = import_module(f"batch_api._generated.{api}.keys").KEYS
    return found


def kinds_of(schema: dict[str, Any], api: str = FIRST) -> tuple[str, ...]:
    """The names of the schemas of the objects that a value can be, or be a list of."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in keys(api):
        return (name,)
    inside = resolve(schema, api)
    parts = [*inside.get("anyOf", ()), *inside.get("oneOf", ()), *([inside["items"]] if "items" in inside else [])]
    return tuple(kind for part in parts for kind in kinds_of(part, api))


def answer_schema(operation: Operation, status: int, api: str = FIRST) -> dict[str, Any] | None:
    """The schema of the body of an answer; `None` where the document declares no body for this status."""
    responses = operation_in_document(operation, api)["responses"]
    response = responses.get(str(status), responses.get(f"{status // 100}XX"))
    content = resolve(response, api).get("content") if response is not None else None
    schema: dict[str, Any] | None = content["application/json"]["schema"] if content else None
    return schema


def standalone(schema: dict[str, Any], api: str = FIRST) -> dict[str, Any]:
    """A schema that includes what its references point to."""
    return {**schema, "components": document(api)["components"]}
