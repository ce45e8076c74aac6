"""Kill imports at random moments with kill -9, let the same command go on, and count what was lost and repeated.

    python -m benchmarks.kill_checkpoint --kills 200

Each import is a real one: `batch-api import profiles --resend-events` on a file of its own, over loopback, against the
fake, which answers in 20 to 50 ms, one request in fifty with 503 and one in fifty not at all (half of these after it
took them). 30 % of the lines carry an event. The import is killed again and again until it gets to its end.

Repeated is what the fake took more than once. It may be no more than what the checkpoint names as sent and unanswered
when a process is killed, and what the faults make the client itself send again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from batch_api.ingest.checkpoint import _read_slot
from batch_api.testing import FakeBatch

LINES = 20_000
KEY, PROJECT = "rest_of_kills", "project_of_kills"


class Totals(NamedTuple):
    """What the fake took so far."""

    edits: int
    profiles: int


class Killed(NamedTuple):
    """One kill: what was in flight then, and what came twice in the run after it."""

    in_flight: int
    repeated: int


@contextlib.contextmanager
def serving() -> Iterator[FakeBatch]:
    """The fake, in a thread of its own."""
    fake = FakeBatch(rest_api_key=KEY, project_key=PROJECT, limits=False, keep_edits=0)
    fake.delay("profile_mass_update", 0.02, 0.05)
    fake.fail("profile_mass_update", status=503, times=None, probability=0.02)
    fake.reset("profile_mass_update", times=None, probability=0.01)
    fake.reset("profile_mass_update", times=None, probability=0.01, after_acceptance=True)
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


def totals(fake: FakeBatch) -> Totals:
    """Only while no import runs: what is on its way then is settled within the delay of an answer."""
    time.sleep(0.3)
    return Totals(fake.stats["profile_mass_update"].items, len(fake.project().profiles.by_id))


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


def start(fake: FakeBatch, path: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "BATCH_REST_API_KEY": KEY,
        "BATCH_PROJECT_KEY": PROJECT,
        "BATCH_BASE_URL": fake.url or "",
    }
    command = [sys.executable, "-m", "batch_api.cli", "import", "profiles", str(path), "--resend-events"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def in_flight(path: Path) -> int:
    """What the checkpoint names as sent and unanswered."""
    point = path.with_name(f"{path.name}.checkpoint")
    if not point.exists():
        return 0
    with point.open("rb") as file:
        found = [slot for number in (0, 1) if (slot := _read_slot(file, number)) is not None]
    if not found:
        return 0
    return sum(stop - start for start, stop in orjson.loads(max(found)[1])["sent"])


def one_file(fake: FakeBatch, path: Path, name: str, dice: random.Random, most: int) -> tuple[list[Killed], int]:
    """Import a file under fire. Gives the kills, and how many lines are lost at the end."""
    eventful = write(path, name, dice)
    kills: list[Killed] = []
    before = totals(fake)
    while True:
        running = start(fake, path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(dice.uniform(0.3, 2.2) if len(kills) < most else None)
        survived = running.poll() is None
        running.kill()
        running.wait()
        after = totals(fake)
        repeated = (after.edits - before.edits) - (after.profiles - before.profiles)
        if kills:
            kills[-1] = kills[-1]._replace(repeated=repeated)
        before = after
        if not survived:
            return kills, lost(fake, name, eventful)
        kills.append(Killed(in_flight(path), 0))


def lost(fake: FakeBatch, name: str, eventful: set[int]) -> int:
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
    kills: list[Killed] = []
    missing = files = 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, serving() as fake:
        while len(kills) < options.kills:
            path = Path(folder, f"{files}.jsonl")
            found, gone = one_file(fake, path, f"f{files}", dice, min(options.kills - len(kills), 8))
            kills += found
            missing += gone
            files += 1
        faults = fake.stats["profile_mass_update"]
    repeated = [kill.repeated for kill in kills]
    above = [kill for kill in kills if kill.repeated > kill.in_flight]
    print(f"{len(kills)} kills over {files} imports of {LINES:,} lines, in {time.monotonic() - began:.0f} s")
    print(f"lost: {missing}")
    print(
        f"repeated after a kill: {statistics.mean(repeated):,.0f} lines on average, {max(repeated):,} at most;"
        f" in flight: {statistics.mean(kill.in_flight for kill in kills):,.0f} and"
        f" {max(kill.in_flight for kill in kills):,}"
    )
    print(f"kills after which more came twice than was in flight: {len(above)} {above or ''}")
    print(f"requests that failed by design: {faults.failed:,} of {faults.requests:,}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
