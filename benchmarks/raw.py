"""A server that only counts: an asyncio protocol that reads HTTP/1.1 and answers, for measuring clients.

    python -m benchmarks.raw [--rate 10000 [--burst 10000]] [--requests 5] [--latency 0.02 0.06] [--faults [--seed 1]]

It validates nothing. Items are counted by the key that each has once. With `--rate` it keeps a token bucket of one
second's worth, or of `--burst`, and answers 429 above it; `--requests` is such a bucket of requests. The latency is
spread evenly, half of it before the request counts. A GET of any path gives the counts as JSON.

With `--faults`, it remembers how often it took the attributes and the events of each profile, which a GET of `/taken`
tells, and of its requests

- 2 % are answered 429: nothing is taken;
- 1 % are answered 500: of half of them, all is taken;
- 1 % are cut off before anything is taken, and 1 % after all was.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import math
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

FAULTS = {"none": 0.95, "429": 0.02, "500": 0.005, "500 late": 0.005, "cut": 0.01, "cut late": 0.01}
"""How often each happens. What is late comes after the request was taken."""
_TAKEN = b"202 Accepted", b'{"code":"SUCCESS","indexing_token":"t"}'
_REJECTED = b"429 Too Many Requests", b'{"error_code":"TOO_MANY_REQUESTS","error_message":"slow down"}'
_REJECTED_SHORTLY = b"429 Too Many Requests\r\nretry-after: 1", _REJECTED[1]
_FAILED = b"500 Internal Server Error", b'{"error_code":"INTERNAL_ERROR","error_message":"broken"}'


class Counts:
    """What came, and the bucket it is held against."""

    rejection = _REJECTED

    def __init__(
        self,
        rate: float | None,
        requests: float | None,
        key: bytes,
        latency: tuple[float, float],
        burst: float | None = None,
    ) -> None:
        self.burst = (burst or rate) or 0.0
        self.rate, self.request_rate, self.key, self.latency = rate, requests, key, latency
        self.requests = self.items = self.rejected = self.bytes = 0
        self._taken: list[tuple[float, int]] = []
        self._tokens, self._request_tokens, self._at = self.burst, requests or 0.0, 0.0

    def admits(self, items: int, now: float) -> bool:
        passed, self._at = now - self._at, now
        if self.rate is not None:
            self._tokens = min(self._tokens + passed * self.rate, self.burst)
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
        self._taken.append((now, items))
        return True

    def fault(self) -> str:
        """What goes wrong with the next request."""
        return "none"

    def as_dict(self) -> dict[str, float]:
        return {
            "requests": self.requests,
            "items": self.items,
            "rejected": self.rejected,
            "bytes": self.bytes,
            "seconds": self._taken[-1][0] - self._taken[0][0] if self._taken else 0.0,
            "rate under way": self._rate_after(len(self._taken) // 3),
        }

    def _rate_after(self, start: int) -> float:
        """Items a second that were taken after request number `start`."""
        later = self._taken[start:]
        if len(later) < 2:
            return 0.0
        return sum(items for _, items in later[1:]) / (later[-1][0] - later[0][0] or math.inf)


class Record(Counts):
    """Counts of a server that fails now and then, and what it took of each profile all the same."""

    rejection = _REJECTED_SHORTLY

    def __init__(self, *given: Any, seed: int) -> None:
        super().__init__(*given)
        self.attributes: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._dice = random.Random(seed)

    def count(self, body: bytes | bytearray, now: float) -> bool:
        if not super().count(body, now):
            return False
        for edit in orjson.loads(body):
            name = edit["identifiers"]["custom_id"]
            self.attributes[name] += "attributes" in edit
            self.events[name] += "events" in edit
        return True

    def fault(self) -> str:
        (fault,) = self._dice.choices(list(FAULTS), list(FAULTS.values()))
        self.faults[fault] += 1
        return fault

    def taken(self) -> dict[str, dict[str, int]]:
        return {"attributes": self.attributes, "events": self.events, "faults": self.faults}


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
                told: Any = self._counts.as_dict()
                if head.startswith(b"GET /taken") and isinstance(self._counts, Record):
                    told = self._counts.taken()
                self._answer(b"200 OK", orjson.dumps(told))
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
        fault = self._counts.fault()
        taken = fault not in ("429", "500", "cut") and self._counts.count(body, self._loop.time())
        if fault.startswith("cut"):
            self._transport.abort()
            return
        answer = _FAILED if fault.startswith("500") else _TAKEN if taken else self._counts.rejection
        low, high = self._counts.latency
        if high:
            self._loop.call_later(random.uniform(low, high) / 2, self._answer, *answer)
        else:
            self._answer(*answer)

    def _answer(self, head: bytes, content: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (head, len(content), content)
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


def taken_of(url: str) -> dict[str, Counter[str]]:
    """How often a server with `--faults` took the `attributes` and the `events` of each profile, and its `faults`."""
    with urllib.request.urlopen(f"{url}/taken") as answer:
        return {what: Counter(counts) for what, counts in orjson.loads(answer.read()).items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, help="items a second")
    parser.add_argument("--burst", type=float, help="items that may come at once")
    parser.add_argument("--requests", type=float, help="requests a second")
    parser.add_argument("--key", default='"custom_id":', help="what each item has once")
    parser.add_argument("--latency", type=float, nargs=2, default=(0.0, 0.0))
    parser.add_argument("--faults", action="store_true", help="fail now and then, and remember what was taken")
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    chosen = parser.parse_args()
    gc.freeze()
    gc.disable()
    low, high = chosen.latency
    given = (chosen.rate, chosen.requests, chosen.key.encode(), (low, high), chosen.burst)
    counts = Record(*given, seed=chosen.seed) if chosen.faults else Counts(*given)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(counts))


if __name__ == "__main__":
    main()
