"""Kill imports at random moments with kill -9, let the same command go on, and count what was lost and repeated.

    python -m benchmarks.kill_checkpoint --kills 200

Each import is a real one: `batch-api import profiles --resend-events` on a file of its own, over loopback, against the
fake, which answers in 20 to 50 ms, one request in twenty with 503 and one in twenty not at all (half of these after it
took them). 30 % of the lines carry an event. The import is killed again and again until it gets to its end. What comes
again after a kill is held against what was in flight at that kill; what an import sends again by itself, because an
answer was lost, is counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.witness import Witness, told

LINES = 20_000
KEY, PROJECT = "rest_of_kills", "project_of_kills"


@contextlib.contextmanager
def serving() -> Iterator[Witness]:
    """The fake, in a thread of its own."""
    fake = Witness(
        lambda edit: edit["identifiers"]["custom_id"],
        rest_api_key=KEY, project_key=PROJECT, limits=False, keep_edits=0,
    )  # fmt: skip
    fake.delay("profile_mass_update", 0.02, 0.05)
    fake.fail("profile_mass_update", status=503, times=None, probability=0.05)
    fake.reset("profile_mass_update", times=None, probability=0.025)
    fake.reset("profile_mass_update", times=None, probability=0.025, after_acceptance=True)
    loop = asyncio.new_event_loop()
    served, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with fake.serve():
            served.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    served.wait()
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def write(path: Path, name: str, dice: random.Random) -> set[int]:
    """A file of profiles; gives the numbers of those with an event."""
    eventful = {number for number in range(LINES) if dice.random() < 0.3}
    with path.open("wb") as file:
        for number in range(LINES):
            edit: dict[str, object] = {
                "identifiers": {"custom_id": f"{name}-{number}"},
                "attributes": {"number": number, "text": "x" * 250},
            }
            if number in eventful:
                edit["events"] = [{"name": "seen", "attributes": {"number": number}}]
            file.write(orjson.dumps(edit) + b"\n")
    return eventful


def start(fake: Witness, path: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "BATCH_REST_API_KEY": KEY,
        "BATCH_PROJECT_KEY": PROJECT,
        "BATCH_BASE_URL": fake.url or "",
    }
    command = [sys.executable, "-m", "batch_api.cli", "import", "profiles", str(path), "--resend-events"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def one_file(fake: Witness, path: Path, name: str, dice: random.Random, most: int) -> tuple[int, int]:
    """Import a file under fire. Gives the number of kills, and how many lines are lost at the end."""
    eventful = write(path, name, dice)
    kills = 0
    while True:
        running = start(fake, path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(until_the_kill(fake, running, dice) if kills < most else None)
        at = time.monotonic()
        survived = running.poll() is None
        running.kill()
        running.wait()
        if not survived:
            return kills, lost(fake, name, eventful)
        for seconds in fake.looks():
            time.sleep(seconds)
        fake.killed(at)
        kills += 1


def until_the_kill(fake: Witness, running: subprocess.Popen[bytes], dice: random.Random) -> float:
    """Seconds to let it run: from its start for one in five, from its first request for the others."""
    if dice.random() < 0.2:
        return dice.uniform(0.0, 1.0)
    requests = fake.stats["profile_mass_update"].requests
    while fake.stats["profile_mass_update"].requests == requests and running.poll() is None:
        time.sleep(0.002)
    return dice.uniform(0.0, 1.2)


def lost(fake: Witness, name: str, eventful: set[int]) -> int:
    """Lines of which the fake holds not all."""
    stored = fake.project().profiles.by_id
    missing = 0
    for number in range(LINES):
        profile = stored.pop(f"{name}-{number}", None)
        whole = profile is not None and profile.attributes.get("number") == number
        seen = profile is not None and bool(profile.events)
        missing += not (whole and (seen or number not in eventful))
    return missing


def main() -> int:
    """Kill, and tell. Returns 0 if nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    kills = missing = files = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serving() as fake:
        while kills < options.kills:
            path = Path(folder, f"{files}.jsonl")
            survived, gone = one_file(fake, path, f"f{files}", dice, min(options.kills - kills, 8))
            kills += survived
            missing += gone
            files += 1
        faults = fake.stats["profile_mass_update"]
    print(f"{kills} kills over {files} imports of {LINES:,} lines, in {time.monotonic() - began:.0f} s")
    print(f"lost: {missing}")
    print(told(fake.kills))
    print(f"requests that failed by design: {faults.failed:,} of {faults.requests:,}")
    print(f"lines that an import sent again by itself, after their answer was lost: {fake.within:,}")
    return 0 if not missing and all(kill.is_explained for kill in fake.kills) else 1


if __name__ == "__main__":
    sys.exit(main())
