"""A simulated line: the real gates and limiters of the SDK, in virtual time, before a server with a limiter of the zoo.

A minute takes less than a second, and the same seed gives the same minute.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from batch_api._generated.cep.registry import API
from batch_api._operation import Operation
from batch_api.engine.gates import Gates, LimitSettings
from batch_api.testing.clock import run
from benchmarks.limiters.zoo import Kind, Limiter

ONE_WAY, JITTER = 0.01, 0.025
"""Seconds that each way takes, and up to how many more: a round trip of 20 ms, with 0 to 25 ms of jitter each way."""


class Pattern(NamedTuple):
    """What a program sends as fast as it may: one operation, so many items in each call."""

    name: str
    operation_name: str
    items: int
    tasks: int
    """How many calls are made at once."""

    @property
    def operation(self) -> Operation:
        return API.operations[self.operation_name]

    @property
    def documented(self) -> float:
        """Calls a second that the documented limits allow."""
        costs = ((fact, self.items if fact.unit == "items" else 1) for fact in self.operation.limits)
        return min(fact.rate / fact.per / cost for fact, cost in costs if fact.when is None)


PATTERNS = (
    Pattern("catalogs.edit_items, 50 a call", "catalog_items_edit", 50, 20),
    Pattern("catalogs.edit_items, 200 a call", "catalog_items_edit", 200, 20),
    Pattern("audiences.list", "audience_list", 1, 5),
    Pattern("profiles.update, 1 a call", "profile_update", 1, 60),
    Pattern("profiles.update, 200 a call", "profile_update", 200, 8),
    Pattern("profiles.mass_update, 5000 a call", "profile_mass_update", 5000, 8),
)


class Arrival(NamedTuple):
    """A request at the server."""

    at: float
    """Seconds from the start."""
    taken: bool
    process: int
    """The number of the process that sent it."""


class Server:
    """The limits of one operation, each kept by a limiter of the zoo. A request counts in all of them, or in none."""

    def __init__(self, kind: Kind, pattern: Pattern) -> None:
        self.arrivals: list[Arrival] = []
        self._limiters: list[tuple[Limiter, int]] = []
        for fact in pattern.operation.limits:
            if fact.when is None:
                rate = fact.rate / fact.per
                cost = pattern.items if fact.unit == "items" else 1
                self._limiters.append((kind(rate, fact.burst or max(rate, 1.0)), cost))

    def offer(self, now: float, process: int = 0) -> float | None:
        """Seconds until the request is served; `None` if it is refused."""
        fits = [limiter.fits(now, cost) for limiter, cost in self._limiters]
        self.arrivals.append(Arrival(now, all(fits), process))
        return max(limiter.take(now, cost) for limiter, cost in self._limiters) if all(fits) else None

    def slow_to(self, part: float) -> None:
        """From now on, only this part of the documented rate is granted."""
        for limiter, _ in self._limiters:
            limiter.slow_to(part)


class Process:
    """One process that knows nothing of others, and sends as fast as its gate lets it."""

    def __init__(self, server: Server, pattern: Pattern, number: int, chance: random.Random) -> None:
        self._server, self._number, self._chance = server, number, chance
        self.gates = Gates(LimitSettings(API, None), place=("zoo", str(number)), rng=chance)
        self._gate, _, self._draws = self.gates.queue(pattern.operation, pattern.items)

    async def work(self) -> None:
        """One call after another, each sent again until it is taken, for ever."""
        while True:
            ticket, taken = self._gate.ticket(self._draws, float("inf"), 400), False
            while not taken:
                async with self._gate.turn(ticket) as turn:
                    taken = await self._exchange()
                    if taken:
                        turn.accepted()
                    else:
                        turn.rejected(None, slower=True)

    async def _exchange(self) -> bool:
        """One request, there and back. Whether it was taken."""
        await asyncio.sleep(ONE_WAY + self._chance.uniform(0, JITTER))
        held_back = self._server.offer(asyncio.get_running_loop().time(), self._number)
        await asyncio.sleep((held_back or 0.0) + ONE_WAY + self._chance.uniform(0, JITTER))
        return held_back is not None


def saturate(
    kind: Kind,
    pattern: Pattern,
    *,
    seconds: float = 60.0,
    processes: int = 1,
    seed: int = 1,
    parts: Mapping[float, float] | None = None,
) -> list[Arrival]:
    """What arrives at the server. `parts` says from which second on it grants which part of its limits."""

    async def minute() -> list[Arrival]:
        chance, loop = random.Random(seed), asyncio.get_running_loop()
        await asyncio.sleep(chance.uniform(0, 4))  # a server's windows begin when they will
        server, start = Server(kind, pattern), loop.time()
        senders = [Process(server, pattern, number, random.Random(chance.random())) for number in range(processes)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sender.work()) for sender in senders for _ in range(pattern.tasks)]
            for at, part in sorted((parts or {}).items()):
                await asyncio.sleep(start + at - loop.time())
                server.slow_to(part)
            await asyncio.sleep(start + seconds - loop.time())
            for task in tasks:
                task.cancel()
        return [arrival._replace(at=arrival.at - start) for arrival in server.arrivals]

    return run(minute())


def pace(arrivals: Iterable[Arrival], begin: float, end: float) -> float:
    """Calls a second that were taken between two times, from the first of them to the last."""
    times = [arrival.at for arrival in arrivals if arrival.taken and begin <= arrival.at < end]
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


def rejections(arrivals: Iterable[Arrival], begin: float, end: float) -> int:
    """Calls that were refused between two times."""
    return sum(not arrival.taken for arrival in arrivals if begin <= arrival.at < end)
