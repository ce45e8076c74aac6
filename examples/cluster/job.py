"""What a job does, whatever engine runs it: send a chunk when its turn has come, and say whether to come back."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from batch_api import BatchClient, BatchError, ChunkReference, InvalidInput
from examples.cluster.turns import Turn, Turns

DEADLINE = float(os.environ.get("JOB_SECONDS", "8"))
"""Seconds that sending a chunk takes, at most."""
DRAIN = DEADLINE / 4
"""Seconds that the last answer is waited for when the worker is stopped."""
LEASE = DEADLINE * 1.5
"""Seconds after which a worker is taken for dead: a little more than both."""
SOON = 0.25
"""Seconds until a chunk is looked at again that is not due yet."""
FAILED, WORKERS = "chunks:failed", "chunks:workers"
"""Where Redis keeps the chunks that no repetition helps, and how many items each worker delivered, by process id."""

logger = logging.getLogger(__name__)


class Sender:
    """Sends chunks for one worker. Edits with events are not sent twice, unless `resend_events` is true."""

    def __init__(self, client: BatchClient, redis: Redis, *, resend_events: bool = False) -> None:
        self._client = client
        self._redis = redis
        self._turns = Turns(redis, lease=LEASE)
        self._resend_events = resend_events

    async def send(self, data: Mapping[str, Any]) -> float | None:
        """Send the chunk of a job. Returns `None` when the job is done, else in how many seconds to come back."""
        try:
            chunk = ChunkReference.from_dict(data)
        except InvalidInput as error:  # no chunk at all: it would come back for ever
            await self._set_aside(data, error)
            return None
        turn = await self._turns.take(chunk)
        if turn is Turn.OVER:
            return None
        if turn is Turn.NOT_YET:
            return SOON
        try:
            summary = await self._client.profiles.send_chunk(
                chunk,
                may_have_been_sent=turn is Turn.AGAIN,
                resend_events=self._resend_events,
                deadline=DEADLINE,
                drain=DRAIN,
            )
        except BatchError as error:
            return await self._failed(chunk, error)
        if await self._turns.finish(chunk, summary.counts):
            await self._redis.hincrby(WORKERS, str(os.getpid()), summary.delivered)
        return None

    async def _failed(self, chunk: ChunkReference, error: BatchError) -> float | None:
        logger.warning("chunk %d of partition %d, %s: %s", chunk.number, chunk.partition, error.retry, error)
        if error.retry != "never":
            await self._turns.give_back(chunk, sent=error.outcome == "unknown")
            return error.retry_after
        await self._set_aside(chunk.to_dict(), error)
        await self._turns.finish(chunk, {"failed": chunk.items})  # those after it go on
        return None

    async def _set_aside(self, data: Mapping[str, Any], error: BatchError) -> None:
        """Someone has to look at it."""
        await self._redis.rpush(FAILED, json.dumps({"chunk": dict(data), "error": str(error)}))
