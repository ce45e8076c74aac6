"""The vendor's own document has other names and another arrangement than ours: the code must be the same."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen import names
from codegen.document import without_optional_headers
from codegen.generate import pipeline
from codegen.generate.normalise import Normalised, normalise
from codegen.generate.pipeline import Prepared
from codegen.layout import HERE, Layout, owned
from codegen.schema import is_remark
from tests.codegen import fuzz, versions
from tests.codegen.conftest import prepared_from, put_ground
from tests.codegen.variants import SAME, VENDOR, WORDS, Change, rename, scrambled, varied

Json = dict[str, Any]


EACH = [*((change, 1) for change in (*SAME, *WORDS)), *((scrambled, seed) for seed in range(1, 11))]


@pytest.mark.parametrize(("change", "seed"), EACH, ids=lambda value: getattr(value, "__name__", str(value)))
def test_what_means_the_same_is_the_same_in_our_words(
    change: Change, seed: int, original: Json, normalised: Normalised
) -> None:
    variant = varied(original, change, seed=seed)
    assert json.dumps(variant) != json.dumps(original)
    found = normalise(variant, names.load(HERE.names))
    assert found.derived == []
    assert meaning(without_optional_headers(found.document)) == meaning(normalised.document)


def meaning(value: Any) -> Any:
    """A document without its remarks, and without what variants may change beside names and types."""
    if isinstance(value, list):
        return [meaning(item) for item in value]
    if not isinstance(value, dict):
        return value
    beside = {
        "summary",
        "discriminator",
        "security",
        "tags",
        "info",
        "servers",
        "openapi",
        "securitySchemes",
        "required",
    }
    kept = {key: meaning(item) for key, item in value.items() if not is_remark(key) and key not in beside}
    return {"anyOf" if key == "oneOf" else key: item for key, item in kept.items()}


@pytest.mark.parametrize(("seed", "keep"), [(1, VENDOR), (2, frozenset())])
def test_other_names_and_another_arrangement_give_the_same_code(
    seed: int,
    keep: frozenset[str],
    original: Json,
    with_document: Callable[[Json], Layout],
    tree: Path,
    tmp_path: Path,
) -> None:
    variant = varied(original, lambda document, random: scrambled(document, random, keep), seed=seed)
    assert sorted(variant["components"]["schemas"]) != sorted(original["components"]["schemas"])

    notes = pipeline.build(with_document(variant), tmp_path)

    assert [note for note in notes if not note.startswith("unused schema: ")] == []  # leftovers, written out
    assert changed_files(tree, tmp_path) == {"cep/document.py"}


def changed_files(old: Path, new: Path) -> set[str]:
    heads = [line for line in pipeline.compare(old, new, owned([HERE])) if line.startswith("+++")]
    return {line.split("/_generated/")[1] for line in heads}


@pytest.mark.parametrize("change", versions.NEXT, ids=lambda change: change.__name__)
def test_what_is_new_takes_no_name_away(
    change: versions.Change, original: Json, with_document: Callable[[Json], Layout], prepared: Prepared
) -> None:
    variant = varied(versions.changed(original, change), scrambled)
    found = prepared_from(with_document(variant)).document
    assert prepared.document["components"]["schemas"].keys() <= found["components"]["schemas"].keys()
    assert named(prepared.document) <= named(found)


def named(document: Json) -> set[str]:
    return {operation["operationId"] for item in document["paths"].values() for operation in item.values()}


def test_all_that_is_new_at_once_gives_code_that_imports(
    original: Json, with_document: Callable[[Json], Layout], tree: Path
) -> None:
    document = original
    for change in versions.NEXT:
        document = json.loads(json.dumps(versions.changed(document, change)))
    layout = with_document(varied(document, scrambled))
    pipeline.build(layout, layout.root)
    assert public(tree) - public(layout.root) == set()
    put_ground(layout.root)
    assert fuzz.imported(layout.root) == ""


def test_a_new_version_under_other_names_moves_no_public_name(
    original: Json, with_document: Callable[[Json], Layout], tree: Path, tmp_path: Path
) -> None:
    variant = varied(versions.new_version(original), scrambled)

    notes = pipeline.build(with_document(variant), tmp_path)

    assert [note.split(": ")[0] for note in notes] == [
        "GET /catalogs/list ?sort",
        "GET /segments/view 200",
        "GET /segments/view",
        "optional header",
        "unused schema",
        "webhooks",
    ]
    assert public(tree) - public(tmp_path) == set()
    assert public(tmp_path) - public(tree) == {
        "catalog_list_sort",
        "segments_view",
        "segments_view_answer_200",
    }
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
    assert changed_files(tree, tmp_path) == {"cep/document.py", "cep/models/segment.py", "cep/openapi.json"}


def test_a_field_that_has_a_name_of_ours_and_is_gone_stops_the_build(original: Json) -> None:
    document = copy.deepcopy(original)
    del document["components"]["schemas"]["campaign"]["properties"]["when"]
    variant = varied(document, lambda found, random: rename(found, random, VENDOR))
    (problem,) = normalise(variant, names.load(HERE.names)).problems
    assert re.search(r"names\.yaml:\d+: Campaign\.when is not in the document", str(problem))
