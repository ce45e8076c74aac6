"""What schemas are made of, by references, unions and `allOf`: it must end, and in how many parts must be bounded.

A few lines can say "twice the next" sixty times over. Whoever reads that by following it, as validators do, never ends.
"""

from __future__ import annotations

from typing import Any

from codegen.errors import CodegenError
from codegen.schema import UNIONS, Schema, at, mappings

_MOST_PARTS = 100_000
_REMEDY = "Repair the document."


def check(document: Schema, where: str) -> None:
    """Refuse a schema that contains itself, or has too many parts."""
    parts: dict[int, int] = {}
    inside: set[int] = set()
    waiting = [(start, False) for start in mappings(document)]
    while waiting:
        schema, leaving = waiting.pop()
        if leaving:
            inside.discard(id(schema))
            parts[id(schema)] = 1 + sum(parts[id(part)] for part in _made_of(document, schema))
            if parts[id(schema)] > _MOST_PARTS:
                raise CodegenError(where, f"a schema has more than {_MOST_PARTS} parts: {_shown(schema)}", _REMEDY)
        elif id(schema) in inside:
            raise CodegenError(where, f"a schema contains itself: {_shown(schema)}", _REMEDY)
        elif id(schema) not in parts:
            inside.add(id(schema))
            waiting.append((schema, True))
            waiting += [(part, False) for part in _made_of(document, schema)]


def _made_of(document: Schema, schema: Schema) -> list[Schema]:
    found: list[Any] = [part for key in ("allOf", *UNIONS) if isinstance(schema.get(key), list) for part in schema[key]]
    reference = schema.get("$ref")
    found += [at(document, reference)] if isinstance(reference, str) else []
    return [part for part in found if isinstance(part, dict)]


def _shown(schema: Schema) -> str:
    return str({key: value for key, value in schema.items() if key == "$ref"} or sorted(schema))[:100]
