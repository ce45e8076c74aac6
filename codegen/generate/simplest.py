"""The simplest of the ways to say the same in a schema, so that it makes no difference which one the vendor chose."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from codegen.schema import UNIONS, Schema, const_of, is_remark, shape

_PLAIN = ("string", "integer", "number", "boolean")
NULL: Schema = {"type": "null"}


def simplest(schema: Schema) -> Schema:
    """`schema`, which is no mere reference, in its simplest form. What is inside it stays as it is."""
    schema = {key: value for key, value in schema.items() if key not in ("title", "nullable")} | _null(schema)
    _values_of_branches(schema)
    _say_type(schema)
    _say_values(schema)
    if "discriminator" in schema:
        # Its `mapping` has the vendor's names, and repeats what the branches say.
        schema["discriminator"] = {"propertyName": schema["discriminator"].get("propertyName")}
        if not schema.keys() & set(UNIONS):
            # At the base of an inheritance: the heirs say themselves which they are.
            del schema["discriminator"]
    return _null_apart(schema)


def is_plain_value(schema: Schema) -> bool:
    """Whether it is text, a number or a truth value, without a list of values."""
    return schema.get("type") in _PLAIN and not schema.keys() & {"enum", "const", "allOf", *UNIONS}


def with_null(schema: Schema) -> Schema:
    """A plain value, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def overlap(branches: list[Schema]) -> bool:
    """Whether plain values can match two of these branches, so that `oneOf` would refuse them."""
    kinds = [str(branch.get("type")) for branch in branches if "const" not in branch and "enum" not in branch]
    twice = any(kinds.count(kind) > 1 for kind in ("string", "integer", "number"))
    return twice or {"integer", "number"} <= set(kinds)


def in_value_order(values: list[Any]) -> list[Any]:
    """The values of an enumeration, each once, in an order that is not the document's."""
    unique = {(type(value).__name__, str(value)): value for value in values}
    return [unique[key] for key in sorted(unique)]


def _null(schema: Schema) -> Schema:
    """`nullable: true`, which OpenAPI 3.0 has, in the words of 3.1."""
    if schema.get("nullable") is not True:
        return {}
    if isinstance(schema.get("type"), str):
        return {"type": [schema["type"], "null"]}
    for key in UNIONS:
        if key in schema and NULL not in schema[key]:
            return {key: [*schema[key], NULL]}
    return {"enum": [*schema["enum"], None]} if "enum" in schema else {}


def _say_type(schema: Schema) -> None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = sorted(set(kinds), key=lambda kind: (kind == "null", kind))
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if schema.keys() & {"properties", "patternProperties", "additionalProperties"}:
        schema.setdefault("type", "object")
    if schema.get("additionalProperties") in (True, {}):
        del schema["additionalProperties"]


def _values_of_branches(schema: Schema) -> None:
    """A union of single values, each with remarks of its own, is an enumeration."""
    for key in UNIONS:
        branches = [branch if isinstance(branch, dict) else {} for branch in schema.get(key, [])]
        said = [{name for name in branch if not is_remark(name)} for branch in branches]
        if len(said) > 1 and all(
            says in ({"const"}, {"const", "type"}) or branches[n] == NULL for n, says in enumerate(said)
        ):
            del schema[key]
            values = [branch.get("const") for branch in branches]
            schema["enum"] = values
            kinds = {branch["type"] for branch in branches if "type" in branch and branch != NULL}
            if len(kinds) == 1:
                schema["type"] = kinds.pop()
            elif "type" not in schema and all(value is None or isinstance(value, str) for value in values):
                schema["type"] = "string"
            if None in values and isinstance(schema.get("type"), str):
                schema["type"] = [schema["type"], "null"]


def _say_values(schema: Schema) -> None:
    """An `enum` of one value is a `const`."""
    if "const" in schema or schema.get("enum") == []:
        schema.pop("enum", None)
    elif schema.get("enum") == [None]:
        del schema["enum"]
        schema["type"] = "null"
    elif const_of(schema) is not None:
        schema["const"] = schema.pop("enum")[0]
        # Which of the values of another enumeration it is.
        schema.pop("allOf", None)
    elif "enum" in schema:
        schema["enum"] = in_value_order(schema["enum"])


def _null_apart(schema: Schema) -> Schema:
    """Null as a branch of its own, but for plain values, whose type may be a list."""
    kinds: Any = schema.get("type")
    values = schema.get("enum", ())
    listed = isinstance(kinds, list) and kinds[-1] == "null" and len(kinds) == 2
    if not (listed or (None in values and len(values) > 1)) or schema.keys() & set(UNIONS):
        return schema
    if listed and kinds[0] in _PLAIN and not values and "const" not in schema:
        return schema
    notes = {key: value for key, value in schema.items() if is_remark(key)}
    rest = {key: value for key, value in schema.items() if not is_remark(key)}
    if listed:
        rest["type"] = kinds[0]
    if values:
        rest["enum"] = [value for value in values if value is not None]
        _say_values(rest)
    return {**notes, "anyOf": [rest, NULL]}


def narrower(one: Schema, other: Schema) -> Schema | None:
    """Of two schemas the one that accepts only some of the values of the other, `None` where neither is known to."""
    for narrow, wide in ((one, other), (other, one)):
        few, many = _values(narrow), _values(wide)
        kinds = {narrow.get("type", wide.get("type")), wide.get("type", narrow.get("type"))}
        said = {key for key in wide if not is_remark(key)} - {"type", "enum", "const"}
        if few is not None and len(kinds) == 1 and not said and (many is None or all(one in many for one in few)):
            notes = {key: value for key, value in wide.items() if is_remark(key)}
            return {**notes, **({"type": kind} if (kind := kinds.pop()) else {}), **narrow}
    return None


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def merge_object(whole: Schema, part: Schema, narrowed: Callable[[Any, Any], Schema | None]) -> bool:
    """Put an object into another, unless it says more than its properties, or says one of them differently.

    Where one of the two accepts only some of the values that the other accepts, `narrowed` says which: heirs name what
    they are.
    """
    said = {key for key in part if not is_remark(key)}
    own, more = whole.get("properties", {}), part.get("properties", {})
    if said - {"type", "properties", "required"} or part.get("type", "object") != "object":
        return False
    both = {key: narrowed(own[key], more[key]) for key in own.keys() & more.keys() if own[key] != more[key]}
    if None in both.values():
        return False
    for key, value in part.items():
        if is_remark(key):
            whole.setdefault(key, value)
    whole["type"] = "object"
    if own or more:
        whole["properties"] = {**own, **more, **both}
    if "required" in part:
        whole["required"] = [*whole.get("required", []), *part["required"]]
    return True


def as_text(branch: Any) -> str:
    """What branches of a union are sorted by: what they say, remarks last."""
    return json.dumps([shape(branch) if isinstance(branch, dict) else branch, branch], sort_keys=True)
