"""Share of the documented limits that 200 tasks get through a strict server, and how many 429s they meet.

    python -m benchmarks.saturation [--seconds 30] [--only NAME] [--limits documented|windows]

The server is the fake API in a process of its own, on loopback: token buckets as documented, one second's worth where
no burst is; then windows of one second. Share = cost accepted after the first request / (last - first) / rate, over the
last two thirds of the run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from batch_api import Attempt, BatchClient
from benchmarks.server import served

TASKS = 200


class Case(NamedTuple):
    name: str
    operation: str
    rate: float
    cost: int
    at_least: float
    call: Callable[[BatchClient], Awaitable[object]]


def _edits(count: int) -> list[dict[str, object]]:
    return [{"identifiers": {"custom_id": f"u{n}"}, "attributes": {"tier": "gold"}} for n in range(count)]


def _items(count: int) -> list[dict[str, object]]:
    return [{"id": f"i{n}", "action": "add", "attributes": {"title": "shoe"}} for n in range(count)]


def _cases() -> list[Case]:
    def update(count: int) -> Callable[[BatchClient], Awaitable[object]]:
        return lambda client: client.profiles.update(_edits(count))

    def edit(count: int) -> Callable[[BatchClient], Awaitable[object]]:
        return lambda client: client.catalogs.edit_items("shoes", _items(count))

    async def audiences(client: BatchClient) -> None:
        await anext(client.audiences.list().pages())

    return [
        Case("catalogs.edit_items, 50 a call", "catalog_items_edit", 5, 1, 0.97, edit(50)),
        Case("catalogs.edit_items, 200 a call", "catalog_items_edit", 1000, 200, 0.98, edit(200)),
        Case("profiles.update, 1 a call", "profile_update", 300, 1, 0.98, update(1)),
        Case("profiles.update, 37 a call", "profile_update", 300, 37, 0.98, update(37)),
        Case("profiles.update, 200 a call", "profile_update", 300, 200, 0.98, update(200)),
        Case("audiences.list", "audience_list", 1, 1, 0.97, audiences),
    ]


async def _saturate(case: Case, url: str, seconds: float) -> tuple[float, int, int]:
    accepted: list[float] = []
    rejected = 0

    def watch(attempt: Attempt) -> None:
        nonlocal rejected
        if attempt.operation == case.operation:
            if attempt.status == 429:
                rejected += 1
            elif attempt.outcome == "taken":
                accepted.append(time.monotonic())

    # Nobody gives up for waiting: what is measured is the pace, with a full queue at all times.
    async with BatchClient("key", "project_saturation", base_url=url, observer=watch, deadline=3600) as client:
        if case.operation == "catalog_items_edit":
            await client.catalogs.create("shoes", {"title": "string"})

        async def work() -> None:
            while True:
                await case.call(client)

        tasks = [asyncio.create_task(work()) for _ in range(TASKS)]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        for failure in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(failure, asyncio.CancelledError):
                raise AssertionError("a task ended early") from failure
    late = [when for when in accepted if when >= accepted[-1] - seconds * 2 / 3]
    share = (len(late) - 1) * case.cost / (late[-1] - late[0]) / case.rate
    return share, rejected, len(accepted)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--limits", choices=("documented", "windows"), default=None)
    options = parser.parse_args()
    missed = 0
    print(f"{'server':<11} {'case':<34} {'share':>8} {'at least':>9} {'429s':>5} {'requests':>9}")
    for limits in (options.limits,) if options.limits else ("documented", "windows"):
        for case in _cases():
            if options.only in case.name:
                with served("--limits", limits) as url:
                    share, rejected, requests = asyncio.run(_saturate(case, url, options.seconds))
                good = share >= case.at_least and not rejected
                missed += not good
                print(
                    f"{limits:<11} {case.name:<34} {share:8.2%} {case.at_least:9.0%} {rejected:5} {requests:9}"
                    f"{'' if good else '  MISSED'}",
                    flush=True,
                )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
