"""Processes that share limits, all in one virtual second.

What is tested is the code that ships. Through Redis: the gate, the lanes, the link and `share.lua`, in a Lua of its
own. Only Redis is played: hashes and a clock, which can be lost, slow, flushed and set. On one machine: the gate and a
real file, which can be locked, out of order, and lost.
"""

from __future__ import annotations

import asyncio
import errno
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lupa.lua51 import LuaRuntime  # type: ignore[import-untyped]

from batch_api.engine.gate import Draw, Gate
from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limiter.machine.bucket import MachineBucket
from batch_api.engine.limiter.machine.file import Away, StateFile
from batch_api.engine.limiter.machine.limiter import MachineLimiter
from batch_api.engine.limiter.machine.state import State
from batch_api.engine.limiter.shared import link as link_module
from batch_api.engine.limiter.shared.bucket import SharedBucket
from batch_api.engine.limiter.shared.limiter import Place, SharedLimiter
from batch_api.engine.limiter.shared.link import Link
from batch_api.engine.limits import Limit

EPOCH = 1_795_000_000.25


class PlayedRedis:
    """What the script needs of Redis: hashes, expiry, and a clock. `lost` counts what the script did not believe."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self.step = 0.0
        self.hashes: dict[str, dict[str, str]] = {}
        self.lost = 0
        self.calls = 0
        self.is_up = True
        self.seconds = 0.0
        self._lua: Any = LuaRuntime(unpack_returned_tuples=True)
        self._lua.globals().redis = self._lua.table_from({"pcall": self._call})
        self._lua.globals().cjson = self._lua.table_from({"decode": self._decode, "encode": self._encode})
        self._run = self._lua.eval(f"function(KEYS, ARGV) {link_module._script()[0]} end")

    async def run(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        """Run the script, after half of the way there; the answer takes the other half."""
        if self.seconds:
            await asyncio.sleep(self.seconds / 2)
        if not self.is_up:
            raise ConnectionError
        self.calls += 1
        answer: dict[str, Any] = json.loads(
            self._run(self._lua.table_from(list(keys)), self._lua.table_from([json.dumps(said)]))
        )
        if self.seconds:
            await asyncio.sleep(self.seconds / 2)
        return answer

    def part(self, number: int, project: str) -> RedisPart:
        return RedisPart(self, number, project)

    def flush(self) -> None:
        self.hashes.clear()

    def _call(self, name: str, *arguments: Any) -> Any:
        if name == "TIME":
            now = EPOCH + self._time() + self.step
            return self._lua.table_from([str(int(now)), str(int(now % 1 * 1e6))])
        key, *rest = arguments
        found = self.hashes.setdefault(key, {})
        if name == "HGETALL":
            return self._lua.table_from([part for pair in found.items() for part in pair])
        if name == "HSET":
            self.lost += "id" in found and rest[0] == "id" and found["id"] != rest[1]
            found.update(zip(rest[::2], map(_as_text, rest[1::2]), strict=True))
        elif name == "HDEL":
            found.pop(rest[0], None)
        else:
            assert name == "EXPIRE", name
        return len(rest)

    def _decode(self, text: str) -> Any:
        return self._lua.table_from(json.loads(text), recursive=True)

    def _encode(self, table: Any) -> str:
        return json.dumps(_plain(table))


def _as_text(value: Any) -> str:
    return f"{value:.14g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    if not hasattr(value, "items"):
        return value
    pairs = dict(value.items())
    return (
        [_plain(pairs[n + 1]) for n in range(len(pairs))]
        if 1 in pairs or not pairs
        else {key: _plain(inner) for key, inner in pairs.items()}
    )


class PlayedLink(Link):
    """A link to the played Redis."""

    def __init__(self, redis: PlayedRedis, name: str) -> None:
        super().__init__("redis://played")
        self.process = name
        self._played = redis

    async def _run(self, keys: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(link_module.PATIENCE):
            return await self._played.run(keys, {"me": self.process, **said, "rules": link_module._RULES})


class RedisPart:
    """What one process has of a Redis."""

    def __init__(self, redis: PlayedRedis, number: int, project: str) -> None:
        self.link = PlayedLink(redis, f"p{number}")
        self.link.use(self)
        self._place = Place("https://api", project, "…abcd")

    def limiter(self, gate: str, now: Callable[[], float]) -> SharedLimiter:
        return SharedLimiter(gate, self._place, self.link, now)

    def bucket(self, limit: Limit, **terms: Any) -> SharedBucket:
        return SharedBucket(limit, link=self.link, **terms)

    @property
    def is_away(self) -> bool:
        return self.link.away

    def die(self) -> None:
        """It says nothing more."""
        self.link.away = True


class PlayedFile(StateFile):
    """A file that is out of order where its machine says so."""

    machine: PlayedMachine
    is_dead = False

    @contextmanager
    def visit(self) -> Iterator[State]:
        if self.is_dead:
            raise Away
        try:
            self.machine.look()
        except OSError as error:
            self._fail(error)
        with super().visit() as state:
            self.machine.lost += self.path in self.machine.used and not state.gates
            yield state
            self.machine.used.add(self.path)


class PlayedMachine:
    """A directory of files. With `seconds`, a third of all visits find the file locked.

    `lost` counts what was there and could not be read.
    """

    def __init__(self, directory: Path, seconds: float) -> None:
        self._directory = directory
        self._dice = random.Random(5)
        self._is_busy = seconds > 0
        self.is_up = True
        self.used: set[Path] = set()
        self.lost = 0

    def part(self, number: int, project: str) -> MachinePart:
        return MachinePart(self, number, project)

    def file(self, number: int, project: str) -> PlayedFile:
        now = asyncio.get_running_loop().time
        file = PlayedFile(f"machine:{self._directory}", ("https://api", project), "…abcd", now)
        file.machine, file.worker = self, f"p{number}"
        return file

    def look(self) -> None:
        """Raises what one who opens the file meets."""
        if not self.is_up:
            raise OSError(errno.EIO, "broken")
        if self._is_busy and self._dice.random() < 0.3:
            raise BlockingIOError

    def flush(self) -> None:
        for path in self._directory.glob("*/*"):
            path.unlink()
        self.used.clear()


class MachinePart:
    """What one process has of a machine."""

    def __init__(self, machine: PlayedMachine, number: int, project: str) -> None:
        self.file = machine.file(number, project)

    def limiter(self, gate: str, now: Callable[[], float]) -> MachineLimiter:
        return MachineLimiter(gate, self.file, now)

    def bucket(self, limit: Limit, **terms: Any) -> MachineBucket:
        return MachineBucket(limit, file=self.file, **terms)

    @property
    def is_away(self) -> bool:
        return self.file.is_away

    def die(self) -> None:
        """It says nothing more."""
        self.file.is_dead = True


def played(seconds: float = 0.0005) -> PlayedRedis:
    redis = PlayedRedis(asyncio.get_running_loop().time)
    redis.seconds = seconds
    return redis


Shared = PlayedRedis | PlayedMachine
Play = Callable[..., Shared]
"""Begins something to share, given the seconds that a visit takes."""


class Process:
    """One process: a gate, its limits, and what went through."""

    def __init__(
        self,
        shared: Shared,
        number: int,
        *limits: Limit,
        largest: int = 1,
        spacing: float = 0.0,
        headroom: float = 0.0,
        share: float = 0.1,
        pause: float = 5.0,
        project: str = "project_a",
        gate: str = "profile_update",
    ) -> None:
        self.number = number
        self.now = asyncio.get_running_loop().time
        self.part = shared.part(number, project)
        limiter = self.part.limiter(gate, self.now)
        self.gate = Gate(pause=pause, now=self.now, rng=random.Random(number), limiter=limiter)
        limiter.serve(self.gate)
        self.buckets: list[Bucket] = []
        for limit in limits:
            terms: dict[str, Any] = {
                "largest": largest if limit.unit == "items" else 1,
                "headroom": headroom,
                "spacing": spacing,
                "now": self.now,
            }
            name = f"profile_update:{limit.unit}/{limit.per:g}"
            alone = Bucket(limit.part(share), **terms, memory={}, key=name)
            self.buckets.append(self.part.bucket(limit, **terms, name=name, alone=alone))
        self.through: list[tuple[float, int, int]] = []

    def draws(self, items: int) -> list[Draw]:
        return [Draw(bucket, items if bucket.unit == "items" else 1) for bucket in self.buckets]

    async def send(
        self,
        items: int = 1,
        *,
        rtt: Callable[[], float] = lambda: 0.0,
        serve: Callable[[int], bool] | None = None,
        deadline: float = float("inf"),
    ) -> None:
        """One call: wait, spend, be answered after `rtt()`, and again if `serve` rejects it half-way."""
        ticket = self.gate.ticket(self.draws(items), deadline)
        while True:
            async with self.gate.turn(ticket) as turn:
                self.through.append((self.now(), self.number, items))
                half = rtt() / 2
                await asyncio.sleep(half)
                taken = serve is None or serve(items)
                await asyncio.sleep(half)
                if taken:
                    turn.accepted()
                    return
                turn.rejected(None, slower=True)

    async def saturate(self, tasks: int, items: Callable[[], int], **options: Any) -> None:
        """Send for ever, from so many tasks."""

        async def work() -> None:
            while True:
                await self.send(items(), **options)

        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(work())


class StrictServer:
    """A token bucket, full at the start, that refuses what would overdraw it."""

    def __init__(self, *buckets: tuple[float, float, str]) -> None:
        self._now = asyncio.get_running_loop().time
        self._buckets: list[list[Any]] = [[held, rate, held, unit] for rate, held, unit in buckets]
        self._at = self._now()
        self.rejected = 0
        self.taken: list[tuple[float, int]] = []

    def __call__(self, items: int) -> bool:
        now = self._now()
        costs = []
        for bucket in self._buckets:
            level, rate, held, unit = bucket
            bucket[0] = min(held, level + rate * (now - self._at))
            costs.append(items if unit == "items" else 1)
        self._at = now
        if any(bucket[0] < cost - 1e-6 for bucket, cost in zip(self._buckets, costs, strict=True)):
            self.rejected += 1
            return False
        for bucket, cost in zip(self._buckets, costs, strict=True):
            bucket[0] -= cost
        self.taken.append((now, items))
        return True
