"""The OpenAPI document that requests are judged by, and ways to find things in it."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from batch_api._generated.runtime import Operation


@functools.cache
def document() -> dict[str, Any]:
    """The overlaid document: what is published refuses items that the API takes (its `oneOf` of catalog values)."""
    loaded: dict[str, Any] = orjson.loads(
        resources.files("batch_api._generated.cep").joinpath("openapi.json").read_bytes()
    )
    return loaded


def operation_in_document(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][operation.path][operation.method.lower()]
    return found


def resolve(part: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` of the document stands for."""
    while "$ref" in part:
        target: Any = document()
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def body_schema(operation: Operation) -> dict[str, Any] | None:
    """The schema of the body of a request; `None` where it has none."""
    body = operation_in_document(operation).get("requestBody")
    if body is None:
        return None
    schema: dict[str, Any] = resolve(body)["content"]["application/json"]["schema"]
    return schema


def answer_schema(operation: Operation, status: int) -> dict[str, Any] | None:
    """The schema of the body of an answer; `None` where the document declares no body for this status."""
    response = operation_in_document(operation)["responses"].get(str(status))
    content = resolve(response).get("content") if response is not None else None
    schema: dict[str, Any] | None = content["application/json"]["schema"] if content else None
    return schema


def standalone(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that carries what its references point to."""
    return {**schema, "components": document()["components"]}
