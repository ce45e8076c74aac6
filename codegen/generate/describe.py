"""The words of the document as the text of docstrings."""

from __future__ import annotations

from openapi_python_client.strings import PythonIdentifier

from codegen.document import Json
from codegen.generate import bounds
from codegen.schema import Schema, all_properties, target_of
from codegen.text import first_sentence


class Descriptions:
    """What is said about components, their fields, and operations."""

    def __init__(self, schemas: dict[str, Schema], operations: dict[str, Json], hidden: str | None = None) -> None:
        """`hidden` is a parameter that is no argument: the engine fills it in."""
        self.schemas = schemas
        self.operations = operations
        self.hidden = hidden
        self.holders = self._holders()

    def component(self, name: str) -> str:
        """What a component says of itself, or what is said where it is used."""
        schema = self.schemas[name]
        said = description(schema) or self.holders.get(name) or f"`{name}`, of which nothing is said."
        return _with_bounds(said, schema, "\n\n")

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
                    _hold(found, child, description(child))
        return found

    def field(self, model: str, key: str) -> str:
        schema = all_properties(model, self.schemas).get(key, {})
        said = description(schema)
        if not said and "$ref" in schema:
            said = first_sentence(description(self.schemas[target_of(schema)]))
        return _with_bounds(said, schema, " ")

    def function(self, name: str) -> str:
        operation = self.operations[name]
        text = description(operation) or str(operation.get("summary") or "").strip() or f"{name}."
        lines = [f"- `body`: {remark}" for remark in filter(None, map(bounds.in_words, _bodies(operation)))]
        for entry in (one for one in operation.get("parameters", []) if one["name"] != self.hidden):
            schema = entry.get("schema", {}) | {"deprecated": entry.get("deprecated")}
            remark = _with_bounds(" ".join(description(entry).split()), schema, " ")
            lines += [f"- `{PythonIdentifier(entry['name'], '')}`: {remark}"] if remark else []
        text = _with_bounds(text, {"deprecated": operation.get("deprecated")}, "\n\n")
        return "\n\n".join(filter(None, [text, "\n".join(lines)]))


def description(schema: Schema) -> str:
    return str(schema.get("description") or "").strip()


def _with_bounds(said: str, schema: Schema, between: str) -> str:
    return between.join(filter(None, [said, bounds.in_words(schema, said)]))


def _bodies(operation: Json) -> list[Schema]:
    """The schemas of a body that stand in place; others are models, which speak for themselves."""
    content = operation.get("requestBody", {}).get("content", {})
    return [media["schema"] for media in content.values() if "$ref" not in media.get("schema", {"$ref": ""})]


def _hold(found: dict[str, str], schema: Schema, text: str) -> None:
    schema = schema.get("items", schema)
    if "$ref" in schema and text:
        found.setdefault(target_of(schema), text)
