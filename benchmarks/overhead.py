"""What a call costs beside plain httpx.

    python -m benchmarks.overhead

Uncontended: one call after the other, beside a bare `httpx.AsyncClient.post` of the same bytes (at most 1.25 times).
Then 1000 one-profile calls at once with the limits lifted, to a server that answers in 20 to 50 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import httpx
import orjson

from batch_api import BatchClient
from benchmarks.server import served

ROUNDS, CALLS, AT_ONCE, AT_MOST = 15, 300, 1000, 1.25
EDITS = [{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold", "visits": 7}}]
HEADERS = {"Authorization": "Bearer key", "X-Batch-Project": "project_overhead", "Content-Type": "application/json"}


async def _timed(call: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await call()
    return (time.perf_counter() - began) / times


async def _uncontended(url: str) -> bool:
    body, address = orjson.dumps(EDITS), f"{url}/profiles/update"
    async with (
        BatchClient("key", "project_overhead", base_url=url, limits={"profile_update": []}) as client,
        httpx.AsyncClient() as bare,
    ):
        pairs = []
        for number in range(ROUNDS + 1):
            ours = await _timed(lambda: client.profiles.update(EDITS), CALLS)
            theirs = await _timed(lambda: bare.post(address, content=body, headers=HEADERS), CALLS)
            if number:  # the first round warms up
                pairs.append((ours, theirs))
    ratio = statistics.median(a / b for a, b in pairs)
    mine, base = (statistics.median(side) * 1e6 for side in zip(*pairs, strict=True))
    print(f"one call: {mine:.0f} us beside {base:.0f} us for httpx alone: {ratio:.2f} times (at most {AT_MOST:g})")
    return ratio <= AT_MOST


async def _at_once(name: str, call: Callable[[], Awaitable[object]]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{AT_ONCE} calls at once, {name:<12} {wall:6.2f} s wall, {cpu:6.2f} s CPU")


async def _contended(url: str) -> None:
    body, address = orjson.dumps(EDITS), f"{url}/profiles/update"
    async with BatchClient("key", "project_overhead", base_url=url, limits={"profile_update": []}) as client:
        await _at_once("batch_api", lambda: client.profiles.update(EDITS))
    async with httpx.AsyncClient(timeout=120) as bare:
        await _at_once("plain httpx", lambda: bare.post(address, content=body, headers=HEADERS))


def main() -> int:
    with served("--limits", "off") as url:
        good = asyncio.run(_uncontended(url))
    with served("--limits", "off", "--latency", "0.02", "0.05") as url:
        asyncio.run(_contended(url))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
