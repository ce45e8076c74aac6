"""What the fake knows about the API: the operations with their facts, and the overlaid OpenAPI document."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson

from batch_api._generated.runtime import Condition, LimitFact, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping


def _facts() -> dict[str, Operation]:
    """Until the generated registry is there: the same facts by hand."""
    default = LimitFact(rate=1.0, spacing=0.02)
    catalogs = LimitFact(rate=5.0, headroom=0.01)
    special: dict[str, dict[str, Any]] = {
        "profile_update": {"limits": (LimitFact(300.0, unit="items", burst=1000.0),), "items": (), "max_items": 200},
        "profile_mass_update": {
            "limits": (LimitFact(10_000.0, unit="items", spacing=0.02),),
            "items": (),
            "max_items": 10_000,
        },
        "profile_export": {
            "limits": (
                default,
                LimitFact(5.0, per=3600.0, burst=10.0, when=Condition(("filter", "segment"))),
            )
        },
        "audience_update": {"items": ("ids",), "max_items": 10_000},
        "audience_replace": {"items": ("ids",), "max_items": 10_000},
        "catalog_items_edit": {
            "limits": (catalogs, LimitFact(1000.0, unit="items", headroom=0.01)),
            "items": ("items",),
            "max_items": 200,
        },
    }
    operations = {}
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            facts: dict[str, Any] = {"limits": (catalogs if path.startswith("/catalogs/") else default,)}
            facts |= special.get(name, {})
            operations[name] = Operation(name, method.upper(), path, success=(), **facts)
    return operations


@functools.cache
def operations() -> Mapping[str, Operation]:
    return _facts()


@functools.cache
def document() -> dict[str, Any]:
    """The document that requests and answers are judged by."""
    packaged = resources.files("batch_api._generated").joinpath("cep", "openapi.json")
    if packaged.is_file():
        loaded: dict[str, Any] = orjson.loads(packaged.read_bytes())
        return loaded
    return _repaired()


def _repaired() -> dict[str, Any]:
    """Until the overlaid document is there: the published one with the worst of it mended."""
    from pathlib import Path

    import yaml  # type: ignore[import-untyped]

    source = Path(__file__).parents[2] / "openapi" / "batch-api.yaml"
    loaded: dict[str, Any] = yaml.safe_load(source.read_text())
    schemas = loaded["components"]["schemas"]
    values = schemas["attributes"]["additionalProperties"]
    values["anyOf"] = values.pop("oneOf")
    for branch in schemas["request"]["anyOf"]:
        branch["required"] = ["id", "scope", "status", "request"]
    del schemas["oneAudience"]["properties"]["type"]["enum"]
    for row in ("Campaign", "Orchestration"):
        for name in ("created_date", "start_time"):
            del schemas[row]["properties"][name]["format"]
    return loaded


@functools.cache
def version() -> str:
    """The version of the API, which begins every path."""
    return str(document()["servers"][0]["variables"]["version"]["default"])


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
