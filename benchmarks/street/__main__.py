"""The client against slow, broken and hostile servers, over real sockets, with http and https.

    python -m benchmarks.street [--only cut] [--transport httpx|aiohttp] [--before FOLDER]

Prints one line for each case: what was measured, what was asked for, and whether it is good. With `--before`, a folder
that holds an earlier state of the package, the same is measured there first, and both stand side by side. Takes some
15 minutes, needs `openssl` and Linux. The exit code is 1 if a case is bad.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.street.figure import Figure

SCENARIOS = ("cut", "deadline", "handshake", "unreadable", "slow", "stalls", "endless")
HERE = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.street", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=SCENARIOS, help="one scenario")
    parser.add_argument("--transport", choices=("httpx", "aiohttp"), default="httpx")
    parser.add_argument("--before", metavar="FOLDER", type=Path, help="an earlier state of the package")
    options = parser.parse_args()
    bad = 0
    for scenario in [options.only] if options.only else SCENARIOS:
        before = _figures_before(scenario, options.before) if options.before else {}
        print(f"\n{scenario}, {options.transport}", flush=True)
        for figure in _figures(scenario, options.transport, HERE):
            bad += not figure.good
            print(_line(figure, before.get(figure.case)), flush=True)
    return 1 if bad else 0


def _line(figure: Figure, before: Figure | None) -> str:
    earlier = f"{_told(before)}  ->  " if before else ""
    return f"  {figure.case:<58} {earlier}{_told(figure)}  (bar: {figure.bar})"


def _told(figure: Figure) -> str:
    return f"{figure.said}: {'good' if figure.good else 'BAD'}"


def _figures(scenario: str, transport: str, folder: Path) -> Iterator[Figure]:
    """What a scenario finds, as it finds it, with the package in `folder`."""
    command = [sys.executable, "-m", "benchmarks.street.one", scenario, transport]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as running:
        assert running.stdout is not None
        yield from map(Figure.loads, running.stdout)
    if running.returncode:
        raise SystemExit(f"{scenario} ended with {running.returncode}")


def _figures_before(scenario: str, folder: Path) -> dict[str, Figure]:
    with _earlier_state(folder) as together:
        return {figure.case: figure for figure in _figures(scenario, "httpx", together)}


@contextlib.contextmanager
def _earlier_state(folder: Path) -> Iterator[Path]:
    """A folder with the package of then and the scenarios of now."""
    with tempfile.TemporaryDirectory() as together:
        Path(together, "batch_api").symlink_to((folder / "batch_api").resolve(), target_is_directory=True)
        Path(together, "benchmarks").symlink_to(HERE / "benchmarks", target_is_directory=True)
        yield Path(together)


if __name__ == "__main__":
    sys.exit(main())
