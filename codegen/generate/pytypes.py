"""From the generator's property tree to Python types, and to expressions that parse JSON into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from openapi_python_client.parser.properties import AnyProperty, LiteralEnumProperty, ModelProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from codegen.errors import CodegenError, each
from codegen.generate.generator import Parsed, properties
from codegen.generate.views import Branches, Import, module_of
from codegen.schema import Schema, all_properties, const_of
from codegen.text import literal

_NAMES = "names.yaml"
_SCALARS: dict[type, str] = {
    AnyProperty: "Any",
    BooleanProperty: "bool",
    DateProperty: "datetime.date",
    DateTimeProperty: "datetime.datetime",
    FloatProperty: "float",
    IntProperty: "int",
    NoneProperty: "None",
    StringProperty: "str",
    UuidProperty: "str",
}


class Types:
    """The types of properties; `schemas` are the components of the prepared document."""

    def __init__(self, schemas: dict[str, Schema], parsed: Parsed) -> None:
        self.schemas = schemas
        self.parsed = parsed
        self.unions = {
            frozenset(self._members(prop)): name
            for name, prop in sorted(parsed.components.items(), reverse=True)
            if isinstance(prop, UnionProperty) and len(self._members(prop)) > 1
        }
        """The name of each union, by its models."""
        named = [(name, sorted(members)) for members, name in self.unions.items()]
        self.branches = dict(each(lambda union: (union[0], self._branches(*union)), named))
        self.kinds = {(model, b.key) for b in self.branches.values() if b.key for _, model in b.cases}
        """Pairs of a model and the key, as a literal, whose value tells it from the other branches of its union."""

    def of(self, prop: Any) -> list[str]:
        """The Python types of a property, without `Unset`; `None` comes last."""
        if isinstance(prop, UnionProperty):
            parts = list(dict.fromkeys(part for inner in prop.inner_properties for part in self.of(inner)))
            if "Any" in parts:
                return ["Any"]
            return [part for part in parts if part != "None"] + (["None"] if "None" in parts else [])
        if isinstance(prop, ListProperty):
            return [f"list[{' | '.join(self.of(prop.inner_property))}]"]
        if isinstance(prop, ConstProperty):
            value = prop.value.raw_value
            return [f"Literal[{literal(value)}]", type(value).__name__]
        if isinstance(prop, (ModelProperty, LiteralEnumProperty)):
            return [str(prop.class_info.name)]
        try:
            return [_SCALARS[type(prop)]]
        except KeyError:
            raise CodegenError(
                "codegen/generate/pytypes.py",
                f"does not know {type(prop).__name__}",
                "Repair it with an overlay, or teach it.",
            ) from None

    def names(self, prop: Any) -> Iterator[str]:
        """The names that the type of a property needs from the models package."""
        if isinstance(prop, UnionProperty):
            for inner in prop.inner_properties:
                yield from self.names(inner)
        elif isinstance(prop, ListProperty):
            yield from self.names(prop.inner_property)
        elif isinstance(prop, (ModelProperty, LiteralEnumProperty)):
            yield str(prop.class_info.name)

    def parse(self, prop: Any) -> str:
        """An expression with `{}` in the place of the JSON value.

        Each step takes its own kind of value and passes on what is none: dates take strings, models take objects, lists
        take arrays. That is why the steps for the branches of a union can follow each other.
        """
        expression = "{}"
        for step in self._steps(prop):
            expression = step.replace("{}", expression)
        return expression

    def _steps(self, prop: Any) -> list[str]:
        if isinstance(prop, UnionProperty):
            return self._union_steps(prop)
        if isinstance(prop, ListProperty):
            inner = self._steps(prop.inner_property)
            if not inner:
                return []
            if len(inner) == 1 and inner[0].endswith("({})"):
                return [f"each({inner[0].removesuffix('({})')}, {{}})"]
            return [f"each(lambda item: {self.parse(prop.inner_property).replace('{}', 'item')}, {{}})"]
        if isinstance(prop, DateTimeProperty):
            return ["to_datetime({})"]
        if isinstance(prop, DateProperty):
            return ["to_date({})"]
        if isinstance(prop, ModelProperty) and self.has_fields(prop):
            return [f"{prop.class_info.name}.from_dict({{}})"]
        return []

    def _union_steps(self, prop: UnionProperty) -> list[str]:
        members = self._members(prop)
        steps: list[str] = []
        for inner in prop.inner_properties:
            if isinstance(inner, ModelProperty):
                continue
            # A date among plain strings stays a string: nothing says which of the two it is.
            if isinstance(inner, (DateTimeProperty, DateProperty)) and self._has_text(prop):
                continue
            steps += self._steps(inner)
        if len(members) > 1:
            steps.append(f"parse_{module_of(self._union(members))}({{}})")
        elif members and self.has_fields(self.parsed.models[members[0]]):
            steps.append(f"{members[0]}.from_dict({{}})")
        return steps

    def needs(self, prop: Any) -> Iterator[Import]:
        """What the expression of `parse` needs from the models package."""
        if isinstance(prop, UnionProperty):
            members = self._members(prop)
            if len(members) > 1:
                name = self._union(members)
                yield Import(module_of(name), f"parse_{module_of(name)}")
            for inner in prop.inner_properties:
                if len(members) < 2 or not isinstance(inner, ModelProperty):
                    yield from self.needs(inner)
        elif isinstance(prop, ListProperty):
            yield from self.needs(prop.inner_property)
        elif isinstance(prop, ModelProperty) and self.has_fields(prop):
            yield Import(module_of(str(prop.class_info.name)), str(prop.class_info.name))

    def has_fields(self, prop: ModelProperty) -> bool:
        """Whether it is a class. An object whose keys are all free is a plain dict."""
        return bool(properties(self.parsed.models[str(prop.class_info.name)]))

    def _has_text(self, prop: UnionProperty) -> bool:
        texts = (StringProperty, LiteralEnumProperty, ConstProperty)
        return any(isinstance(inner, texts) for inner in prop.inner_properties)

    def _members(self, prop: Any) -> list[str]:
        """The models among the branches of a union."""
        inner = prop.inner_properties if isinstance(prop, UnionProperty) else []
        return [str(branch.class_info.name) for branch in inner if isinstance(branch, ModelProperty)]

    def _union(self, members: Iterable[str]) -> str:
        try:
            return self.unions[frozenset(members)]
        except KeyError:
            raise CodegenError(
                _NAMES, f"the union of {', '.join(members)} has no name", "Give its place a line."
            ) from None

    def _branches(self, name: str, members: list[str]) -> Branches:
        """How to tell the models of a union apart: by a property with one value each, or by a key of their own."""
        tables = {member: all_properties(member, self.schemas) for member in members}
        shared = set.intersection(*(set(table) for table in tables.values()))
        for key in sorted(shared):
            values = {member: const_of(table[key]) for member, table in tables.items()}
            open_ends = [member for member, value in values.items() if value is None]
            cases = [(literal(value), member) for member, value in values.items() if value is not None]
            if len(open_ends) < 2 and cases and len({value for value, _ in cases}) == len(cases):
                return Branches(literal(key), sorted(cases), open_ends[0] if open_ends else None)
        own = {member: sorted(set(table) - shared - self._others(tables, member)) for member, table in tables.items()}
        required = {member: [key for key in keys if key in self._required(member)] for member, keys in own.items()}
        if all(required.values()):
            return Branches("", [(literal(keys[0]), member) for member, keys in required.items()], None)
        raise CodegenError(
            _NAMES,
            f"the branches of {name} cannot be told apart: {', '.join(members)}",
            "With an overlay, give each a property with one value (`const`), or make them one model.",
        )

    def _others(self, tables: dict[str, dict[str, Schema]], member: str) -> set[str]:
        return {key for other, table in tables.items() if other != member for key in table}

    def _required(self, name: str) -> set[str]:
        return set(self.schemas[name].get("required", ()))
