"""How well the gate learns what a server takes: every limiter of the zoo, in virtual time.

    python -m benchmarks.limiters [alone|slower|together|charts ...] [--only NAME] [--seeds 3] [--write]

- *alone*: one process at saturation for 60 s.
- *slower*: a server that grants half of what is documented, for 150 s, and all of it after that.
- *together*: 2, 4 and 8 processes that know nothing of each other.
- *charts*: the pace of some runs, second by second, as SVG in `docs/assets/charts`.

With `--write`, tables go into `docs/learning.md`. The exit code is 1 if a bar is missed. It takes some ten minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.limiters import charts
from benchmarks.limiters.bounds import bound
from benchmarks.limiters.line import PATTERNS, Arrival, Pattern, pace, rejections, saturate
from benchmarks.limiters.zoo import ZOO, Kind
from benchmarks.report import table, write_section

PAGE = Path(__file__).parents[2] / "docs" / "learning.md"
EASY = ("token bucket", "GCRA", "leaky bucket")  # at the documented rate these never refuse

Row = tuple[list[str], bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", default=["alone", "slower", "together", "charts"])
    parser.add_argument("--only", default="", help="patterns or limiters with this in their names")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    missed = 0
    for part in chosen.parts:
        if part == "charts":
            charts.draw(PAGE.parent / "assets" / "charts")
            continue
        head, rows = PARTS[part]
        found = [list(_marked(row)) for row in rows(chosen.only, range(1, chosen.seeds + 1))]
        missed += sum("missed" in row[-1] for row in found)
        text = table(head, found)
        print(f"\n{text}\n", flush=True)
        if chosen.write:
            write_section(PAGE, part, text)
    return 1 if missed else 0


def _marked(row: Row) -> Iterator[str]:
    cells, good = row
    yield from cells
    yield "" if good else "missed"
    print(" | ".join(cells), "" if good else "MISSED", file=sys.stderr, flush=True)


def _cases(only: str) -> Iterator[tuple[Pattern, str, Kind]]:
    for pattern in PATTERNS:
        for name, kind in ZOO.items():
            if only in pattern.name or only in name:
                yield pattern, name, kind


def _range(values: Sequence[float], form: str) -> str:
    least, most = format(min(values), form), format(max(values), form)
    return least if least == most else f"{least} to {most}"


def alone(only: str, seeds: Sequence[int]) -> Iterator[Row]:
    """Bar 1: after 20 s at least 92 % of the bound, at most 3 rejections before, and 1 in the 40 s that follow."""
    for pattern, name, kind in _cases(only):
        best = bound(kind, pattern)
        runs = [saturate(kind, pattern, seed=seed) for seed in seeds]
        shares = [pace(run, 20, 60) / best for run in runs]
        early, late = [rejections(run, 0, 20) for run in runs], [rejections(run, 20, 60) for run in runs]
        least, most_early, most_late = (0.985, 0, 0) if name in EASY else (0.92, 3, 1)
        good = min(shares) >= least and max(early) <= most_early and max(late) <= most_late
        share = best / pattern.documented
        yield [pattern.name, name, f"{share:.1%}", _range(shares, ".1%"), _range(early, "d"), _range(late, "d")], good


def slower(only: str, seeds: Sequence[int]) -> Iterator[Row]:
    """Bar 2: after 30 s 92 % of half the rate and 2 rejections a minute; 2 minutes after its return, 95 % of all."""
    for pattern, name, kind in _cases(only):
        half, full = bound(kind, pattern, part=0.5), bound(kind, pattern)
        runs = [saturate(kind, pattern, seconds=330, seed=seed, parts={0: 0.5, 150: 1.0}) for seed in seeds]
        shares = [pace(run, 30, 150) / half for run in runs]
        minutes = [rejections(run, 30, 150) / 2 for run in runs]
        back = [pace(run, 270, 330) / full for run in runs]
        good = min(shares) >= 0.92 and max(minutes) <= 2 and min(back) >= 0.95
        yield [pattern.name, name, _range(shares, ".1%"), _range(minutes, "g"), _range(back, ".1%")], good


def together(only: str, seeds: Sequence[int]) -> Iterator[Row]:
    """Bar 3: from 30 s to 150 s at least 92 % of the limit, parts of 0.6 to 1.5, 6 rejections a process and minute."""
    for pattern in PATTERNS:
        if pattern.operation_name == "audience_list" or only not in pattern.name:
            continue  # one request a second is no rate to share by chance
        for processes in (2, 4, 8):
            runs = [
                saturate(ZOO["token bucket"], pattern, seconds=150, processes=processes, seed=seed) for seed in seeds
            ]
            sums = [pace(run, 30, 150) / pattern.documented for run in runs]
            parts = [part for run in runs for part in _parts(run, processes)]
            minutes = [rejections(run, 30, 150) / processes / 2 for run in runs]
            good = min(sums) >= 0.92 and min(parts) >= 0.6 and max(parts) <= 1.5 and max(minutes) <= 6
            cells = [_range(sums, ".1%"), f"{min(parts):.2f} to {max(parts):.2f}", _range(minutes, ".1f")]
            yield [pattern.name, str(processes), *cells], good


def _parts(arrivals: Sequence[Arrival], processes: int) -> list[float]:
    """What each process got; 1 is an even part."""
    taken = [arrival.process for arrival in arrivals if arrival.taken and arrival.at >= 30]
    return [taken.count(number) * processes / max(len(taken), 1) for number in range(processes)]


PARTS: dict[str, tuple[Sequence[str], Callable[[str, Sequence[int]], Iterator[Row]]]] = {
    "alone": (("calls", "limiter", "bound", "share of it after 20 s", "429s to 20 s", "to 60 s", ""), alone),
    "slower": (("calls", "limiter", "share of half", "429s a minute", "share 2 min after", ""), slower),
    "together": (("calls", "processes", "sum", "parts", "429s each a minute", ""), together),
}


if __name__ == "__main__":
    sys.exit(main())
