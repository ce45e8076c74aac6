"""The branches of unions, and which of the old ones is which of the new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from codegen.moves import marks
from codegen.schema import ANNOTATIONS, UNIONS, Schema, const_of, is_object, shape, target_of


class Branch(NamedTuple):
    """A branch of the old union, of the new one, or of both, and what it is called."""

    old: Schema | None
    new: Schema | None
    name: str


class Components(Protocol):
    """What `Schemas` knows."""

    old: dict[str, Schema]
    new: dict[str, Schema]
    same: dict[str, str]

    def flat(self, schema: Schema, schemas: Mapping[str, Schema]) -> Schema: ...


def normal(schema: Any) -> Schema:
    """A schema as a mapping: `true` says nothing, `false` refuses all."""
    if isinstance(schema, dict):
        return schema
    return {"not": {}} if schema is False else {}


def kinds(schema: Schema) -> frozenset[str]:
    """The JSON types that a schema accepts; none if it does not say."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return frozenset({stated})
    if isinstance(stated, list):
        return frozenset(map(str, stated))
    return frozenset({"object"}) if is_object(schema) else frozenset()


def branches(schema: Schema) -> list[Schema]:
    """The branches of a union; what is none is its own branches, one for each type it allows."""
    found = [normal(branch) for key in UNIONS for branch in schema.get(key, ())]
    if found:
        return found
    bare = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    types = sorted(kinds(schema)) if isinstance(schema.get("type"), list) else []
    return [{**bare, "type": kind} for kind in types] or [bare]


def matched(old: Schema, new: Schema, known: Components) -> list[Branch]:
    """The branches of both: first those that are the same, then those that are alike, then those that have no other."""
    was, now = branches(old), branches(new)
    found: list[Branch] = []
    for fits in (_is_same, _is_alike):
        for branch in list(was):
            other = next((one for one in now if fits(branch, one, known)), None)
            if other is not None:
                was.remove(branch)
                now.remove(other)
                found.append(Branch(branch, other, named(branch, known.old, known)))
    found += [Branch(branch, None, named(branch, known.old, known)) for branch in was]
    found += [Branch(None, branch, named(branch, known.new, known)) for branch in now]
    return found


def named(branch: Schema, schemas: Mapping[str, Schema], known: Components) -> str:
    """What a branch is called: our name for it, or its type."""
    if "$ref" in branch:
        return target_of(branch)
    whole = known.flat(branch, schemas)
    types = " or ".join(sorted(kinds(whole)))
    return f"{whole['format']} {types}" if isinstance(whole.get("format"), str) else types or "anything"


def _is_same(old: Schema, new: Schema, known: Components) -> bool:
    if "$ref" in old and "$ref" in new:
        return known.same.get(target_of(old)) == target_of(new)
    return "$ref" not in old and "$ref" not in new and shape(old) == shape(new)


def _is_alike(old: Schema, new: Schema, known: Components) -> bool:
    """Whether what is compared is worth more than to say that one has gone and another come."""
    was, now = known.flat(old, known.old), known.flat(new, known.new)
    if kinds(was) != kinds(now):
        return False
    if kinds(was) != {"object"}:
        return bool(const_of(was) == const_of(now))
    before, after = marks(was, known.old), marks(now, known.new)
    return before == after or 2 * len(before & after) >= len(before | after) > 0
