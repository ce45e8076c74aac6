"""All side-by-side benchmarks of ingest and the buffer, one after the other, into `docs/benchmarks.md` and its charts.

    python -m benchmarks [--profiles 200000] [--runs 5]        or: make bench PROFILES=1000000

Takes some 8 minutes. The machine should have nothing else to do. The exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import chart


def main() -> int:
    parser = argparse.ArgumentParser(description="All side-by-side benchmarks, into docs/benchmarks.md.")
    parser.add_argument("--profiles", default="200000", help="to compare programs with")
    parser.add_argument("--runs", default="5")
    chosen = parser.parse_args()
    parts = (
        ["benchmarks.ingest", "--profiles", chosen.profiles, "--runs", chosen.runs],
        ["benchmarks.rows"],
        ["benchmarks.ingest_pace"],
        ["benchmarks.ingest_faults"],
        ["benchmarks.buffer"],
    )
    codes = []
    for module, *options in parts:
        print(f"\n{module}\n", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", module, *options, "--write"], check=False).returncode)
    chart.main()
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
