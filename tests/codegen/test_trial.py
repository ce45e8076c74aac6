"""`python -m codegen try`: a document without overrides goes as far as it can, and what was left out is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codegen import __main__ as command
from codegen.errors import CodegenError
from codegen.generate import trial
from codegen.layout import HERE
from tests.codegen import fuzz

Json = dict[str, Any]


def document(paths: Json, **schemas: Json) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://example.org/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def answer(schema: Json, **more: Any) -> Json:
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "Fine.", "content": content}}, **more}


def run(tmp_path: Path, source: Json) -> list[str]:
    (tmp_path / "source.json").write_text(json.dumps(source))
    notes = trial.trial(str(tmp_path / "source.json"), tmp_path / "out")
    assert fuzz.imported(tmp_path / "out", "trial_models") == ""
    return notes


def test_names_are_those_of_the_document(tmp_path: Path) -> None:
    pet = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "owner": {"$ref": "#/components/schemas/HTTPOwner"}},
    }
    owner = {"type": "object", "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/pet"}}}}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    view = answer({"$ref": "#/components/schemas/pet"}, operationId="viewPet", parameters=[number])
    assert run(tmp_path, document({"/pets/{id}": {"get": view}}, pet=pet, HTTPOwner=owner)) != []
    package = tmp_path / "out" / "batch_api" / "_generated" / "trial"
    assert sorted(path.stem for path in (package / "models").glob("*.py")) == ["__init__", "http_owner", "pet"]
    assert "async def view_pet(" in (package / "endpoints" / "others.py").read_text()


def test_what_it_stumbles_over_is_left_out_and_told(tmp_path: Path) -> None:
    one = {"type": "object", "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    source = document(
        {
            "/good": {"get": answer(one, operationId="good")},
            "/upload": {
                "post": answer(one, operationId="upload")
                | {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": one}}}}
            },
            "/header": {
                "get": answer(one, operationId="header")
                | {"parameters": [{"name": "X-A", "in": "header", "schema": {"type": "string"}}]}
            },
            "/union": {"get": answer({"anyOf": [one, other]}, operationId="union")},
            "/elsewhere": {"get": {"operationId": "elsewhere", "responses": {"302": {"description": "There."}}}},
        }
    )
    notes = "\n".join(run(tmp_path, source))
    assert "upload left out: its body is multipart/form-data" in notes
    assert "header: the header parameter X-A left out" in notes
    assert "UnionAnswer200 left out" in notes
    assert "elsewhere left out" in notes
    code = (tmp_path / "out/batch_api/_generated/trial/endpoints/others.py").read_text()
    assert [name for name in ("good", "upload", "header", "union", "elsewhere") if f"def {name}(" in code] == [
        "good",
        "header",
        "union",
    ]


def test_the_legacy_document_goes_through_without_its_overrides(tmp_path: Path) -> None:
    legacy = HERE._replace(api="mep").document
    assert [note for note in trial.trial(str(legacy), tmp_path / "out") if "left out" in note] == []


def test_a_document_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\n")
    with pytest.raises(CodegenError, match="is OpenAPI None"):
        trial.trial(str(tmp_path / "x.yaml"), tmp_path / "out")
    assert command.main(["try", str(tmp_path / "gone.yaml"), "--into", str(tmp_path / "out")]) == 1
    assert "cannot be read" in capsys.readouterr().err
