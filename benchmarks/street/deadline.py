"""Calls that run into their deadline, wherever the server is stuck.

They end then, tell rightly whether anything can have been taken, and the next call succeeds at once.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

from batch_api import BatchClient, BatchError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, Handler, answering, hosting, read_request, relay, reply

SECONDS, CALLS = 1.0, 3
LATE = 0.2
"""Seconds that a call may take longer than its deadline, on a busy machine."""
LARGE = "x" * 4_000_000


class Stuck(NamedTuple):
    where: str
    handler: Handler
    outcome: str
    is_large: bool = False
    only_tls: bool = False


async def _for_ever(*_: object) -> None:
    await asyncio.sleep(3600)


async def _no_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await asyncio.sleep(3600)


async def _slow_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 202 Accepted\r\n")
    for number in itertools.count():
        writer.write(f"X-Line-{number}: x\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.1)


async def _slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


PLACES = (
    Stuck("in the TLS handshake", _for_ever, "not_sent", only_tls=True),
    Stuck("while the body goes out", _for_ever, "unknown", is_large=True),
    Stuck("before the answer", _no_answer, "unknown"),
    Stuck("in the head, byte by byte", _slow_head, "unknown"),
    Stuck("in the body, byte by byte", _slow_body, "unknown"),
)


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        for stuck in PLACES:
            if certificate or not stuck.only_tls:
                yield await _figure(street, certificate, stuck)


async def _figure(street: Street, tls: Certificate | None, stuck: Stuck) -> Figure:
    is_stuck = True

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (stuck.handler if is_stuck else well)(reader, writer)

    async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (_for_ever() if is_stuck else relay(reader, writer, host.port))

    well = answering(reply())
    async with hosting(handler, tls) as host, hosting(front) as before:
        url = host.url.replace(str(host.port), str(before.port)) if stuck.only_tls else host.url
        async with street.client(url, limits={"profile_update": []}) as client:
            attributes = {"text": LARGE} if stuck.is_large else {"tier": "gold"}
            cut = client.with_options(deadline=SECONDS)
            ends = [await _end(cut, attributes) for _ in range(CALLS)]
            is_stuck = False
            seconds, after = await _end(client.with_options(deadline=5), {})
    latest = max(seconds for seconds, _ in ends)
    outcomes = {outcome for _, outcome in ends}
    return Figure(
        f"{url.partition(':')[0]}, stuck {stuck.where}, deadline {SECONDS:g} s",
        f"{latest:.2f} s, {'/'.join(sorted(outcomes))}; next call {after} in {seconds:.2f} s",
        f"<= {SECONDS + LATE:.1f} s, {stuck.outcome}; ok in {LATE} s",
        latest <= SECONDS + LATE and outcomes == {stuck.outcome} and after == "ok" and seconds <= LATE,
    )


async def _end(client: BatchClient, attributes: dict[str, object]) -> tuple[float, str]:
    """How long a call took, and its outcome."""
    began = time.monotonic()
    try:
        await client.profiles.update([edit(attributes=attributes or {"tier": "gold"})])
        outcome = "ok"
    except BatchError as error:
        outcome = error.outcome
    return time.monotonic() - began, outcome
