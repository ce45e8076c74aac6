"""Reading through references, and through unions and `allOf` that come down to one schema."""

from __future__ import annotations

from typing import Any

from codegen import composition
from codegen.document import Json
from codegen.errors import CodegenError
from codegen.generate.simplest import NULL, is_plain_value, narrower, simplest, with_null
from codegen.schema import UNIONS, Schema, at, is_object, is_remark

_LONGEST = 100
"""How many references may lead to each other before one leads to a schema."""
_REMEDY = "Repair the document."


class References:
    """The schemas of a document as what they come down to."""

    def __init__(self, document: Json, source: str) -> None:
        composition.check(document, source)
        self.document = document
        self.source = source
        self._forms: dict[int, tuple[Schema, Schema]] = {}
        """Each schema in its simplest form, by the `id` of the schema, which is kept so that its id stays its own."""
        self._properties: dict[int, dict[str, Any]] = {}

    def resolve(self, pointer: str) -> Json:
        value = at(self.document, str(pointer))
        if not isinstance(value, dict):
            raise CodegenError(
                self.source, f"the reference {pointer!r} leads nowhere", "It must stay inside the document."
            )
        return value

    def follow(self, schema: Json) -> tuple[Json, Json]:
        """What a reference, or a union of a single branch, comes down to, and what is remarked on the way."""
        remarks: Json = {}
        for _ in range(_LONGEST):
            inner = self._inner(schema, _says(schema))
            if inner is None:
                return self._form(schema), remarks
            notes = {key: value for key, value in schema.items() if is_remark(key) and key != "title"}
            remarks = {**notes, **remarks}
            schema = inner
        raise CodegenError(self.source, "too many references refer to each other", _REMEDY)

    def _inner(self, schema: Json, says: set[str]) -> Json | None:
        """The one schema that `schema` stands for, if it is but a reference to it or a wrapping of it."""
        if "$ref" in says and says <= {"$ref", "nullable"} and not schema.get("nullable"):
            return self.resolve(schema["$ref"])
        if len(says) == 1 and (keyword := next(iter(says))) in ("allOf", *UNIONS):
            parts: list[Json] = schema[keyword]
            if keyword == "allOf":
                parts = [part for part in parts if not all(map(is_remark, part))] or parts[:1]
            return parts[0] if len(parts) == 1 else None
        return None

    def _form(self, schema: Schema) -> Schema:
        """`schema` in its simplest form: always the same object for the same `schema`."""
        known = self._forms.get(id(schema))
        if known is None:
            known = self._forms[id(schema)] = (schema, self._simplified(schema))
        return known[1]

    def _simplified(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            schema = dict(schema)
            reference = {"$ref": schema.pop("$ref")}
            if schema.pop("nullable", False) and all(map(is_remark, schema)):
                return {**schema, "anyOf": [reference, NULL]}
            schema["allOf"] = [reference, *schema.get("allOf", [])]
        schema = simplest(schema)
        beside, notes = self.beside_null(schema)
        value = self.follow(beside)[0] if beside is not None else {}
        return {**with_null(value), **notes} if is_plain_value(value) else schema

    def beside_null(self, schema: Schema) -> tuple[Schema | None, Json]:
        """The other branch of a union with null, and what is remarked on the union; `None` if it is no such union."""
        notes = {key: value for key, value in schema.items() if is_remark(key)}
        says = schema.keys() - notes.keys()
        branches = schema[next(iter(says))] if len(says) == 1 and says <= set(UNIONS) else []
        if len(branches) != 2 or not all(isinstance(branch, dict) for branch in branches):
            return None, notes
        others = [branch for branch in branches if not self._is_null(branch)]
        return (others[0] if len(others) == 1 else None), notes

    def _is_null(self, schema: Schema) -> bool:
        schema, _ = self.follow(schema)
        return schema.get("type") == "null" or schema.get("enum") == [None]

    def properties(self, schema: Schema) -> dict[str, Any]:
        """The properties of a schema that was followed, with those of the parts of its `allOf`."""
        found: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            whole, _ = self.follow(part)
            if id(whole) not in self._properties:
                self._properties[id(whole)] = self.properties(whole)
            self._add(found, self._properties[id(whole)])
        self._add(found, schema.get("properties", {}))
        return found

    def _add(self, found: dict[str, Any], more: dict[str, Any]) -> None:
        for key, schema in more.items():
            found[key] = (self.narrower(found[key], schema) if key in found else None) or schema

    def narrower(self, one: Any, other: Any) -> Schema | None:
        """The one of two schemas that accepts only some of the values of the other, if there is such a one."""
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return None
        return narrower(self.follow(one)[0], self.follow(other)[0])

    def kind(self, schema: Schema) -> Any:
        """The type of a schema that was followed, which parts of its `allOf` may say."""
        if any(is_object(self.follow(part)[0]) for part in schema.get("allOf", [])):
            return "object"
        return schema.get("type")


def _says(schema: Schema) -> set[str]:
    """The keywords that say something: no remarks, no empty `enum`, and no type beside an `allOf`, which has it too."""
    says = {key for key in schema if not is_remark(key) and not (key == "enum" and schema[key] == [])}
    return says - {"type"} if "allOf" in says and isinstance(schema.get("type"), str) else says
