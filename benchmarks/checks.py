"""What it costs to check the edits of a call: CPU of 10 000 with an event each beside 10 000 without, and how long the
event loop is held at a time.

    python -m benchmarks.checks [--runs 15] [--edits 10000]

The edits are checked as `profiles.mass_update` checks them, before anything is encoded; then the whole call is made,
against a transport that answers at once, while another task asks for its turn again and again. Runs are interleaved,
and each figure is their median. The exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from batch_api import BatchClient
from batch_api.engine.response import Headers
from batch_api.ingest.items.item_types import ProfileEdits
from batch_api.resources.checking import checked
from benchmarks.data import profile
from benchmarks.report import table, verdict

MOST_TIMES = 1.5
"""How many times the CPU of a call without events one with events may take."""
LONGEST = 0.005
"""Seconds that the event loop may be held at a time."""


class Accepted:
    """The answer that everything was taken."""

    status = 202
    headers = Headers([("content-type", "application/json")])

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        yield b'{"code":"SUCCESS"}'

    async def aclose(self) -> None:
        pass


class AtOnce:
    """A transport without a network."""

    async def send(self, _: Any) -> Accepted:
        return Accepted()

    async def aclose(self) -> None:
        pass


def edits_of(count: int, *, events: bool) -> list[dict[str, Any]]:
    found = [profile(number) for number in range(count)]
    for edit in found:
        edit.pop("events", None)
        if events:
            edit["events"] = [{"name": "purchase", "attributes": {"$label": "shoes", "amount": 59.9}}]
    return found


async def check(edits: list[dict[str, Any]]) -> float:
    """CPU seconds of one check."""
    began = time.process_time()
    await checked(ProfileEdits("mass-update"), edits, one="edit")
    return time.process_time() - began


async def call(edits: list[dict[str, Any]]) -> tuple[float, float]:
    """CPU seconds of a call, and of the longest that another task waited for its turn: other processes do not count."""
    limits: Any = {"profile_mass_update": []}
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    async with BatchClient("key", "project", transport=AtOnce(), limits=limits) as client:
        await client.profiles.mass_update(edits[:1])  # what is imported and made once
        watching = asyncio.create_task(watch())
        began = time.process_time()
        await client.profiles.mass_update(edits)
        took = time.process_time() - began
        watching.cancel()
    return took, longest


def main() -> int:
    parser = argparse.ArgumentParser(description="What the check of a call costs.")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--edits", type=int, default=10_000)
    chosen = parser.parse_args()
    kinds = {
        "without events": edits_of(chosen.edits, events=False),
        "an event each": edits_of(chosen.edits, events=True),
    }
    checks: dict[str, list[float]] = {name: [] for name in kinds}
    calls: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    for _ in range(chosen.runs):
        for name, edits in kinds.items():
            checks[name].append(asyncio.run(check(edits)))
            calls[name].append(asyncio.run(call(edits)))
    costs = {name: statistics.median(cpu for cpu, _ in found) for name, found in calls.items()}
    held = {name: statistics.median(longest for _, longest in found) for name, found in calls.items()}
    rows = [
        [name, *(f"{1000 * figure:.1f} ms" for figure in (statistics.median(checks[name]), costs[name], held[name]))]
        for name in kinds
    ]
    print(table(("edits", "CPU of the check", "CPU of the call", "loop held"), rows))
    times = costs["an event each"] / costs["without events"]
    is_cheap, is_short = times <= MOST_TIMES, max(held.values()) <= LONGEST
    print(f"\nWith events a call takes {times:.2f} times the CPU (at most {MOST_TIMES}): {verdict(holds=is_cheap)}.")
    print(f"The loop is held for {1000 * LONGEST:.0f} ms at a time, at most: {verdict(holds=is_short)}.")
    return 0 if is_cheap and is_short else 1


if __name__ == "__main__":
    sys.exit(main())
