"""The names on the architecture page are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
PLACES = sorted(set(re.findall(r"`((?:batch_api|codegen|overrides)/[\w./]+)`", PAGE)))
NAMED = sorted(set(re.findall(r"`((?:batch_api|codegen)/[\w./]+\.py)`, `(\w+)`", PAGE)))


@pytest.mark.parametrize("place", PLACES)
def test_a_file_that_is_named_is_there(place: str) -> None:
    assert (ROOT / place).exists()


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_is_named_beside_a_file_is_in_it(file: str, name: str) -> None:
    assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", Path(ROOT / file).read_text(), re.MULTILINE)


def test_the_page_names_something() -> None:
    assert len(PLACES) > 30
    assert len(NAMED) > 8
