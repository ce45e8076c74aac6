"""What a JSON Schema is made of: which keywords hold schemas, and which only remark on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

Schema = dict[str, Any]

MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLES = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
UNIONS = ("anyOf", "oneOf")
ANNOTATIONS = ("title", "description", "example", "examples", "deprecated", "externalDocs", "$comment")
"""Keywords that change nothing about what a schema accepts. Their values are text and samples, never schemas."""


def is_remark(keyword: str) -> bool:
    """Whether a keyword says nothing about what is accepted: an annotation, or an extension (`x-…`)."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


Step = tuple[str, str | int | None]
"""One step down: the keyword, and the key or index under it."""


def children(schema: Schema) -> Iterator[tuple[Step, Any]]:
    """The schemas directly inside `schema`; those of a mapping in the order of their keys."""
    for keyword in MAPS:
        for key, child in sorted(schema.get(keyword, {}).items()):
            yield (keyword, key), child
    for keyword in LISTS:
        for index, child in enumerate(schema.get(keyword, [])):
            yield (keyword, index), child
    for keyword in SINGLES:
        if keyword in schema:
            yield (keyword, None), schema[keyword]


def rebuild(schema: Schema, change: Callable[[Step, Schema], Any]) -> Schema:
    """A copy of `schema` in which `change` made each schema inside it. Boolean schemas stay as they are."""
    result = dict(schema)
    for (keyword, key), child in children(schema):
        new = change((keyword, key), child) if isinstance(child, dict) else child
        if key is None:
            result[keyword] = new
            continue
        if result[keyword] is schema[keyword]:
            result[keyword] = schema[keyword].copy()
        result[keyword][key] = new
    return result


def shape(schema: Schema) -> Schema:
    """`schema` without its remarks: two schemas of one shape accept the same values."""
    bare = {key: value for key, value in schema.items() if not is_remark(key)}
    if "required" in bare:
        bare["required"] = sorted(bare["required"])
    return rebuild(bare, lambda _, child: shape(child))


def is_object(schema: Schema) -> bool:
    """Whether `schema` itself says that its values are objects."""
    return schema.get("type") == "object" or any(
        keyword in schema for keyword in ("properties", "patternProperties", "additionalProperties")
    )


def const_of(schema: Schema) -> Any:
    """The one value that `schema` accepts, or `None` where it accepts more: an `enum` of one is a `const`."""
    if "const" in schema:
        return schema["const"]
    values = schema.get("enum", ())
    return values[0] if len(values) == 1 else None


def target_of(reference: Schema) -> str:
    """The name of the component that a reference leads to."""
    return str(reference["$ref"]).rsplit("/", 1)[1]


def all_properties(name: str, schemas: dict[str, Schema]) -> dict[str, Schema]:
    """The properties of a component, with those of the parts of its `allOf`."""
    return _properties(schemas[name], schemas)


def _properties(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for part in schema.get("allOf", []):
        found |= _properties(schemas[target_of(part)] if "$ref" in part else part, schemas)
    found |= schema.get("properties", {})
    return found


def mappings(document: Any) -> Iterator[Schema]:
    """Every mapping in a document; samples hold no schemas."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += [child for key, child in value.items() if key not in ("example", "examples")]
        elif isinstance(value, list):
            waiting += value


def at(document: Schema, pointer: str) -> Any:
    """What a reference inside of `document` leads to, `None` if nothing."""
    value: Any = document
    root, *parts = pointer.split("/")
    try:
        for part in parts:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
    except (KeyError, IndexError, ValueError, TypeError):
        return None
    return value if root == "#" else None
