"""Charts of single runs, as SVG: the pace that a server took, second by second, and the calls that it refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.limiters.bounds import bound
from benchmarks.limiters.line import PATTERNS, Arrival, saturate
from benchmarks.limiters.zoo import ZOO

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 720, 150, 150, 20, 30
_STYLE = """<style>
  text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2430; }
  polyline { fill: none; stroke: #3f51b5; stroke-width: 1.5; }
  .axis { stroke: #9aa1b4; }
  .bound { stroke: #8990a3; stroke-dasharray: 4 3; }
  .refused { stroke: #c62828; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7f1; }
    polyline { stroke: #8c9eff; }
    .refused { stroke: #ef9a9a; }
  }
</style>"""
_SMOOTH = 5  # seconds over which a pace is taken


class Line(NamedTuple):
    """One run of a chart, a pace for each second."""

    label: str
    pace: Sequence[float]
    refused: Sequence[float]
    best: float | None
    """The bound, where there is one."""


def draw(folder: Path) -> None:
    """Write all charts."""
    catalogs = PATTERNS[1]
    shapes = ("token bucket", "sliding log", "strict spacing", "sliding counter")
    alone = [
        _line(name, saturate(ZOO[name], catalogs, seconds=120), 120, bound(ZOO[name], catalogs) / catalogs.documented)
        for name in shapes
    ]
    _write(folder / "learning-alone.svg", "Calls taken, as part of the documented 5 a second; ticks are 429s", alone)
    half = saturate(ZOO["token bucket"], catalogs, seconds=330, parts={0: 0.5, 150: 1.0})
    _write(
        folder / "learning-slower.svg",
        "A server that grants half for 150 s, then all",
        [_line("token bucket", half, 330, None)],
    )
    shared = saturate(ZOO["token bucket"], catalogs, seconds=150, processes=4)
    each = [[arrival for arrival in shared if arrival.process == number] for number in range(4)]
    _write(
        folder / "learning-together.svg",
        "Four processes that know nothing of each other: the part of the limit that each gets",
        [_line(f"process {number + 1}", run, 150, 0.25) for number, run in enumerate(each)],
    )


def _line(label: str, arrivals: Sequence[Arrival], seconds: int, best: float | None) -> Line:
    taken = [0] * seconds
    for arrival in arrivals:
        if arrival.taken and arrival.at < seconds:
            taken[int(arrival.at)] += 1
    pace = [sum(taken[max(n - _SMOOTH + 1, 0) : n + 1]) / min(n + 1, _SMOOTH) / 5 for n in range(seconds)]
    return Line(label, pace, [arrival.at for arrival in arrivals if not arrival.taken], best)


def _write(path: Path, title: str, lines: Sequence[Line]) -> None:
    height = _TOP + _HEIGHT // 2 * len(lines) + _FOOT
    seconds = len(lines[0].pace)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>{_STYLE}',
        *(_row(line, number, seconds) for number, line in enumerate(lines)),
        *(
            f'<text x="{_x(second, seconds):.0f}" y="{height - 10}" text-anchor="middle">{second} s</text>'
            for second in range(0, seconds + 1, 30)
        ),
        "</svg>",
    ]
    path.write_text("\n".join(parts) + "\n")


def _row(line: Line, number: int, seconds: int) -> str:
    """One run: its label, the bound as a dashed line, the pace, and a tick for each rejection."""
    foot = _TOP + _HEIGHT // 2 * (number + 1) - 8
    scale = (_HEIGHT / 2 - 16) / 1.05
    points = " ".join(f"{_x(n, seconds):.1f},{foot - value * scale:.1f}" for n, value in enumerate(line.pace))
    ticks = "".join(f'<path d="M{_x(at, seconds):.1f} {foot}v5" class="refused"/>' for at in line.refused)
    level = "" if line.best is None else _dashed(foot - line.best * scale)
    return (
        f'<text x="8" y="{foot - scale / 2:.0f}">{line.label}</text>'
        f'<path d="M{_LEFT} {foot}H{_WIDTH - 20}" class="axis"/>{level}'
        f'<polyline points="{points}"/>{ticks}'
    )


def _dashed(y: float) -> str:
    return f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - 20}" class="bound"/>'


def _x(second: float, seconds: int) -> float:
    return _LEFT + second / seconds * (_WIDTH - _LEFT - 20)
