"""An API that answers slowly, and keeps the documented limits, under a load a little below them.

Calls succeed within their deadline, an unrelated operation is not held up by them, and `wait_time` is what a call made
now waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

from batch_api import Attempt, BatchClient, BatchError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate
from benchmarks.street.load import RATE, Load, limited

SECONDS = 20.0
LOOKS = 5
CLOSE = 0.05
"""Seconds that `wait_time` may be wrong by, where 10 % is less: the machine's doing."""


class Case(NamedTuple):
    latency: float
    rate: float
    most_listing: float


CASES = (Case(0.2, RATE, 1.0), Case(1.0, 250, 2.0))


class Look(NamedTuple):
    """What `wait_time` said beside what a call made at that moment waited. Seconds."""

    said: float
    waited: float

    @property
    def is_true(self) -> bool:
        return abs(self.said - self.waited) <= max(0.1 * self.waited, CLOSE)

    def __str__(self) -> str:
        return f"{self.said:.2f}/{self.waited:.2f}"


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        scheme = "https" if certificate else "http"
        for case in CASES:
            name = f"{scheme}, answers after {case.latency:g} s"
            async for figure in _steady(street, certificate, name, case):
                yield figure
            yield await _backlog(street, certificate, name, case)
            yield await _few_places(street, certificate, name, case)


async def _steady(street: Street, tls: Certificate | None, name: str, case: Case) -> AsyncIterator[Figure]:
    with limited(case.latency, tls) as way:
        async with street.client(way.url, deadline=3) as client:
            load = Load(client)
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run(SECONDS, case.rate))
                await asyncio.sleep(SECONDS * 0.75)
                look = group.create_task(_look(client))
                listing = await _listing(client)
        _, rejected = way.most_within(2)
    said = f"{load.share:.1%} ok, {load.failures}, {rejected} x 429"
    yield Figure(
        f"{name}, {case.rate:g}/s, deadline=3", said, ">= 99 % ok, 0 x 429", load.share >= 0.99 and not rejected
    )
    said = f"{listing:.2f} s" if listing is not None else "failed"
    good = listing is not None and listing <= case.most_listing
    yield Figure(f"{name}, segments.list beside it", said, f"<= {case.most_listing:g} s", good)
    yield _wait_time(f"{name}, wait_time beside it", [look.result()])


async def _backlog(street: Street, tls: Certificate | None, name: str, case: Case) -> Figure:
    """3000 calls at once: some seconds to wait for the limits."""
    with limited(case.latency, tls) as way:
        async with street.client(way.url) as client:
            await client.profiles.update([edit()])
            looks = await _looks_behind(client, 3000, 1.2)
    return _wait_time(f"{name}, wait_time behind 3000 calls", looks)


async def _few_places(street: Street, tls: Certificate | None, name: str, case: Case) -> Figure:
    """Few requests at once on the wire: some seconds to wait for a place, and not for the limits."""
    places = 40
    with limited(case.latency, tls) as way:
        async with street.client(way.url, max_in_flight=places) as client:
            await client.profiles.update([edit()])
            looks = await _looks_behind(client, int(10 * places / case.latency), 1.2)
    return _wait_time(f"{name}, wait_time with max_in_flight={places}", looks)


async def _looks_behind(client: BatchClient, calls: int, every: float) -> list[Look]:
    """Looks while many calls wait, a call beside each look."""
    waiting = [asyncio.create_task(client.profiles.update([edit()])) for _ in range(calls)]
    looks = []
    for _ in range(LOOKS):
        await asyncio.sleep(every)
        looks.append(asyncio.create_task(_look(client)))
    await asyncio.gather(*waiting)
    return list(await asyncio.gather(*looks))


async def _look(client: BatchClient) -> Look:
    said, began = client.wait_time("profile_update"), time.monotonic()
    try:
        result = await client.profiles.update([edit()])
    except BatchError as error:
        attempts: tuple[Attempt, ...] = error.attempts
    else:
        attempts = result.response.attempts
    return Look(said, time.monotonic() - began - sum(attempt.seconds for attempt in attempts))


async def _listing(client: BatchClient) -> float | None:
    """Seconds that an unrelated list takes."""
    began = time.monotonic()
    try:
        async for _ in client.segments.list():
            break
    except BatchError:
        return None
    return time.monotonic() - began


def _wait_time(name: str, looks: list[Look]) -> Figure:
    said = f"said/waited s: {' '.join(map(str, looks))}"
    return Figure(name, said, f"within 10 %, or {CLOSE:g} s", all(look.is_true for look in looks))
