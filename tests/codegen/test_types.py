"""From schemas to Python types and to the expressions that parse them."""

from __future__ import annotations

from typing import Any

import pytest

from batch_api._operation import Operation
from codegen.errors import CodegenError
from codegen.generate import generator
from codegen.generate.describe import Descriptions
from codegen.generate.endpoints import Endpoints
from codegen.generate.models import Models
from codegen.generate.pytypes import Types
from codegen.generate.views import Field, Function
from codegen.layout import HERE

Json = dict[str, Any]
STRING = {"type": "string"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def model(required: list[str] | None = None, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": required or []}


def document(schemas: Json, body: Json | None = None, **operation: Any) -> Json:
    answer = {"description": "One.", "content": {"application/json": {"schema": ref("M")}}}
    call: Json = {"operationId": "get_it", "tags": ["a"], "responses": {"200": answer}, **operation}
    if body is not None:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/it": {"post": call}},
        "components": {"schemas": {"M": model(p=STRING), "N": model(n=STRING), **schemas}},
    }


def views(source: Json) -> tuple[Models, Endpoints]:
    parsed = generator.parse(source, HERE.templates)
    types = Types(source["components"]["schemas"], parsed)
    operation = source["paths"]["/it"]["post"]
    words = Descriptions(types.schemas, {"get_it": operation})
    success = tuple(int(status) for status in operation["responses"])
    facts = Operation("get_it", "POST", "/it", success)
    return Models(source, parsed, types, words), Endpoints(parsed, types, words, {"get_it": facts}, {})


def field(schema: Json, *, sent: bool = False, required: bool = False, **schemas: Json) -> Field:
    """The only field of a model, that can be part of a request or not."""
    holder = model(["it"] if required else [], it=schema)
    models, _ = views(document({"Holder": holder, **schemas}, body=ref("Holder") if sent else None))
    return next(entry for entry in models.models() if entry.name == "Holder").fields[0]


@pytest.mark.parametrize(
    ("schema", "kind", "parse"),
    [
        (STRING, "str | None", "{}"),
        ({"type": "integer"}, "int | None", "{}"),
        ({"type": "number"}, "float | None", "{}"),
        ({"type": "boolean"}, "bool | None", "{}"),
        ({}, "Any", "{}"),
        ({"type": "string", "format": "uuid"}, "str | None", "{}"),
        ({"type": "string", "format": "date-time"}, "datetime.datetime | None", "to_datetime({})"),
        ({"type": "string", "format": "date"}, "datetime.date | None", "to_date({})"),
        ({"const": "x"}, "Literal['x'] | str | None", "{}"),
        (ref("M"), "M | None", "M.from_dict({})"),
        ({"type": "array", "items": STRING}, "list[str] | None", "{}"),
        ({"type": "array", "items": ref("M")}, "list[M] | None", "each(M.from_dict, {})"),
        (
            {"type": "array", "items": {"type": "array", "items": ref("M")}},
            "list[list[M]] | None",
            "each(lambda item: each(M.from_dict, item), {})",
        ),
        (
            {"anyOf": [{"type": "array", "items": ref("M")}, ref("N"), {"type": "null"}]},
            "list[M] | N | None",
            "N.from_dict(each(M.from_dict, {}))",
        ),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "datetime.datetime | None",
            "to_datetime({})",
        ),
        # A product code must not become a date
        ({"anyOf": [{"type": "string", "format": "date-time"}, STRING]}, "datetime.datetime | str | None", "{}"),
    ],
)
def test_types_of_what_is_received(schema: Json, kind: str, parse: str) -> None:
    found = field(schema)
    assert found.type == kind
    assert found.default == "None"
    assert found.parse == parse.replace("{}", "rest.pop('it', None)")


@pytest.mark.parametrize(
    ("schema", "required", "kind", "default"),
    [
        (STRING, True, "str", None),
        (STRING, False, "str | Unset", "UNSET"),
        ({"type": ["string", "null"]}, False, "str | None | Unset", "UNSET"),
        ({"const": "x"}, True, "Literal['x'] | str", "'x'"),
        ({"const": "x"}, False, "Literal['x'] | str | Unset", "UNSET"),
    ],
)
def test_types_of_what_is_sent(schema: Json, required: bool, kind: str, default: str | None) -> None:
    found = field(schema, sent=True, required=required)
    assert found.type == kind
    assert found.default == default
    assert found.parse == "rest.pop('it', UNSET)"


def test_an_enumeration_is_open_and_a_map_of_free_keys_a_dict() -> None:
    schemas: Json = {"Colour": {"type": "string", "enum": ["red", "blue"]}, "Free": {"type": "object"}}
    models, _ = views(document(schemas))
    aliases = {alias.name: alias.type for alias in models.aliases()}
    assert aliases == {"Colour": "Literal['red', 'blue'] | str", "Free": "dict[str, Any]"}
    assert field(ref("Free"), Free=schemas["Free"]).parse == "rest.pop('it', None)"


def test_a_union_is_told_apart_by_a_constant() -> None:
    schemas: dict[str, Any] = {
        "A": model(kind={"const": "a"}),
        "B": model(kind={"const": "b"}),
        "C": model(kind=STRING),
        "U": {"oneOf": [ref("A"), ref("B"), ref("C")]},
    }
    models, _ = views(document(schemas))
    (alias,) = models.aliases()
    assert alias.branches is not None
    assert alias.branches.key == "'kind'"
    assert alias.branches.cases == [("'a'", "A"), ("'b'", "B")]
    assert alias.branches.otherwise == "C"
    assert field(ref("U"), **schemas).parse == "parse_u(rest.pop('it', None))"


def test_a_union_is_told_apart_by_required_keys() -> None:
    schemas = {"A": model(["a"], a=STRING), "B": model(["b"], b=STRING), "U": {"oneOf": [ref("A"), ref("B")]}}
    (alias,) = views(document(schemas))[0].aliases()
    assert alias.branches is not None
    assert (alias.branches.key, alias.branches.otherwise) == ("", None)
    assert alias.branches.cases == [("'a'", "A"), ("'b'", "B")]


@pytest.mark.parametrize(
    "branches",
    [
        {"A": model(a=STRING), "B": model(b=STRING)},  # no key is required
        {"A": model(kind={"const": "a"}), "B": model(kind={"const": "a"})},
        {"A": model(["a"], a=STRING), "B": {"type": "object"}},
    ],
)
def test_a_union_that_cannot_be_told_apart_is_refused(branches: Json) -> None:
    with pytest.raises(CodegenError, match=r"names\.yaml: the branches of U cannot be told apart: A, B"):
        views(document({**branches, "U": {"oneOf": [ref("A"), ref("B")]}}))


def test_a_union_without_a_name_is_refused() -> None:
    with pytest.raises(CodegenError, match="the union of A, B has no name"):
        field({"anyOf": [ref("A"), ref("B")]}, A=model(["a"], a=STRING), B=model(["b"], b=STRING))


def function(source: Json) -> Function:
    _, endpoints = views(source)
    (area,) = endpoints.areas()
    (found,) = area.functions
    return found


def test_a_function() -> None:
    query = [
        {"name": "from", "in": "query", "description": "Start.", "schema": STRING},
        {"name": "id", "in": "query", "required": True, "schema": {"type": "array", "items": STRING}},
    ]
    found = function(document({}, body={"type": "array", "items": ref("M")}, parameters=query, summary="Gets it."))
    assert found.body == "Sequence[M | Mapping[str, Any]] | Encoded"
    assert [(argument.name, argument.type) for argument in found.arguments] == [
        ("id", "Sequence[str]"),
        ("from_", "str | Unset"),
    ]
    assert found.result == "M"
    assert found.parse == "M.from_dict(reply.json())"
    assert found.doc == "Gets it.\n\n- `from_`: Start."


def test_an_answer_that_may_be_empty() -> None:
    answers = document({})["paths"]["/it"]["post"]["responses"]
    found = function(document({}, responses={**answers, "201": {"description": "Nothing."}}))
    assert found.result == "M | None"


def test_answers_of_several_types_are_refused() -> None:
    answers = document({})["paths"]["/it"]["post"]["responses"]
    other = {"description": "Other.", "content": {"application/json": {"schema": ref("N")}}}
    with pytest.raises(CodegenError, match="get_it has successful answers of several types: M, N"):
        function(document({}, responses={**answers, "201": other}))


@pytest.mark.parametrize("place", ["header", "cookie"])
def test_parameters_outside_the_query_are_refused(place: str) -> None:
    with pytest.raises(CodegenError, match="get_it has a parameter in a header or cookie: X-One"):
        function(document({}, parameters=[{"name": "X-One", "in": place, "schema": STRING}]))
