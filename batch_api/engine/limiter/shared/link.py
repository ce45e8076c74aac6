"""Calls of the script in Redis. After the first failure there are none until a probe succeeds."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
import socket
from collections.abc import Coroutine, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

import orjson

from batch_api.engine.limiter.cut import CUT, FLOOR, RECOVERY
from batch_api.engine.limiter.shared.reason import reason_for
from batch_api.engine.limiter.shared.server import Server
from batch_api.engine.limiter.shared.url import Address, shown

PATIENCE = 0.5
"""Seconds that Redis may take for an answer, the connection included."""
TERM = 0.25
"""Seconds that a permit may be spent late; then it is given up. A process that dies loses no more than that."""
SLICE = 0.1
"""Seconds' worth of a limit that is leased at once, or the largest request of any process where that is more."""
LONGEST_PAUSE = 3960.0
"""Seconds: the hour for which a `Retry-After` is believed, and 10 % of jitter."""
_RULES = {
    "term": TERM,
    "slice": SLICE,
    "lead": 0.01,  # a turn that comes this soon is confirmed now
    "poll": 0.05,  # how often a process asks whether the first request after a pause was answered
    "scout": 5.0,  # how long that first request keeps the others waiting at most
    "leap": 1.0,  # a clock that gained or lost more than this since a process last asked was set
    "pause": LONGEST_PAUSE,
    "keep": 86_400,  # seconds after its last use at which a full limit is forgotten
    "cut": CUT,
    "floor": FLOOR,
    "recovery": RECOVERY,
}
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
_RELAPSE = 10.0
"""A Redis that fails so soon after it answered again has not recovered: it is asked less often."""
_MOST_REASONS = 20

logger = logging.getLogger("batch_api")
_links: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Link]] = WeakKeyDictionary()


class RedisUnavailable(Exception):
    """Redis gave no answer, or refused. Each process goes on at its share until Redis is back."""


class Caller(Protocol):
    """A queue whose permits come over a link."""

    def lost(self) -> None:
        """Redis is away: go on alone."""

    def found(self) -> None:
        """Redis is back: share again."""

    async def close(self) -> None:
        """Give back what is held."""


class Link:
    """What one process says to one Redis, from one event loop. All clients there use it; the last one closes it."""

    def __init__(self, url: str) -> None:
        self.process = _name_of_process()
        self.away = False
        self.callers: WeakSet[Caller] = WeakSet()
        self._url = url
        self._address = Address.of(url)
        self._discovered: list[tuple[str, int]] = []
        self._connections = 0
        self._server: Server | None = None
        self._users: WeakSet[object] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()
        self._first_wait = _FIRST_WAIT
        self._found_at = float("-inf")
        self._failed: Sequence[str] = ()
        self._told: set[str] = set()
        self._is_told = False

    # -- opening and closing -------------------------------------------------------------------------------------

    def use(self, user: object) -> None:
        """`user` needs the link until it calls `leave`."""
        self._users.add(user)

    async def leave(self, user: object) -> None:
        """`user` is done. The last one closes the link: what is held goes back, and nothing is left running."""
        self._users.discard(user)
        if self._users:
            return
        if not self.away:
            await asyncio.gather(*(caller.close() for caller in self.callers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.away = False
        await self._disconnect()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` as a task that ends with the link at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- calling -------------------------------------------------------------------------------------------------

    async def call(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        """Run the script. Raises `RedisUnavailable` after `PATIENCE` seconds at the latest."""
        if self.away:
            raise RedisUnavailable
        try:
            return await self._run(keys, said)
        except Exception as error:  # whatever it is: calls must not wait for Redis
            self.lose(error, keys)
            raise RedisUnavailable from None

    async def _run(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        from redis.exceptions import NoScriptError

        arguments = (len(keys), *keys, orjson.dumps({**said, "me": said.get("me", self.process), "rules": _RULES}))
        script, digest = _script()
        async with asyncio.timeout(PATIENCE):
            server = self._connected()
            try:
                answer = await server.run("EVALSHA", digest, *arguments)
            except NoScriptError:
                answer = await server.run("EVAL", script, *arguments)
        found: dict[str, Any] = orjson.loads(answer)
        return found

    def _connected(self) -> Server:
        if self._server is None:
            hosts = [*self._address.hosts, *self._discovered]
            first = self._connections % max(len(hosts), 1)  # the one that was asked first may be the one that is down
            self._connections += 1
            self._server = Server(self._address, hosts[first:] + hosts[:first])
        return self._server

    async def _disconnect(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            nodes = [node for node in server.nodes() if node not in self._address.hosts]
            self._discovered = nodes or self._discovered
            await server.close()

    # -- losing and finding --------------------------------------------------------------------------------------

    def lose(self, error: Exception, keys: Sequence[str]) -> None:
        """A call with these keys failed, or its answer made no sense: all go on alone until such a call succeeds."""
        if self.away:
            return
        self.away = True
        self._failed = keys
        if asyncio.get_running_loop().time() - self._found_at < _RELAPSE:
            self._first_wait = min(self._first_wait * 2, _RELAPSE)
        else:
            self._first_wait = _FIRST_WAIT
            self._told.clear()
        self._is_told = self._tell(error)
        for caller in list(self.callers):
            caller.lost()
        self.start(self._find())

    def _tell(self, error: Exception) -> bool:
        """Log why, once for each reason until Redis has answered for a while. Returns whether it was logged."""
        reason = reason_for(error, self._url)
        if reason in self._told or len(self._told) >= _MOST_REASONS:
            return False
        self._told.add(reason)
        logger.warning(
            "shared limits: no answer from %s (%s); continuing alone, at the reduced share", shown(self._url), reason
        )
        return True

    async def _find(self) -> None:
        """Try what failed, without changing anything, until it succeeds."""
        wait = self._first_wait
        while True:
            await self._disconnect()
            await asyncio.sleep(wait)
            try:
                await self._run(self._failed, {"probe": True})
                break
            except Exception as error:
                self._is_told = self._tell(error) or self._is_told
                wait = min(wait * 2, max(_LONGEST_WAIT, self._first_wait))
        self.away = False
        self._found_at = asyncio.get_running_loop().time()
        if self._is_told:
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


@cache
def _script() -> tuple[str, str]:
    """The script, and the digest by which Redis knows it."""
    text = Path(__file__).with_name("share.lua").read_text(encoding="utf-8")
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _name_of_process() -> str:
    """Tells processes apart, and people which one it is."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40]
    return f"{host}:{os.getpid()}:{secrets.token_hex(2)}"
