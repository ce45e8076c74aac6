"""The way to Redis: given up at the first failure, and taken up again when it answers."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import socket
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

import orjson

from batch_api.engine.bucket import CUT, FLOOR, RECOVERY
from batch_api.engine.shared.url import shown

PATIENCE = 0.5
"""Seconds that Redis may take for an answer, the connection included."""
TERM = 0.25
"""Seconds that a permit may be spent late; then it is given up. A process that dies loses no more than that."""
SLICE = 0.1
"""Seconds' worth of a limit that is leased at once, or the largest request of any process where that is more."""
_RULES = {
    "term": TERM,
    "slice": SLICE,
    "lead": 0.01,  # a turn that comes so soon is confirmed now
    "poll": 0.05,  # between questions whether the one that goes ahead is back
    "scout": 5.0,  # how long the one that goes ahead keeps the others waiting at most
    "leap": 1.0,  # a clock that gains more than this on those who watch it was set
    "keep": 86_400,  # seconds after its last use at which a full limit is forgotten
    "cut": CUT,
    "floor": FLOOR,
    "recovery": RECOVERY,
}
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
_RELAPSE = 10.0

logger = logging.getLogger("batch_api")
_links: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Link]] = WeakKeyDictionary()


class Away(Exception):
    """Redis gave no answer, or a refusal. All go on at their share until it is back."""


class Caller(Protocol):
    """Someone whose permits come over a link."""

    def lost(self) -> None:
        """Redis is away: go on alone."""

    def found(self) -> None:
        """Redis is back: share again."""

    async def close(self) -> None:
        """Give back what is held."""


class Link:
    """What one process says to one Redis, from one event loop. All clients there use it; the last of them closes it."""

    def __init__(self, url: str) -> None:
        self.process = _name_of_process()
        self.away = False
        self.callers: WeakSet[Caller] = WeakSet()
        self._url = url
        self._redis: Any = None
        self._sha = ""
        self._users: WeakSet[object] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()
        self._first_wait = _FIRST_WAIT
        self._found_at = float("-inf")

    # -- opening and closing -------------------------------------------------------------------------------------

    def use(self, user: object) -> None:
        """`user` needs the link until it calls `leave`."""
        self._users.add(user)

    async def leave(self, user: object) -> None:
        """The last user closes: what is held goes back, and nothing is left running."""
        self._users.discard(user)
        if self._users:
            return
        if not self.away:
            await asyncio.gather(*(caller.close() for caller in self.callers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        redis, self._redis, self.away = self._redis, None, False
        if redis is not None:
            await close(redis)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work that ends with the link at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- calling -------------------------------------------------------------------------------------------------

    async def call(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        """Run the script. Raises `Away` after `PATIENCE` seconds at the latest."""
        if self.away:
            raise Away
        try:
            return await self._run(keys, said)
        except Exception as error:  # whatever it is: those who wait must not wait for it
            self._lose(error)
            raise Away from None

    async def _run(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        from redis.exceptions import NoScriptError

        arguments = (len(keys), *keys, orjson.dumps({**said, "me": said.get("me", self.process), "rules": _RULES}))
        async with asyncio.timeout(PATIENCE):
            redis = self._connected()
            try:
                answer = await redis.execute_command("EVALSHA", self._sha, *arguments)
            except NoScriptError:
                answer = await redis.execute_command("EVAL", _script(), *arguments)
        found: dict[str, Any] = orjson.loads(answer)
        return found

    def _connected(self) -> Any:
        if self._redis is None:
            import hashlib

            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            self._sha = hashlib.sha1(_script().encode(), usedforsecurity=False).hexdigest()
            self._redis = Redis.from_url(
                self._url,
                # The time is ours to keep: `asyncio.wait_for`, which redis-py would keep it with, can swallow a
                # cancellation (CPython 3.11).
                socket_timeout=None,
                socket_connect_timeout=None,
                retry=Retry(NoBackoff(), 0),  # who waits decides what comes next
            )
        return self._redis

    # -- losing and finding --------------------------------------------------------------------------------------

    def _lose(self, error: Exception) -> None:
        if self.away:
            return
        self.away = True
        logger.warning(
            "shared limits: no answer from %s (%s); going on at the share for that case",
            shown(self._url),
            type(error).__name__,
        )
        relapsed = asyncio.get_running_loop().time() - self._found_at < _RELAPSE
        self._first_wait = min(self._first_wait * 2, _RELAPSE) if relapsed else _FIRST_WAIT
        for caller in list(self.callers):
            caller.lost()
        self.start(self._find())

    async def _find(self) -> None:
        wait = self._first_wait
        while True:
            redis, self._redis = self._redis, None
            if redis is not None:
                await close(redis)
            await asyncio.sleep(wait)
            try:
                await self._run(("batch_api:{probe}:clock",), {})
                break
            except Exception:
                wait = min(wait * 2, max(_LONGEST_WAIT, self._first_wait))
        self.away = False
        self._found_at = asyncio.get_running_loop().time()
        logger.warning("shared limits: %s answers again", shown(self._url))
        for caller in list(self.callers):
            caller.found()

    def __repr__(self) -> str:
        return f"<Link to {shown(self._url)}>"


def link_to(url: str) -> Link:
    """The one link to that Redis in the running loop."""
    here = _links.setdefault(asyncio.get_running_loop(), {})
    if url not in here:
        here[url] = Link(url)
    return here[url]


async def close(redis: Any) -> None:
    """An old connection may say anything when it is closed."""
    try:
        async with asyncio.timeout(PATIENCE):
            await (redis.aclose() if hasattr(redis, "aclose") else redis.close())  # redis 5.0.0 has no `aclose`
    except Exception as error:
        logger.debug("closing the old connection: %s", type(error).__name__)


def _script() -> str:
    return Path(__file__).with_name("share.lua").read_text(encoding="utf-8")


def _name_of_process() -> str:
    """Tells processes apart, and people which one it is."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40]
    return f"{host}:{os.getpid()}:{secrets.token_hex(2)}"
