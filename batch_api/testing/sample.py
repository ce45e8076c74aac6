"""Values made up from the document: the answers of operations that the fake keeps no state for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api.testing import document
from batch_api.testing.wire import Reply, answer

if TYPE_CHECKING:
    from batch_api._operation import Operation

_DEEPEST = 8
_TEXTS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "uri": "https://e.example/",
    "email": "a@e.example",
}
_PLAIN: dict[str, Any] = {"boolean": False, "null": None}


def as_documented(operation: Operation, api: str) -> Reply:
    """A success with the document's own example as its body, or with one made from its schema."""
    responses = document.operation_in_document(operation, api)["responses"]
    status = min(operation.success or (200,))
    declared = document.resolve(responses.get(str(status)) or responses.get("2XX") or {}, api)
    for media in declared.get("content", {}).values():
        return answer(status, _of_media(media, api))
    return answer(status)


def _of_media(media: dict[str, Any], api: str) -> Any:
    examples = [one["value"] for one in media.get("examples", {}).values() if "value" in one]
    return media.get("example", examples[0] if examples else sample(media.get("schema", {}), api))


def sample(schema: dict[str, Any] | bool, api: str, depth: int = 0) -> Any:
    """A value of a schema: with all its properties, one item in each list, the first of several kinds."""
    schema = document.resolve(schema, api) if isinstance(schema, dict) else {}
    for keyword in ("const", "example", "default"):
        if keyword in schema:
            return schema[keyword]
    for keyword in ("enum", "examples"):
        if schema.get(keyword):
            return schema[keyword][0]
    for keyword in ("anyOf", "oneOf"):
        if schema.get(keyword):
            return sample(schema[keyword][0], api, depth + 1)
    if "allOf" in schema:
        parts = [sample(part, api, depth + 1) for part in schema["allOf"]]
        return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}
    return _of_type(schema, api, depth)


def _of_type(schema: dict[str, Any], api: str, depth: int) -> Any:
    stated = schema.get("type", "object" if "properties" in schema else "string")
    kind = stated[0] if isinstance(stated, list) else stated
    if kind == "object":
        names = schema.get("properties", {}) if depth < _DEEPEST else schema.get("required", ())
        return {name: sample(schema["properties"].get(name, {}), api, depth + 1) for name in names}
    if kind == "array":
        few = max(schema.get("minItems", 0), 1 if depth < _DEEPEST else 0)
        return [sample(schema.get("items", {}), api, depth + 1) for _ in range(few)]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    if kind == "string":
        return _TEXTS.get(schema.get("format", ""), "a" * max(schema.get("minLength", 1), 1))
    return _PLAIN.get(kind)
