"""Calls at a steady rate, and what becomes of them."""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import orjson

from batch_api import BatchClient, BatchError
from benchmarks.street.figure import edit
from benchmarks.street.hosts import Certificate, Process, process

RATE = 285
"""Updates a second, of the 300 that are allowed."""


class Load:
    """Single updates, `rate` a second, whatever becomes of them."""

    def __init__(self, client: BatchClient) -> None:
        self._client = client
        self.ends: Counter[str] = Counter()

    async def run(self, seconds: float, rate: float = RATE) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * rate)):
                group.create_task(self._call())
                await asyncio.sleep(max(began + (number + 1) / rate - time.monotonic(), 0))

    async def _call(self) -> None:
        try:
            await self._client.profiles.update([edit()])
        except BatchError as error:
            self.ends[f"{type(error).__name__} {error.outcome}"] += 1
        else:
            self.ends["ok"] += 1

    @property
    def share(self) -> float:
        """The part that succeeded."""
        return self.ends["ok"] / self.ends.total()

    @property
    def failures(self) -> str:
        return ", ".join(f"{count} {end}" for end, count in self.ends.items() if end != "ok") or "none failed"


class Way:
    """A limited server behind a pipe."""

    def __init__(self, server: Process, pipe: Process) -> None:
        self.server = server
        self.pipe = pipe
        self.url = pipe.first_line

    def most_within(self, seconds: float) -> tuple[int, int]:
        """Updates that came to the server within any so many seconds, at most; rejections in all."""
        parts = urlsplit(self.server.first_line)
        with urllib.request.urlopen(f"{parts.scheme}://{parts.netloc}/_came?{seconds}", timeout=60) as came:
            told = orjson.loads(came.read())
        return told["most"], told["rejected"]


@contextlib.contextmanager
def limited(latency: float, tls: Certificate | None) -> Iterator[Way]:
    """The fake with its documented limits, whose answers take so many seconds, behind a pipe that may end TLS."""
    with process("benchmarks.street.limited", latency) as server:
        port = urlsplit(server.first_line).port
        with process("benchmarks.street.pipe", port, *(tls or ())) as pipe:
            yield Way(server, pipe)
