"""The first of the runs of `make fuzz`: a spoiled document ends in code or in a clear error, and breaks no tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.errors import CodegenError
from codegen.pull import pull as pull_module
from tests.codegen import fuzz


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    fuzz.scratch(folder)
    return folder


@pytest.mark.parametrize("number", range(1, 21))
def test_a_spoiled_document(number: int, root: Path) -> None:
    result = fuzz.run(number, root)
    assert result.kind != "BROKEN", result.what


def test_a_traceback_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in fuzz.run(1, root).what


def test_a_tree_that_a_failing_run_changed_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(*_: object) -> None:
        (root / "batch_api" / "left.py").touch()
        raise CodegenError("here", "fails")

    monkeypatch.setattr(pull_module, "pull", pull)
    result = fuzz.run(1, root)
    assert (result.kind, result.what) == ("BROKEN", "a run that failed has changed ['batch_api/left.py']")


def test_code_that_does_not_import_is_noticed(root: Path) -> None:
    package = root / "batch_api" / "_generated"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("import pwned\n")
    assert "pwned" in fuzz.imported(root)
