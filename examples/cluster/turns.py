"""Whose turn it is: the chunks of a partition one after another, and one sender at a time, in Redis.

A queue hands out jobs in any order once workers die, and some of them twice. So a worker takes the turn of a partition
before it sends a chunk, and gives it up when the fates are known. Kept for each partition: which chunk is due, who has
the turn and until when, whether the chunk that is due was begun before, and the fates so far. Redis's clock counts.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from enum import Enum
from typing import Any

from redis.asyncio import Redis

from batch_api import ChunkReference

_TAKE = """
local due = tonumber(redis.call('HGET', KEYS[1], 'due') or 0)
local chunk = tonumber(ARGV[1])
if chunk < due then return 'over' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if chunk > due or now < tonumber(redis.call('HGET', KEYS[1], 'until') or 0) then return 'not yet' end
local begun = redis.call('HGET', KEYS[1], 'begun') == ARGV[1]
redis.call('HSET', KEYS[1], 'begun', ARGV[1], 'holder', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
return begun and 'again' or 'first'
"""
_FINISH = """
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'holder', 'until')
redis.call('HSET', KEYS[1], 'due', ARGV[2] + 1)
for at = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1
"""
_GIVE_BACK = """
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'holder', 'until')
if ARGV[2] == 'unsent' then redis.call('HDEL', KEYS[1], 'begun') end
return 1
"""


class Turn(Enum):
    """What a worker may do with a chunk."""

    FIRST = "first"
    """Send it."""
    AGAIN = "again"
    """Send it, though it may have been sent before: a worker began and never told of the end."""
    NOT_YET = "not yet"
    """Not now: an earlier chunk of its partition is due, or someone else is at it."""
    OVER = "over"
    """Nothing: all its fates are known."""


class Turns:
    """The turns of all partitions.

    `lease` is how many seconds a worker may keep one, after which it is taken for dead. No job may take longer.
    """

    def __init__(self, redis: Redis, *, lease: float) -> None:
        self._take = redis.register_script(_TAKE)
        self._finish = redis.register_script(_FINISH)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._lease = lease
        # A worker has one turn of a partition at most, so that its own name is enough.
        self._me = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"

    async def take(self, chunk: ChunkReference) -> Turn:
        """Take the turn of a chunk, if it can be had."""
        answer: Any = await self._take([key_of(chunk)], [chunk.number, self._me, round(self._lease * 1000)])
        return Turn(answer.decode())

    async def finish(self, chunk: ChunkReference, fates: Mapping[str, int]) -> bool:
        """The fates of the chunk are known: the next one is due. False if the turn was lost meanwhile."""
        counts = [word for fate in fates.items() for word in fate]
        return bool(await self._finish([key_of(chunk)], [self._me, chunk.number, *counts]))

    async def give_back(self, chunk: ChunkReference, *, sent: bool) -> None:
        """The chunk is still due. `sent`: it may have been taken."""
        await self._give_back([key_of(chunk)], [self._me, "sent" if sent else "unsent"])


def key_of(chunk: ChunkReference) -> str:
    """Where Redis keeps what is known of the partition of a chunk; `due` and the names of fates are fields of it."""
    return f"turns:{chunk.path}"  # each partition has a file of its own
