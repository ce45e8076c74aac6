"""`make stubs`, in a clone: from a document with two new operations to methods that the tests of the facade accept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import names, yamlfile
from codegen.generate.normalise import normalise
from codegen.layout import HERE, Layout
from codegen.propose import Proposal
from tests.codegen.test_propose import put_in, with_two_operations
from tests.tools.project import git, repository
from tools import stubs


def run(root: Path, *arguments: str) -> str:
    """A module of the clone. The environment is that of this test, without what would measure it."""
    kept = {name: value for name, value in os.environ.items() if not re.match("COV|PYTEST", name)}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=root, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_from_a_new_document_to_methods(tmp_path: Path) -> None:
    root = repository(tmp_path / "clone")
    layout = Layout(root)
    document = with_two_operations(yamlfile.load_table(HERE.document))
    (tmp_path / "new.yaml").write_text(json.dumps(document))
    told = run(root, "tools.update", "--url", (tmp_path / "new.yaml").as_uri())
    assert "make generate stubs api-snapshot" in told
    assert "tools/public-api.txt" not in git(root, "status", "--porcelain")

    known = names.load(layout.names)
    put_in(layout, Proposal(normalise(document, known), known))
    run(root, "codegen", "generate")
    assert "POST /profiles/delete: batch_api/resources/profiles.py" in run(root, "tools.stubs")
    assert run(root, "tools.stubs") == "Every operation has a method.\n"

    profiles = (root / "batch_api/resources/profiles.py").read_text()
    assert "async def delete(self, body: ProfileDelete | Mapping[str, Any]) -> ProfileDeleteResult:" in profiles
    audiences = (root / "batch_api/resources/audiences.py").read_text()
    assert "def members(self, name: str, page_size: int = 100, cursor: str | None = None)" in audiences
    assert "-> Listing[AudienceMember]:" in audiences
    changelog = (root / "CHANGELOG.md").read_text().split("## [Unreleased]")[1]
    assert "- `client.profiles.delete`: Deletes profiles.\n" in changelog

    run(root, "tests.docs.limits_table")
    run(root, "tools.ratchet", "write")
    assert "\nresources.profiles.Profiles.delete: " in (root / "tools/public-api.txt").read_text()
    run(root, "ruff", "check", "batch_api", "tests/facade")
    run(root, "mypy", "batch_api/resources/profiles.py", "batch_api/resources/audiences.py")
    passed = run(root, "pytest", "-q", "tests/facade/test_every_method.py", "tests/facade/test_operations.py")
    assert " passed" in passed
    run(root, "pytest", "-q", "tests/testing/test_document.py", "tests/docs/test_limits_table.py")


def test_here_every_operation_has_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert stubs.main() == 0
    assert capsys.readouterr().out == "Every operation has a method.\n"


def test_an_operation_in_an_area_without_a_class_is_only_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = stubs.Operation("webhook_list", "webhooks", "GET /webhooks/list", {}, None, [], "None", {})
    monkeypatch.setattr(stubs, "without_method", lambda _: [one])
    assert stubs.main(Layout(tmp_path)) == 0
    assert "write batch_api/resources/webhooks.py, and its attribute in batch_api/client.py" in capsys.readouterr().out
