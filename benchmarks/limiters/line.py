"""A simulated line to a server: the real gates and limiters of the SDK, in virtual time, and a limiter of the zoo."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from batch_api._generated.cep.registry import API
from batch_api._operation import Operation
from batch_api.engine.gates import Gates, LimitSettings
from batch_api.testing.clock import run
from benchmarks.limiters.zoo import Counted, Limiter

ONE_WAY, JITTER = 0.01, 0.025
"""Seconds that each way takes, and up to how many more: a round trip of 20 ms, 0 to 25 ms of jitter each way."""


class Pattern(NamedTuple):
    """What a program sends as fast as it may: one operation, so many items in each call."""

    name: str
    operation: str
    items: int
    tasks: int


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


class Server:
    """The limits of one operation, each kept by a limiter of the zoo. A request counts in all of them, or in none."""

    def __init__(self, kind: type[Counted], operation: Operation, items: int) -> None:
        self.limiters: list[tuple[Limiter, float]] = []
        self.arrivals: list[Arrival] = []
        for fact in operation.limits:
            if fact.when is None:
                rate = fact.rate / fact.per
                limiter = kind(rate, fact.burst or max(rate, 1.0))
                self.limiters.append((limiter, items if fact.unit == "items" else 1))  # type: ignore[arg-type]

    def offer(self, now: float, process: int) -> float | None:
        """Seconds until the request is served; `None` if it is refused."""
        taken = all([limiter.fits(now, cost) for limiter, cost in self.limiters])
        self.arrivals.append(Arrival(now, taken, process))
        return max(limiter.take(now, cost) for limiter, cost in self.limiters) if taken else None

    def slow_to(self, part: float) -> None:
        for limiter, _ in self.limiters:
            limiter.slow_to(part)


class Process:
    """One process that keeps its gates for itself, and sends as fast as they let it."""

    def __init__(self, server: Server, pattern: Pattern, *, number: int, seed: int) -> None:
        self._server, self._pattern, self._number = server, pattern, number
        self._chance = random.Random(seed)
        self.gates = Gates(LimitSettings(API, None), place=("zoo", str(number)), rng=random.Random(seed))

    async def work(self) -> None:
        """One call after another, for ever."""
        gate, _, draws = self.gates.queue(API.operations[self._pattern.operation], self._pattern.items)
        loop = asyncio.get_running_loop()
        while True:
            ticket, taken = gate.ticket(draws, float("inf"), 400), False
            while not taken:
                async with gate.turn(ticket) as turn:
                    await asyncio.sleep(ONE_WAY + self._chance.uniform(0, JITTER))
                    waits = self._server.offer(loop.time(), self._number)
                    await asyncio.sleep((waits or 0.0) + ONE_WAY + self._chance.uniform(0, JITTER))
                    taken = waits is not None
                    if taken:
                        turn.accepted()
                    else:
                        turn.rejected(None, slower=True)


def saturate(
    kind: type[Counted],
    pattern: Pattern,
    *,
    seconds: float = 60.0,
    processes: int = 1,
    seed: int = 1,
    part_at: Callable[[Server], Sequence[tuple[float, float]]] | None = None,
    peek: Callable[[float, list[Process]], None] | None = None,
) -> Server:
    """What arrives at the server in so many seconds. `changes` are times, and the part of the limit granted from then."""

    async def go() -> Server:
        loop = asyncio.get_running_loop()
        server = Server(kind, API.operations[pattern.operation], pattern.items)
        phase = random.Random(seed).random() * 4
        while loop.time() < phase:  # windows begin when they will
            await asyncio.sleep(phase - loop.time())
        started = [Process(server, pattern, number=n, seed=seed * 100 + n) for n in range(processes)]
        start = loop.time()
        tasks = [asyncio.create_task(one.work()) for one in started for _ in range(pattern.tasks)]
        for at, part in sorted(part_at(server) if part_at else ()):
            await asyncio.sleep(max(start + at - loop.time(), 0))
            server.slow_to(part)
        while loop.time() < start + seconds:
            await asyncio.sleep(min(1.0, start + seconds - loop.time()))
            if peek:
                peek(loop.time() - start, started)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.arrivals = [one._replace(at=one.at - start) for one in server.arrivals]
        return server

    return run(go())
