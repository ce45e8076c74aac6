"""A server that only counts: an asyncio protocol that reads HTTP/1.1 and answers, for measuring clients.

    python -m benchmarks.raw [--rate 10000 --unit items] [--latency 0.02 0.06] [--max-requests 5 …]

It validates nothing. Items are counted by the key that each has once. With `--rate` it keeps a token bucket of one
second's worth, and answers 429 above it. The latency is spread evenly, half of it before the request counts. A GET
of any path gives the counts as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

_TAKEN = b'{"code":"SUCCESS","indexing_token":"t"}'
_REJECTED = b'{"error_code":"TOO_MANY_REQUESTS","error_message":"slow down"}'


class Counts:
    """What came, and the bucket it is held against."""

    def __init__(self, rate: float | None, requests: float | None, key: bytes, latency: tuple[float, float]) -> None:
        self.rate, self.request_rate, self.key, self.latency = rate, requests, key, latency
        self.requests = self.items = self.rejected = self.bytes = 0
        self.first = self.last = 0.0
        self._tokens, self._request_tokens, self._at = rate or 0.0, requests or 0.0, 0.0

    def admits(self, items: int, now: float) -> bool:
        passed, self._at = now - self._at, now
        if self.rate is not None:
            self._tokens = min(self._tokens + passed * self.rate, self.rate)
        if self.request_rate is not None:
            self._request_tokens = min(self._request_tokens + passed * self.request_rate, self.request_rate)
        short = self.rate is not None and self._tokens < items
        if short or (self.request_rate is not None and self._request_tokens < 1):
            return False
        self._tokens -= items
        self._request_tokens -= 1
        return True

    def count(self, body: bytes | bytearray, now: float) -> bool:
        items = body.count(self.key)
        if not self.admits(items, now):
            self.rejected += 1
            return False
        self.requests += 1
        self.items += items
        self.bytes += len(body)
        self.first = self.first or now
        self.last = now
        return True

    def as_dict(self) -> dict[str, float]:
        return {
            "requests": self.requests,
            "items": self.items,
            "rejected": self.rejected,
            "bytes": self.bytes,
            "seconds": self.last - self.first,
        }


class _Connection(asyncio.Protocol):
    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._head = bytearray()
        self._body: bytearray | None = None
        self._length = 0
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._body is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, rest = bytes(self._head[:end]), self._head[end + 4 :]
            self._head = bytearray()
            if head.startswith(b"GET"):
                self._answer(b"200 OK", json.dumps(self._counts.as_dict()).encode())
                return
            lower = head.lower()
            at = lower.index(b"content-length:") + 15
            self._length = int(lower[at : (lower.find(b"\r\n", at) + 1 or len(lower) + 1) - 1])
            self._body = rest
        else:
            self._body += data
        if len(self._body) >= self._length:
            body, self._body = self._body, None
            low, high = self._counts.latency
            if high:
                self._loop.call_later(random.uniform(low, high) / 2, self._decide, body)
            else:
                self._decide(body)

    def _decide(self, body: bytearray) -> None:
        taken = self._counts.count(body, self._loop.time())
        status, content = (b"202 Accepted", _TAKEN) if taken else (b"429 Too Many Requests", _REJECTED)
        low, high = self._counts.latency
        if high:
            self._loop.call_later(random.uniform(low, high) / 2, self._answer, status, content)
        else:
            self._answer(status, content)

    def _answer(self, status: bytes, content: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (status, len(content), content)
        )


async def _serve(counts: Counts) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(counts), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


@contextlib.contextmanager
def serving(*options: str) -> Iterator[str]:
    """The URL of such a server in a process of its own, while it runs."""
    command = [sys.executable, "-m", "benchmarks.raw", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def counts_of(url: str) -> dict[str, float]:
    """What the server counted so far."""
    with urllib.request.urlopen(url) as answer:
        found: dict[str, float] = json.load(answer)
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, help="items a second")
    parser.add_argument("--requests", type=float, help="requests a second")
    parser.add_argument("--key", default='"custom_id":', help="what each item has once")
    parser.add_argument("--latency", type=float, nargs=2, default=(0.0, 0.0))
    chosen = parser.parse_args()
    gc.freeze()
    gc.disable()
    low, high = chosen.latency
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Counts(chosen.rate, chosen.requests, chosen.key.encode(), (low, high))))


if __name__ == "__main__":
    main()
