"""The report proposes the next version, and lines for the changelog that the ratchet of public names understands."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from codegen.diff import release, report
from codegen.generate import pipeline
from codegen.layout import HERE
from tests.codegen.versions import new_version
from tools import ratchet


@pytest.mark.parametrize(
    ("version", "weights", "after"),
    [
        ("0.1.0", ["breaking"], "0.2.0"),
        ("0.1.3", ["additive", "wording"], "0.2.0"),
        ("0.1.3", ["wording"], "0.1.4"),
        ("1.4.2", ["additive", "breaking"], "2.0.0"),
        ("1.4.2", ["additive"], "1.5.0"),
        ("1.4.2", [], "1.4.3"),
        ("1.4.2rc1", ["additive"], "1.5.0"),
    ],
)
def test_the_next_version_is_semantic(version: str, weights: list[str], after: str) -> None:
    assert release.next_version(version, weights) == after


def test_the_draft_excuses_what_is_gone(original: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "stops", lambda *_: ())
    text = report.write(HERE, original, new_version(original))
    section = text.split("## The next version: ")[1].split("\n## ")[0]
    draft = re.findall(r"```markdown\n(.*?)```", section, re.DOTALL)[0]
    assert "- `GET /segments/view`: operation added (2." in draft
    assert "`models.Audience.display_name`" in draft.split("### Removed")[1]
    assert "models.Audience.display_name" in ratchet.excuses(f"## [Unreleased]\n\n{draft}")
    assert "the document says 500 updates per second, and said 300 updates per second" in draft


def test_without_a_change_there_is_nothing_to_release(
    original: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "stops", lambda *_: ())
    assert "## The next version" not in report.write(HERE, original, copy.deepcopy(original))
