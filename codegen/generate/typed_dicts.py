"""The bodies of requests as types for dicts: a `TypedDict` for each object, by the names of the models.

They say what the document says, and no more: what takes free names is a `Mapping` with typed values, an enumeration a
`Literal`. Where a dict is typed, a model may stand, too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from keyword import iskeyword
from typing import Any, NamedTuple

from codegen.api import Api
from codegen.document import Json
from codegen.generate.describe import Descriptions
from codegen.generate.models import sent
from codegen.schema import UNIONS, Schema, all_properties, children, const_of, target_of
from codegen.text import literal

_SCALARS = {"boolean": "bool", "integer": "int", "null": "None", "number": "float", "string": "str"}


class Entry(NamedTuple):
    """A key of a typed dict."""

    key: str
    type: str
    doc: str


class Typed(NamedTuple):
    """A typed dict. Keys that are no names of Python's stand in `odd`."""

    name: str
    doc: str
    entries: list[Entry]
    odd: list[Entry]


class Named(NamedTuple):
    """A name for another type."""

    name: str
    doc: str
    type: str


class TypedDicts:
    """All types of request bodies, and of what they are made of."""

    def __init__(self, document: Json, api: Api, words: Descriptions, public: Container[str]) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.api = api
        self.words = words
        self.public = public
        """The names that a person gave: no other has a model that may stand in a dict's place."""
        self.names = sorted(sent(document) | _of_parameters(document))
        self.dated = self._dated()

    def typed(self) -> list[Typed]:
        return [self._typed(name) for name in self.names if self._is_dict(name)]

    def named(self) -> list[Named]:
        """In an order in which each can be written: what a name is made of stands before it."""
        return [Named(name, self.words.component(name), self._alias(name)) for name in self._in_order()]

    def _is_dict(self, name: str) -> bool:
        schema = self.schemas[name]
        return bool(all_properties(name, self.schemas)) and not isinstance(schema.get("additionalProperties"), dict)

    def _typed(self, name: str) -> Typed:
        required = self.schemas[name].get("required", ())
        entries = []
        for key, schema in sorted(all_properties(name, self.schemas).items()):
            inner = self._type(schema, key)
            doc = self.words.field(name, key)
            entries.append(Entry(key, inner if key in required else f"NotRequired[{inner}]", doc))
        entries.sort(key=lambda entry: (entry.key not in required, entry.key))
        odd = [entry for entry in entries if not entry.key.isidentifier() or iskeyword(entry.key)]
        return Typed(name, self._doc(name, odd), [entry for entry in entries if entry not in odd], odd)

    def _doc(self, name: str, odd: list[Entry]) -> str:
        """What is said of an object, and of those of its keys that cannot have a docstring of their own."""
        lines = "\n".join(f"- `{entry.key}`: {' '.join(entry.doc.split())}" for entry in odd)
        return self.words.component(name) + (f"\n\n{lines}" if lines else "")

    def _alias(self, name: str) -> str:
        found = self._type(self.schemas[name], "")
        if name in self.dated:
            found = "Mapping[str, datetime | " + found.removeprefix("Mapping[str, ")
        return f'"{found}"' if self._is_late(name) else found

    def _type(self, schema: Any, key: str) -> str:
        """The type of a value under `key`."""
        parts = dict.fromkeys(self._parts(schema, key))
        return " | ".join(sorted(parts, key=lambda part: part == "None"))

    def _parts(self, schema: Any, key: str) -> Iterator[str]:
        if "$ref" in schema:
            name = target_of(schema)
            yield name
            if self._is_dict(name) and name in self.public:
                yield f"models.{name}"
        elif (const := const_of(schema)) is not None:
            yield f"Literal[{literal(const)}]"
        elif "enum" in schema:
            yield f"Literal[{', '.join(literal(value) for value in schema['enum'])}]"
        elif union := next((schema[keyword] for keyword in UNIONS if keyword in schema), None):
            for branch in union:
                yield from self._parts(branch, key)
        elif schema.get("type") == "array":
            yield f"ListOf[{self._type(schema.get('items', {}), '')}]"
        elif schema.get("type") == "object":
            yield f"Mapping[str, {self._value(schema)}]"
        else:
            yield from self._scalars(schema, key)

    def _scalars(self, schema: Schema, key: str) -> Iterator[str]:
        kinds = schema.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            yield _SCALARS[kind]
        if schema.get("format") == "date-time" or key in self.api.datetimes:
            yield "datetime"
        if key in self.api.objects:
            yield "Mapping[str, Any]"
        if not kinds:
            yield "Any"

    def _value(self, schema: Schema) -> str:
        """The type of the values under free names."""
        values = schema.get("additionalProperties")
        return self._type(values, "") if isinstance(values, dict) and values else "Any"

    def _dated(self) -> set[str]:
        """The objects whose free names say what is a date: there a datetime goes under `date(name)`."""
        tables = [all_properties(name, self.schemas) for name in self.names]
        named = {
            target_of(table[key]) for table in tables for key in self.api.dates.named if "$ref" in table.get(key, {})
        }
        return {name for name in named if not self._is_dict(name)} | {
            name for name in self.names if "patternProperties" in self.schemas[name]
        }

    # -- order ---------------------------------------------------------------------------------------------------

    def _in_order(self) -> list[str]:
        found: list[str] = []

        def add(name: str) -> None:
            if name not in found and not self._is_dict(name):
                for inner in [] if self._is_late(name) else sorted(_below(self.schemas[name])):
                    add(inner)
                found.append(name)

        for name in self.names:
            add(name)
        return found

    def _is_late(self, name: str) -> bool:
        """Whether a name is made of one that is part of itself: then it can be written as text only."""
        return any(inner in self._made_of(inner) for inner in {name, *self._made_of(name)})

    def _made_of(self, name: str) -> set[str]:
        """The other names that one is made of, whatever the depth; typed dicts are not looked into."""
        waiting, seen = _below(self.schemas[name]), set[str]()
        while waiting:
            inner = waiting.pop()
            if inner not in seen and not self._is_dict(inner):
                seen.add(inner)
                waiting |= _below(self.schemas[inner])
        return seen


def _below(schema: Schema) -> set[str]:
    """The components that a schema refers to, at whatever depth."""
    if "$ref" in schema:
        return {target_of(schema)}
    inside = [child for (keyword, _), child in children(schema) if keyword != "patternProperties"]
    return {name for child in inside if isinstance(child, dict) for name in _below(child)}


def _of_parameters(document: Json) -> set[str]:
    """The components that parameters of requests are made of."""
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    return {
        name
        for operation in operations
        for entry in operation.get("parameters", [])
        for name in _below(entry.get("schema", {}))
    }
