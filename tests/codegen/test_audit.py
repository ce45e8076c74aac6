"""What would be dropped in silence is found, and must be allowed with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import audit
from codegen.generate.normalise import Normalised
from codegen.generate.pipeline import Prepared
from codegen.layout import HERE

Json = dict[str, Any]


def document(schema: Json | None = None, **operation: Any) -> Json:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/M"}}}
    responses = {"200": {"description": "Fine.", "content": content}}
    return {
        "paths": {"/x": {"get": {"responses": responses, **operation}}},
        "components": {"schemas": {"M": schema or {"type": "object"}}},
    }


def kinds(source: Json) -> list[tuple[str, str]]:
    return [(finding.kind, finding.where) for finding in audit.findings(source)]


def prop(schema: Json) -> Json:
    return {"type": "object", "properties": {"p": schema}}


@pytest.mark.parametrize(
    ("schema", "kind", "where"),
    [
        ({"type": "object", "patternProperties": {"^x": {"type": "string"}}}, "patternProperties", "M"),
        ({"type": "object", "additionalProperties": False}, "closed object", "M"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "typed map", "M"),
        ({"type": "object", "propertyNames": {"pattern": "x"}}, "propertyNames", "M"),
        ({"type": "object", "unevaluatedProperties": False}, "unevaluatedProperties", "M"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired", "M"),
        ({"oneOf": [{"type": "object"}], "discriminator": {"propertyName": "k"}}, "discriminator", "M"),
        ({"oneOf": [{"type": "object"}], "properties": {"a": {}}}, "properties beside a union", "M"),
        (prop({"type": "array", "prefixItems": [{"type": "string"}]}), "prefixItems", "M.p"),
        (prop({"not": {"type": "string"}}), "not", "M.p"),
        (prop({"if": {"type": "string"}}), "if", "M.p"),
        (prop({"type": "string", "contentEncoding": "base64"}), "contentEncoding", "M.p"),
        (prop({"type": "string", "readOnly": True}), "readOnly", "M.p"),
        (prop({"type": "string", "maxLength": 3}), "maxLength", "M.p"),
        (prop({"type": "string", "format": "email"}), "format", "M.p"),
        (prop({"type": "array", "items": {}, "default": []}), "default", "M.p"),
        (prop({"type": "string", "deprecated": True}), "deprecated", "M.p"),
        (prop({"type": "string", "x-own": 1}), "extension", "M.p"),
        (prop({"$dynamicRef": "#x"}), "$dynamicRef", "M.p"),
        (prop({"$ref": "#/components/schemas/M", "nullable": True}), "beside $ref", "M.p"),
        (prop({"type": ["string", "null"], "enum": ["a", "b"]}), "enum in a type list", "M.p"),
        (prop({"type": "array", "items": True}), "boolean schema", "M.p[]"),
        (prop({"oneOf": [{"type": "integer"}, {"type": "number"}]}), "overlapping oneOf", "M.p"),
        (prop({"oneOf": [{"type": "string"}, {"type": "string", "format": "uri"}]}), "overlapping oneOf", "M.p"),
        (prop({"anyOf": [{"type": "string"}, {"type": "string", "format": "date"}]}), "date among strings", "M.p"),
        (prop({"anyOf": [{"type": "array", "items": {}}, {"type": "array", "items": {}}]}), "several arrays", "M.p"),
    ],
)
def test_keywords_that_have_no_effect_in_schemas(schema: Json, kind: str, where: str) -> None:
    assert (kind, where) in kinds(document(schema))


def query(**keywords: Any) -> Json:
    return {"name": "q", "in": "query", "schema": {"type": "string"}, **keywords}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (document(parameters=[query(style="deepObject")]), "style"),
        (document(parameters=[query(explode=False)]), "explode"),
        (document(parameters=[query(content={})]), "content"),
        (document(parameters=[query(**{"in": "header"})]), "parameter in a header or cookie"),
        (document(requestBody={"content": {}}), "optional body"),
        (document(requestBody={"required": True, "content": {"text/csv": {}}}), "media type"),
        (document(requestBody={"required": True, "content": {"a/b": {}, "c/d": {}}}), "several media types"),
        (document(responses={"302": {"description": "Elsewhere."}}), "redirect"),
        (document(responses={"200": {"description": "Fine.", "headers": {}}}), "headers"),
        (document(security=[{"key": []}]), "security"),
        (document(servers=[{"url": "/"}]), "servers"),
        (document(deprecated=True), "deprecated"),
        ({**document(), "security": []}, "security"),
        ({**document(), "tags": []}, "tags"),
        ({**document(), "jsonSchemaDialect": "x"}, "jsonSchemaDialect"),
        ({**document(), "servers": [{"url": "/{v}", "variables": {"v": {"default": "1"}}}]}, "server variable"),
    ],
)
def test_what_has_no_effect_around_schemas(source: Json, kind: str) -> None:
    assert kind in [found for found, _ in kinds(source)]


def test_what_is_said_and_done_is_no_finding() -> None:
    schema = {
        "type": "object",
        "description": "D",
        "required": ["p"],
        "properties": {
            "p": {"$ref": "#/components/schemas/M", "description": "D"},
            "q": {"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "string"}, {"type": "null"}]},
            "r": {"type": "string", "format": "date-time"},
        },
    }
    assert kinds(document(schema, parameters=[query(style="form", explode=True)])) == []


def allow(tmp_path: Path, *entries: Json) -> Path:
    path = tmp_path / "allow.yaml"
    path.write_text(json.dumps({"allow": list(entries)}))
    return path


CLOSED = document({"type": "object", "additionalProperties": False})


def test_a_finding_that_is_not_allowed_fails_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"closed object at M: further fields are kept.*\n.*Repair or allow each"):
        audit.check(CLOSED, [], allow(tmp_path))


def test_an_allowed_finding_passes(tmp_path: Path) -> None:
    audit.check(CLOSED, [], allow(tmp_path, {"kinds": ["closed object"], "where": ["M"], "reason": "Fine."}))


def test_an_allowance_for_another_place_does_not_help(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match="closed object at M"):
        audit.check(CLOSED, [], allow(tmp_path, {"kinds": ["closed object"], "where": ["N"], "reason": "Fine."}))


def test_an_allowance_that_nothing_needs_fails(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match="allows findings that do not exist:\n  closed object at M"):
        audit.check(document(), [], allow(tmp_path, {"kinds": ["closed object"], "where": ["M"], "reason": "Fine."}))


def test_an_allowance_needs_a_reason(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match="entry 1: needs `kinds`, `where` and a `reason`"):
        audit.check(CLOSED, [], allow(tmp_path, {"kinds": ["closed object"], "where": ["M"], "reason": " "}))


def test_what_the_normaliser_could_not_carry_over_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"webhooks at \$: is not carried over"):
        audit.check(document(), [("webhooks", "$")], allow(tmp_path))


def test_the_overlays_repair_the_ambiguous_unions(normalised: Normalised, prepared: Prepared) -> None:
    assert ("overlapping oneOf", "CatalogItemAttributes{}") in normalised.dropped
    assert ("date among strings", "CatalogItemAttributes{}") in kinds(normalised.document)
    assert not {"overlapping oneOf", "date among strings"} & {kind for kind, _ in kinds(prepared.document)}


def test_every_allowance_of_ours_has_a_reason() -> None:
    assert all(entry.is_rule for entry in audit.load(HERE.rules))
    assert len([entry for layout in HERE.every_api() for path in layout.allowances for entry in audit.load(path)]) > 40
