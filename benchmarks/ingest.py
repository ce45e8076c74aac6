"""What it costs to send a million profiles, beside the scripts that one would write, and beside the floors.

    python -m benchmarks.ingest [--profiles 200000] [--runs 5] [--only script lines-by-chunk] [--write]

Each program runs in a process of its own, against a server that only counts. The runs are interleaved, and each figure
is the median over all of them: CPU seconds (user and system) of the client, and the peak of its memory above an
interpreter that has imported httpx, without what the source of ready dicts holds itself.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.data import profile
from benchmarks.others import floor, gather, joined, script, serial, windowed
from benchmarks.raw import counts_of, serving
from benchmarks.report import table, verdict, write

DICTS = 50_000
"""Profiles that the sources of ready dicts hold, and give again and again."""
MODULES = (
    "aiolimiter",
    "anyio._backends._asyncio",
    "batch_api.client",
    "batch_api.ingest.job.job",
    "batch_api.resources.profiles",
    "httpcore",
    "httpx",
    "orjson",
    "tenacity",
)
"""Imported before anything is measured."""


async def ours(url: str, source: Any, *, by_chunk: bool) -> None:
    from batch_api import BatchClient, Delivered

    delivered = 0
    limits: Any = {"profile_mass_update": []}
    async with BatchClient("key", "project", base_url=f"{url}/2.11", limits=limits) as client:
        job = client.profiles.ingest(source)
        if by_chunk:
            async for chunk in job.by_chunk():
                delivered += chunk.delivered
                assert not chunk.troubles
        else:
            async for fate in job:
                if isinstance(fate, Delivered):
                    delivered += 1
    assert delivered == job.progress.done


def dicts_of(path: Path) -> Iterator[dict[str, Any]]:
    import orjson

    with path.open("rb") as file:
        yield from map(orjson.loads, file)


def plain_dicts_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        yield from map(json.loads, file)


def ready(count: int) -> Iterator[dict[str, Any]]:
    few = [profile(number) for number in range(min(DICTS, count))]
    return chain.from_iterable(repeat(few, count // len(few)))


class Program(NamedTuple):
    """Something that sends profiles, from a file of JSON lines or from dicts that are there."""

    label: str
    make: Callable[[str, Path, int], Awaitable[None]]
    beside: str = "script"
    """The program it is held against."""
    bar: float | None = None
    """How many times less CPU than that one it should take."""


PROGRAMS = {
    "script": Program("the careful script", lambda url, path, _: script(url, plain_dicts_of(path))),
    "gather": Program("aiolimiter and gather", lambda url, path, _: gather(url, plain_dicts_of(path))),
    "serial": Program("serial chunks", lambda url, path, _: serial(url, plain_dicts_of(path))),
    "floor-windows": Program("floor: read, write, send", lambda url, path, _: floor(url, windowed(path))),
    "floor-lines": Program("floor: join lines, send", lambda url, path, _: floor(url, joined(path))),
    "dicts": Program("dicts, a fate per item", lambda url, path, _: ours(url, dicts_of(path), by_chunk=False), bar=5.0),
    "dicts-by-chunk": Program(
        "dicts, by chunk", lambda url, path, _: ours(url, dicts_of(path), by_chunk=True), bar=6.5
    ),
    "lines": Program("JSON lines, a fate per item", lambda url, path, _: ours(url, path, by_chunk=False), bar=9.0),
    "lines-by-chunk": Program("JSON lines, by chunk", lambda url, path, _: ours(url, path, by_chunk=True), bar=14.0),
    "script-ready": Program(
        "the careful script", lambda url, _, count: script(url, ready(count)), beside="script-ready"
    ),
    "ready": Program(
        "ready dicts, a fate per item",
        lambda url, _, count: ours(url, ready(count), by_chunk=False),
        beside="script-ready",
        bar=2.5,
    ),
    "ready-by-chunk": Program(
        "ready dicts, by chunk",
        lambda url, _, count: ours(url, ready(count), by_chunk=True),
        beside="script-ready",
        bar=4.0,
    ),
}
OF_THE_FLOOR = 0.75
"""What checked dicts by chunk should reach, at least, of the speed of the floor that reads, writes and sends them."""
MOST_MEMORY = 80.0
"""Megabytes above an interpreter that has imported httpx."""

Runs = dict[str, list[dict[str, float]]]


def run_here(name: str, url: str, path: Path, count: int) -> None:
    """In a process of its own: run a program and print what it took."""
    for module in MODULES:
        importlib.import_module(module)
    empty = _resident("VmRSS")
    made = PROGRAMS[name].make(url, path, count)  # sources of ready dicts are made outside of the measure
    source = _resident("VmRSS") - empty
    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(_awaited(made))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "rss": _resident("VmHWM") - source}))


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable


def _resident(what: str) -> float:
    """Megabytes that are resident now (`VmRSS`), or were at most (`VmHWM`)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1000


def measure(name: str, path: Path, count: int) -> dict[str, float]:
    with serving() as url:
        command = [sys.executable, "-m", "benchmarks.ingest", "--here", name, url, str(path), str(count)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found: dict[str, float] = json.loads(printed)
        came = counts_of(url)["items"]
    assert came == count, f"{name}: {came} of {count} came"
    return found


def base() -> float:
    """Megabytes of an interpreter that has imported httpx."""
    code = "import httpx; from benchmarks.ingest import _resident; print(_resident('VmHWM'))"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def compared(count: int, runs: int, names: list[str]) -> Runs:
    """Run all programs in turns, over and over."""
    found: Runs = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "profiles.jsonl")
        subprocess.run([sys.executable, "-c", _WRITE, str(path), str(count)], check=True)
        for _ in range(runs):
            for name in names:
                found[name].append(measure(name, path, count))
    return found


_WRITE = """
import sys, orjson
from benchmarks.data import profile
with open(sys.argv[1], "wb") as file:
    file.writelines(orjson.dumps(profile(number)) + b"\\n" for number in range(int(sys.argv[2])))
"""


def ratio(runs: Runs, mine: str, theirs: str) -> float | None:
    """How many times less CPU one program takes than another, in the median of the rounds."""
    if mine not in runs or theirs not in runs:
        return None
    return statistics.median(a["cpu"] / b["cpu"] for a, b in zip(runs[theirs], runs[mine], strict=True))


def tell(runs: Runs, count: int, *, written: bool) -> bool:
    """Print what was found; whether every bar holds."""
    empty = base()
    good = True
    rows: list[list[str]] = []
    for name, found in runs.items():
        program = PROGRAMS[name]
        cpu, wall, rss = (statistics.median(one[what] for one in found) for what in ("cpu", "wall", "rss"))
        times, above = ratio(runs, name, program.beside), rss - empty
        holds = program.bar is None or ((times is None or times >= program.bar) and above <= MOST_MEMORY)
        good = good and holds
        rows.append(
            [
                program.label,
                f"{cpu:.2f}",
                f"{wall:.2f}",
                f"{count / cpu:,.0f}",
                f"{above:.0f}",
                "" if times is None else f"{times:.2f}",
                "" if program.bar is None or times is None else f"{program.bar:g}: {verdict(holds=holds)}",
            ]
        )
        print(f"{name:<15}", " | ".join(rows[-1][1:]))
    rounds = len(next(iter(runs.values())))
    text = (
        f"{count:,} profiles, median of {rounds} interleaved runs; memory above the {empty:.0f} MB of httpx alone.\n\n"
    )
    text += table(_HEAD, rows)
    part = ratio(runs, "dicts-by-chunk", "floor-windows")
    if part is not None:
        good = good and part >= OF_THE_FLOOR
        held = verdict(holds=part >= OF_THE_FLOOR)
        text += (
            f"\n\nDicts by chunk reach {part:.2f} of the floor that reads, writes and sends ({OF_THE_FLOOR}: {held})."
        )
    print(f"\n{text}\n")
    if written:
        write("ingest", text)
    return good


_HEAD = ["Program", "CPU s", "s", "profiles per CPU s", "memory, MB", "times the script", "at least"]


def main() -> int:
    parser = argparse.ArgumentParser(description="What it costs to send profiles.")
    parser.add_argument("--profiles", type=int, default=200_000, help=f"a multiple of {DICTS}, or less")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    parser.add_argument("--here", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        name, url, path, count = chosen.here
        run_here(name, url, Path(path), int(count))
        return 0
    count = chosen.profiles // DICTS * DICTS or chosen.profiles
    return 0 if tell(compared(count, chosen.runs, chosen.only), count, written=chosen.write) else 1


if __name__ == "__main__":
    sys.exit(main())
