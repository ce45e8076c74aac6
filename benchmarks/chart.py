"""Charts of what was measured, drawn from the tables of `docs/benchmarks.md`: SVG files in `docs/assets/charts/`.

    python -m benchmarks.chart

`make bench` does so when it has written the tables, and a test holds the files to them. Each file suits both themes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.report import PAGE

FOLDER = PAGE.parent / "assets" / "charts"

_LABELS, _BARS, _ROW, _TOP = 210, 400, 26, 46
"""Widths of the labels and of the longest bar; the height of a row; where the first begins."""

_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">
  <style>
    text {{ font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2430; }}
    .title {{ font-weight: 600; }}
    .label {{ text-anchor: end; }}
    .ours {{ fill: #3f51b5; }}
    .others {{ fill: #b8bfd0; }}
    .floor {{ fill: none; stroke: #8990a3; stroke-dasharray: 4 3; }}
    @media (prefers-color-scheme: dark) {{
      text {{ fill: #e4e7f1; }}
      .ours {{ fill: #8c9eff; }}
      .others {{ fill: #5a6275; }}
      .floor {{ stroke: #8990a3; }}
    }}
  </style>
  <text id="title" class="title" x="10" y="24">{title}</text>
"""

_BAR = """  <text class="label" x="{labels}" y="{text}">{label}</text>
  <rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="16" rx="2"/>
  <text x="{end:.1f}" y="{text}">{value:,.0f}</text>
"""


class Chart(NamedTuple):
    """Bars for a column of the table in a section of the page."""

    name: str
    section: str
    column: str
    title: str


CHARTS = (
    Chart("throughput", "ingest", "profiles per CPU s", "Profiles that one second of CPU sends (more is better)"),
    Chart("memory", "ingest", "memory, MB", "Peak memory in MB, above that of httpx alone (less is better)"),
)

FLOOR = "floor:"
OTHERS = ("the careful script", "aiolimiter and gather", "serial chunks")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for chart in CHARTS:
        (FOLDER / f"{chart.name}.svg").write_text(drawn(chart, PAGE.read_text()))


def drawn(chart: Chart, page: str) -> str:
    """The SVG of a chart, of the figures on the page."""
    rows = figures(page, chart.section, chart.column)
    most = max(value for _, value in rows)
    svg = _HEAD.format(width=_LABELS + _BARS + 110, height=_TOP + _ROW * len(rows), title=escape(chart.title))
    for number, (label, value) in enumerate(rows):
        top, width = _TOP + _ROW * number, max(1.0, value / most * _BARS)
        svg += _BAR.format(
            labels=_LABELS,
            label=escape(label),
            kind=kind(label),
            x=_LABELS + 10,
            y=top,
            text=top + 13,
            width=width,
            end=_LABELS + 18 + width,
            value=value,
        )
    return svg + "</svg>\n"


def figures(page: str, section: str, column: str) -> list[tuple[str, float]]:
    """The first column of a section's table, and another as numbers; of rows of the same name the first."""
    head, _, *rows = table(page, section)
    place = head.index(column)
    found: dict[str, float] = {}
    for row in rows:
        found.setdefault(row[0], float(row[place].replace(",", "")))
    return list(found.items())


def table(page: str, section: str) -> Sequence[list[str]]:
    """The cells of the table between the marks of a section."""
    (text,) = re.findall(rf"<!-- {section} -->(.*?)<!-- /{section} -->", page, re.DOTALL)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def kind(label: str) -> str:
    """What a program is: a floor, what others write, or ours."""
    if label.startswith(FLOOR):
        return "floor"
    return "others" if label in OTHERS else "ours"


if __name__ == "__main__":
    main()
