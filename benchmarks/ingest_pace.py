"""How much of the limits a job uses, and how long it holds up the event loop.

    python -m benchmarks.ingest_pace [--profiles 300000] [--items 30000]

The server keeps a token bucket of one second's worth: 10 000 profiles a second; 5 requests and 1000 items a second for
a catalog. It answers after 20 to 60 ms. Then, without limits, a task beside the job looks at the clock each ms;
so does an idle control in a process of its own, at the same time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from batch_api import BatchClient, Job
from benchmarks.ingest import profile
from benchmarks.raw import counts_of, serving

LATENCY = ("--latency", "0.02", "0.06")
TICK, LATE = 0.001, 0.005
BARS = {"profiles": 0.995, "catalog items": 0.985}


def limited(what: str, count: int, rate: float) -> bool:
    """Run a job against a limited server; whether it used as much of the limit as it should, and lost nothing."""
    key, options = ('"custom_id":', ()) if what == "profiles" else ('"id":', ("--requests", "5"))
    with serving("--rate", str(rate), "--key", key, *options, *LATENCY) as url:
        asyncio.run(_job(url, what, count))
        counts = counts_of(url)
    # What the server's bucket held at first comes on top of the rate.
    used = (counts["items"] - counts["items"] / counts["requests"]) / counts["seconds"] / rate
    good = used >= BARS[what] and counts["rejected"] == 0 and counts["items"] == count
    print(
        f"{count} {what} in {counts['seconds']:.2f} s: {used:.2%} of the limit (at least {BARS[what]:.1%}),"
        f" {counts['rejected']:.0f} rejections, {count - counts['items']:.0f} lost"
    )
    return good


async def _job(url: str, what: str, count: int) -> None:
    async with BatchClient("key", f"project_{what.replace(' ', '_')}", base_url=f"{url}/2.11") as client:
        job: Job
        if what == "profiles":
            job = client.profiles.ingest(map(profile, range(count)))
        else:
            job = client.catalogs.ingest("cars", _items(count))
        assert (await job.collect()).delivered == count


def _items(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"id": f"SKU-{number}", "action": "add", "attributes": {"title": f"Trail {number}", "price": 59.9}}


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


async def beside_a_job(count: int) -> dict[str, float]:
    with serving() as url:
        async with BatchClient("key", "project", base_url=f"{url}/2.11", limits={"profile_mass_update": []}) as client:
            # The first request imports and connects: a service has done that long before.
            await client.profiles.ingest(map(profile, range(10))).collect()
            control = subprocess.Popen([sys.executable, "-m", __spec__.name, "--control"], stdout=subprocess.PIPE)
            watching = asyncio.create_task(lateness(20.0))
            end = time.perf_counter() + 20
            while time.perf_counter() < end:
                await client.profiles.ingest(map(profile, range(count))).collect()
            found = shown(await watching)
            idle = json.loads(control.communicate()[0])
    for name, one in (("idle control", idle), ("beside a job", found)):
        print(f"{name}: longest stall {one['longest'] * 1000:.1f} ms, over 5 ms late for {one['late']:.2%} of the time")
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.control:
        print(json.dumps(shown(asyncio.run(lateness(18.0)))))
        return 0
    good = [limited("profiles", chosen.profiles, 10_000), limited("catalog items", chosen.items, 1000)]
    found = asyncio.run(beside_a_job(50_000))
    good += [found["longest"] <= 0.025, found["late"] <= 0.01]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
