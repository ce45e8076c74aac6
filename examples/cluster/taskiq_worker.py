"""Workers on taskiq and Redis Streams. None of the chunks is lost when a worker dies, and none overtakes another.

    taskiq worker examples.cluster.taskiq_worker:broker --workers 4 --max-async-tasks 2

`REDIS_URL` says where the queue is; `BATCH_REST_API_KEY`, `BATCH_PROJECT_KEY` and, if set, `BATCH_BASE_URL` where the
edits go. With `BATCH_QUOTA_URL`, which may be the same Redis, the workers share the limits of the project.

- A job is acknowledged when its fates are known, and not before: `ack_type="manual"`. The engine's other ways
  acknowledge a job that raised, too.
- A job that is not acknowledged comes back, to this worker or another: after `IDLE` seconds if its worker died, else as
  soon as the job said. Nothing sleeps in a worker meanwhile.
- A worker looks for such jobs first, then for new ones, and takes them one at a time: what it had in store would be
  taken for abandoned while it is busy.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from redis.asyncio import Redis
from taskiq import AckableMessage, Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

from batch_api import BatchClient
from examples.cluster.job import LEASE, WORKERS, Sender

IDLE = LEASE + 0.5
"""Seconds after which a job that is not acknowledged is given out again."""


class StreamBroker(RedisStreamBroker):
    """taskiq's broker for Redis Streams, but for how it reads.

    Its own looks for abandoned jobs only when a new one has come, so that the last of them would wait for ever, and
    keeps all that was ever in the stream.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._ids: dict[str, bytes] = {}
        """Where in the stream the jobs are that this process has, by their task ids."""

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Jobs, one at a time."""
        async with Redis(connection_pool=self.connection_pool) as redis:
            group, me, cursor = self.consumer_group_name, self.consumer_name, "0-0"
            while not _is_cancelled():
                cursor, jobs, *_ = await redis.xautoclaim(
                    self.queue_name, group, me, self.idle_timeout, start_id=cursor, count=1
                )
                if not jobs:
                    found: Any = await redis.xreadgroup(group, me, {self.queue_name: ">"}, count=1, block=self.block)
                    jobs = found[0][1] if found else []
                for id, fields in jobs:
                    task_id = self.formatter.loads(fields[b"data"]).task_id
                    self._ids[task_id] = id
                    yield AckableMessage(data=fields[b"data"], ack=partial(self._acknowledge, task_id))

    async def put_back(self, task_id: str, seconds: float) -> None:
        """Give a job out again in so many seconds, `IDLE` at most: set the clock by which it is taken for abandoned."""
        id, idle = self._ids[task_id], max(self.idle_timeout - round(seconds * 1000), 0)
        async with Redis(connection_pool=self.connection_pool) as redis:
            await redis.xclaim(
                self.queue_name, self.consumer_group_name, self.consumer_name, 0, [id], idle=idle, justid=True
            )

    async def _acknowledge(self, task_id: str) -> None:
        id = self._ids[task_id]
        async with Redis(connection_pool=self.connection_pool) as redis, redis.pipeline(transaction=True) as both:
            both.xack(self.queue_name, self.consumer_group_name, id)
            both.xdel(self.queue_name, id)
            await both.execute()


def _is_cancelled() -> bool:
    """On Python 3.11 a cancellation can be lost in `asyncio.wait_for`, which redis-py sends with."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


broker = StreamBroker(
    os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    consumer_id="0",  # so that what came before the first worker is not passed over
    idle_timeout=round(IDLE * 1000),
    xread_block=200,
)


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_client(state: TaskiqState) -> None:
    """One client for all jobs of the process."""
    state.client = BatchClient.from_env()
    state.redis = Redis(connection_pool=broker.connection_pool)
    state.sender = Sender(state.client, state.redis)
    await state.redis.hset(WORKERS, str(os.getpid()), 0)


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_client(state: TaskiqState) -> None:
    """Once its jobs are done."""
    await state.client.aclose()


@broker.task(ack_type="manual")
async def send(chunk: dict[str, Any], context: Context = TaskiqDepends()) -> None:  # noqa: B008
    """Send a chunk that `split` made, with `await send.kiq(reference.to_dict())`."""
    seconds = await context.state.sender.send(chunk)
    if seconds is None:
        await context.ack()
    else:
        await broker.put_back(context.message.task_id, seconds)
