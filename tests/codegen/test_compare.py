"""Planted changes are found, weighed, and reported in our words."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from codegen import __main__ as command
from codegen import report
from codegen.compare import numbers
from codegen.layout import HERE, Layout
from tests.codegen.variants import scrambled, varied
from tests.codegen.versions import new_version

Json = dict[str, Any]
Edit = Callable[[Json, Json], object]
SEGMENTS = "/segments/list"


def rows(old: Json, new: Json) -> list[str]:
    return [line for line in report.write(HERE, old, new).splitlines() if line.startswith(("| `", "- "))]


def test_other_names_and_order_are_no_change(original: Json) -> None:
    assert rows(original, varied(original, scrambled, seed=3)) == []


PLANTED: list[tuple[Edit, str, str]] = [
    (lambda s, p: p.pop(SEGMENTS), "| `GET /segments/list` | all | removed |", "Breaking"),
    (
        lambda s, p: p[SEGMENTS]["get"].update(deprecated=True),
        "| `GET /segments/list` | all | deprecated |",
        "Additive",
    ),
    (lambda s, p: p[SEGMENTS]["get"]["parameters"].pop(), "| request | parameter removed |", "Breaking"),
    (
        lambda s, p: p[SEGMENTS]["get"]["parameters"].append(
            {"name": "sort", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "| `GET /segments/list ?sort` | request | required parameter added |",
        "Breaking",
    ),
    (lambda s, p: p[SEGMENTS]["get"]["responses"].pop("429"), "| response | no longer declares 429 |", "Wording"),
    (
        lambda s, p: s["EditProfile"]["properties"].update(x={"type": "string"}),
        "| `EditProfile.x` | request |",
        "Additive",
    ),
    (
        lambda s, p: (
            s["EditProfile"]["properties"].update(x={"type": "string"}),
            s["EditProfile"]["required"].append("x"),
        ),
        "| `EditProfile.x` | request | field added | bodies without it will be refused |",
        "Breaking",
    ),
    (
        lambda s, p: s["oneSegment"]["properties"].pop("display_name"),
        "| `Segment.display_name` | response | field removed |",
        "Breaking",
    ),
    (
        lambda s, p: s["oneSegment"]["properties"]["display_name"].update(type="integer"),
        "| `Segment.display_name` | response | type: string → integer |",
        "Breaking",
    ),
    (lambda s, p: s["field_type"]["enum"].pop(0), "| `CatalogFieldType` | both | value ", "Breaking"),
    (lambda s, p: s["field_type"]["enum"].append("x"), "| `CatalogFieldType` | both | value 'x' added |", "Additive"),
    (lambda s, p: s["status"]["enum"].pop(), "| `ExportStatus` | response | value ", "Additive"),
    (lambda s, p: s["BulkEditProfile"].update(maxItems=100), "maxItems: 200 → 100 | the API refuses", "Breaking"),
    (lambda s, p: s["BulkEditProfile"].update(maxItems=500), "maxItems: 200 → 500 | more is accepted", "Additive"),
    (
        lambda s, p: s["oneSegment"]["properties"]["display_name"].update(description="New."),
        "in other words",
        "Wording",
    ),
]


@pytest.mark.parametrize(("edit", "row", "section"), PLANTED)
def test_a_planted_change_is_found(original: Json, edit: Edit, row: str, section: str) -> None:
    new = copy.deepcopy(original)
    edit(new["components"]["schemas"], new["paths"])
    assert row in report.write(HERE, original, new).split(f"## {section}")[1].split("##")[0]


def test_the_report_on_a_new_version(original: Json) -> None:
    found = rows(original, varied(new_version(original), scrambled))
    assert "- `POST /profiles/update`: numbers in the text: 300 → 500. " in "\n".join(found)
    assert "We keep to 300 items every 1 s, burst 1000; at most 200 items a call." in "\n".join(found)
    assert "- `segments_view` (GET /segments/view)" in found
    assert "named segments_view in area segments" in "\n".join(found)
    assert str(HERE.root) not in "\n".join(found)


def test_what_will_stop_the_build_is_in_the_report(original: Json) -> None:
    new = copy.deepcopy(original)
    properties = new["components"]["schemas"]["campaign"]["properties"]
    properties["schedule"] = properties.pop("when")
    new["components"]["schemas"]["oneAudience"]["properties"]["type"] = {"type": "string"}
    text = report.write(HERE, original, new)
    lost = text.split("## Lines of names.yaml")[1].split("##")[0]
    assert "Campaign.when" in lost
    assert "CampaignSchedule: ['Campaign.schedule']" in lost
    assert "Audience.properties.type.const" in text.split("## Overlays that no longer match")[1]


def test_text_of_the_document_cannot_break_the_table(original: Json) -> None:
    new = copy.deepcopy(original)
    new["components"]["schemas"]["oneSegment"]["properties"]["a|b\n# `<script>"] = {"type": "string"}
    text = report.write(HERE, original, new)
    assert "<script>" not in text
    assert "\n# " not in text[2:]


def test_numbers_with_thousands() -> None:
    assert numbers("10 000 edits, 1,000 items, 300/s, version 2.11, v2") == [10000, 1000, 300]


def test_the_command_compares_with_the_head_of_git(
    original: Json, inputs: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "HERE", inputs)
    assert command.main(["diff"]) == 1
    assert "Say OLD=file." in capsys.readouterr().err
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "openapi"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], cwd=inputs.root, check=True)
    text = inputs.document.read_text().replace("title: Batch - REST API", "title: Other")
    inputs.document.write_text(text)
    assert command.main(["diff"]) == 0
    assert "0 breaking, 0 additive, 0 wording." in capsys.readouterr().out
