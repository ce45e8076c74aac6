"""A document that is not perfect has a way on: converted, repaired by data, and told about, or refused clearly."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen import convert, opening, yamlfile
from codegen.diff import report
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import Layout
from codegen.pull import pull
from codegen.schema import mappings
from tests.codegen.conftest import put_document

Json = dict[str, Any]
Edit = Callable[[Json], object]


def segments(document: Json) -> Json:
    operation: Json = document["paths"]["/segments/list"]["get"]
    return operation


def field(document: Json, **schema: Any) -> None:
    document["components"]["schemas"]["oneSegment"]["properties"]["new"] = schema


FIELD = "$.components.schemas.oneSegment.properties.new"

# What a validator refuses, and the client does not mind: the defect, and the action that repairs it.
DEFECTS: dict[str, tuple[Edit, Json]] = {
    "a version without quotes": (
        lambda d: d["info"].update(version=2.13),
        {"target": "$.info", "update": {"version": "2.13"}},
    ),
    "an answer without a description": (
        lambda d: segments(d)["responses"].update({"418": {}}),
        {"target": "$.paths['/segments/list'].get.responses['418']", "update": {"description": "A teapot."}},
    ),
    "required in a property": (
        lambda d: field(d, type="string", required=True),
        {"target": f"{FIELD}.required", "remove": True},
    ),
    "an operationId twice": (
        lambda d: [item["get"].update(operationId="one") for item in d["paths"].values() if "get" in item],
        {"target": "$.paths[*].get.operationId", "remove": True},
    ),
    "a reference that leads nowhere": (
        lambda d: field(d, **{"$ref": "#/components/schemas/Gone"}),
        {"target": FIELD, "remove": True},
    ),
    "a type that is none": (
        lambda d: field(d, type="float"),
        {"target": FIELD, "update": {"type": "number"}},
    ),
    "a bound that is a truth value": (
        lambda d: field(d, type="integer", minimum=0, exclusiveMinimum=True),
        {"target": f"{FIELD}.exclusiveMinimum", "remove": True},
    ),
    "an unknown key": (
        lambda d: segments(d).update(responsez={}),
        {"target": "$.paths['/segments/list'].get.responsez", "remove": True},
    ),
    "a licence without a name": (
        lambda d: d["info"].update(license={}),
        {"target": "$.info.license", "remove": True},
    ),
    "a description that is null": (
        lambda d: segments(d).update(description=None),
        {"target": "$.paths['/segments/list'].get.description", "remove": True},
    ),
    "a relative server": (
        lambda d: d.update(servers=[{"url": "/2.13"}]),
        {"target": "$.servers[0]", "update": {"url": "https://api.batch.com/2.13"}},
    ),
}


def put_repairs(layout: Layout, *actions: Json) -> None:
    described = [{"description": "The vendor's slip.", **action} for action in actions]
    layout.repairs.write_text(json.dumps({"overlay": "1.0.0", "info": {}, "actions": described}))


@pytest.mark.parametrize(("spoil", "repair"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_can_be_repaired_and_the_repair_holds_over_pulls(
    original: Json, inputs: Layout, tmp_path: Path, spoil: Edit, repair: Json
) -> None:
    new = copy.deepcopy(original)
    spoil(new)
    source = tmp_path / "new.json"
    source.write_text(json.dumps(new))
    with pytest.raises(CodegenError, match=r"repairs\.yaml"):
        pull.pull(inputs, source.as_uri())
    put_repairs(inputs, repair)
    pull.pull(inputs, source.as_uri())
    assert inputs.document.read_bytes() == source.read_bytes(), "it stays as it came"
    pipeline.prepare(inputs, opening.read(inputs).document)


def test_a_repair_that_is_not_needed_is_told(original: Json, inputs: Layout) -> None:
    put_repairs(inputs, {"target": "$.info.license", "remove": True})
    (note,) = opening.read(inputs).notes
    assert note.startswith("no longer needed: ")
    assert "repairs.yaml: action 1 ($.info.license): matches nothing" in note
    assert "The vendor's slip." in note
    assert "no longer needed" in report.write(inputs, original, original).split("## How it was read")[1]


def test_what_is_invalid_is_named_by_its_target(original: Json, inputs: Layout) -> None:
    put_document(inputs, {**original, "info": {**original["info"], "version": 2.13}})
    with pytest.raises(CodegenError, match=r"(?s)\$\['info'\]\['version'\]: 2\.13 is not of type.*action in .*repairs"):
        opening.read(inputs)


# OpenAPI 3.0


def older(document: Json) -> Json:
    """The document in the words of OpenAPI 3.0."""
    document = copy.deepcopy(document) | {"openapi": "3.0.3"}
    for mapping in list(mappings(document)):
        kinds = mapping.get("type")
        if isinstance(kinds, list) and "null" in kinds:
            mapping["type"], mapping["nullable"] = next(kind for kind in kinds if kind != "null"), True
        if isinstance(mapping.get("exclusiveMinimum"), int):
            mapping["minimum"], mapping["exclusiveMinimum"] = mapping["exclusiveMinimum"], True
        if "const" in mapping:
            mapping["enum"] = [mapping.pop("const")]
    return document


def test_a_document_of_openapi_3_0_says_the_same(original: Json, inputs: Layout, tmp_path: Path) -> None:
    text = report.write(inputs, original, older(original))
    assert "**Nothing has changed" in text
    assert "the new document is OpenAPI 3.0.3: read as 3.1" in text
    put_document(inputs, older(original))
    assert any("is OpenAPI 3.0.3: read as 3.1" in note for note in pipeline.build(inputs, tmp_path / "out"))


@pytest.mark.parametrize(
    ("schema", "now"),
    [
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": False}, {"type": "integer", "maximum": 9}),
        ({"$ref": "#/components/schemas/A", "description": "No effect."}, {"$ref": "#/components/schemas/A"}),
        ({"example": {"$ref": "x", "exclusiveMinimum": True}}, {"example": {"$ref": "x", "exclusiveMinimum": True}}),
    ],
)
def test_what_means_something_else_in_3_0(schema: Json, now: Json) -> None:
    source = {"openapi": "3.0.1", "components": {"schemas": {"S": schema}}}
    found = convert.converted(source)
    assert found == {"openapi": "3.1.0", "components": {"schemas": {"S": now}}}
    assert source["openapi"] == "3.0.1"


def test_older_ones_are_refused(original: Json, inputs: Layout) -> None:
    put_document(inputs, {"swagger": "2.0", **{key: original[key] for key in ("info", "paths")}})
    with pytest.raises(CodegenError, match=r"is Swagger '2\.0'"):
        opening.read(inputs)


# Servers


@pytest.mark.parametrize("url", ["/2.13", "http://api.batch.com/2.13", "api.batch.com/2.13"])
def test_an_address_that_is_none_is_refused(original: Json, inputs: Layout, tmp_path: Path, url: str) -> None:
    (tmp_path / "new.json").write_text(json.dumps({**original, "servers": [{"url": url}]}))
    with pytest.raises(CodegenError, match="not an address of https"):
        pull.pull(inputs, (tmp_path / "new.json").as_uri())


def test_another_machine_is_not_released_unasked(original: Json, inputs: Layout, tmp_path: Path) -> None:
    new = {**original, "servers": [{"url": "https://staging.batch.com/2.13"}, *original["servers"]]}
    assert "It stops the build: 1 in api.yaml" in report.write(inputs, original, new)
    put_document(inputs, new)
    with pytest.raises(CodegenError, match=r"`host` is 'api\.batch\.com'.*'staging\.batch\.com'"):
        pipeline.build(inputs, tmp_path / "out")
    text = inputs.description.read_text()
    inputs.description.write_text(text.replace("host: api.batch.com", "host: staging.batch.com"))
    pipeline.build(inputs, tmp_path / "again")


# Aliases


def test_aliases_are_written_out() -> None:
    found = yamlfile.parse_untrusted(b"a: &x {k: &y [1, 2]}\nb: *x\nc: [*y, *y]\n", "here")
    assert found == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": [[1, 2], [1, 2]]}
    assert found["a"] is not found["b"]


def chained(each: str, times: int) -> str:
    """Collections that are made of the ones before."""
    return "a0: &a0 [x]\n" + "".join(f"a{number}: &a{number} {each.format(number - 1)}\n" for number in range(1, times))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]\n", r"alias \*a stands inside of what it stands for"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
            "more than 1000000 parts",
        ),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 120)), "nested more than 100 deep"),
    ],
)
def test_aliases_have_bounds(text: str, message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        yamlfile.parse_untrusted(text.encode(), "here")


# Statuses


def test_one_line_names_the_success_whatever_its_status(original: Json, inputs: Layout, tmp_path: Path) -> None:
    new = copy.deepcopy(original)
    for item in new["paths"].values():
        for operation in item.values():
            for status in ("201", "202"):
                if status in operation["responses"]:
                    operation["responses"]["200"] = operation["responses"].pop(status)
    put_document(inputs, new)
    assert pipeline.build(inputs, tmp_path / "out") == []
    assert "success is 200 now, was 202" in report.write(inputs, original, new)


def test_one_line_names_the_answer_to_all_that_is_not_said(original: Json, inputs: Layout, tmp_path: Path) -> None:
    new = copy.deepcopy(original)
    for item in new["paths"].values():
        for operation in item.values():
            operation["responses"]["default"] = {"$ref": "#/components/responses/429"}
    put_document(inputs, new)
    assert pipeline.build(inputs, tmp_path / "out") == []
