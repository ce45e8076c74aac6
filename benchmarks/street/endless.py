"""Answers that do not end.

The call does, with an outcome of unknown, and memory does not grow with what the server sends. Needs Linux.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from batch_api import BatchError
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, Handler, hosting, read_request

DEADLINE, MOST = 6.0, 40.0
PIECE = 65_536
_CHUNK = b"%x\r\n%s\r\n" % (PIECE, b" " * PIECE)


def _sending(head: bytes, pieces: Iterable[bytes]) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # where nothing has to be drained, nothing else would run

    return handler


def _zeros() -> Iterable[bytes]:
    """Chunks of gzip, each of which is a thousand times as large when it is decoded."""
    packer = zlib.compressobj(wbits=31)
    while True:
        packed = packer.compress(bytes(PIECE * 64)) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield b"%x\r\n%s\r\n" % (len(packed), packed)


CASES = {
    "chunks, 202": _sending(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n", itertools.repeat(_CHUNK)),
    "chunks, 500": _sending(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", itertools.repeat(_CHUNK)),
    "10 GB declared": _sending(
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 10000000000\r\n\r\n", itertools.repeat(b" " * PIECE)
    ),
    "gzip of zeros": _sending(
        b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", _zeros()
    ),
    "a head without end": _sending(b"HTTP/1.1 202 Accepted\r\n", itertools.repeat(b"X-Line: x\r\n" * 4096)),
    "a line without end": _sending(b"HTTP/1.1 202 Accepted\r\nX-Line: ", itertools.repeat(b"x" * PIECE)),
    "trailers without end": _sending(
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", itertools.repeat(b"X-Line: x\r\n" * 4096)
    ),
    "interim answers": _sending(b"", itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1024)),
}


async def measure(street: Street, tls: Certificate) -> AsyncIterator[Figure]:
    for certificate in (None, tls):
        for name, handler in CASES.items():
            yield await _figure(street, certificate, name, handler)


async def _figure(street: Street, tls: Certificate | None, name: str, handler: Handler) -> Figure:
    async with (
        hosting(handler, tls) as host,
        street.client(host.url, deadline=DEADLINE, timeout=30, limits={"profile_update": []}) as client,
    ):
        before, began = _memory_now(), time.monotonic()
        try:
            await client.profiles.update([edit(events=[{"name": "visit"}])])
            said = "ok"
        except BatchError as error:
            said = f"{type(error).__name__} {error.outcome}"
        seconds, grown = time.monotonic() - began, _memory_most() - before
    return Figure(
        f"{'https' if tls else 'http'}, {name}",
        f"+ {grown:.0f} MB, {said} after {seconds:.1f} s",
        f"<= + {MOST:g} MB, unknown",
        grown <= MOST and said.endswith("unknown") and seconds <= DEADLINE + 1,
    )


def _memory_now() -> float:
    """Resident memory in MB. The most of it is counted from now on."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory_most()


def _memory_most() -> float:
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
