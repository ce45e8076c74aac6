"""Names by location: what meets its place, what does not, and what has no line."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from codegen import composition, names
from codegen.errors import CodegenError, refuse
from codegen.generate.normalise import Normalised, normalise

Json = dict[str, Any]
THING = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}


def document(response: Json, components: Json | None = None) -> Json:
    content = {"application/json": {"schema": response}}
    operation = {"operationId": "vendorsOwn", "responses": {"200": {"description": "Fine.", "content": content}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/things/view": {"get": operation}},
        "components": {"schemas": components or {}},
    }


def run(tmp_path: Path, source: Json, schemas: str, operations: str = "") -> Normalised:
    path = tmp_path / "names.yaml"
    line = operations or "  GET /things/view: {name: thing_view, area: things}\n"
    path.write_text(f"areas: {{things: Things.}}\noperations:\n{line}schemas:\n{schemas}")
    found = normalise(source, names.load(path))
    refuse(found.problems)
    return found


def schemas_of(result: Normalised) -> Json:
    found: Json = result.document["components"]["schemas"]
    return found


def answer(result: Normalised) -> Any:
    (operation,) = result.document["paths"]["/things/view"].values()
    return operation["responses"]["200"]["content"]["application/json"]["schema"]


def test_an_inline_schema_and_a_component_get_the_name_of_their_place(tmp_path: Path) -> None:
    lines = "  Thing: [GET /things/view 200]\n"
    inline = run(tmp_path, document(THING), lines)
    referred = run(tmp_path, document({"$ref": "#/components/schemas/x"}, {"x": THING}), lines)
    assert inline.document == referred.document
    assert answer(inline) == {"$ref": "#/components/schemas/Thing"}
    assert inline.derived == []


def test_operations_lose_the_vendors_name_and_tag(tmp_path: Path) -> None:
    operation = run(tmp_path, document(THING), "  Thing: [GET /things/view 200]\n").document["paths"]["/things/view"]
    assert operation["get"]["operationId"] == "thing_view"
    assert operation["get"]["tags"] == ["things"]


def test_a_place_that_is_gone_names_the_line(tmp_path: Path) -> None:
    lines = "  Thing: [GET /things/view 200]\n  Other: [Thing.other]\n"
    with pytest.raises(CodegenError, match=r"names\.yaml:6: Thing\.other"):
        run(tmp_path, document(THING), lines)


def test_an_operation_that_is_gone_names_the_line(tmp_path: Path) -> None:
    operations = "  GET /things/view: {name: thing_view, area: things}\n  GET /old: {name: old, area: things}\n"
    with pytest.raises(CodegenError, match=r"names\.yaml:4: GET /old"):
        run(tmp_path, document(THING), "  Thing: [GET /things/view 200]\n", operations)


def test_two_names_for_one_place_name_both_lines(tmp_path: Path) -> None:
    pair = {"type": "object", "properties": {"a": {"type": "object"}}}
    lines = "  Pair: [GET /things/view 200]\n  One: [Pair.a]\n  Two: ['Pair.\"a\"']\n"
    with pytest.raises(CodegenError, match=r"names\.yaml:7.*Two and One \(line 6\) are the same place: Pair\.a"):
        run(tmp_path, document(pair), lines)


def test_one_name_for_two_different_schemas_names_the_lines(tmp_path: Path) -> None:
    pair = {"type": "object", "properties": {"a": THING, "b": {"type": "object"}}}
    lines = "  Pair: [GET /things/view 200]\n  Thing: [Pair.a, Pair.b]\n"
    with pytest.raises(CodegenError) as caught:
        run(tmp_path, document(pair), lines)
    said = str(caught.value).removeprefix(str(tmp_path))
    assert said.startswith("/names.yaml:6: Thing stands for two different schemas:\n    `id` is only at Pair.a\n")
    assert "`merged: {Thing: the reason}`" in said
    assert "`PairB: ['Pair.b']`. That changes a public type" in said


def test_one_name_for_two_copies_of_a_schema_is_one_component(tmp_path: Path) -> None:
    other = {**copy.deepcopy(THING), "description": "The same, with a remark."}
    pair = {"type": "object", "properties": {"a": THING, "b": other}}
    result = run(tmp_path, document(pair), "  Pair: [GET /things/view 200]\n  Thing: [Pair.a, Pair.b]\n")
    assert sorted(schemas_of(result)) == ["Pair", "Thing"]
    assert schemas_of(result)["Pair"]["properties"]["b"]["description"] == "The same, with a remark."


def test_schemas_and_operations_without_a_line_get_a_derived_name_and_a_note(tmp_path: Path) -> None:
    source = document({"type": "object", "properties": {"sub": {"type": "array", "items": THING}}})
    source["paths"]["/things/new-one"] = {"post": {"responses": {"204": {"description": "Done."}}}}
    result = run(tmp_path, source, "  {}\n")
    assert sorted(schemas_of(result)) == ["ThingViewAnswer200", "ThingViewAnswer200SubItem"]
    assert result.document["paths"]["/things/new-one"]["post"]["operationId"] == "things_new_one"
    assert [note.split(": no line")[0] for note in result.derived] == [
        "GET /things/view 200",
        "POST /things/new-one",
        "ThingViewAnswer200.sub[]",
    ]


def test_a_recursion_without_a_line_ends(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/node"}}}
    result = run(tmp_path, document({"$ref": "#/components/schemas/node"}, {"node": node}), "  {}\n")
    (name,) = schemas_of(result)
    assert schemas_of(result)[name]["properties"]["next"] == {"$ref": f"#/components/schemas/{name}"}


UNION = {
    "oneOf": [
        {"type": "object", "properties": {"kind": {"const": "a"}, "deep": {"properties": {"x": {"enum": ["1"]}}}}},
        {"type": "object", "properties": {"kind": {"type": "string"}}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "properties": {"only": {"type": "string"}}},
    ]
}


@pytest.mark.parametrize(
    ("selector", "index"),
    [("kind=a", 0), ("deep.x=1", 0), ("kind=", 1), (":array", 2), ("only", 3), ("3", 3)],
)
def test_selectors_of_branches(tmp_path: Path, selector: str, index: int) -> None:
    lines = f"  Union: [GET /things/view 200]\n  Chosen: ['Union<{selector}>']\n"
    found = schemas_of(run(tmp_path, document(UNION), lines))
    assert {"$ref": "#/components/schemas/Chosen"} in found["Union"]["oneOf"]
    assert set(found["Chosen"].get("properties", {})) == set(UNION["oneOf"][index].get("properties", {}))


def test_a_selector_that_fits_two_branches_names_the_line(tmp_path: Path) -> None:
    lines = "  Union: [GET /things/view 200]\n  Chosen: ['Union<:object>']\n"
    with pytest.raises(CodegenError, match=r"names\.yaml:6.*matches 3 branches"):
        run(tmp_path, document(UNION), lines)


def test_equivalent_ways_of_saying_become_one(tmp_path: Path) -> None:
    properties = {
        "one": {"enum": ["x"], "type": "string"},
        "single": {"oneOf": [{"type": "string"}]},
        "nullable": {"type": ["string", "null"], "enum": ["a", "b", None]},
    }
    lines = "  Thing: [GET /things/view 200]\n  Letter: ['Thing.nullable<:string>']\n"
    result = run(tmp_path, document({"type": "object", "properties": properties}), lines)
    thing = schemas_of(result)["Thing"]["properties"]
    assert thing["one"] == {"const": "x", "type": "string"}
    assert thing["single"] == {"type": "string"}
    assert thing["nullable"] == {"anyOf": [{"$ref": "#/components/schemas/Letter"}, {"type": "null"}]}
    assert schemas_of(result)["Letter"] == {"enum": ["a", "b"], "type": "string"}


@pytest.mark.parametrize("reference", ["other.yaml#/x", "#/components/schemas/none", "#/paths/0"])
def test_references_that_lead_nowhere(tmp_path: Path, reference: str) -> None:
    with pytest.raises(CodegenError, match="leads nowhere"):
        run(tmp_path, document({"$ref": reference}), "  {}\n")


def test_references_in_a_circle() -> None:
    circle = {"a": {"$ref": "#/components/schemas/b"}, "b": {"$ref": "#/components/schemas/a"}}
    with pytest.raises(CodegenError, match="contains itself"):
        composition.check(document({"$ref": "#/components/schemas/a"}, circle), "here")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  thing: [GET /things/view 200]\n", "expected a CamelCase class name"),
        ("  Thing: [somewhere]\n", "expected a location"),
        ("  Thing: ['GET /things/view 200.a b']\n", "expected a location"),
        ("  Thing: [GET /things/view 200]\n  Other: [GET /things/view 200]\n", "also in line 5"),
    ],
)
def test_lines_that_are_none(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        run(tmp_path, document(THING), line)


def test_our_names_all_meet_their_place(normalised: Normalised) -> None:
    assert normalised.derived == []
    assert normalised.dropped == [("overlapping oneOf", "CatalogItemAttributes{}")]  # quirk 6
    assert len(schemas_of(normalised)) >= 94
