"""A consumer of a Redis stream: delivered, put aside, taken over."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from batch_api.testing import FakeBatch
from examples.cookbook.queue_consumer import DEAD, GROUP, STREAM, consume, make_group
from tests.cookbook.conftest import Connect
from tests.redis_server import RedisServer


@pytest.fixture
async def queue(redis: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis.url) as queue:
        yield queue


async def add(queue: Redis, *edits: object) -> None:
    for edit in edits:
        await queue.xadd(STREAM, {"edit": edit if isinstance(edit, str) else json.dumps(edit)})


@contextlib.asynccontextmanager
async def consuming(queue: Redis, connect: Connect) -> AsyncIterator[None]:
    """A consumer that runs meanwhile, and is then asked to stop."""
    stop = asyncio.Event()
    async with connect() as client, asyncio.TaskGroup() as group:
        group.create_task(consume(queue, client, "worker-2", stop, idle_ms=0))
        yield
        stop.set()


async def settled(queue: Redis) -> None:
    """Wait until all that was added is read and nothing is pending."""
    last = (await queue.xinfo_stream(STREAM))["last-generated-id"]
    async with asyncio.timeout(20):
        while True:
            (info,) = await queue.xinfo_groups(STREAM)
            if info["last-delivered-id"] == last and info["pending"] == 0:
                return
            await asyncio.sleep(0.02)


def edit(id: str, **attributes: object) -> dict[str, object]:
    return {"identifiers": {"custom_id": id}, "attributes": attributes}


async def test_messages_are_delivered_and_bad_ones_put_aside(
    queue: Redis, connect: Connect, fake_batch: FakeBatch
) -> None:
    await add(queue, edit("u1", tier="gold"), "no json", edit("u2", **{"$email_address": "nonsense"}), edit("u3"))
    await make_group(queue)
    async with consuming(queue, connect):
        await settled(queue)
    assert fake_batch.project().profiles.by_id.keys() == {"u1", "u2", "u3"}
    dead: Any = await queue.xrange(DEAD)
    assert sorted(fields[b"fate"] for _, fields in dead) == [b"Invalid", b"PartlyApplied"]


async def test_messages_of_a_dead_consumer_are_taken_over(
    queue: Redis, connect: Connect, fake_batch: FakeBatch
) -> None:
    await add(queue, edit("u1", tier="gold"))
    await make_group(queue)
    await queue.xreadgroup(GROUP, "worker-1", {STREAM: ">"})  # which dies with it in hand
    async with consuming(queue, connect):
        await settled(queue)
    assert fake_batch.project().profiles.by_id.keys() == {"u1"}
