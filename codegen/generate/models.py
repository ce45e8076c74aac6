"""Views of the models, and of what is a name for a type only."""

from __future__ import annotations

from openapi_python_client.parser.properties import LiteralEnumProperty, ModelProperty, Property
from openapi_python_client.parser.properties.const import ConstProperty

from codegen.document import Json
from codegen.generate.describe import Descriptions
from codegen.generate.generator import Parsed, properties
from codegen.generate.pytypes import Types
from codegen.generate.views import Alias, Field, Model, imports, module_of
from codegen.schema import children, target_of
from codegen.text import literal


class Models:
    """Everything that goes into the models package."""

    def __init__(self, document: Json, parsed: Parsed, types: Types, words: Descriptions) -> None:
        self.schemas = types.schemas
        self.parsed = parsed
        self.types = types
        self.words = words
        self.sent = sent(document)

    def models(self) -> list[Model]:
        return [self._model(name, prop) for name, prop in sorted(self.parsed.models.items()) if properties(prop)]

    def aliases(self) -> list[Alias]:
        models = {model.name for model in self.models()}
        return [self._alias(name, prop) for name, prop in self.parsed.components.items() if name not in models]

    def _model(self, name: str, model: ModelProperty) -> Model:
        sent = name in self.sent
        fields = [self._field(name, prop, sent) for prop in properties(model)]
        fields.sort(key=lambda field: (field.default is not None, field.name))
        used = [named for prop in properties(model) for named in self.types.names(prop)]
        parsers = [self.types.needs(prop) for prop in properties(model)]
        return Model(
            name=name,
            module=module_of(name),
            doc=self.words.component(name),
            sent=sent,
            fields=fields,
            types=imports(set(used) - {name}),
            parsers=sorted({entry for group in parsers for entry in group if entry.name != name}),
        )

    def _field(self, model: str, prop: Property, sent: bool) -> Field:
        default = self._default(prop, sent)
        key = literal(prop.name.get_untrusted_value())
        parts = self.types.of(prop)
        if (model, key) in self.types.kinds:
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
            parse=self.types.parse(prop).replace("{}", f"rest.pop({key}, {missing})"),
            doc=self.words.field(model, prop.name.get_untrusted_value()),
        )

    def _default(self, prop: Property, sent: bool) -> str | None:
        if not sent:
            return "None"
        if isinstance(prop, ConstProperty) and prop.required:
            return literal(prop.value.raw_value)
        return None if prop.required else "UNSET"

    def _alias(self, name: str, prop: Property) -> Alias:
        doc = self.words.component(name)
        if isinstance(prop, ModelProperty):
            return Alias(name, module_of(name), doc, "dict[str, Any]", [], None)
        if isinstance(prop, LiteralEnumProperty):
            values = ", ".join(literal(value) for value in self._enum(name))
            return Alias(name, module_of(name), doc, f"Literal[{values}] | {prop.value_type.__name__}", [], None)
        types, branches = " | ".join(self.types.of(prop)), self.types.branches.get(name)
        return Alias(name, module_of(name), doc, types, imports(set(self.types.names(prop)) - {name}), branches)

    def _enum(self, name: str) -> list[str | int]:
        """The values of an enumeration, in the order of the document."""
        values: list[str | int] = list(dict.fromkeys(self.schemas[name]["enum"]))
        return values


def sent(document: Json) -> set[str]:
    """The components that can be part of a request."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting = [
        media["schema"]
        for item in document["paths"].values()
        for operation in item.values()
        for media in operation.get("requestBody", {}).get("content", {}).values()
        if "schema" in media
    ]
    while waiting:
        schema = waiting.pop()
        if "$ref" in schema:
            name = target_of(schema)
            waiting += [] if name in found else [schemas[name]]
            found.add(name)
        waiting += [child for _, child in children(schema) if isinstance(child, dict)]
    return found
