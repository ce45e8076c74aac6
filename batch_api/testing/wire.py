"""A request as the fake gets it, and its answer, independent of the carrier: a socket, ASGI or httpx in process."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

CHUNK = 65_536
"""Bytes of an answer that are sent in one piece."""


class ConnectionLost(Exception):
    """The connection breaks here, on purpose.

    `reset` tells a connection torn down (RST) from one that ends early (FIN); `read` whether the request was taken in.
    """

    def __init__(self, *, reset: bool, read: bool) -> None:
        super().__init__("the fake cut the connection, as it was asked to")
        self.reset = reset
        self.read = read


class Request(NamedTuple):
    """The head of a request. `read` returns its body, once."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    scheme: str
    read: Callable[[], Awaitable[bytes]]

    @property
    def host(self) -> str:
        """Host and port as the client named them."""
        return self.headers.get("host", "")


@dataclasses.dataclass(slots=True)
class Reply:
    """An answer. `slow` and `cut` are faults: how slowly it is sent, and after how many bytes its body breaks off."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    slow: float = 0.0
    """Seconds that the body takes to arrive, in ten pieces."""
    cut: int | None = None
    cut_by_reset: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it can be sent in one go."""
        return not self.slow and self.cut is None

    async def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces. Raises `ConnectionLost` if it breaks off."""
        size = max(1, len(self.body) // 10) if self.slow else CHUNK
        end = len(self.body) if self.cut is None else self.cut
        for start in range(0, end, size):
            if self.slow:
                await asyncio.sleep(self.slow / 10)
            yield self.body[start : min(start + size, end)]
        if self.cut is not None:
            raise ConnectionLost(reset=self.cut_by_reset, read=True)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a JSON body, or without any."""
    if body is None:
        return Reply(status, b"", {"content-length": "0", **(headers or {})} if status != 204 else dict(headers or {}))
    content = orjson.dumps(body)
    return Reply(
        status,
        content,
        {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})},
    )


class Refusal(Exception):
    """An error of the API: a status and the body `Error` (fact sheet: catalogs and campaigns, 1.3 and 1.4)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def malformed(message: str) -> Refusal:
    return Refusal(400, "MALFORMED_PARAMETER", message)


def missing(message: str) -> Refusal:
    return Refusal(400, "MISSING_PARAMETER", message)


def misuse(message: str) -> Refusal:
    return Refusal(403, "API_MISUSE", message)


def not_found(message: str) -> Refusal:
    return Refusal(404, "ROUTE_NOT_FOUND", message)
