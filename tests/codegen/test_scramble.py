"""The vendor's own document has other names and another arrangement than ours: the code must be the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen import pipeline
from codegen.layout import HERE, Layout, owned
from tests.codegen.variants import VENDOR, Scrambler, new_version

Json = dict[str, Any]


@pytest.mark.parametrize(("seed", "keep"), [(1, tuple(VENDOR)), (2, ())])
def test_other_names_and_another_arrangement_give_the_same_code(
    seed: int,
    keep: tuple[str, ...],
    original: Json,
    with_document: Callable[[Json], Layout],
    tree: Path,
    tmp_path: Path,
) -> None:
    scrambled = Scrambler(original, seed, keep).run()
    assert sorted(scrambled["components"]["schemas"]) != sorted(original["components"]["schemas"])

    notes = pipeline.build(with_document(scrambled), tmp_path)

    assert notes == []
    differences = [
        line for line in pipeline.compare(tree, tmp_path, owned([HERE])) if line[0] in "+-" and "SHA256" not in line
    ]
    assert [line for line in differences if not line.endswith("cep/document.py")] == []


def test_a_new_version_under_other_names_moves_no_public_name(
    original: Json, with_document: Callable[[Json], Layout], tree: Path, tmp_path: Path
) -> None:
    variant = Scrambler(new_version(original), 1, tuple(VENDOR)).run()

    notes = pipeline.build(with_document(variant), tmp_path)

    assert [note.split(": no line")[0] for note in notes] == ["GET /segments/view 200", "GET /segments/view"]
    assert public(tree) - public(tmp_path) == set()
    assert public(tmp_path) - public(tree) == {"segments_view", "segments_view_answer_200"}
    models = tmp_path / "batch_api/_generated/cep/models"
    assert "created_by: str | None = None" in (models / "segment.py").read_text()
    assert "display_name" not in (models / "audience.py").read_text()


def public(tree: Path) -> set[str]:
    """The modules of the models, and the functions."""
    cep = tree / "batch_api/_generated/cep"
    functions = [line for path in (cep / "endpoints").glob("*.py") for line in path.read_text().splitlines()]
    names = {line.split("(")[0].removeprefix("async def ") for line in functions if line.startswith("async def ")}
    return names | {path.stem for path in (cep / "models").glob("*.py")}


def test_one_new_optional_field_changes_three_files(
    original: Json, with_document: Callable[[Json], Layout], tree: Path, tmp_path: Path
) -> None:
    document = copy.deepcopy(original)
    document["components"]["schemas"]["oneSegment"]["properties"]["created_by"] = {"type": "string"}
    pipeline.build(with_document(document), tmp_path)
    changed = {line[4:] for line in pipeline.compare(tree, tmp_path, owned([HERE])) if line.startswith("+++")}
    assert changed == {
        f"generated/batch_api/_generated/cep/{name}" for name in ("document.py", "models/segment.py", "openapi.json")
    }
