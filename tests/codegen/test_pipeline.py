"""The run as a whole: fresh, the same everywhere, all or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen import __main__ as command
from codegen import document, yamlfile
from codegen.errors import CodegenError
from codegen.generate import format as code_format
from codegen.generate import generator, pipeline, swap
from codegen.layout import HERE, Layout, owned
from tests.codegen.conftest import prepared_from

Json = dict[str, Any]


def test_what_is_committed_is_what_would_be_written() -> None:
    assert pipeline.check(*HERE.every_api()) == []


def test_a_difference_is_shown_line_by_line(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "batch_api/_generated/cep").mkdir(parents=True)
    source = tree / "batch_api/_generated/cep/registry.py"
    (tmp_path / "batch_api/_generated/cep/registry.py").write_text(source.read_text().replace("300.0", "400.0"))
    (tmp_path / "batch_api/_generated/cep/stale.py").write_text("x = 1\n")
    differences = list(pipeline.compare(tmp_path, tree, owned([HERE])))
    assert any(line.startswith("-") and "rate=400.0" in line for line in differences)
    assert any(line.startswith("+") and "rate=300.0" in line for line in differences)
    assert "-x = 1" in differences
    assert "+++ generated/batch_api/models.py" in differences


def test_the_same_bytes_whatever_the_hash_seed(tree: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, codegen.generate.pipeline as p;"
        " p.build(p.Layout(pathlib.Path()), pathlib.Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "42"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=HERE.root, env=environment)
    assert digest(tmp_path) == digest(tree)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_run_replaces_the_whole_tree_and_leaves_nothing_behind(inputs: Layout, tree: Path) -> None:
    stale = inputs.root / "batch_api" / "_generated" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("x = 1\n")
    pipeline.generate(inputs)
    assert not stale.exists()
    assert digest(inputs.root / "batch_api") == digest(tree / "batch_api")
    assert sorted(path.name for path in inputs.root.iterdir()) == ["batch_api", "openapi", "overrides"]


def test_a_run_that_fails_leaves_the_tree_as_it_was(inputs: Layout) -> None:
    old = inputs.root / "batch_api" / "_generated" / "old.py"
    old.parent.mkdir(parents=True)
    old.write_text("x = 1\n")
    (inputs.templates / "endpoints.py.jinja").write_text("def (:\n")
    with pytest.raises(CodegenError, match="ruff"):
        pipeline.generate(inputs)
    assert old.read_text() == "x = 1\n"
    assert sorted(path.name for path in inputs.root.iterdir()) == ["batch_api", "openapi", "overrides"]


def test_a_swap_that_fails_half_way_is_undone(tmp_path: Path) -> None:
    new, root = tmp_path / "new", tmp_path / "root"
    (new / "first").mkdir(parents=True)
    (root / "first").mkdir(parents=True)
    (root / "first" / "old.txt").write_text("old")
    with pytest.raises(FileNotFoundError):
        swap.swap(new, root, ["first", "missing"])
    assert (root / "first" / "old.txt").read_text() == "old"
    assert [path.name for path in root.iterdir()] == ["first"]


def test_check_fails_with_a_remedy_when_something_was_edited(inputs: Layout, tree: Path) -> None:
    shutil.copytree(tree / "batch_api", inputs.root / "batch_api")
    edited = inputs.root / "batch_api" / "models.py"
    edited.write_text(edited.read_text() + "# by hand\n")
    with pytest.raises(CodegenError, match=r"(?s)-# by hand.*python -m codegen generate"):
        pipeline.check(inputs)


def test_a_document_that_the_lock_does_not_name(inputs: Layout) -> None:
    inputs.document.write_text(inputs.document.read_text() + "# one more line\n")
    with pytest.raises(CodegenError, match=r"lock\.yaml: its sha256 is not that of"):
        prepared_from(inputs)


def test_the_lock_says_what_the_document_is(original: Json) -> None:
    lock = yamlfile.load_table(HERE.lock)
    assert lock["sha256"] == document.sha256(HERE.document)
    assert lock["openapi"] == original["openapi"]
    assert lock["info.version"] == original["info"]["version"]
    assert lock["server.version.default"] == original["servers"][0]["variables"]["version"]["default"]
    assert lock["source"].startswith(("https://", "http://", "file:"))
    assert len(lock["date"]) == 10


def test_a_document_that_is_not_valid(with_document: Callable[[Json], Layout], original: Json) -> None:
    layout = with_document({**original, "info": {"title": "No version"}})
    with pytest.raises(CodegenError, match=r"(?s)is not valid OpenAPI.*info.*: .version. is a required property"):
        prepared_from(layout)


def test_another_openapi_version(with_document: Callable[[Json], Layout], original: Json) -> None:
    with pytest.raises(CodegenError, match=r"is OpenAPI '3\.2\.0'"):
        prepared_from(with_document({**original, "openapi": "3.2.0"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "cannot be read as YAML"),
        ("- a\n", "does not hold a mapping"),
        ("a: .inf\n", "not a JSON number"),
    ],
)
def test_yaml_that_is_no_good(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(CodegenError, match=message):
        yamlfile.load_table(tmp_path / "x.yaml")


def test_dates_and_codes_without_quotes_are_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("200: 2026-01-02\nno: no\n")
    assert yamlfile.load(path) == {"200": "2026-01-02", "no": "no"}


def test_another_ruff_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_format, "VERSION", "0.0.1")
    with pytest.raises(CodegenError, match=r"pip install ruff==0\.0\.1"):
        code_format.check_version()


def test_the_pins_are_those_of_the_requirements() -> None:
    pins = (HERE.root / "requirements" / "dev.txt").read_text().split()
    assert f"ruff=={code_format.VERSION}" in pins
    assert f"openapi-python-client=={generator.VERSION}" in pins
    assert any(pin.startswith("jsonpath-rfc9535==1.") for pin in pins)  # 2.x needs Python 3.12


def test_the_command_prints_the_message_and_fails(
    monkeypatch: pytest.MonkeyPatch, inputs: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "HERE", inputs)
    assert command.main(["check"]) == 1
    assert "Run `python -m codegen generate`" in capsys.readouterr().err


def test_the_command_notes_names_that_were_made_up(
    monkeypatch: pytest.MonkeyPatch,
    with_document: Callable[[Json], Layout],
    original: Json,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "sub": {"type": "object", "properties": {"a": {}}}},
    }
    answer = {"description": "One.", "content": {"application/json": {"schema": new}}}
    paths = {**original["paths"], "/segments/view": {"get": {"responses": {"200": answer}}}}
    layout = with_document({**original, "paths": paths})
    monkeypatch.setattr(command, "HERE", layout)
    assert command.main(["generate"]) == 0
    notes = capsys.readouterr().err
    assert "GET /segments/view: no line in" in notes
    assert "named segments_view in area segments" in notes
    written = layout.root / "batch_api/_generated/cep"
    assert "async def segments_view(" in (written / "endpoints/segments.py").read_text()
    assert "class SegmentsViewAnswer200:" in (written / "models/segments_view_answer_200.py").read_text()
    assert "sub: SegmentsViewAnswer200Sub | None = None" in (written / "models/segments_view_answer_200.py").read_text()
