"""The how-tos of CONTRIBUTING.md name files that are there, and what is in them."""

from __future__ import annotations

import re

import pytest

from tests.docs.blocks import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
PLACES = sorted(set(re.findall(r"`((?:batch_api|codegen|docs|overrides|tests|tools)/[\w./]*)`", PAGE)))
NAMED = {
    "batch_api/__init__.py": ("_HOMES", "__all__"),
    "batch_api/_operation.py": ("class LimitFact",),
    "batch_api/engine/errors.py": ("_BY_STATUS",),
    "batch_api/engine/limits.py": ("class Rule",),
    "batch_api/ingest/sources/files.py": ("class FileSource", "class Mark"),
    "batch_api/ingest/sources/jsonlines.py": ("class JsonLines", "def _items"),
    "batch_api/ingest/sources/open.py": ("def form_of", "def open_source"),
    "batch_api/results.py": ("def shown",),
    "batch_api/testing/project.py": ("handlers",),
    "tests/codegen/test_registry.py": ("EXPECTED",),
    "tests/docs/limits_table.py": ("CLIENT_CODE",),
    "tests/engine/test_engine.py": ("def test_a_refusal_is_raised_at_once",),
    "tests/facade/test_every_method.py": ("NEEDED",),
    "tests/facade/test_operations.py": ("def everything",),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_is_named_is_there(place: str) -> None:
    assert (ROOT / place).exists()


@pytest.mark.parametrize("file", NAMED)
def test_what_is_named_is_in_it(file: str) -> None:
    text = (ROOT / file).read_text()
    for name in NAMED[file]:
        assert name in text
        assert re.search(rf"`{name.split()[-1]}`", PAGE), f"{name} is not on the page any more: take it out here"


def test_the_page_names_something() -> None:
    assert len(PLACES) > 20
