"""Schemas that the vendor wrote out several times where we have one component."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from codegen.schema import Schema, shape

_PREFIX = "#/components/schemas/"


def alike(one: Schema, other: Schema, components: Mapping[str, Schema], made_up: Container[str]) -> bool:
    """Whether two schemas have one shape. What has no name but one that we made up may have another name in each."""
    compared: set[tuple[str, str]] = set()
    waiting: list[tuple[Any, Any]] = [(shape(one), shape(other))]
    while waiting:
        left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            first, second = target(left), target(right)
            if first != second and first in made_up and second in made_up:
                if (first, second) not in compared:
                    compared.add((first, second))
                    waiting.append((shape(components[first]), shape(components[second])))
            elif left.keys() != right.keys():
                return False
            else:
                waiting += [(left[key], right[key]) for key in left]
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            waiting += zip(left, right, strict=True)
        elif left != right:
            return False
    return True


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
