"""Kill workers of a cluster at random with kill -9 while edits pass, and count what was lost, repeated and overtaken.

    python -m benchmarks.kill_workers [--edits 1000000] [--kills 100]

Four workers on taskiq (`examples/cluster/taskiq_worker.py`) send chunks of 1000 edits to a server that only records
what comes, and answers within half a second or so. Each profile is edited four times. After random numbers of chunks a
worker is picked at random and killed; the engine starts another.

Before it is killed the worker is frozen, to look up which chunks it holds the turns of: these are in flight. A chunk
may come again once for each kill at which it was in flight, and no more. An edit that comes after a later one of the
same profile is out of order. Both are the server's record, not the workers' word.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis

from batch_api import ChunkReference, split
from batch_api.ingest.chunks.reference import lines_of
from benchmarks.raw import Counts, _Connection
from examples.cluster.job import WORKERS
from examples.cluster.taskiq_worker import StreamBroker, send
from examples.cluster.turns import key_of
from tests.redis_server import redis_server

VERSIONS = 4
CHUNK, PARTITIONS, PROCESSES = 1_000, 32, 4
LATENCY = (0.3, 0.7)
FROZEN = 0.05
"""Seconds after which Redis has heard all that a frozen worker had said."""

Chunk = tuple[str, int]


class Kill(NamedTuple):
    """One kill, and the chunks that were in flight."""

    pid: int
    chunks: list[Chunk]


class Ledger(Counts):
    """What the server took: each edit by its profile and version, each request by its digest."""

    def __init__(self, profiles: int) -> None:
        super().__init__(None, None, b'"custom_id":', LATENCY)
        self.latest = bytearray(profiles)
        self.seen = bytearray(profiles)
        """Of each profile, a bit for each version that came."""
        self.overtaken = 0
        self.bodies: Counter[bytes] = Counter()

    def count(self, body: bytes | bytearray, now: float) -> bool:
        for edit in orjson.loads(body):
            profile, version = int(edit["identifiers"]["custom_id"][1:]), edit["attributes"]["version"]
            self.overtaken += version < self.latest[profile]
            self.latest[profile] = max(version, self.latest[profile])
            self.seen[profile] |= 1 << version
        self.bodies[_digest(bytes(body).replace(b"\n", b""))] += 1  # line ends stand between some of the edits
        return super().count(body, now)

    @property
    def lost(self) -> int:
        """Edits that never came."""
        return sum(VERSIONS - seen.bit_count() for seen in self.seen)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


@contextlib.asynccontextmanager
async def recording(ledger: Ledger) -> AsyncIterator[str]:
    """The server; its base URL."""
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(ledger), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/2.11"
    finally:
        server.close()


@contextlib.contextmanager
def workers(url: str, redis_url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "taskiq", "worker", "examples.cluster.taskiq_worker:broker"]
    command += ["--workers", str(PROCESSES), "--max-async-tasks", "2", "--log-level", "CRITICAL"]
    environment = os.environ | {
        "REDIS_URL": redis_url,
        "BATCH_REST_API_KEY": "rest_of_kills",
        "BATCH_PROJECT_KEY": "project_of_kills",
        "BATCH_BASE_URL": url,
        "JOB_SECONDS": "4",
    }
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Cluster:
    """The chunks in the queue, and the workers that are killed over them."""

    def __init__(self, redis: Any, references: list[ChunkReference], dice: random.Random) -> None:
        self._redis = redis
        self._references = references
        self._keys = {key_of(reference): reference.path for reference in references}
        self._dice = dice
        self.kills: list[Kill] = []

    async def done(self) -> int:
        """Chunks whose fates are known."""
        return sum([int(await self._redis.hget(key, "due") or 0) for key in self._keys])

    async def run(self, kills: int) -> None:
        """Kill a worker each time that so many chunks are done, until all are."""
        total = len(self._references)
        moments = sorted(self._dice.sample(range(1, total), kills))
        while (done := await self.done()) < total:
            while moments and done >= moments[0]:
                if not await self._kill():
                    break
                moments.pop(0)
            await asyncio.sleep(0.05)

    async def _kill(self) -> bool:
        """One worker, whatever it is doing. False while none is up."""
        pids = [int(pid) for pid in await self._redis.hkeys(WORKERS)]
        alive = [pid for pid in pids if pid not in {kill.pid for kill in self.kills}]
        if not alive:
            return False
        pid = self._dice.choice(alive)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN)
        chunks: list[Chunk] = []
        for key, path in self._keys.items():
            holder, begun = await self._redis.hmget(key, "holder", "begun")
            if holder and holder.startswith(b"%d-" % pid):
                chunks.append((path, int(begun)))
        os.kill(pid, signal.SIGKILL)
        self.kills.append(Kill(pid, chunks))
        return True


def edits(count: int) -> Iterator[dict[str, Any]]:
    """All profiles, again and again."""
    for version in range(VERSIONS):
        for profile in range(count // VERSIONS):
            yield {"identifiers": {"custom_id": f"u{profile}"}, "attributes": {"version": version}}


def body_of(reference: ChunkReference) -> bytes:
    """The request that carries a chunk."""
    return b"[" + lines_of(reference.read()).raw.replace(b"\n", b",") + b"]"


def tell(ledger: Ledger, references: list[ChunkReference], kills: list[Kill]) -> bool:
    """Print what happened. Whether nothing is wrong."""
    in_flight = Counter(chunk for kill in kills for chunk in kill.chunks)
    came = {(one.path, one.number): ledger.bodies[_digest(body_of(one))] for one in references}
    items = {(one.path, one.number): one.items for one in references}
    foreign = sum(ledger.bodies.values()) - sum(came.values())
    repeated = {chunk: times - 1 for chunk, times in came.items() if times > 1}
    unexplained = [chunk for chunk, times in repeated.items() if times > in_flight[chunk]]
    at_kills = [sum(items[chunk] for chunk in kill.chunks) for kill in kills]
    print(f"in flight at a kill: {sum(at_kills) / len(at_kills):,.0f} edits on average, {max(at_kills):,} at most")
    print(f"repeated: {sum(items[chunk] * times for chunk, times in repeated.items()):,} of {sum(at_kills):,} edits")
    print(f"chunks that came again more often than they were in flight at a kill: {len(unexplained)}")
    print(f"out of order: {ledger.overtaken}")
    print(f"requests that were no chunk: {foreign}")
    print(f"lost: {ledger.lost}")
    return not (unexplained or ledger.overtaken or foreign or ledger.lost)


async def benchmark(count: int, kills: int, seed: int) -> bool:
    ledger = Ledger(count // VERSIONS)
    with redis_server() as server, tempfile.TemporaryDirectory() as folder:
        spool = split(edits(count), Path(folder, "spool"), partitions=PARTITIONS, chunk_size=CHUNK)
        references = [reference async for reference in spool]
        await enqueue(references, server.url)
        async with recording(ledger) as url, Redis.from_url(server.url) as redis:
            cluster = Cluster(redis, references, random.Random(seed))
            began = time.monotonic()
            with workers(url, server.url):
                await cluster.run(kills)
        print(
            f"{count:,} edits, {len(references):,} chunks, {len(cluster.kills)} kills, {time.monotonic() - began:.0f} s"
        )
        return tell(ledger, references, cluster.kills)


async def enqueue(references: list[ChunkReference], redis_url: str) -> None:
    """A job for each chunk."""
    broker = StreamBroker(redis_url, consumer_id="0")
    await broker.startup()
    for reference in references:
        await send.kicker().with_broker(broker).kiq(reference.to_dict())
    await broker.shutdown()


def main() -> int:
    """Kill, and tell. Returns 0 if nothing is lost, overtaken, or repeated without a reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return 0 if asyncio.run(benchmark(options.edits, options.kills, options.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
