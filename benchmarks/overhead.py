"""What a call costs beside plain httpx, with each transport.

    python -m benchmarks.overhead

Uncontended: the CPU time of one call after the other, in turns with a bare `httpx.AsyncClient.post` of the same bytes:
at most 0.90 times with the transport `httpx`, 0.45 times with `aiohttp`. Then 1000 one-profile calls at once with the
limits lifted, to a server that answers in 20 to 50 ms.
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

ROUNDS, CALLS, AT_ONCE = 15, 300, 1000
AT_MOST = {"httpx": 0.90, "aiohttp": 0.45}
EDITS = [{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold", "visits": 7}}]
BODY = orjson.dumps(EDITS)
HEADERS = {"Authorization": "Bearer key", "X-Batch-Project": "project_overhead", "Content-Type": "application/json"}


def _client(url: str, transport: str) -> BatchClient:
    return BatchClient("key", "project_overhead", base_url=url, transport=transport, limits={"profile_update": []})


async def _cpu(call: Callable[[], Awaitable[object]], times: int) -> float:
    """Seconds of this process for a call; the server's are not among them."""
    began = time.process_time()
    for _ in range(times):
        await call()
    return (time.process_time() - began) / times


async def _uncontended(url: str) -> bool:
    address = f"{url}/profiles/update"
    async with (
        _client(url, "httpx") as ours,
        _client(url, "aiohttp") as quick,
        httpx.AsyncClient() as bare,
    ):
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "bare": lambda: bare.post(address, content=BODY, headers=HEADERS),
            "httpx": lambda: ours.profiles.update(EDITS),
            "aiohttp": lambda: quick.profiles.update(EDITS),
        }
        for call in calls.values():
            await _cpu(call, CALLS)  # warms up
        rounds = [{name: await _cpu(call, CALLS) for name, call in calls.items()} for _ in range(ROUNDS)]
    base = statistics.median(each["bare"] for each in rounds) * 1e6
    good = True
    for name, at_most in AT_MOST.items():
        ratio = statistics.median(each[name] / each["bare"] for each in rounds)
        mine = statistics.median(each[name] for each in rounds) * 1e6
        print(
            f"one call, transport {name:<8} {mine:4.0f} us of CPU beside {base:.0f} us for httpx alone: "
            f"{ratio:.2f} times (at most {at_most:.2f})"
        )
        good &= ratio <= at_most
    return good


async def _at_once(name: str, call: Callable[[], Awaitable[object]]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call() for _ in range(AT_ONCE)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{AT_ONCE} calls at once, {name:<18} {wall:6.2f} s wall, {cpu:6.2f} s CPU")


async def _contended(url: str) -> None:
    for transport in AT_MOST:
        async with _client(url, transport) as client:
            await _at_once(f"transport {transport}", lambda client=client: client.profiles.update(EDITS))
    async with httpx.AsyncClient(timeout=120) as bare:
        address = f"{url}/profiles/update"
        await _at_once("plain httpx", lambda: bare.post(address, content=BODY, headers=HEADERS))


def main() -> int:
    with served("--limits", "off") as url:
        good = asyncio.run(_uncontended(url))
    with served("--limits", "off", "--latency", "0.02", "0.05") as url:
        asyncio.run(_contended(url))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
