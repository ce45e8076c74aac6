"""What the templates are given: models, aliases and endpoints as plain values, ready to be written.

The generator's property tree is read here, and nowhere else, into Python types and expressions that parse JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import (
    AnyProperty,
    LiteralEnumProperty,
    ModelProperty,
    Property,
)
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
from openapi_python_client.strings import PythonIdentifier

from .document import Json
from .errors import CodegenError
from .facts import Facts
from .generator import Parsed, properties
from .names import Names
from .schema import Schema, children, const_of
from .text import first_sentence, literal

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


class Import(NamedTuple):
    """`from .module import name`, in the models package."""

    module: str
    name: str


class Field(NamedTuple):
    name: str
    key: str
    """Its name in the API, as a Python literal."""
    type: str
    default: str | None
    parse: str
    """The expression that makes its value of `{}`, the JSON."""
    doc: str


class Model(NamedTuple):
    name: str
    module: str
    doc: str
    sent: bool
    """Can be part of a request: then a field may be `UNSET`; otherwise `None` says that it is missing."""
    fields: list[Field]
    types: list[Import]
    parsers: list[Import]


class Alias(NamedTuple):
    """An enumeration, a union, a map of free keys, or a plain value that has a name."""

    name: str
    module: str
    doc: str
    type: str
    types: list[Import]
    branches: Branches | None


class Branches(NamedTuple):
    """How the models of a union are told apart."""

    key: str
    """The property whose value says it, as a literal; empty where the keys that are present do."""
    cases: list[tuple[str, str]]
    """Literals of the value, or of the key, and the model it means."""
    otherwise: str | None
    """The model for every other object, if there is one."""


class Argument(NamedTuple):
    name: str
    key: str
    type: str
    required: bool
    doc: str


class Function(NamedTuple):
    """One endpoint function."""

    name: str
    constant: str
    doc: str
    body: str | None
    arguments: list[Argument]
    result: str
    parse: str


class Area(NamedTuple):
    """One module of endpoints."""

    name: str
    doc: str
    functions: list[Function]
    bodies: list[Import]
    """Only in annotations."""
    answers: list[Import]


class Views:
    """Everything that is to be written, from the parsed document."""

    def __init__(self, document: Json, parsed: Parsed, facts: dict[str, Facts], names: Names) -> None:
        self.schemas: dict[str, Schema] = document["components"]["schemas"]
        self.operations: dict[str, Json] = {
            operation["operationId"]: operation for item in document["paths"].values() for operation in item.values()
        }
        self.parsed = parsed
        self.facts = facts
        self.names = names
        self.sent = self._sent()
        self.unions = {
            frozenset(self._members(prop)): name
            for name, prop in sorted(parsed.components.items(), reverse=True)
            if isinstance(prop, UnionProperty) and len(self._members(prop)) > 1
        }
        self.branches = {name: self._branches(name, sorted(members)) for members, name in self.unions.items()}
        self.kinds = {(model, b.key) for b in self.branches.values() if b.key for _, model in b.cases}
        self.holders = self._holders()

    # Models and aliases

    def models(self) -> list[Model]:
        return [self._model(name, prop) for name, prop in sorted(self.parsed.models.items()) if properties(prop)]

    def aliases(self) -> list[Alias]:
        models = {model.name for model in self.models()}
        return [self._alias(name, prop) for name, prop in self.parsed.components.items() if name not in models]

    def _model(self, name: str, model: ModelProperty) -> Model:
        sent = name in self.sent
        fields = [self._field(name, prop, sent) for prop in properties(model)]
        fields.sort(key=lambda field: (field.default is not None, field.name))
        used = [named for prop in properties(model) for named in self._named(prop)]
        parsers = [self._importer(prop) for prop in properties(model)]
        return Model(
            name=name,
            module=module_of(name),
            doc=self._doc(name),
            sent=sent,
            fields=fields,
            types=_imports(used, but=name),
            parsers=sorted({entry for group in parsers for entry in group if entry.name != name}),
        )

    def _field(self, model: str, prop: Property, sent: bool) -> Field:
        default = self._default(prop, sent)
        key = literal(prop.name.get_untrusted_value())
        parts = self._types(prop)
        if (model, key) in self.kinds:
            # What tells the branches of a union apart has this value only, and type checkers narrow by it.
            parts = parts[:1]
        if sent:
            parts += [] if prop.required else ["Unset"]
        else:
            # What the API sends may be anything: a value that is not documented is kept, and may be missing.
            parts = [*(part for part in parts if part != "None"), "None"]
            parts = ["Any"] if "Any" in parts else parts
        missing = "UNSET" if sent else "None"
        return Field(
            name=str(prop.python_name),
            key=key,
            type=" | ".join(parts),
            default=default,
            parse=self._parse(prop).replace("{}", f"rest.pop({key}, {missing})"),
            doc=self._field_doc(model, prop.name.get_untrusted_value()),
        )

    def _default(self, prop: Property, sent: bool) -> str | None:
        if not sent:
            return "None"
        if isinstance(prop, ConstProperty) and prop.required:
            return literal(prop.value.raw_value)
        return None if prop.required else "UNSET"

    def _alias(self, name: str, prop: Property) -> Alias:
        doc = self._doc(name)
        if isinstance(prop, ModelProperty):
            return Alias(name, module_of(name), doc, "dict[str, Any]", [], None)
        if isinstance(prop, LiteralEnumProperty):
            values = ", ".join(literal(value) for value in self._enum(name))
            return Alias(name, module_of(name), doc, f"Literal[{values}] | {prop.value_type.__name__}", [], None)
        types, branches = " | ".join(self._types(prop)), self.branches.get(name)
        return Alias(name, module_of(name), doc, types, _imports(self._named(prop), but=name), branches)

    def _enum(self, name: str) -> list[str | int]:
        """The values of an enumeration, in the order of the document."""
        values: list[str | int] = list(dict.fromkeys(self.schemas[name]["enum"]))
        return values

    # Types

    def _types(self, prop: Any) -> list[str]:
        """The Python types of a property, without `Unset`; `None` comes last."""
        if isinstance(prop, UnionProperty):
            parts = list(dict.fromkeys(part for inner in prop.inner_properties for part in self._types(inner)))
            if "Any" in parts:
                return ["Any"]
            return [part for part in parts if part != "None"] + (["None"] if "None" in parts else [])
        if isinstance(prop, ListProperty):
            return [f"list[{' | '.join(self._types(prop.inner_property))}]"]
        if isinstance(prop, ConstProperty):
            value = prop.value.raw_value
            return [f"Literal[{literal(value)}]", type(value).__name__]
        if isinstance(prop, (ModelProperty, LiteralEnumProperty)):
            return [str(prop.class_info.name)]
        try:
            return [_SCALARS[type(prop)]]
        except KeyError:
            raise CodegenError(
                "codegen/views.py", f"does not know {type(prop).__name__}", "Repair it with an overlay, or teach it."
            ) from None

    def _named(self, prop: Any) -> Iterator[str]:
        """The names that the type of a property needs from the models package."""
        if isinstance(prop, UnionProperty):
            for inner in prop.inner_properties:
                yield from self._named(inner)
        elif isinstance(prop, ListProperty):
            yield from self._named(prop.inner_property)
        elif isinstance(prop, (ModelProperty, LiteralEnumProperty)):
            yield str(prop.class_info.name)

    # Parsing

    def _parse(self, prop: Any) -> str:
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
            return [f"each(lambda item: {self._parse(prop.inner_property).replace('{}', 'item')}, {{}})"]
        if isinstance(prop, DateTimeProperty):
            return ["to_datetime({})"]
        if isinstance(prop, DateProperty):
            return ["to_date({})"]
        if isinstance(prop, ModelProperty) and self._has_fields(prop):
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
        elif members and self._has_fields(self.parsed.models[members[0]]):
            steps.append(f"{members[0]}.from_dict({{}})")
        return steps

    def _importer(self, prop: Any) -> Iterator[Import]:
        """What the expression of `_parse` needs from the models package."""
        if isinstance(prop, UnionProperty):
            members = self._members(prop)
            if len(members) > 1:
                name = self._union(members)
                yield Import(module_of(name), f"parse_{module_of(name)}")
            for inner in prop.inner_properties:
                if len(members) < 2 or not isinstance(inner, ModelProperty):
                    yield from self._importer(inner)
        elif isinstance(prop, ListProperty):
            yield from self._importer(prop.inner_property)
        elif isinstance(prop, ModelProperty) and self._has_fields(prop):
            yield Import(module_of(str(prop.class_info.name)), str(prop.class_info.name))

    def _has_fields(self, prop: ModelProperty) -> bool:
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
                str(self.names.path), f"the union of {', '.join(members)} has no name", "Give its place a line."
            ) from None

    def _branches(self, name: str, members: list[str]) -> Branches:
        """How to tell the models of a union apart: by a property with one value each, or by a key of their own."""
        tables = {member: self._properties(member) for member in members}
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
            str(self.names.path),
            f"the branches of {name} cannot be told apart: {', '.join(members)}",
            "With an overlay, give each a property with one value (`const`), or make them one model.",
        )

    def _others(self, tables: dict[str, dict[str, Schema]], member: str) -> set[str]:
        return {key for other, table in tables.items() if other != member for key in table}

    def _properties(self, name: str) -> dict[str, Schema]:
        found: dict[str, Schema] = dict(self.schemas[name].get("properties", {}))
        for part in self.schemas[name].get("allOf", []):
            found |= self._properties(_target(part)) if "$ref" in part else part.get("properties", {})
        return found

    def _required(self, name: str) -> set[str]:
        return set(self.schemas[name].get("required", ()))

    # Endpoints

    def areas(self) -> list[Area]:
        found: dict[str, list[str]] = {}
        for name, operation in sorted(self.operations.items()):
            found.setdefault(operation["tags"][0], []).append(name)
        return [self._area(area, operations) for area, operations in sorted(found.items())]

    def _area(self, area: str, operations: list[str]) -> Area:
        endpoints = [self.parsed.endpoints[name] for name in operations]
        arguments = [prop for endpoint in endpoints for prop in endpoint.query_parameters]
        bodies = [named for endpoint in endpoints for body in endpoint.bodies for named in self._named(body.prop)]
        bodies += [named for prop in arguments for named in self._named(prop)]
        answers = [self._answer(endpoint) for endpoint in endpoints]
        needed = {entry for prop in answers if prop is not None for entry in self._importer(prop)}
        types = [named for prop in answers if prop is not None for named in self._named(prop)]
        return Area(
            name=area,
            doc=self.names.areas.get(area, f"Operations on {area}."),
            functions=[self._function(endpoint) for endpoint in endpoints],
            bodies=[entry for entry in _imports([*bodies, *types]) if entry not in needed],
            answers=sorted(needed),
        )

    def _function(self, endpoint: Endpoint) -> Function:
        name = str(endpoint.name)
        others = [*endpoint.path_parameters, *endpoint.header_parameters, *endpoint.cookie_parameters]
        if others:
            raise CodegenError(
                "codegen/views.py",
                f"{name} has a parameter that is not in the query: {others[0].name.get_untrusted_value()}",
                "Remove it with an overlay, or teach the templates and the engine.",
            )
        answer = self._answer(endpoint)
        arguments = [self._argument(endpoint, prop) for prop in endpoint.query_parameters]
        return Function(
            name=name,
            constant=name.upper(),
            doc=self._function_doc(name),
            body=self._body(endpoint),
            arguments=sorted(arguments, key=lambda argument: not argument.required),
            result=self._result(endpoint, answer),
            parse="None" if answer is None else self._parse(answer).replace("{}", "reply.json()"),
        )

    def _result(self, endpoint: Endpoint, answer: Any) -> str:
        declared = self.operations[str(endpoint.name)]["responses"]
        empty = any("content" not in declared.get(str(status), ()) for status in self.facts[str(endpoint.name)].success)
        types = [] if answer is None else self._types(answer)
        return " | ".join([*types, *(["None"] if empty and "None" not in types else [])])

    def _argument(self, endpoint: Endpoint, prop: Property) -> Argument:
        types = self._types(prop)
        if isinstance(prop, ListProperty):
            types = [f"Sequence[{' | '.join(self._types(prop.inner_property))}]"]
        key = prop.name.get_untrusted_value()
        parameters = self.operations[str(endpoint.name)]["parameters"]
        description = next(entry.get("description", "") for entry in parameters if entry["name"] == key)
        kind = " | ".join(types) + ("" if prop.required else " | Unset")
        return Argument(str(prop.python_name), literal(key), kind, prop.required, description)

    def _body(self, endpoint: Endpoint) -> str | None:
        if not endpoint.bodies:
            return None
        prop: Any = endpoint.bodies[0].prop
        if isinstance(prop, ListProperty):
            inner = " | ".join([*self._types(prop.inner_property), "Mapping[str, Any]"])
            return f"Sequence[{inner}] | Encoded"
        return " | ".join([*self._types(prop), "Mapping[str, Any]", "Encoded"])

    def _answer(self, endpoint: Endpoint) -> Any:
        """The property of the successful answers, `None` where none has a body; two kinds of body are refused."""
        declared = self.operations[str(endpoint.name)]["responses"]
        success = {str(status) for status in self.facts[str(endpoint.name)].success}
        found: dict[str, Any] = {}
        for response in endpoint.responses.patterns:
            if response.status_code.pattern in success and declared[response.status_code.pattern].get("content"):
                found[" | ".join(self._types(response.prop))] = response.prop
        if len(found) > 1:
            raise CodegenError(
                "codegen/views.py",
                f"{endpoint.name} has successful answers of several types: {', '.join(sorted(found))}",
                "Make them one with an overlay.",
            )
        return next(iter(found.values()), None)

    # Descriptions

    def _doc(self, name: str) -> str:
        """What a component says of itself, or what is said where it is used."""
        return self._description(self.schemas[name]) or self.holders.get(name) or f"`{name}`, of which nothing is said."

    def _holders(self) -> dict[str, str]:
        """For each component, a description of the first place that refers to it."""
        found: dict[str, str] = {}
        for name, operation in sorted(self.operations.items()):
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            for media in bodies:
                _hold(found, media.get("schema", {}), f"The body of `{name}`.")
            for response in operation["responses"].values():
                for media in response.get("content", {}).values():
                    _hold(found, media.get("schema", {}), response.get("description", ""))
            for parameter in operation.get("parameters", []):
                _hold(found, parameter.get("schema", {}), parameter.get("description", ""))
        for _, schema in sorted(self.schemas.items()):
            for part in [schema, *schema.get("allOf", [])]:
                for child in part.get("properties", {}).values():
                    _hold(found, child, self._description(child))
        return found

    def _description(self, schema: Schema) -> str:
        return str(schema.get("description") or "").strip()

    def _field_doc(self, model: str, key: str) -> str:
        schema = self._properties(model).get(key, {})
        own = self._description(schema)
        if own or "$ref" not in schema:
            return own
        return first_sentence(self._description(self.schemas[_target(schema)]))

    def _function_doc(self, name: str) -> str:
        operation = self.operations[name]
        text = self._description(operation) or str(operation.get("summary") or "").strip() or f"{name}."
        arguments = [entry for entry in operation.get("parameters", []) if entry.get("in") == "query"]
        lines = []
        for entry in arguments:
            remark = " ".join(self._description(entry).split())
            lines.append(f"- `{PythonIdentifier(entry['name'], '')}`: {remark}" if remark else "")
        return "\n\n".join([text, *(["\n".join(line for line in lines if line)] if any(lines) else [])])

    # What can be sent

    def _sent(self) -> set[str]:
        """The components that can be part of a request."""
        found: set[str] = set()
        waiting = [
            media["schema"]
            for operation in self.operations.values()
            for media in operation.get("requestBody", {}).get("content", {}).values()
            if "schema" in media
        ]
        while waiting:
            schema = waiting.pop()
            if "$ref" in schema:
                name = _target(schema)
                waiting += [] if name in found else [self.schemas[name]]
                found.add(name)
            waiting += [child for _, child in children(schema) if isinstance(child, dict)]
        return found


def _hold(found: dict[str, str], schema: Schema, text: str) -> None:
    schema = schema.get("items", schema)
    if "$ref" in schema and text:
        found.setdefault(_target(schema), text)


def module_of(name: str) -> str:
    """The module of a class: its name in snake_case."""
    return str(PythonIdentifier(name, ""))


def _target(reference: Schema) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[1]


def _imports(names: Iterable[str], but: str = "") -> list[Import]:
    return sorted({Import(module_of(name), name) for name in names if name != but})
