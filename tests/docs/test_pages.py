"""What the pages name is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import batch_api
from batch_api import BatchError
from tests.docs.blocks import PAGES, ROOT, name_of

LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")
BUILT = re.compile(r"(?:app_)?models/\w+\.md")  # with the site, by tools/site/models.py, whose links `mkdocs` checks
PUBLIC = {name: getattr(batch_api, name) for name in batch_api.__all__}
CLASSES = {name: value for name, value in PUBLIC.items() if isinstance(value, type)}
ERRORS = sorted(name for name, value in CLASSES.items() if issubclass(value, BatchError))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if not BUILT.fullmatch(link)]
    broken = [link for link in links if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(page: Path) -> None:
    """Every `make …` is a target, every `python -m …` a module, and every file that is named in the repo exists."""
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    modules = re.findall(r"python -m ((?:batch_api|codegen|benchmarks|tests|examples)[\w.]*\w)", text)
    assert [module for module in modules if not importlib.util.find_spec(module)] == []
    files = re.findall(r"`((?:codegen|docs|examples|openapi|overrides|requirements|tests|\.ci)/[\w./-]*)`", text)
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_readme_lists_every_error() -> None:
    listed = re.findall(r"^\| `(\w+)` \| ", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted({*listed, "BatchError"} & {*ERRORS}) == ERRORS


def test_the_reference_has_every_public_name() -> None:
    reference = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))
    modules = {"batch_api.engine.errors", "batch_api.results", "batch_api.testing.clock"}
    documented = {*re.findall(r"^::: ([\w.]+)", reference, re.MULTILINE)}
    assert modules <= documented
    homes = {f"{value.__module__}.{name}" for name, value in CLASSES.items()}
    assert {home for home in homes - documented if home.rpartition(".")[0] not in modules} == set()


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text())
    assert sorted(listed) == sorted(page.name for page in folder.glob("0*.md"))
