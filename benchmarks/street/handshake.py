"""The front of the API is away for 12 s: it refuses, closes, resets or stalls, over https in the handshake.

It is an outage, whatever form it takes: ingest and buffer ride it out, a single call that gives up may be made again
later. Only a certificate that fails is final.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

from batch_api import BatchClient, BatchError, Sending
from batch_api import TransportError as BatchTransportError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, answering, hosting, relay, reply, url_of

AWAY, PATIENCE = 12.0, 100.0
ITEMS, PUTS = 1000, 20
WAYS = {"refuse": "refuses", "FIN": "closes", "RST": "resets", "stall": "stalls"}
FREE: dict[str, list[object]] = {"profile_update": [], "profile_mass_update": []}


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    cases = [(scheme, way) for scheme in (None, tls) for way in WAYS]
    # At the same time: each waits for most of it.
    for figures in await asyncio.gather(*(_outage(street, scheme, way) for scheme, way in cases)):
        for figure in figures:
            yield figure
    yield await _certificate_that_fails(street, tls)


async def _outage(street: Street, tls: Certificate | None, way: str) -> list[Figure]:
    async with hosting(answering(reply()), tls) as host, _away(way, host.port) as port:
        options = {"deadline": 60, "timeout": 1.5, "limits": FREE}
        async with street.client(url_of(port, tls), **options) as client:
            parts = await asyncio.gather(_call(client), _ingest(client), _buffer(client))
    name = f"{'https' if tls else 'http'}, front {WAYS[way]} for {AWAY:g} s"
    return [Figure(f"{name}: {what}", *rest) for what, *rest in parts]


@contextlib.asynccontextmanager
async def _away(way: str, port: int) -> AsyncIterator[int]:
    """The port of a front that is away at first, and then passes everything on to `port`."""
    back = time.monotonic() + AWAY

    async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if time.monotonic() >= back:
            await relay(reader, writer, port)
            return
        await reader.read(100)
        if way == "stall":
            await asyncio.sleep(60)
        if way == "RST":
            writer.transport.abort()

    async with contextlib.AsyncExitStack() as stack:
        host = await stack.enter_async_context(hosting(front))
        if way != "refuse":
            yield host.port
            return
        await stack.aclose()

        async def reopen() -> None:
            await asyncio.sleep(AWAY)
            await stack.enter_async_context(hosting(front, port=host.port))

        async with asyncio.TaskGroup() as group:
            group.create_task(reopen())
            yield host.port


async def _call(client: BatchClient) -> tuple[str, str, str, bool]:
    said = await _said(lambda: client.profiles.update([edit()]))
    return "one call", said, "ok, or retry=later", said.startswith("ok") or said.endswith("retry=later")


async def _said(call: Callable[[], object]) -> str:
    try:
        await call()  # type: ignore[misc]
    except BatchError as error:
        stage = f" stage={error.stage}" if isinstance(error, BatchTransportError) else ""
        return f"{type(error).__name__} {error.outcome}{stage} retry={error.retry}"
    return "ok"


async def _ingest(client: BatchClient) -> tuple[str, str, str, bool]:
    began, fates = time.monotonic(), Counter[str]()
    async with client.profiles.ingest([edit(f"u{number}") for number in range(ITEMS)], patience=PATIENCE) as job:
        async for fate in job:
            fates[type(fate).__name__] += 1
    said = f"{_told(fates)} after {time.monotonic() - began:.0f} s"
    return f"ingest of {ITEMS}", said, f"{ITEMS} Delivered", fates == {"Delivered": ITEMS}


async def _buffer(client: BatchClient) -> tuple[str, str, str, bool]:
    began, troubles = time.monotonic(), Counter[str]()
    async with client.profiles.buffer(
        on_trouble=lambda trouble: troubles.update([type(trouble).__name__]),
        sending=Sending(patience=PATIENCE, drain=40),
    ) as buffer:
        for number in range(PUTS):
            await buffer.put(edit(f"b{number}"))
        await buffer.flush(40)
    said = f"{_told(troubles) or 'none'} dropped after {time.monotonic() - began:.0f} s"
    return f"buffer, {PUTS} puts", said, "none dropped", not troubles


async def _certificate_that_fails(street: Street, tls: Certificate) -> Figure:
    del os.environ["SSL_CERT_FILE"]  # now nobody vouches for it
    try:
        async with hosting(answering(reply()), tls) as host, street.client(host.url, deadline=10) as client:
            said = await _said(lambda: client.profiles.update([edit()]))
    finally:
        os.environ["SSL_CERT_FILE"] = str(tls.file)
    bar = "TransportError not_sent stage=tls retry=never"
    return Figure("https, certificate that nobody vouches for", said, bar, said == bar)


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
