"""How much of the limits a job uses, and how long it holds up the event loop.

    python -m benchmarks.ingest_pace [--profiles 300000] [--items 30000] [--seconds 20] [--only stalls] [--write]

The server keeps a token bucket of one second's worth: 10 000 profiles a second; 5 requests and 1000 items a second for
a catalog. It answers after 20 to 60 ms. The share is what the server took after the first third of the requests, by the
time since: the very first goes alone. Then, without limits, a task beside a job looks at the clock each ms, while first
dicts and then files of JSON lines are sent; so does an idle control in a process of its own, at the same time.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from batch_api import BatchClient, Job
from benchmarks.data import catalog_items, profile
from benchmarks.raw import counts_of, serving
from benchmarks.report import table, verdict, write

LATENCY = ("--latency", "0.02", "0.06")
TICK, LATE = 0.001, 0.005
LONGEST, LATE_PART = 0.025, 0.01
LINES = 500_000
"""In the file that is sent again and again."""


class Limited(NamedTuple):
    """What is sent against a limit."""

    what: str
    rate: float
    bar: float
    options: tuple[str, ...]
    job: Callable[[BatchClient, int], Job]


LIMITED = (
    Limited("profiles", 10_000, 0.995, (), lambda client, count: client.profiles.ingest(map(profile, range(count)))),
    Limited(
        "catalog items",
        1000,
        0.985,
        ("--requests", "5", "--key", '"id":'),
        lambda client, count: client.catalogs.ingest("cars", catalog_items(count)),
    ),
)


def limited(one: Limited, count: int) -> tuple[bool, list[str]]:
    """Run a job against a limited server; whether it used as much of the limit as it should and lost nothing."""
    with serving("--rate", str(one.rate), *one.options, *LATENCY) as url:
        asyncio.run(_run(url, one, count))
        counts = counts_of(url)
    used = counts["rate under way"] / one.rate
    rejected, lost = counts["rejected"], count - counts["items"]
    good = used >= one.bar and not rejected and not lost
    print(
        f"{count} {one.what} in {counts['seconds']:.2f} s: {used:.2%} of the limit (at least {one.bar:.1%}),"
        f" {rejected:.0f} rejections, {lost:.0f} lost"
    )
    figures = [f"{used:.2%}", f"{rejected:.0f}", f"{lost:.0f}", f"{one.bar:.1%}: {verdict(holds=good)}"]
    return good, [f"{count:,} {one.what}", f"{one.rate:,.0f} a second", f"{counts['seconds']:.2f}", *figures]


async def _run(url: str, one: Limited, count: int) -> None:
    async with BatchClient("key", f"project_{one.what.replace(' ', '_')}", base_url=f"{url}/2.11") as client:
        assert (await one.job(client, count).collect()).delivered == count


def pace(profiles: int, items: int, *, written: bool) -> bool:
    counts = (profiles, items)
    good, rows = zip(*(limited(one, count) for one, count in zip(LIMITED, counts, strict=True)), strict=True)
    if written:
        write("pace", table(["", "limit", "seconds", "of the limit", "429", "lost", "at least"], rows))
    return all(good)


async def lateness(seconds: float) -> list[float]:
    """By how much a look at the clock every millisecond is late."""
    found: list[float] = []
    now = time.perf_counter
    end = now() + seconds
    while (due := now() + TICK) < end:
        await asyncio.sleep(TICK)
        found.append(now() - due)
    return found


def shown(found: list[float]) -> dict[str, float]:
    late = sum(one for one in found if one > LATE)
    return {"longest": max(found), "late": late / sum(one + TICK for one in found)}


def profiles_for(seconds: float) -> Iterator[dict[str, Any]]:
    end = time.perf_counter() + seconds
    for number in itertools.count():
        if time.perf_counter() > end:
            return
        yield profile(number)


async def beside_a_job(path: Path, seconds: float) -> tuple[dict[str, dict[str, float]], float]:
    """How late the loop is, idle and beside a job; and the seconds of a full pass of the garbage collector."""
    limits: Any = {"profile_mass_update": []}
    with serving() as url:
        async with BatchClient("key", "project", base_url=f"{url}/2.11", limits=limits) as client:
            # A service has connected, and had the first full pass of the garbage collector, long before.
            await client.profiles.ingest(path).collect()
            began = time.perf_counter()
            gc.collect()
            full_pass = time.perf_counter() - began
            command = [sys.executable, "-m", "benchmarks.ingest_pace", "--control", str(seconds)]
            control = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert control.stdout is not None
            control.stdout.readline()  # it is up, and takes no processor from the two others any more
            watching = asyncio.create_task(lateness(seconds))
            await client.profiles.ingest(profiles_for(seconds / 2)).collect()
            while not watching.done():
                await client.profiles.ingest(path).collect()
            found = shown(watching.result())
            return {"beside a job": found, "idle control": json.loads(control.communicate()[0])}, full_pass


def stalls(seconds: float, *, written: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "profiles.jsonl")
        with path.open("wb") as file:
            file.writelines(orjson.dumps(profile(number)) + b"\n" for number in range(LINES))
        found, full_pass = asyncio.run(beside_a_job(path, seconds))
    mine = found["beside a job"]
    good = mine["longest"] <= LONGEST and mine["late"] <= LATE_PART
    rows = [[name, f"{one['longest'] * 1000:.1f}", f"{one['late']:.2%}"] for name, one in found.items()]
    for name, longest, late in rows:
        print(f"{name}: longest stall {longest} ms, over 5 ms late for {late} of the time")
    text = (
        f"{seconds:g} s, at most {LONGEST * 1000:g} ms and {LATE_PART:.0%} of the time: {verdict(holds=good)}. Before "
        f"that, one full pass of the garbage collector, over all that the process had imported, took "
        f"{full_pass * 1000:.1f} ms."
    )
    print(text)
    if written:
        write("stalls", f"{table(['', 'longest stall, ms', 'over 5 ms late'], rows)}\n\n{text}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description="How much of the limits a job uses; how long it holds up the loop.")
    parser.add_argument("--profiles", type=int, default=300_000)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="to watch the loop for")
    parser.add_argument("--only", nargs="*", choices=("pace", "stalls"), default=("pace", "stalls"))
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    parser.add_argument("--control", type=float, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.control:
        print("ready", flush=True)
        print(json.dumps(shown(asyncio.run(lateness(chosen.control)))))
        return 0
    good = True
    if "pace" in chosen.only:
        good = pace(chosen.profiles, chosen.items, written=chosen.write)
    if "stalls" in chosen.only:
        good = stalls(chosen.seconds, written=chosen.write) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
