"""A cluster on one machine: Redis, four workers on taskiq, two producers, and the fake API with its documented limits.

    make demo-cluster

Half-way, one worker is killed with `kill -9`. At the end, what the API holds is compared with what was produced: a
profile that is not as its last edit left it counts as lost, so that an edit that overtook another would show, too.
Requests and rates are the server's own figures. The exit code is 0 if nothing was lost, and else 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from batch_api.ingest.chunks.split import CHUNK
from batch_api.testing import FakeBatch
from examples.cluster.job import WORKERS
from examples.cluster.producer import VERSIONS
from tests.redis_server import redis_server

ROOT = Path(__file__).parents[2]
PRODUCERS, PROCESSES = 2, 4
RATE = 10_000  # profiles a second, by the document
START = 4.0  # seconds until the first chunk is there and the workers are up
MASS = "profile_mass_update"


class Killed(NamedTuple):
    """A worker that was killed."""

    pid: int
    after: float
    """Seconds from the start."""
    in_flight: int
    """Chunks that it was sending."""


class Cluster:
    """What runs, and what it did."""

    def __init__(self, fake: FakeBatch, redis: Any, profiles: int, seconds: float) -> None:
        self._fake = fake
        self._redis = redis
        self.profiles = profiles
        """Of each producer."""
        self._seconds = seconds
        self._console = Console(highlight=False)
        self._began = time.monotonic()
        self.killed: Killed | None = None

    @property
    def edits(self) -> int:
        """How many were produced."""
        return PRODUCERS * VERSIONS * self.profiles

    async def run(self) -> None:
        """Until all is delivered, or nothing more comes."""
        told, before = 0.0, 0
        while (done := await self.done()) < self.edits and self._passed < 3 * self._seconds:
            if self.killed is None and done >= self.edits / 2:
                await self._kill_one()
            if self._passed > told + 5:
                rate = (done - before) / (self._passed - told)
                self._console.print(f"{self._passed:5.1f} s  {done:,} of {self.edits:,} edits delivered, {rate:,.0f}/s")
                told, before = self._passed, done
            await asyncio.sleep(0.1)

    @property
    def _passed(self) -> float:
        return time.monotonic() - self._began

    async def done(self) -> int:
        """Edits whose fates are known."""
        return sum([int(await self._redis.hget(key, "Delivered") or 0) for key in await self._partitions()])

    async def _partitions(self) -> list[bytes]:
        found: list[bytes] = await self._redis.keys("turns:*")
        return found

    async def _kill_one(self) -> None:
        """One that is sending something, as soon as there is any."""
        holders = [await self._redis.hget(key, "holder") for key in await self._partitions()]
        busy = [int(holder.split(b"-")[0]) for holder in holders if holder]
        if busy:
            os.kill(busy[0], signal.SIGKILL)
            self.killed = Killed(busy[0], self._passed, busy.count(busy[0]))
            self._console.print(f"{self._passed:5.1f} s  kill -9 {self.killed.pid}")

    async def report(self) -> int:
        """Print it. Returns how many edits were lost."""
        stats, stored = self._fake.stats[MASS], self._fake.project().profiles.by_id
        names = [f"p{producer}-{number}" for producer in range(PRODUCERS) for number in range(self.profiles)]
        lost = sum(1 for name in names if not self._is_whole(stored.get(name)))
        table = Table(show_header=False)
        for title, text in {
            "edits produced": f"{self.edits:,}, by {PRODUCERS} producers",
            "share of the limit": f"{stats.rate() / RATE:.1%}, from the first request to the last",
            "429s": f"{stats.rejected:,}",
            "by process": await self._shares(),
            "killed": "nobody" if self.killed is None else f"process {self.killed.pid} after {self.killed.after:.0f} s",
            "lost": f"{lost:,}",
            "repeated": self._repeated(stats.items - self.edits),
        }.items():
            table.add_row(title, text)
        self._console.print(table)
        return lost

    def _is_whole(self, profile: Any) -> bool:
        return profile is not None and profile.attributes.get("version") == VERSIONS

    async def _shares(self) -> str:
        counts = {pid.decode(): int(count) for pid, count in (await self._redis.hgetall(WORKERS)).items()}
        total = sum(counts.values()) or 1
        return ", ".join(f"{pid}: {count / total:.1%}" for pid, count in counts.items())

    def _repeated(self, count: int) -> str:
        most = 0 if self.killed is None else self.killed.in_flight * CHUNK
        return f"{count:,} edits; in flight when the worker was killed: {most:,} at most"


@contextlib.contextmanager
def fake_api(fake: FakeBatch) -> Iterator[str]:
    """The fake on loopback, in a thread, so that we can look into it afterwards; its base URL."""
    loop = asyncio.new_event_loop()
    over, ready = asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with fake.serve():
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    gc.disable()  # what is stored is much, and forms no cycles
    try:
        ready.wait()
        yield fake.url or ""
    finally:
        gc.enable()
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@contextlib.contextmanager
def processes(environment: dict[str, str], profiles: int, folder: str) -> Iterator[None]:
    """Workers and producers, each by its command, until the block ends."""
    taskiq = [sys.executable, "-m", "taskiq", "worker", "examples.cluster.taskiq_worker:broker"]
    commands = [[*taskiq, "--workers", str(PROCESSES), "--max-async-tasks", "1", "--log-level", "ERROR"]]
    for number in range(PRODUCERS):
        producer = [sys.executable, "-m", "examples.cluster.producer", f"p{number}", str(profiles)]
        commands.append([*producer, str(Path(folder, str(number)))])
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)  # noqa: S603
        for command in commands
    ]
    try:
        yield
        running[0].terminate()
        running[0].wait(30)
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def demonstrate(seconds: float) -> int:
    """Run the cluster for about so long. Returns the exit code."""
    profiles = round(seconds - START) * RATE // PRODUCERS // VERSIONS
    fake = FakeBatch(keep_edits=0)
    with redis_server() as server, fake_api(fake) as url, tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "REDIS_URL": server.url,
            "BATCH_REST_API_KEY": fake.rest_api_key or "",
            "BATCH_PROJECT_KEY": fake.project_key or "",
            "BATCH_BASE_URL": url,
            "BATCH_QUOTA_URL": server.url,
            "JOB_SECONDS": "4",  # what the worker that is killed has is given out again after six and a half
        }
        async with Redis.from_url(server.url) as redis:
            cluster = Cluster(fake, redis, profiles, seconds)
            with processes(environment, profiles, folder):
                await cluster.run()
            return 1 if await cluster.report() else 0


def main() -> int:
    """Run the demonstration as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m examples.cluster.demo", description="A cluster on one machine.")
    parser.add_argument("--seconds", type=float, default=60.0, help="about how long it takes (default: %(default)s)")
    return asyncio.run(demonstrate(parser.parse_args().seconds))


if __name__ == "__main__":
    sys.exit(main())
