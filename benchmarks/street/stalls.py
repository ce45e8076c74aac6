"""The server, or the network before it, stands still for some seconds under a load a little below the limits.

Counted at the server: no rejection, and in any 2 s no more than the burst and what the rate allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from benchmarks.street.figure import Figure, Street
from benchmarks.street.hosts import Certificate
from benchmarks.street.load import Load, limited

LENGTHS = (3, 5, 10, 20)
BEFORE, AFTER = 4.0, 6.0
LATENCY = 0.02
WITHIN, MOST = 2.0, 800 + 2 * 300
"""The documented burst, and the rate times 2 s."""


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        for length in LENGTHS:
            for where in ("server", "network"):
                yield await _figure(street, certificate, length, where, None)
        yield await _figure(street, certificate, 10, "network", 3)


async def _figure(street: Street, tls: Certificate | None, length: float, where: str, deadline: float | None) -> Figure:
    options = {} if deadline is None else {"deadline": deadline}
    with limited(LATENCY, tls) as way:
        async with street.client(way.url, **options) as client:
            load = Load(client)
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run(BEFORE + length + AFTER))
                await asyncio.sleep(BEFORE)
                async with (way.server if where == "server" else way.pipe).held_up():
                    await asyncio.sleep(length)
        most, rejected = way.most_within(WITHIN)
    patient = deadline is None
    return Figure(
        f"{'https' if tls else 'http'}, {where} still for {length:g} s{'' if patient else f', deadline={deadline:g}'}",
        f"{rejected} x 429, <= {most} in {WITHIN:g} s, {load.failures}",
        f"0 x 429, <= {MOST}{', none failed' if patient else ''}",
        not rejected and most <= MOST and (not patient or load.share == 1),
    )
