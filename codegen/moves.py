"""Where a schema or an operation that names.yaml cannot find any more may have gone.

A schema is known by its properties, or by its values if it is an enumeration; what they were is read from the document
of the last run. An operation is known by its method and path. What looks alike is proposed, and never taken by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from codegen.names import Line
from codegen.schema import UNIONS, Schema, target_of

ALIKE = 0.5
"""The share of properties that two schemas must have in common."""
NEAR = 0.6
"""How similar the words of two operations must be."""


def marks(schema: Schema, schemas: Mapping[str, Schema], depth: int = 3) -> frozenset[str]:
    """What identifies a schema: the names of its properties and the values of its enumerations."""
    found = set(map(str, schema.get("properties", ()))) | {f"={value}" for value in schema.get("enum", ())}
    parts = [part for key in (*UNIONS, "allOf") for part in schema.get(key, [])]
    for part in parts if depth else []:
        if isinstance(part, dict):
            inner = schemas.get(target_of(part), {}) if "$ref" in part else part
            found |= marks(inner, schemas, depth - 1)
    return frozenset(found)


def schema_moved(name: str, before: Mapping[str, Schema], now: Mapping[str, Schema], new: Mapping[str, str]) -> str:
    """A proposal for the schema `name`, empty if nothing is like it. `new` has the places of schemas without a line."""
    was = marks(before.get(name, {}), before)
    alike: list[tuple[float, str, int]] = []
    for other, place in new.items():
        has = marks(now.get(other, {}), now)
        share = len(was & has) / len(was | has) if was and has else 0.0
        if share >= ALIKE:
            alike.append((-share, place, len(was & has)))
    if not alike:
        return ""
    _, place, shared = min(alike)
    return f"{shared} of its {len(was)} properties or values are at `{place}` now: {name}: ['{place}']"


def operation_moved(location: str, new: Iterable[str]) -> str:
    """A proposal for the operation at `location`, empty if none of the new ones is near it."""
    near = sorted((-SequenceMatcher(None, location, other).ratio(), other) for other in new)
    return f"perhaps `{near[0][1]}` now" if near and -near[0][0] >= NEAR else ""


def explain(
    lost: Iterable[tuple[int, str]],
    lines: Iterable[Line],
    before: Mapping[str, Schema],
    now: Mapping[str, Schema],
    new_schemas: Mapping[str, str],
    new_operations: Iterable[str],
) -> Iterator[tuple[int, str, str]]:
    """The lines that matched nothing, each with a hint, if there is one."""
    lost, operations = list(lost), list(new_operations)
    by_location = {line.location: line for line in lines}
    keys = {location for _, location in lost if location not in by_location}
    gone = {line.name for _, location in lost if (line := by_location.get(location)) and line.name not in now}
    for number, location in lost:
        line = by_location.get(location)
        if line is None:
            yield number, location, operation_moved(location, operations)
        elif line.base in gone:
            yield number, location, f"goes with {line.base}"
        elif (key := next((key for key in keys if line.base.startswith(f"{key} ")), None)) is not None:
            yield number, location, f"goes with {key}"
        else:
            yield number, location, schema_moved(line.name, before, now, new_schemas)
