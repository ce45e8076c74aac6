"""A consumer of a queue: edits from a Redis stream to Batch, acknowledged when they are in, and lost by no crash.

    BATCH_QUEUE_URL=redis://127.0.0.1/0 python -m examples.cookbook.queue_consumer worker-1

Start as many as you like, each with a name of its own. A message has one field, `edit`, a profile edit as JSON. What
cannot be delivered goes to the stream `edits:dead`, with the reason. What a dead consumer left is taken over after a
minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from batch_api import BatchClient, Buffer, Delivered, PartlyApplied, Unsent

STREAM, DEAD, GROUP = "edits", "edits:dead", "batch"
AT_ONCE = 400
"""Messages in hand at a time: what is not acknowledged bounds what is done twice after a crash."""

Message = tuple[bytes, dict[bytes, bytes]]


async def consume(redis: Redis, client: BatchClient, name: str, stop: asyncio.Event, *, idle_ms: int = 60_000) -> None:
    """Take messages until `stop` is set, and then finish those in hand."""
    await make_group(redis)
    async with client.profiles.buffer() as buffer:
        while not stop.is_set():
            left: Any = await redis.xautoclaim(STREAM, GROUP, name, min_idle_time=idle_ms, count=AT_ONCE)
            await deliver(redis, buffer, left[1])
            new: Any = await redis.xreadgroup(GROUP, name, {STREAM: ">"}, count=AT_ONCE, block=1000)
            for _, messages in new:
                await deliver(redis, buffer, messages)


async def deliver(redis: Redis, buffer: Buffer, messages: Iterable[Message]) -> None:
    """Send some messages together, and settle each by its fate."""
    async with asyncio.TaskGroup() as group:
        for id, fields in messages:
            group.create_task(settle(redis, buffer, id, fields[b"edit"]))


async def settle(redis: Redis, buffer: Buffer, id: bytes, raw: bytes) -> None:
    """Acknowledge what is in, put aside what never will be, and leave the rest for another try."""
    fate = await buffer.update(parsed(raw))
    if isinstance(fate, Unsent):
        return  # stays pending: someone takes it over
    async with redis.pipeline(transaction=True) as pipe:
        if not isinstance(fate, Delivered):
            why = [str(error) for error in fate.error] if isinstance(fate, PartlyApplied) else str(fate.error)
            pipe.xadd(DEAD, {"edit": raw, "fate": type(fate).__name__, "why": json.dumps(why)})
        pipe.xack(STREAM, GROUP, id)
        await pipe.execute()


def parsed(raw: bytes) -> dict[str, Any]:
    """An edit, or an empty one, which ends `Invalid`, for what is no JSON object."""
    try:
        edit = json.loads(raw)
    except ValueError:
        return {}
    return edit if isinstance(edit, dict) else {}


async def make_group(redis: Redis) -> None:
    try:
        await redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


async def main(name: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Redis.from_url(os.environ["BATCH_QUEUE_URL"]) as redis, BatchClient.from_env() as client:
        await consume(redis, client, name, stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
