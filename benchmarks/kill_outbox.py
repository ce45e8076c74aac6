"""A process with an outbox, killed again and again at random moments: what is lost, and what comes twice.

    python -m benchmarks.kill_outbox [--kills 200] [--keep-events]

Each process puts edits, half of them with an event, and names on its standard output each that was accepted. It is
killed with SIGKILL after 0.05 to 0.5 s of that; the next takes over its outbox. At the end what was accepted is
compared with what arrived, and what came again after a kill with what was in flight at that kill. With `--keep-events`
events are not sent again: then none comes twice, and each that is missing is kept aside as unknown.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from batch_api import BatchClient, SetAside
from benchmarks.witness import Witness, told

LIFTED: Any = {"profile_update": []}
PROJECT = "project_any"
PROFILES = 500
EACH = 1_000_000
"""Numbers for each process: what was accepted and not yet named when it was killed has a number of its own."""


def edit(number: int) -> dict[str, Any]:
    events = [{"name": "seen", "attributes": {"n": number}}] if number % 2 else []
    return {"identifiers": {"custom_id": f"u{number % PROFILES}"}, "attributes": {"n": number}, "events": events}


async def produce(url: str, path: str, first: int, *, resend_events: bool) -> None:
    """Put edits for ever, a few callers at a time. What is printed was accepted."""
    async with (
        BatchClient("any", PROJECT, base_url=url, limits=LIFTED) as client,
        client.profiles.buffer(path, resend_events=resend_events) as buffer,
    ):
        number = first
        while True:
            some = range(number, number + random.randint(1, 20))
            await asyncio.gather(*(buffer.put(edit(one)) for one in some))
            print(some[-1], flush=True)
            number = some[-1] + 1


async def last(url: str, path: Path, *, resend_events: bool) -> list[SetAside]:
    """Send what the last one left."""
    async with (
        BatchClient("any", PROJECT, base_url=url, limits=LIFTED) as client,
        client.profiles.buffer(path, resend_events=resend_events) as buffer,
    ):
        await buffer.flush()
        return await buffer.aside()


async def main(kills: int, *, resend_events: bool) -> int:
    fake = Witness(lambda edit: edit["attributes"]["n"], rest_api_key=None, limits=False, keep_edits=None)
    fake.project_key = PROJECT
    fake.delay("profile_update", 0.005, 0.05)
    dice = random.Random(1)
    accepted: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outbox.db")
        async with fake.serve() as url:
            for start in range(0, kills * EACH, EACH):
                how = "resend" if resend_events else "keep"
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "benchmarks.kill_outbox", "--produce", url, str(path), str(start), how,
                    stdout=subprocess.PIPE,
                )  # fmt: skip
                assert process.stdout is not None
                first = await process.stdout.readline()
                assert first, "the process ended by itself"
                await asyncio.sleep(dice.uniform(0.05, 0.5))
                killed = time.monotonic()
                process.kill()
                lines = (first + await process.stdout.read()).split(b"\n")[:-1]
                accepted += range(start, int(lines[-1]) + 1)
                await process.wait()
                for seconds in fake.looks():
                    await asyncio.sleep(seconds)
                fake.killed(killed)
            aside = await last(url, path, resend_events=resend_events)
    return report(fake, kills, accepted, aside, resend_events=resend_events)


def report(fake: Witness, kills: int, accepted: list[int], aside: list[SetAside], *, resend_events: bool) -> int:
    arrived = Counter(one.edit["attributes"]["n"] for one in fake.edits)
    events = Counter(event["attributes"]["n"] for one in fake.edits for event in one.edit.get("events", ()))
    unknown = {one.edit["attributes"]["n"] for one in aside}
    lost = [number for number in accepted if number not in arrived]
    lost_events = [number for number in accepted if number % 2 and number not in events and number not in unknown]
    latest = {one.edit["identifiers"]["custom_id"]: one.edit["attributes"]["n"] for one in fake.edits}
    wanted = {f"u{number % PROFILES}": number for number in accepted}
    stale = [id for id, number in wanted.items() if latest.get(id, -1) < number]
    twice = sum(events.values()) - len(events)
    print(f"{kills} kills, {len(accepted)} edits accepted: {len(lost)} lost, {len(lost_events)} events lost")
    print(told(fake.kills))
    print(f"{twice} events came twice, {len(aside)} edits kept aside as unknown")
    print(f"{len(stale)} profiles that do not show the last edit accepted")
    explained = all(kill.is_explained for kill in fake.kills)
    good = not lost and not lost_events and not stale and explained and (resend_events or not twice)
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--produce"]:
        _, _, url, path, first, how = sys.argv
        asyncio.run(produce(url, path, int(first), resend_events=how == "resend"))
    parser = argparse.ArgumentParser(description="Kill a process with an outbox, again and again.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--keep-events", action="store_true", help="do not send events again")
    options = parser.parse_args()
    began = time.monotonic()
    status = asyncio.run(main(options.kills, resend_events=not options.keep_events))
    print(f"{time.monotonic() - began:.0f} s, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    sys.exit(status)
