"""What one would write without this package, and the least that any program could do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

CHUNK = 10_000
"""Profiles in a request: the most that the API takes."""
SERIAL_CHUNK, SERIAL_BYTES = 500, 100_000_000
"""What the bulk helpers of elasticsearch-py put into a request, unless they are told otherwise."""

Send = Callable[..., Awaitable[object]]


@asynccontextmanager
async def _sender(url: str) -> AsyncIterator[Send]:
    """Posts one body, and raises what is no success."""
    import httpx

    async def send(**body: Any) -> httpx.Response:
        answer = await client.post(f"{url}/2.11/profiles/mass-update", **body)
        return answer.raise_for_status()

    headers = {"Authorization": "Bearer key", "X-Batch-Project": "project"}
    async with httpx.AsyncClient(timeout=60, headers=headers) as client:
        yield send


async def script(url: str, profiles: Iterable[dict[str, Any]]) -> None:
    """The careful script: httpx and json, a semaphore, backpressure, retries with tenacity."""
    import tenacity

    again = tenacity.retry(
        stop=tenacity.stop_after_attempt(12),
        wait=tenacity.wait_exponential_jitter(multiplier=0.5, max=10),
        reraise=True,
    )
    slots = asyncio.Semaphore(10)

    async def one(send: Send, chunk: list[dict[str, Any]]) -> None:
        try:
            await again(send)(json=chunk)
        finally:
            slots.release()

    async with _sender(url) as send, asyncio.TaskGroup() as tasks:
        iterator = iter(profiles)
        while chunk := list(islice(iterator, CHUNK)):
            await slots.acquire()
            tasks.create_task(one(send, chunk))


async def gather(url: str, profiles: Iterable[dict[str, Any]]) -> None:
    """The short script: all in memory, aiolimiter and `asyncio.gather`."""
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(1000, 1)  # more requests a second than there are: it never waits

    async def one(send: Send, chunk: list[dict[str, Any]]) -> None:
        async with limiter:
            await send(json=chunk)

    everybody = list(profiles)
    async with _sender(url) as send:
        await asyncio.gather(*(one(send, everybody[at : at + CHUNK]) for at in range(0, len(everybody), CHUNK)))


async def serial(url: str, profiles: Iterable[dict[str, Any]]) -> None:
    """The shape of `async_streaming_bulk` of elasticsearch-py: small chunks one after the other, an answer an item."""
    async with _sender(url) as send:
        count = 0
        async for ok, _ in _streaming_bulk(send, profiles):
            count += ok


async def _streaming_bulk(send: Send, profiles: Iterable[dict[str, Any]]) -> AsyncIterator[tuple[bool, dict[str, Any]]]:
    for chunk in _serialised(profiles):
        await send(content="[" + ",".join(text for text, _ in chunk) + "]")
        for _, profile in chunk:
            yield True, profile


def _serialised(profiles: Iterable[dict[str, Any]]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Chunks by count and bytes, of items that are written one by one."""
    chunk: list[tuple[str, dict[str, Any]]] = []
    size = 0
    for profile in profiles:
        text = json.dumps(profile, separators=(",", ":"))
        length = len(text.encode()) + 1
        if chunk and (len(chunk) == SERIAL_CHUNK or size + length > SERIAL_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append((text, profile))
        size += length
    if chunk:
        yield chunk


# -- floors: they check nothing, repeat nothing, and wait for each answer before they read on --------------------------


async def floor(url: str, bodies: Iterable[bytes]) -> None:
    """The least that Python can do: a blocking socket, and one request after the other."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        for body in bodies:
            connection.sendall(
                b"POST /2.11/profiles/mass-update HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer key\r\nX-Batch-Project: project\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            connection.sendall(body)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 202"), answer


def windowed(path: Path) -> Iterator[bytes]:
    """Bodies of profiles that were read and written again, 200 at a time."""
    import orjson

    with path.open("rb") as file:
        while lines := list(islice(file, 5000)):
            windows = (lines[start : start + 200] for start in range(0, len(lines), 200))
            yield b"[" + b",".join(orjson.dumps([orjson.loads(line) for line in each])[1:-1] for each in windows) + b"]"


def joined(path: Path) -> Iterator[bytes]:
    """Bodies of lines that nobody looked at."""
    with path.open("rb") as file:
        while lines := list(islice(file, 5000)):
            yield b"[" + b",".join(lines) + b"]"
