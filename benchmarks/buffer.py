"""What a buffer is worth to a web backend: latency and requests, beside one call for each edit.

    python -m benchmarks.buffer [--rounds 5] [--seconds 10] [--outbox] [--write]

The server is the fake API in a process of its own, on loopback, which answers in 20 to 50 ms.

- together: 1000 callers at once, limits lifted. At most 0.4 s and 6 requests.
- overload: 1000 callers that never pause, at 300 edits a second. The floor for all of them is 1000 / 300 s; p99 at
  most 1.05 times that.
- trickle: 250 edits a second at random (Poisson), the same moments for the buffer and for one call each, in turns. p50
  and p99 at most 1.15 times those of one call each, with at most 75 % of its requests.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from batch_api import Attempt, BatchClient, Delivered
from benchmarks.report import table, verdict, write
from benchmarks.server import served

CALLERS = 1000
RATE = 300.0
ARRIVALS = 250.0
_numbers = itertools.count()

Send = Callable[[dict[str, Any]], Awaitable[object]]


class Run(NamedTuple):
    """What one run saw."""

    p50: float
    p99: float
    longest: float
    requests: int
    rejections: int


def edit() -> dict[str, Any]:
    return {"identifiers": {"custom_id": f"u{next(_numbers)}"}, "attributes": {"tier": "gold", "visits": 7}}


def now() -> float:
    return asyncio.get_running_loop().time()


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


async def measured(
    url: str, load: Callable[[Send], Awaitable[list[float]]], *, buffered: bool, outbox: Path | None, lifted: bool
) -> Run:
    """Run a load through a client of its own."""
    attempts: list[Attempt] = []
    limits: Any = {"profile_update": []} if lifted else None
    project = f"project_{next(_numbers):032}"
    async with BatchClient("any", project, base_url=url, limits=limits, observer=attempts.append) as client:
        if buffered:
            async with client.profiles.buffer(outbox) as buffer:

                async def update(edit: dict[str, Any]) -> None:
                    fate = await buffer.update(edit)
                    assert isinstance(fate, Delivered), fate

                took = await load(update)
        else:
            took = await load(lambda edit: client.profiles.update([edit]))
    if outbox is not None:
        outbox.unlink()
    rejections = sum(attempt.status == 429 for attempt in attempts)
    return Run(percentile(took, 0.5), percentile(took, 0.99), max(took), len(attempts), rejections)


async def timed(send: Send, took: list[float]) -> None:
    began = now()
    await send(edit())
    took.append(now() - began)


async def together(send: Send) -> list[float]:
    took: list[float] = []
    await asyncio.gather(*(timed(send, took) for _ in range(CALLERS)))
    return took


def overload(seconds: float) -> Callable[[Send], Awaitable[list[float]]]:
    async def load(send: Send) -> list[float]:
        until = now() + seconds
        took: list[float] = []

        async def caller() -> None:
            await timed(send, [])  # the burst
            await timed(send, [])
            while now() < until:
                await timed(send, took)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return took

    return load


def trickle(seconds: float, seed: int) -> Callable[[Send], Awaitable[list[float]]]:
    async def load(send: Send) -> list[float]:
        dice = random.Random(seed)
        took: list[float] = []
        await send(edit())  # the first request of a client goes alone
        at = now()
        async with asyncio.TaskGroup() as group:
            for _ in range(int(ARRIVALS * seconds)):
                at += dice.expovariate(ARRIVALS)
                await asyncio.sleep(at - now())
                group.create_task(timed(send, took))
        return took

    return load


async def main(rounds: int, seconds: float, outbox: Path | None, *, written: bool) -> int:
    good = True
    rows: list[list[str]] = []

    def told(name: str, *, holds: bool, text: str, bar: str) -> None:
        nonlocal good
        good = good and holds
        rows.append([f"{name}: {text}", f"{bar}: {verdict(holds=holds)}"])
        print(f"{name:<9} {'ok  ' if holds else 'MISS'} {text}", flush=True)

    with served("--limits", "off", "--latency", "0.02", "0.05") as url:
        runs = [await measured(url, together, buffered=True, outbox=outbox, lifted=True) for _ in range(rounds)]
        longest, requests = statistics.median(run.longest for run in runs), max(run.requests for run in runs)
        text = f"{CALLERS} callers: {longest:.3f} s for all (median of {rounds}), {requests} requests"
        told("together", holds=longest <= 0.4 and requests <= 6, text=text, bar="0.4 s, 6 requests")

    with served("--latency", "0.02", "0.05") as url:
        run = await measured(url, overload(max(seconds, 10) + 5), buffered=True, outbox=outbox, lifted=False)
        floor = CALLERS / RATE
        text = (
            f"{CALLERS} callers at {RATE:.0f}/s: p50 {run.p50:.3f} s, p99 {run.p99:.3f} s = {run.p99 / floor:.3f} of "
            f"the floor, {run.requests} requests, {run.rejections} rejections"
        )
        told("overload", holds=run.p99 <= 1.05 * floor, text=text, bar="p99 1.05")

        pairs: list[tuple[Run, Run]] = []
        for seed in range(rounds):
            load = trickle(seconds, seed)
            alone = await measured(url, load, buffered=False, outbox=None, lifted=False)
            pairs.append((await measured(url, load, buffered=True, outbox=outbox, lifted=False), alone))
            ours, one = pairs[-1]
            print(
                f"          round {seed + 1}: p50 {ours.p50 * 1e3:.1f} beside {one.p50 * 1e3:.1f} ms, p99 "
                f"{ours.p99 * 1e3:.1f} beside {one.p99 * 1e3:.1f} ms, {ours.requests} beside {one.requests} requests"
            )
        p50, p99, part = (
            statistics.median(getattr(ours, name) / getattr(one, name) for ours, one in pairs)
            for name in ("p50", "p99", "requests")
        )
        text = (
            f"{ARRIVALS:.0f}/s: p50 {p50:.2f}, p99 {p99:.2f}, requests {part:.3f} of one call each (median of {rounds})"
        )
        holds = p50 <= 1.15 and p99 <= 1.15 and part <= 0.75
        told("trickle", holds=holds, text=text, bar="p50 and p99 1.15, requests 0.75")
    if written:
        write("buffer", table(["", "at most"], rows))
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a buffer is worth to a web backend.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run under load")
    parser.add_argument("--outbox", action="store_true", help="with an outbox, in a folder for temporary files")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outbox.db") if options.outbox else None
        sys.exit(asyncio.run(main(options.rounds, options.seconds, path, written=options.write)))
