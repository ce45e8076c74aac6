"""The same on saq, where a job is a partition: it sends the chunks that are left, one after another.

    saq examples.cluster.saq_worker.settings      # once for each worker

What is still to be sent is kept beside the queue, because saq may forget a job: it takes those of a dead worker out of
the queue before it puts them back, and may be killed in between. So every worker looks for what is open, and enqueues
it. A second job for a partition that has one finds that it is not its turn, and ends.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from saq import Job, Queue

from batch_api import BatchClient, ChunkReference
from examples.cluster.job import DRAIN, LEASE, WORKERS, Sender

URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
EVERY = 2.0
"""Seconds between two looks."""
OPEN = "partitions:open"
"""Where Redis keeps the references of each partition that is not done."""


queue = Queue.from_url(URL)


async def enqueue(chunks: Sequence[ChunkReference], redis: Redis) -> None:
    """Have the chunks of one partition sent, in the order in which `split` gave them."""
    references = json.dumps([chunk.to_dict() for chunk in chunks])
    await redis.hset(OPEN, chunks[0].path, references)


async def send(context: Any, *, partition: str) -> None:
    """Send what is left of a partition; end early if it cannot be sent now."""
    redis: Redis = context["redis"]
    job: Job = context["job"]
    for chunk in json.loads(await redis.hget(OPEN, partition) or "[]"):
        if await context["sender"].send(chunk) is not None:
            return  # `watch` comes back to it
        await job.update()
    await redis.hdel(OPEN, partition)


async def watch(redis: Any) -> None:
    """Enqueue what is new, what failed for now, and what saq forgot. A cron job of saq's could be forgotten, too."""
    while True:
        if not await queue.count("queued"):
            for partition in await redis.hkeys(OPEN):
                # Without a sign of life it is swept out of saq's books, and not tried again: we come back to it.
                await queue.enqueue(
                    "send", partition=partition.decode(), timeout=0, heartbeat=math.ceil(LEASE), retries=1
                )
        await asyncio.sleep(EVERY)


async def startup(context: Any) -> None:
    """One client for all jobs of the process."""
    client = BatchClient.from_env()
    redis = Redis.from_url(URL)
    await redis.hset(WORKERS, str(os.getpid()), "0")
    watching = asyncio.create_task(watch(redis))
    context.update(client=client, redis=redis, sender=Sender(client, redis), watching=watching)


async def shutdown(context: Any) -> None:
    """Once its jobs are done."""
    context["watching"].cancel()
    await context["client"].aclose()
    await context["redis"].aclose()


settings: dict[str, Any] = {
    "queue": queue,
    "functions": [send],
    "startup": startup,
    "shutdown": shutdown,
    "concurrency": 3,
    "dequeue_timeout": 1.0,
    "shutdown_grace_period_s": math.ceil(DRAIN),
}
