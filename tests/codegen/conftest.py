"""A copy of the inputs that a test may spoil, and one run of the generator for the whole session."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen import names, opening, yamlfile
from codegen.generate import pipeline
from codegen.generate.normalise import Normalised, normalise
from codegen.layout import GROUND, HERE, Layout

Json = dict[str, Any]


@pytest.fixture(scope="session")
def original() -> Json:
    """The vendor's document. Not to be changed: copy it."""
    return yamlfile.load_table(HERE.document)


@pytest.fixture(scope="session")
def prepared() -> pipeline.Prepared:
    return pipeline.prepare(HERE, opening.read(HERE).document)


@pytest.fixture(scope="session")
def normalised(original: Json) -> Normalised:
    return normalise(original, names.load(HERE.names))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What codegen writes from the inputs as they are."""
    folder = tmp_path_factory.mktemp("tree")
    pipeline.build(HERE, folder)
    return folder


@pytest.fixture
def inputs(tmp_path: Path) -> Layout:
    """A copy of `openapi/` and `overrides/` of this test's own."""
    return copy_of_inputs(tmp_path / "repo")


@pytest.fixture
def with_document(inputs: Layout) -> Callable[[Json], Layout]:
    """The inputs with another document, and a lock that names it."""

    def replace(other: Json) -> Layout:
        put_document(inputs, other)
        return inputs

    return replace


def copy_of_inputs(root: Path) -> Layout:
    for name in ("openapi", "overrides"):
        shutil.copytree(HERE.root / name, root / name)
    return Layout(root)


def prepared_from(layout: Layout) -> pipeline.Prepared:
    """What is made of the inputs before the generator sees them."""
    return pipeline.prepare(layout, opening.read(layout).document)


def put_ground(root: Path) -> None:
    """The package `batch_api` with what generated code needs to be imported."""
    (root / "batch_api").mkdir(exist_ok=True)
    (root / "batch_api" / "__init__.py").touch()
    for name in GROUND:
        shutil.copyfile(HERE.root / name, root / name)


def put_document(layout: Layout, other: Json) -> None:
    layout.document.write_text(json.dumps(other), encoding="utf-8")  # JSON is YAML
    layout.lock.write_text(f"sha256: {hashlib.sha256(layout.document.read_bytes()).hexdigest()}\n")
