"""`operations.yaml`: what is known about the operations of an API beyond its document, read into plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from batch_api._operation import Condition, LimitFact, Operation
from codegen import yamlfile
from codegen.document import Json
from codegen.errors import CodegenError, each
from codegen.schema import target_of

_LIMIT = {*LimitFact._fields}
_FACTS = {*Operation._fields} - {"name", "method", "path", "items_are_text", "dates"}  # those come from elsewhere


def load(path: Path, document: Json) -> dict[str, Operation]:
    """The facts about each operation of the normalised document, by its name, in the order of names."""
    table = yamlfile.load_table(path)
    _refuse(table.keys() - {"default", "areas", "operations"}, str(path))
    default, areas, own = (table.get(key) or {} for key in ("default", "areas", "operations"))
    operations = {
        operation["operationId"]: (method, route, operation)
        for route, item in document["paths"].items()
        for method, operation in item.items()
    }
    known = {operation["tags"][0] for _, _, operation in operations.values()}
    for name in sorted(areas.keys() - known):
        raise CodegenError(f"{path}: areas.{name}", "is not an area", "Use an area from names.yaml, or remove it.")

    def one(name: str) -> tuple[str, Operation]:
        where = f"{path}: operations.{name}"
        if name not in operations:
            raise CodegenError(where, "is not an operation", "Remove it if it is gone, or use its name in names.yaml.")
        method, route, operation = operations[name]
        entry = {**default, **areas.get(operation["tags"][0], {}), **(own.get(name) or {})}
        facts = _facts(where, name, method.upper(), route, operation, entry)
        kind = _compared(where, facts, operation, document)
        return name, facts._replace(items_are_text=kind == "string")

    return dict(each(one, sorted(operations.keys() | own.keys())))


def undocumented(path: Path) -> Operation:
    """What is assumed about an operation that the document does not have: the defaults.

    One bucket for all of them: what is an operation of its own, and what an id in a path, cannot be told.
    """
    default = {"success": [200], **yamlfile.load_table(path)["default"]}
    facts = _facts(f"{path}: default", "", "", "", {"responses": {}}, default)
    return facts._replace(success=(), limits=tuple(limit._replace(group="undocumented") for limit in facts.limits))


def _facts(where: str, name: str, method: str, path: str, operation: Json, entry: Json) -> Operation:
    _refuse(entry.keys() - _FACTS, where)
    try:
        return Operation(
            name=name,
            method=method,
            path=path,
            success=_success(where, operation, entry),
            limits=tuple(_limit(where, limit) for limit in entry["limits"]),
            items=_path(entry.get("items")),
            max_items=None if entry.get("max_items") is None else int(entry["max_items"]),
            replay=bool(entry.get("replay", method in ("GET", "HEAD"))),
            replay_unless=_condition(where, entry.get("replay_unless")),
            pause=float(entry["pause"]),
            replay_only_if=_condition(where, entry.get("replay_only_if")),
            counted=_path(entry.get("counted")),
            instead=None if entry.get("instead") is None else str(entry["instead"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CodegenError(where, f"a fact is missing or unreadable: {error!r}", "Correct the entry.") from None


def _path(keys: list[object] | None) -> tuple[str, ...] | None:
    return None if keys is None else tuple(map(str, keys))


def _success(where: str, operation: Json, entry: Json) -> tuple[int, ...]:
    """The statuses of success that are known; none where the document says `2XX`: any such status is success anyway."""
    declared = {int(status) for status in operation["responses"] if status.isdigit() and status.startswith("2")}
    stated = {int(status) for status in entry.get("success", ())}
    if not declared | stated and "2XX" not in operation["responses"]:
        raise CodegenError(where, "declares no 2xx response", "List the statuses of success under `success`.")
    return tuple(sorted(declared | stated))


def _limit(where: str, entry: Json) -> LimitFact:
    _refuse(entry.keys() - _LIMIT, f"{where}.limits")
    if entry.get("unit") not in ("requests", "items"):
        raise CodegenError(f"{where}.limits", "has no unit", "Write `unit: requests` or `unit: items`.")
    return LimitFact(
        rate=float(entry["rate"]),
        per=float(entry.get("per", 1)),
        unit=entry["unit"],
        burst=None if entry.get("burst") is None else float(entry["burst"]),
        group=None if entry.get("group") is None else str(entry["group"]),
        when=_condition(where, entry.get("when")),
        headroom=float(entry.get("headroom", 0)),
        spacing=float(entry.get("spacing", 0)),
    )


def _condition(where: str, entry: Json | None) -> Condition | None:
    if entry is None:
        return None
    _refuse(entry.keys() - {"path", "equals"}, f"{where} (a condition)")
    equals = entry.get("equals")
    return Condition(
        tuple(map(str, entry["path"])), equals if equals is None or isinstance(equals, bool) else str(equals)
    )


def _compared(where: str, facts: Operation, operation: Json, document: Json) -> str | None:
    """The type of the items. The document must allow as many as the fact says; if it allows more, `spec-diff` tells."""
    if facts.items is None:
        return None
    schema: Any = {}
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media.get("schema", {})
    for key in facts.items:
        schema = _resolve(schema, document).get("properties", {}).get(key, {})
    schema = _resolve(schema, document)
    if schema.get("type") != "array":
        raise CodegenError(where, f"the body has no array at {list(facts.items)}", "Correct `items`.")
    stated = schema.get("maxItems")
    if stated is not None and (facts.max_items is None or stated < facts.max_items):
        raise CodegenError(where, f"max_items is {facts.max_items}, the document says {stated}", "Correct the fact.")
    kind: str | None = _resolve(schema.get("items", {}), document).get("type")
    return kind


def _resolve(schema: Json, document: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][target_of(schema)]
    return schema


def _refuse(unknown: set[str], where: str) -> None:
    if unknown:
        raise CodegenError(
            where, f"unknown keys: {', '.join(sorted(unknown))}", "Use the keys listed at the top of the file."
        )
