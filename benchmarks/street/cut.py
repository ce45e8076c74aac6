"""Calls that are cut at random moments. Then ordinary calls.

A cut call may cost its own connection and nothing more: no more may stay open than were in use, and every ordinary call
after that succeeds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from batch_api import BatchClient, BatchError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, Host, answering, hosting, reply

AT_ONCE, ORDINARY = 40, 1000
LONGEST = 0.04
"""Seconds until a call is cut, at most: about what 40 at once take."""


class Kind(NamedTuple):
    name: str
    cuts: int
    cut: Callable[[BatchClient, float], Awaitable[int]]
    """Cuts a call, or several, after so many seconds; how many were cut."""


async def by_timeout(client: BatchClient, seconds: float) -> int:
    try:
        async with asyncio.timeout(seconds):
            await client.profiles.update([edit()])
    except TimeoutError:
        return 1
    return 0


async def by_cancel(client: BatchClient, seconds: float) -> int:
    call = asyncio.ensure_future(client.profiles.update([edit()]))
    await asyncio.sleep(seconds)
    call.cancel()
    await asyncio.wait([call])
    return int(call.cancelled())


async def by_deadline(client: BatchClient, seconds: float) -> int:
    try:
        await client.with_options(deadline=max(seconds, 0.001)).profiles.update([edit()])
    except BatchError:
        return 1
    return 0


async def by_sibling(client: BatchClient, seconds: float) -> int:
    """A task group, one of whose tasks fails."""

    async def fail() -> None:
        await asyncio.sleep(seconds)
        raise ArithmeticError

    calls: list[asyncio.Task[object]] = []
    try:
        async with asyncio.TaskGroup() as group:
            calls += [group.create_task(client.profiles.update([edit()])) for _ in range(4)]
            group.create_task(fail())
    except* ArithmeticError:
        pass
    return sum(call.cancelled() for call in calls)


KINDS = (
    Kind("task.cancel()", 10_000, by_cancel),
    Kind("asyncio.timeout", 2_000, by_timeout),
    Kind("TaskGroup", 2_000, by_sibling),
    Kind("deadline", 2_000, by_deadline),
)


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        for kind in KINDS:
            handler = answering(reply(), after=lambda: street.dice.uniform(0.003, 0.02))
            async with (
                hosting(handler, certificate) as host,
                street.client(host.url, timeout=1, deadline=2, limits={"profile_update": []}) as client,
            ):
                yield await _figure(street, client, host, kind)


async def _figure(street: Street, client: BatchClient, host: Host, kind: Kind) -> Figure:
    cuts = 0

    async def go_on() -> None:
        nonlocal cuts
        while cuts < kind.cuts:
            cut = await kind.cut(client, street.dice.uniform(0, LONGEST))
            cuts += cut  # the sum as it is now, not as it was before the call

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    await asyncio.sleep(0.2)  # the server hears of what was closed
    left_open = host.open
    succeeded, slowest = await _ordinary(client)
    most = AT_ONCE * (4 if kind.cut is by_sibling else 1)
    return Figure(
        f"{host.url.partition(':')[0]}, {kind.cuts} calls cut by {kind.name}",
        f"{left_open} open, then {succeeded} of {ORDINARY}, slowest {slowest:.2f} s",
        f"<= {most} open, all {ORDINARY}, 1 s",
        left_open <= most and succeeded == ORDINARY and slowest <= 1,
    )


async def _ordinary(client: BatchClient) -> tuple[int, float]:
    """How many of the ordinary calls succeed, and the seconds of the slowest."""
    left = iter(range(ORDINARY))
    succeeded, slowest = 0, 0.0

    async def go_on() -> None:
        nonlocal succeeded, slowest
        for number in left:
            began = time.monotonic()
            try:
                await client.profiles.update([edit(f"u{number}")])
                succeeded += 1
            except BatchError:
                pass
            slowest = max(slowest, time.monotonic() - began)

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return succeeded, slowest
