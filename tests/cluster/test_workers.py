"""Ingestion on worker engines: real engines, real processes and a real Redis, and workers that are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from batch_api import BatchClient, ChunkReference, split
from batch_api.testing import FakeBatch
from examples.cluster.job import FAILED, SOON, WORKERS, Sender
from examples.cluster.turns import Turn, Turns, key_of
from tests.redis_server import RedisServer, redis_server
from tests.serving import served

ROOT = Path(__file__).parents[2]
PROFILES, VERSIONS, CHUNK, PARTITIONS = 400, 3, 25, 8


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    redis = Redis.from_url(server.url)
    await redis.flushall()
    yield redis
    await redis.aclose()


def the_source() -> Iterator[dict[str, Any]]:
    """Each profile is edited several times, far apart; only in order does the last version stay."""
    for version in range(VERSIONS):
        for number in range(PROFILES):
            yield {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"version": version}}


async def chunks(folder: Path) -> list[ChunkReference]:
    return [reference async for reference in split(the_source(), folder, partitions=PARTITIONS, chunk_size=CHUNK)]


# -- whose turn it is ------------------------------------------------------------------------------------------------


def a_chunk(number: int) -> ChunkReference:
    return ChunkReference("part", 0, 1, "", 25, partition=0, number=number)


async def test_chunks_of_a_partition_have_their_turns_one_after_another(redis: Redis) -> None:
    one, other = Turns(redis, lease=60), Turns(redis, lease=60)
    assert await one.take(a_chunk(1)) is Turn.NOT_YET
    assert await one.take(a_chunk(0)) is Turn.FIRST
    assert await other.take(a_chunk(0)) is Turn.NOT_YET
    assert not await other.finish(a_chunk(0), {"Delivered": 50}), "it has not the turn"
    assert await one.finish(a_chunk(0), {"Delivered": 49, "Refused": 1})
    assert await other.take(a_chunk(0)) is Turn.OVER
    assert await other.take(a_chunk(1)) is Turn.FIRST
    kept = await redis.hgetall(key_of(a_chunk(0)))
    assert (kept[b"due"], kept[b"Delivered"], kept[b"Refused"]) == (b"1", b"49", b"1")


async def test_a_turn_that_was_given_back_says_whether_something_was_sent(redis: Redis) -> None:
    turns = Turns(redis, lease=60)
    assert await turns.take(a_chunk(0)) is Turn.FIRST
    await turns.give_back(a_chunk(0), sent=False)
    assert await turns.take(a_chunk(0)) is Turn.FIRST
    await turns.give_back(a_chunk(0), sent=True)
    assert await turns.take(a_chunk(0)) is Turn.AGAIN


async def test_the_turn_of_a_worker_that_died_can_be_had_after_its_lease(redis: Redis) -> None:
    dead, other = Turns(redis, lease=0.001), Turns(redis, lease=60)
    assert await dead.take(a_chunk(0)) is Turn.FIRST
    await asyncio.sleep(0.01)
    assert await other.take(a_chunk(0)) is Turn.AGAIN
    await dead.give_back(a_chunk(0), sent=False)
    assert not await dead.finish(a_chunk(0), {}), "it has been given to another"
    assert await other.finish(a_chunk(0), {})


# -- a job -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def sender(fake: FakeBatch, redis: Redis) -> AsyncIterator[Sender]:
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        yield Sender(client, redis)


async def test_a_job_is_done_when_the_fates_are_known(sender: Sender, redis: Redis, tmp_path: Path) -> None:
    first, second, *_ = [chunk for chunk in await chunks(tmp_path) if chunk.partition == 0]
    assert await sender.send(second.to_dict()) == SOON
    assert await sender.send(first.to_dict()) is None
    assert await sender.send(second.to_dict()) is None
    assert await sender.send(first.to_dict()) is None, "the queue gave it out again"
    assert await redis.hget(WORKERS, str(os.getpid())) == b"50"


async def test_a_job_that_fails_for_now_keeps_its_turn_for_later(
    sender: Sender, fake: FakeBatch, tmp_path: Path
) -> None:
    first, *_ = await chunks(tmp_path)
    outage = fake.fail("profile_mass_update", 503, times=None, retry_after=7)
    later = await sender.send(first.to_dict())
    assert later is not None
    assert later >= 7
    outage.stop()
    assert fake.stats["profile_mass_update"].accepted == 0


async def test_a_job_that_no_repetition_helps_is_set_aside(
    sender: Sender, fake: FakeBatch, redis: Redis, tmp_path: Path
) -> None:
    first, second, *_ = [chunk for chunk in await chunks(tmp_path) if chunk.partition == 0]
    Path(first.path).write_bytes(Path(first.path).read_bytes().replace(b"u", b"v", 1))
    assert await sender.send(first.to_dict()) is None
    (failed,) = await redis.lrange(FAILED, 0, -1)
    assert orjson.loads(failed)["chunk"] == first.to_dict()
    assert await sender.send(second.to_dict()) is None, "those after it go on"


async def test_a_job_that_is_no_chunk_is_set_aside(sender: Sender, redis: Redis) -> None:
    assert await sender.send({"path": "somewhere"}) is None
    (failed,) = await redis.lrange(FAILED, 0, -1)
    assert orjson.loads(failed)["chunk"] == {"path": "somewhere"}


# -- the engines, and kill -9 ----------------------------------------------------------------------------------------


TASKIQ = [["taskiq", "worker", "examples.cluster.taskiq_worker:broker", "--workers", "2", "--max-async-tasks", "2"]]
SAQ = [["saq", "examples.cluster.saq_worker.settings"]] * 2


@contextmanager
def workers(commands: list[list[str]], fake: FakeBatch, redis_url: str) -> Iterator[None]:
    """The engine's own commands, until the block ends; they must end by themselves when asked to."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "REDIS_URL": redis_url,
        "BATCH_QUOTA_URL": redis_url,
        "BATCH_REST_API_KEY": fake.rest_api_key or "",
        "BATCH_PROJECT_KEY": fake.project_key or "",
        "BATCH_BASE_URL": fake.url or "",
        "JOB_SECONDS": "3",  # more than a busy machine takes
    }
    with ExitStack() as running:
        processes = []
        for name, *arguments in commands:
            command = [sys.executable, str(Path(sys.executable).with_name(name)), *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
            running.enter_context(process)
            running.callback(_end, process)
            processes.append(process)
        yield
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # and those that it started


async def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What it gives, once it is true."""
    end = time.monotonic() + seconds
    while not (found := await condition()):
        assert time.monotonic() < end, "it takes too long"
        await asyncio.sleep(0.02)
    return found


async def enqueue_for_taskiq(references: list[ChunkReference], redis_url: str) -> None:
    from examples.cluster.taskiq_worker import StreamBroker, send

    broker = StreamBroker(redis_url, consumer_id="0")  # the module's own goes where the environment says
    await broker.startup()
    for reference in references:
        await send.kicker().with_broker(broker).kiq(reference.to_dict())
    await broker.shutdown()


async def enqueue_for_saq(references: list[ChunkReference], redis_url: str) -> None:
    from examples.cluster import saq_worker

    redis = Redis.from_url(redis_url)
    partitions: dict[int, list[ChunkReference]] = defaultdict(list)
    for reference in references:
        partitions[reference.partition].append(reference)
    for chunks in partitions.values():
        await saq_worker.enqueue(chunks, redis)
    await redis.aclose()


@pytest.mark.parametrize(
    ("commands", "enqueue", "at_once"),
    [(TASKIQ, enqueue_for_taskiq, 2), (SAQ, enqueue_for_saq, 3)],
    ids=["taskiq", "saq"],
)
async def test_nothing_is_lost_or_overtaken_when_a_worker_is_killed(
    server: RedisServer, redis: Redis, tmp_path: Path, commands: list[list[str]], enqueue: Any, at_once: int
) -> None:
    references = await chunks(tmp_path)
    with served(FakeBatch(limits=False)) as fake:
        fake.delay("profile_mass_update", 0.05, 0.1)
        await enqueue(references, server.url)
        with workers(commands, fake, server.url):
            pids = await until(lambda: _enough(redis.hkeys(WORKERS), 2))
            await until(lambda: _enough(redis.keys("turns:*"), 2))
            # Until a first answer one request goes alone. Should its worker die, the others wait for 5 s, longer than
            # the deadline of a chunk, and some are then cut on the wire: not what this test is about.
            await until(lambda: _delivered(redis))
            os.kill(int(pids[0]), signal.SIGKILL)
            keys = {key_of(reference) for reference in references}
            await until(lambda: _all_done(redis, keys, len(references)))
        _check(fake, in_flight=at_once * CHUNK)
    assert await redis.exists(FAILED) == 0


async def _enough(found: Any, count: int) -> Any:
    values = await found
    return values if len(values) >= count else None


async def _delivered(redis: Redis) -> bool:
    return any(int(count) for count in await redis.hvals(WORKERS))


async def _all_done(redis: Redis, keys: set[str], count: int) -> bool:
    due = [int(await redis.hget(key, "due") or 0) for key in keys]
    return sum(due) == count


def _check(fake: FakeBatch, *, in_flight: int) -> None:
    """All came, in order for each profile, and no more than was in flight came twice."""
    versions: dict[str, list[int]] = defaultdict(list)
    for _, edit in fake.edits:
        versions[edit["identifiers"]["custom_id"]].append(edit["attributes"]["version"])
    assert len(versions) == PROFILES
    for seen in versions.values():
        assert seen == sorted(seen)
        assert set(seen) == set(range(VERSIONS))
    repeated = sum(sum(Counter(seen).values()) - VERSIONS for seen in versions.values())
    assert repeated <= in_flight


async def test_when_all_is_done_the_stream_is_empty(server: RedisServer, redis: Redis, tmp_path: Path) -> None:
    """Also when the last jobs were a dead worker's: nobody waits for a new one to come."""
    first, *_ = await chunks(tmp_path)
    await enqueue_for_taskiq([first], server.url)
    await redis.xreadgroup("taskiq", "a worker that died", {"taskiq": ">"}, count=1)
    with served(FakeBatch(limits=False)) as fake, workers(TASKIQ, fake, server.url):
        await until(lambda: _all_done(redis, {key_of(first)}, 1))
        await until(lambda: _is_empty(redis))


async def _is_empty(redis: Redis) -> bool:
    return int(await redis.xlen("taskiq")) == 0
