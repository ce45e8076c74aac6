"""Places that have one name: what the vendor writes out at each of them must come down to one component."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from codegen.generate.simplest import as_text, in_value_order
from codegen.generate.titles import token
from codegen.schema import Schema, shape

_PREFIX = "#/components/schemas/"


class Copy(NamedTuple):
    """What stands at one place of a name."""

    target: int
    """The `id` of the vendor's schema there."""
    place: str
    title: str
    """What it would be called by its place."""
    form: Schema


class Difference(NamedTuple):
    """What one of two schemas says, and the other does not say, or says otherwise."""

    step: str
    """Where inside of them, in the words of names.yaml."""
    what: str
    in_one: bool
    in_other: bool

    def told(self, one: str, other: str) -> str:
        inside = f" in `{self.step}`" if self.step else ""
        if self.in_one and self.in_other:
            return f"{self.what}{inside} is not the same at {one} and at {other}"
        return f"{self.what}{inside} is only at {one if self.in_one else other}"


def differences(
    one: Schema, other: Schema, components: Mapping[str, Schema], made_up: Container[str]
) -> list[Difference]:
    """Where two schemas differ, remarks aside. What has no name but one that we made up may have another in each."""
    found: list[Difference] = []
    compared: set[tuple[str, str]] = set()
    waiting: list[tuple[str, Schema, Schema]] = [("", shape(one), shape(other))]
    while waiting:
        step, left, right = waiting.pop()
        first, second = target(left), target(right)
        if first != second and first in made_up and second in made_up:
            if (first, second) not in compared:
                compared.add((first, second))
                waiting.append((step, shape(components[first]), shape(components[second])))
            continue
        for keyword in sorted(left.keys() | right.keys()):
            was, now = left.get(keyword), right.get(keyword)
            if was == now:
                continue
            if keyword in ("properties", "patternProperties"):
                was, now = was or {}, now or {}
                for key in sorted(was.keys() | now.keys()):
                    below = step + token((keyword, key))[0]
                    if isinstance(was.get(key), dict) and isinstance(now.get(key), dict):
                        waiting.append((below, was[key], now[key]))
                    elif was.get(key) != now.get(key):
                        found.append(Difference(step, f"`{key}`", key in was, key in now))
            elif keyword in ("enum", "required"):
                for value in sorted({*map(str, was or ())} ^ {*map(str, now or ())}):
                    what = f"the value '{value}'" if keyword == "enum" else f"that `{value}` is required"
                    found.append(Difference(step, what, value in map(str, was or ()), value in map(str, now or ())))
            elif isinstance(was, dict) and isinstance(now, dict):
                waiting.append((step + token((keyword, None))[0], was, now))
            elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
                pairs = enumerate(zip(was, now, strict=True))
                both = [(f"{step}<{number}>", a, b) for number, (a, b) in pairs if a != b]
                if all(isinstance(a, dict) and isinstance(b, dict) for _, a, b in both):
                    waiting += both
                else:
                    found.append(Difference(step, f"`{keyword}`", True, True))
            else:
                found.append(Difference(step, f"`{keyword}`", keyword in left, keyword in right))
    return sorted(found)


def merged(found: list[Copy]) -> Schema | None:
    """A schema that has what any of these has and requires what all of them require, `None` if they contradict."""
    bare = [shape(copy.form) for copy in found]
    whole = dict(found[0].form)
    if len({as_text({key: one[key] for key in one.keys() - _MERGED}) for one in bare}) > 1:
        return None
    properties: Schema = {}
    for key in dict.fromkeys(key for one in bare for key in one.get("properties", ())):
        having = [copy for copy in found if key in copy.form.get("properties", {})]
        first, *others = [copy.form["properties"][key] for copy in having]
        if any(shape(other) != shape(first) for other in others):
            return None
        properties[key] = first if len(having) == len(found) else _only_at([copy.place for copy in having], first)
    required = set.intersection(*({*one.get("required", ())} for one in bare))
    values = in_value_order([value for one in bare for value in one.get("enum", ())])
    for keyword, value in (("properties", properties), ("required", sorted(required)), ("enum", values)):
        whole.pop(keyword, None)
        whole |= {keyword: value} if value else {}
    return whole


_MERGED = {"properties", "required", "enum"}


def _only_at(places: list[str], schema: Schema) -> Schema:
    said = str(schema.get("description") or "").strip()
    return {**schema, "description": "\n\n".join(filter(None, [said, f"Only at {', '.join(places)}."]))}


def reached(start: Any, components: Mapping[str, Schema]) -> set[str]:
    """The components that can be reached from `start` by references."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            name = target(value)
            if name in components and name not in found:
                found.add(name)
                waiting.append(components[name])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def target(schema: Schema) -> str:
    """The component that a reference leads to, empty if it is none."""
    reference = schema.get("$ref")
    return reference.removeprefix(_PREFIX) if isinstance(reference, str) else ""
