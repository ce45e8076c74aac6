"""The report says what stops the build, and nothing else does: for changes of each kind, one at a time."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.diff import report
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import HERE, Layout
from tests.codegen.conftest import copy_of_inputs, put_document

Json = dict[str, Any]
Edit = Callable[[Json, Json], object]

PROJECT = "#/components/parameters/HeaderProjectKey"


def answer(paths: Json, path: str) -> Json:
    """The media type of a success, whose schema can be replaced."""
    media: Json = paths[path]["get"]["responses"]["200"]["content"]["application/json"]
    return media


def one_field_more_at_view(schemas: Json, paths: Json) -> None:
    media = answer(paths, "/audiences/view")
    more = {"type": "object", "properties": {"last_used": {"type": "string"}}}
    media["schema"] = {"allOf": [media["schema"], more]}


def one_value_more_at_one_place(schemas: Json, paths: Json) -> None:
    schemas["PushMessage"]["properties"]["platform_type"]["items"]["enum"].append("watch")


def one_field_more_in_mass_updates(schemas: Json, paths: Json) -> None:
    media = paths["/profiles/mass-update"]["post"]["requestBody"]["content"]["application/json"]
    edit = copy.deepcopy(schemas["EditProfile"])
    edit["properties"]["note"] = {"type": "string"}
    media["schema"] = {"type": "array", "items": edit, "maxItems": 10_000}


def optional_project(schemas: Json, paths: Json) -> None:
    for item in paths.values():
        for operation in item.values():
            operation["parameters"] = [
                {"name": "X-Batch-Project", "in": "header", "schema": {"type": "string"}} if "$ref" in one else one
                for one in operation["parameters"]
            ]


def header(required: bool) -> Edit:
    def edit(schemas: Json, paths: Json) -> None:
        for item in paths.values():
            if "post" in item:
                entry = {"name": "X-Trace", "in": "header", "required": required, "schema": {"type": "string"}}
                item["post"]["parameters"].append(entry)

    return edit


def inherited(base: Json) -> Edit:
    """The messages of a campaign as heirs of one base, which says what the discriminator may be."""

    def edit(schemas: Json, paths: Json) -> None:
        branches = []
        for name in ("EmailMessage", "PushMessage"):
            heir = schemas[name]
            heir["properties"]["channel_type"] = {"const": name.removesuffix("Message").lower()}
            schemas[f"{name}2"] = {"allOf": [{"$ref": "#/components/schemas/Base"}, heir]}
            branches.append({"$ref": f"#/components/schemas/{name}2"})
        schemas["Base"] = {
            "type": "object",
            "required": ["channel_type"],
            "properties": {"channel_type": base},
            "discriminator": {"propertyName": "channel_type"},
        }
        schemas["campaign"]["properties"]["messages"]["items"] = {"oneOf": branches}

    return edit


def campaign_without_when(schemas: Json, paths: Json) -> None:
    properties = schemas["campaign"]["properties"]
    properties["schedule"] = properties.pop("when")


def repaired_audience(schemas: Json, paths: Json) -> None:
    schemas["oneAudience"]["properties"]["type"] = {"type": "string"}


def smaller_cap(schemas: Json, paths: Json) -> None:
    schemas["BulkEditProfile"]["maxItems"] = 100


def moved_update(schemas: Json, paths: Json) -> None:
    paths["/profiles/bulk"] = paths.pop("/profiles/update")


def no_replace(schemas: Json, paths: Json) -> None:
    del paths["/audiences/replace"]


def new_count(schemas: Json, paths: Json) -> None:
    paths["/audiences/count"] = copy.deepcopy(paths["/audiences/view"])
    paths["/audiences/count"]["get"].pop("operationId", None)


EDITS: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "one field more at one of two places": (one_field_more_at_view, ("names.yaml",)),
    "one value more at one of two places": (one_value_more_at_one_place, ("names.yaml",)),
    "one field more in one of two requests": (one_field_more_in_mass_updates, ("names.yaml",)),
    "a header may be left out that was required": (optional_project, ()),
    "an optional header": (header(required=False), ()),
    "a required header": (header(required=True), ("audit-allow.yaml",)),
    "heirs of a base with an enumeration": (inherited({"type": "string", "enum": ["email", "push"]}), ()),
    "heirs of a base with any text": (inherited({"type": "string"}), ()),
    "an operation removed": (
        lambda s, p: p.pop("/audiences/replace"),
        ("names.yaml", "operations.yaml", "the overlays"),
    ),
    "an operation moved": (moved_update, ("names.yaml", "operations.yaml", "the overlays")),
    "a field renamed": (campaign_without_when, ("names.yaml",)),
    "a defect repaired": (repaired_audience, ("the overlays",)),
    "a smaller cap": (smaller_cap, ("operations.yaml",)),
    "an operation added": (new_count, ()),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A copy of what a run reads, with what the last one wrote."""
    layout = copy_of_inputs(tmp_path_factory.mktemp("agree") / "repo")
    shutil.copytree(HERE.root / "batch_api", layout.root / "batch_api", ignore=shutil.ignore_patterns("__pycache__"))
    return layout


def planted(original: Json, edit: Edit) -> Json:
    new = copy.deepcopy(original)
    edit(new["components"]["schemas"], new["paths"])
    return new


@pytest.mark.parametrize(("edit", "files"), EDITS.values(), ids=EDITS)
def test_the_report_says_what_stops_the_build(
    original: Json, tree: Layout, tmp_path: Path, edit: Edit, files: tuple[str, ...]
) -> None:
    new = planted(original, edit)
    text = report.write(tree, original, new)
    put_document(tree, new)
    try:
        pipeline.build(tree, tmp_path)
        built = ""
    except CodegenError as error:
        built = "\n".join(map(str, error.errors)).replace(f"{tree.root}/", "")
    said = text.partition("## What stops the build\n\n```text\n")[2].partition("\n```")[0]
    assert said.replace("\n\n", "\n") == built
    (summary,) = [line for line in text.splitlines() if "stops the build" in line and line.startswith("- ")]
    assert all(file in summary for file in files)
    assert len(summary.split(", ")) == max(len(files), 1)


def rows(original: Json, edit: Edit) -> str:
    return report.write(HERE, original, planted(original, edit))


def test_a_change_at_one_of_two_places_is_told_where_it_is(original: Json) -> None:
    text = rows(original, one_field_more_at_view)
    assert "| `GET /audiences/view 200.last_used` (`audiences.view`) | response | field added |" in text
    assert "`audiences.list`" not in text
    assert "    `last_used` is only at GET /audiences/view 200\n" in text
    assert "That changes a public type" in text

    text = rows(original, one_value_more_at_one_place)
    assert "value 'watch' added" in text
    assert (
        "PushPlatform stands for two different schemas:\n    the value 'watch' is only at PushMessage.platform" in text
    )

    text = rows(original, one_field_more_in_mass_updates)
    assert "`POST /profiles/mass-update body[].note` (`profiles.mass_update`) | request | field added" in text
    assert "`profiles.update`" not in text


def test_places_that_differ_can_be_merged(original: Json, tmp_path: Path) -> None:
    layout = copy_of_inputs(tmp_path / "repo")
    put_document(layout, planted(original, one_field_more_at_view))
    text = layout.names.read_text()
    layout.names.write_text(f"{text}\nmerged:\n  Audience: The list gives a summary.\n")
    pipeline.build(layout, tmp_path / "out")
    model = (tmp_path / "out/batch_api/_generated/cep/models/audience.py").read_text()
    assert "last_used: str | None = None" in model
    assert "Only at GET /audiences/view 200." in model

    put_document(layout, original)
    with pytest.raises(CodegenError, match=r"merged\.Audience: all its places are the same\n  Remove the line"):
        pipeline.build(layout, tmp_path / "again")


@pytest.mark.parametrize(
    ("lines", "message"), [("{Nothing: why}", "is not a name of `schemas`"), ("{Audience: ''}", "has no reason")]
)
def test_a_merge_needs_a_name_and_a_reason(tmp_path: Path, lines: str, message: str) -> None:
    layout = copy_of_inputs(tmp_path / "repo")
    layout.names.write_text(f"{layout.names.read_text()}\nmerged: {lines}\n")
    with pytest.raises(CodegenError, match=message):
        pipeline.build(layout, tmp_path / "out")


def test_places_that_contradict_each_other_are_not_merged(original: Json, tmp_path: Path) -> None:
    def other_type(schemas: Json, paths: Json) -> None:
        media = answer(paths, "/audiences/view")
        view = copy.deepcopy(schemas["oneAudience"])
        view["properties"]["nb_ids"] = {"type": "string"}
        media["schema"] = view

    layout = copy_of_inputs(tmp_path / "repo")
    put_document(layout, planted(original, other_type))
    layout.names.write_text(f"{layout.names.read_text()}\nmerged: {{Audience: why}}\n")
    with pytest.raises(CodegenError, match=r"(?s)two different schemas:.*`type` in `\.nb_ids` is not the same"):
        pipeline.build(layout, tmp_path / "out")


def test_what_is_the_same_at_many_operations_is_one_row(original: Json) -> None:
    text = rows(original, header(required=False))
    assert "**0 breaking, 1 additive, 0 wording.**" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| ") and "x-trace" in line]
    posts = sum("post" in item for item in original["paths"].values())
    assert row.startswith(f"| `header x-trace` of {posts} operations (`audiences.create`, ")
    assert "the client does not send it" in row


def test_webhooks_are_compared(original: Json) -> None:
    def calls(*fields: str) -> Json:
        schema = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
        body = {"content": {"application/json": {"schema": schema}}}
        return {
            **original,
            "webhooks": {"done": {"post": {"requestBody": body, "responses": {"200": {"description": "Fine."}}}}},
        }

    added = report.write(HERE, original, calls("id"))
    assert "| `webhook POST /done` | all | webhook added | nothing is generated from it" in added
    changed = report.write(HERE, calls("id"), calls("id", "state"))
    assert "webhook PostDoneBody.state" in changed
    assert "| field added | nothing is generated" in changed
    assert "webhook removed" in report.write(HERE, calls("id"), original)
