"""Which keys the objects of requests may have, so that a misspelt one is found before anything is sent.

An object is open if its document leaves its keys open (`additionalProperties`): then it takes others, too.
"""

from __future__ import annotations

from typing import Any

from batch_api._operation import Keys
from codegen.document import Json
from codegen.generate.models import sent
from codegen.schema import UNIONS, Schema, all_properties, const_of, is_object, target_of


def keys_of(document: Json) -> dict[str, Keys]:
    """The kinds of objects in request bodies that have keys of their own, by the names of their schemas."""
    schemas: dict[str, Schema] = document["components"]["schemas"]
    with_keys = {name for name in sent(document) if all_properties(name, schemas)}
    return {name: _keys(name, schemas, with_keys) for name in sorted(with_keys)}


def _keys(name: str, schemas: dict[str, Schema], with_keys: set[str]) -> Keys:
    listed = sorted(all_properties(name, schemas).items())
    kinds = {key: _kinds(schema, schemas) for key, schema in listed}
    marks = [(key, value) for key, schema in listed if isinstance(value := const_of(schema), str)]
    inside = {key: names for key, names in kinds.items() if with_keys.intersection(names)}
    is_open = bool(schemas[name].get("additionalProperties"))
    return Keys(frozenset(kinds), inside, marks[0] if marks else None, is_open)


def _kinds(schema: Any, schemas: dict[str, Schema]) -> tuple[str, ...]:
    """The kinds of objects that a value can be, or be a list of."""
    if "$ref" in schema:
        name = target_of(schema)
        return (name,) if is_object(schemas[name]) or "allOf" in schemas[name] else _kinds(schemas[name], schemas)
    parts = [schema["items"]] if isinstance(schema.get("items"), dict) else []
    parts += [branch for keyword in UNIONS for branch in schema.get(keyword, [])]
    return tuple(sorted({kind for part in parts for kind in _kinds(part, schemas)}))
