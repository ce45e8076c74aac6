"""What the generator would only warn of, or lose without a word, stops the run."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import generator
from codegen.layout import HERE

Json = dict[str, Any]


def document(schemas: Json, *operations: str, parameters: list[Json] | None = None) -> Json:
    answer = {"description": "Fine.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/M"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            f"/{number}": {
                "get": {
                    "operationId": name,
                    "tags": ["a"],
                    "responses": {"200": answer},
                    "parameters": parameters or [],
                }
            }
            for number, name in enumerate(operations or ["get_it"])
        },
        "components": {"schemas": {"M": {"type": "object", "properties": {"p": {"type": "string"}}}, **schemas}},
    }


def model(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def parse(source: Json) -> generator.Parsed:
    return generator.parse(source, HERE.templates)


def test_a_sound_document_passes() -> None:
    parsed = parse(document({"Colour": {"enum": ["red", "blue"], "type": "string"}}))
    assert list(parsed.models) == ["M"]
    assert list(parsed.components) == ["Colour", "M"]
    assert list(parsed.endpoints) == ["get_it"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        # Loud in the generator, but with exit code 0
        (document({"N": model(**{"$a": {"type": "string"}, "a": {"type": "string"}})}), "warned:"),
        (document({"N": {"type": "string", "enum": ["a", 1]}}), "warned:"),
        (document({"N": {"type": "array", "items": {"$ref": "#/components/schemas/N"}}}), "warned:"),
        (document({"N": model(p={"$ref": "#/components/schemas/gone"})}), "warned:"),
        # Silent in the generator
        (document({"FooBar": model(p={"type": "string"}), "FOOBar": model(p={"type": "string"})}), "one module over"),
        (document({}, "get_it", "get_it"), "one operation over another: get_it"),
        (document({}, "GetIt"), "has lost the operation GetIt"),
        (document({"lower": model(p={"type": "string"})}), "has lost the schema lower"),
        (document({"N": model(p={**model(q={"type": "string"}), "title": "Own"})}), "a class of its own"),
        (document({"N": {**model(p={"type": "string"}), "oneOf": [{"type": "string"}]}}), "has lost the property p"),
        (document({"N": model(to_dict={"type": "string"})}), "N has a field to_dict"),
        (document({"N": model(additional_properties={"type": "string"})}), "N has a field additional_properties"),
        (document({"N": model(été={"type": "string"})}), "N has a field"),
        (
            document({}, parameters=[{"name": "body", "in": "query", "schema": {"type": "string"}}]),
            "get_it has a parameter body",
        ),
        (
            document({}, parameters=[{"name": "q", "in": "query", "content": {"application/json": {}}}]),
            "has lost the parameter q",
        ),
        ({**document({}), "openapi": "3.2.0"}, "3.1"),
    ],
)
def test_defects(source: Json, message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        parse(source)


def test_an_operation_that_the_generator_leaves_out() -> None:
    source = document({})
    source["paths"]["/0"]["get"]["parameters"] = [{"name": "x", "in": "path", "schema": {"type": "string"}}]
    with pytest.raises(CodegenError, match=r"(?s)warned:.*GET /0"):
        parse(source)


def test_another_version_of_the_generator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "version", lambda _: "0.30.0")
    with pytest.raises(CodegenError, match=r"is 0\.30\.0, not 0\.29\.1"):
        parse(document({}))
