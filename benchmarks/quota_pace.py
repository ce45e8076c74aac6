"""What 1 to 8 processes get of a limit on one machine, and through Redis: in virtual time, the same on any machine.

    python -m benchmarks.quota_pace [--seconds 60]

The code that ships runs on a clock that jumps (`tests/quota/cluster.py`). The server keeps strict token buckets; 5 to
50 ms pass before a request counts, and as much after. What it costs, and what a busy machine makes of it, is for
`benchmarks.quota machine` to say.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from batch_api import Limit
from batch_api.testing.clock import run
from tests.quota.cluster import PlayedMachine, Process, Shared, StrictServer, played
from tests.quota.test_sharing import CATALOG, DEFAULT, MASS, UPDATES, saturate

PROCESSES = (1, 2, 4, 8)


class Case(NamedTuple):
    name: str
    limits: Sequence[Limit]
    largest: int
    cost: int
    least: float
    spacing: float = 0.0
    headroom: float = 0.0


CASES = (
    Case("update 1", (UPDATES,), 200, 1, 0.99),
    Case("update 200", (UPDATES,), 200, 200, 0.99),
    Case("mass 5000", (MASS,), 10_000, 5000, 0.99, spacing=0.02),
    Case("catalog 200", CATALOG, 200, 200, 0.985, headroom=0.01),
    Case("default 1/s", (DEFAULT,), 1, 1, 0.94, spacing=0.02),
)


class Result(NamedTuple):
    share: float
    rejected: int
    parts: Sequence[float]


async def _measured(case: Case, processes: int, play: Callable[[], Shared], seconds: float) -> Result:
    shared, limit = play(), case.limits[-1]
    server = StrictServer(*((one.per_second, one.burst or one.per_second, one.unit) for one in reversed(case.limits)))
    workers = [
        Process(shared, n, *case.limits, largest=case.largest, spacing=case.spacing, headroom=case.headroom)
        for n in range(processes)
    ]
    parts = await saturate(workers, seconds, [lambda: case.cost], tasks=60, server=server)
    units = [items if limit.unit == "items" else 1 for _, items in server.taken]
    took = server.taken[-1][0] - server.taken[0][0]
    return Result(sum(units[1:]) / took / limit.per_second, server.rejected, parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    missed = 0
    print(f"{'case':<12}{'processes':>10}   {'on one machine':<32}   through Redis: share, 429s, parts (1 is even)")
    for case in CASES:
        for processes in PROCESSES:
            with tempfile.TemporaryDirectory() as directory:
                machine = run(_measured(case, processes, partial(PlayedMachine, Path(directory), 0.0), options.seconds))
            redis = run(_measured(case, processes, played, options.seconds))
            good = machine.share >= case.least and not machine.rejected
            missed += not good
            print(
                f"{case.name:<12}{processes:10}   {_shown(machine):<32}   {_shown(redis)}{'' if good else '  MISSED'}",
                flush=True,
            )
    return 1 if missed else 0


def _shown(result: Result) -> str:
    return f"{result.share:8.1%} {result.rejected:4}  {min(result.parts):.2f} to {max(result.parts):.2f}"


if __name__ == "__main__":
    sys.exit(main())
