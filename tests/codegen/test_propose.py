"""What is new is proposed, and nothing of it is public before a person has named it."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from codegen import names
from codegen.generate import pipeline
from codegen.generate.normalise import normalise
from codegen.layout import HERE, Layout
from codegen.propose import Proposal
from tests.codegen.conftest import copy_of_inputs, put_document

Json = dict[str, Any]
IDENTIFIER = {"type": "object", "required": ["custom_id"], "properties": {"custom_id": {"type": "string"}}}


def answer(schema: Json, status: str = "200") -> Json:
    content = {"application/json": {"schema": schema}}
    return {status: {"description": "Fine.", "content": content}}


def with_two_operations(original: Json) -> Json:
    """A POST with a list, and a GET with an id in its path, page by page."""
    document = copy.deepcopy(original)
    paths = document["paths"]
    project, *paging = paths["/segments/list"]["get"]["parameters"]
    body = {
        "type": "object",
        "required": ["identifiers"],
        "properties": {
            "identifiers": {"type": "array", "maxItems": 100, "items": IDENTIFIER},
            "reason": {"type": "string", "enum": ["gdpr", "other"]},
        },
    }
    result = {"type": "object", "properties": {"accepted": {"type": "integer"}}}
    paths["/profiles/delete"] = {
        "post": {
            "tags": ["Profiles"],
            "description": "Deletes profiles. **Rate limit:** 100 deletions per second with a burst of 200.",
            "parameters": [project],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": answer(result, "202"),
        }
    }
    row: Json = {"type": "object", "properties": {"id": {"type": "string"}}}
    page = {
        "has_more": {"type": "boolean"},
        "next_from": {"type": "string"},
        "members": {"type": "array", "items": row},
    }
    paths["/audiences/{name}/members"] = {
        "get": {
            "description": "Its members, page by page. At most 60 requests per minute.",
            "parameters": [
                {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
                *(project, *paging),
            ],
            "responses": answer({"type": "object", "properties": page}),
        }
    }
    return document


def proposed(document: Json) -> Proposal:
    known = names.load(HERE.names)
    return Proposal(normalise(document, known), known)


def test_names_limits_and_caps_are_proposed(original: Json) -> None:
    made = proposed(with_two_operations(original))
    assert made.names_lines() == [
        "operations:",
        "  GET /audiences/{name}/members: {name: audience_members, area: audiences}",
        "  POST /profiles/delete: {name: profile_delete, area: profiles}",
        "schemas:",
        '  AudienceMemberPage: ["GET /audiences/{name}/members 2XX"]',
        "  ProfileDelete: [POST /profiles/delete body]",
        "  ProfileDeleteResult: [POST /profiles/delete 2XX]",
        '  AudienceMember: ["AudienceMemberPage.members[]"]',
        '  CustomIdIdentifier: ["ProfileDelete.identifiers[]"] # add to its line',
        "  ProfileDeleteReason: [ProfileDelete.reason]",
    ]
    assert made.facts_lines() == [
        "operations:",
        "  audience_members:",
        "    limits:",
        "      - {rate: 60, per: 60, unit: requests} # the document: 60 requests per minute",
        "  profile_delete:",
        "    limits:",
        "      - {rate: 100, unit: items, burst: 200} # the document: 100 deletions per second",
        "    items: [identifiers]",
        "    max_items: 100 # the document: maxItems",
        "    replay: false # true, if sending it twice does no harm: say why",
    ]


def put_in(layout: Layout, made: Proposal) -> None:
    """What a person does with the proposals."""
    for path, lines in ((layout.names, made.names_lines()), (layout.facts, made.facts_lines())):
        text = path.read_text()
        sections = re.findall(r"^(\w+:\n)((?: .*\n)+)", "\n".join([*lines, ""]), re.MULTILINE)
        for section, body in sections:
            added = re.findall(r"^  (\w+): \[(.*)\] # add to its line$", body, re.MULTILINE)
            for name, place in added:
                text = re.sub(rf"^(  {name}: \[.*)\]$", rf"\1, {place}]", text, flags=re.MULTILINE)
            own = "".join(line for line in body.splitlines(keepends=True) if "# add to its line" not in line)
            text = text.replace(f"\n{section}", f"\n{section}{own}")
        path.write_text(text)


def test_nothing_new_is_nothing_to_propose(original: Json) -> None:
    made = proposed(original)
    assert (made.names_lines(), made.facts_lines()) == ([], [])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("GET /segments/{id}", "segment_view"),
        ("PUT /segments/{id}", "segment_replace"),
        ("GET /segments/view", "segment_view"),
        ("GET /webhooks/list", "webhooks_list"),
        ("POST /catalogs/items/move", "catalog_items_move"),
        ("POST /catalogs/update", "catalog_update"),
    ],
)
def test_operations_are_called_as_ours_are(original: Json, key: str, name: str) -> None:
    document = copy.deepcopy(original)
    method, path = key.split(" ")
    if key not in names.load(HERE.names).operations:
        document["paths"][path] = {method.lower(): {"responses": {"204": {"description": "Done."}}}}
        assert proposed(document).called == {key: name}


def test_proposals_that_are_put_in_build_and_leave_nothing_to_propose(original: Json, tmp_path: Path) -> None:
    document = with_two_operations(original)
    layout = copy_of_inputs(tmp_path / "repo")
    put_document(layout, document)
    put_in(layout, proposed(document))
    assert pipeline.build(layout, tmp_path / "out") == []
    models = (tmp_path / "out/batch_api/models.py").read_text()
    assert '"ProfileDelete": "profile_delete"' in models


def test_a_model_that_nobody_named_is_not_public(original: Json, tmp_path: Path) -> None:
    layout = copy_of_inputs(tmp_path / "repo")
    put_document(layout, with_two_operations(original))
    pipeline.build(layout, tmp_path / "out")
    public = (tmp_path / "out/batch_api/models.py").read_text()
    inner = (tmp_path / "out/batch_api/_generated/cep/models/__init__.py").read_text()
    assert "ProfilesDelete" in inner
    assert "ProfilesDelete" not in public
    assert public == (HERE.root / "batch_api/models.py").read_text()
