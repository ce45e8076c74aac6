"""The charts of the benchmarks show what the page says, and pictures suit both themes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.chart import CHARTS, FOLDER, Chart, drawn, figures
from benchmarks.report import PAGE
from tests.docs.blocks import ROOT, name_of

PICTURES = sorted((ROOT / "docs" / "assets" / "pictures").glob("*.svg"))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_chart_is_that_of_the_page(chart: Chart) -> None:
    """If not: `python -m benchmarks.chart`, which `make bench` runs."""
    assert (FOLDER / f"{chart.name}.svg").read_text() == drawn(chart, PAGE.read_text())


def test_figures_are_read_from_a_table() -> None:
    rows = ["| | s | n |", "| --- | --: | --: |", "| x | 1 | 2,500 |", "| x | 1 | 9 |", "| y | 1 | 0.5 |"]
    page = "\n".join(["<!-- a -->", "", *rows, "", "<!-- /a -->"])
    assert figures(page, "a", "n") == [("x", 2500.0), ("y", 0.5)]


@pytest.mark.parametrize("picture", [*PICTURES, *sorted(FOLDER.glob("*.svg"))], ids=name_of)
def test_a_picture_suits_both_themes_and_says_what_it_shows(picture: Path) -> None:
    text = picture.read_text()
    assert "prefers-color-scheme: dark" in text
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")
    ids = {element.get("id") for element in ElementTree.fromstring(text).iter()}
    assert "title" in ids  # which `aria-labelledby` names
