"""Run the worlds of some seeds: `python -m tests.simulator --seeds 200`, or of one: `--seed 4711`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulator.world import simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one, with its whole trace")
    chosen = parser.parse_args()
    if chosen.seed is not None:
        report = simulate(chosen.seed)
        print("\n".join([*report.trace.tail(len(report.trace)), str(report)]))
        return bool(report.violations)
    return _run(range(chosen.first, chosen.first + chosen.seeds))


def _run(seeds: range) -> int:
    began, found, failed, requests = time.process_time(), Counter[str](), 0, 0
    for seed in seeds:
        report = simulate(seed)
        requests += report.requests
        if report.violations:
            failed += 1
            found.update({violation.partition(":")[0] for violation in report.violations})
            print(report, *(f"    {line}" for line in report.trace.tail()), sep="\n", flush=True)
    seconds = time.process_time() - began
    print(f"{len(seeds)} seeds, {requests} requests, {seconds:.0f} s of CPU: {failed} failed")
    for oracle, count in found.most_common():
        print(f"  {oracle}: {count}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
