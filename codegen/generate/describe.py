"""The words of the document as the text of docstrings."""

from __future__ import annotations

from openapi_python_client.strings import PythonIdentifier

from codegen.document import Json
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
        return description(self.schemas[name]) or self.holders.get(name) or f"`{name}`, of which nothing is said."

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
        own = description(schema)
        if own or "$ref" not in schema:
            return own
        return first_sentence(description(self.schemas[target_of(schema)]))

    def function(self, name: str) -> str:
        operation = self.operations[name]
        text = description(operation) or str(operation.get("summary") or "").strip() or f"{name}."
        arguments = [entry for entry in operation.get("parameters", []) if entry["name"] != self.hidden]
        lines = []
        for entry in arguments:
            remark = " ".join(description(entry).split())
            lines.append(f"- `{PythonIdentifier(entry['name'], '')}`: {remark}" if remark else "")
        return "\n\n".join([text, *(["\n".join(line for line in lines if line)] if any(lines) else [])])


def description(schema: Schema) -> str:
    return str(schema.get("description") or "").strip()


def _hold(found: dict[str, str], schema: Schema, text: str) -> None:
    schema = schema.get("items", schema)
    if "$ref" in schema and text:
        found.setdefault(target_of(schema), text)
