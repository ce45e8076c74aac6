"""OpenAPI 3.0 in the words of 3.1: what means something else there, and no more.

`nullable` and the rest that 3.1 merely ignores are read as they were meant by `codegen/generate/simplest.py`.
"""

from __future__ import annotations

import copy

from codegen.document import Json
from codegen.schema import mappings

_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def is_older(document: Json) -> bool:
    return str(document.get("openapi", "")).startswith("3.0.")


def converted(document: Json) -> Json:
    """A copy of a document of OpenAPI 3.0 as one of 3.1."""
    document = copy.deepcopy(document) | {"openapi": "3.1.0"}
    for mapping in mappings(document):
        if isinstance(mapping.get("$ref"), str):
            # In 3.0 what stands beside a reference does not count.
            for key in mapping.keys() - {"$ref"}:
                del mapping[key]
        for key, bound in _BOUNDS.items():
            if isinstance(mapping.get(key), bool):
                excluded = mapping.pop(key)
                if excluded and bound in mapping:
                    mapping[key] = mapping.pop(bound)
    return document
