"""The seam to the network: a request in; a status, headers and a stream of bytes out."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, Protocol

import httpx

from batch_api.engine.response import Headers


class Request:
    """What goes on the wire. Shows neither headers, nor address, nor body."""

    __slots__ = ("_on_leaving", "_sent", "content", "headers", "left_at", "method", "timeout", "url")

    def __init__(
        self, method: str, url: str, headers: list[tuple[str, str]], content: bytes = b"", *, timeout: float
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        """All but `Host` and `Content-Length`, which the transport adds."""
        self.content = content
        self.timeout = timeout
        """Seconds without progress, in connecting, sending or receiving, after which to give up."""
        self.left_at: float | None = None
        """When the body began to leave, on the clock of the loop, where the transport can tell."""
        self._sent = True
        self._on_leaving: Callable[[float], object] | None = None

    def tell_leaving(self, on_leaving: Callable[[float], object]) -> None:
        """Call this with the time when the body begins to leave, where the transport can tell."""
        self._on_leaving = on_leaving

    @property
    def sent(self) -> bool:
        """Whether the body may have begun to leave.

        A transport that can tell sets it to `False`, and to `True` when the first byte goes.
        """
        return self._sent

    @sent.setter
    def sent(self, value: bool) -> None:
        if value and not self._sent:
            self.left_at = asyncio.get_running_loop().time()
            if self._on_leaving is not None:
                self._on_leaving(self.left_at)
        self._sent = value

    def __repr__(self) -> str:
        return f"<Request {self.method}, {len(self.content)} bytes>"


class WireResponse(Protocol):
    """The head of an answer, and its body as a stream that must be closed."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Headers:
        """The headers, by name in any case."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body as it came, still encoded. Raises `WireError`, or an `OSError`, when it breaks off."""
        ...

    async def aclose(self) -> None:
        """Give the connection back if the body was read to its end; else close it. Harmless to repeat."""
        ...


class Transport(Protocol):
    """Sends one request, once: it follows no redirect, repeats nothing and logs nothing.

    A call may be cancelled at any moment, in `send` and while its answer is read: that may cost its own connection, and
    nothing more.
    """

    async def send(self, request: Request) -> WireResponse:
        """Send a request and return when the head of the answer is there.

        Raises `WireError`, an `OSError` or an `httpx.TransportError` for whatever the network does; any other
        exception passes through to the caller of the API.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class WireError(Exception):
    """No whole answer came.

    Args:
        kind: What happened, in a word, such as `ReadTimeout`. It shows in attempts, logs and errors.
        stage: Where it broke: `connect`, `tls`, `send` or `receive`.
        final: Whether it makes no sense to try again: a certificate that fails.
    """

    def __init__(self, kind: str, *, stage: str, final: bool = False) -> None:
        super().__init__(f"{kind} at stage {stage}")
        self.kind = kind
        self.stage = stage
        self.final = final


class Fault(NamedTuple):
    """Why no whole answer came, as the engine judges it."""

    kind: str
    stage: str
    """`connect`, `tls`, `send` or `receive`."""
    sent: bool
    """Whether the request may have reached the server."""
    final: bool = False
    """Whether trying again is of no use."""


_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def fault_of(error: Exception, request: Request) -> Fault | None:
    """What a transport's error means; `None` for what is no failure of the network."""
    if isinstance(error, WireError):
        return Fault(error.kind, error.stage, sent=request.sent, final=error.final)
    if not isinstance(error, OSError | httpx.TransportError):
        return None
    if isinstance(error, _NEVER_LEFT) or fails_for_good(error):
        request.sent = False
    kind = type(error).__name__
    if request.sent:
        stage = "send" if isinstance(error, httpx.WriteError | httpx.WriteTimeout) else "receive"
        return Fault(kind, stage, sent=True)
    stage = "tls" if is_about(error, ssl.SSLError) else "connect"
    final = fails_for_good(error) or isinstance(error, httpx.UnsupportedProtocol)
    return Fault(kind, stage, sent=False, final=final)


def fails_for_good(error: BaseException | None) -> bool:
    """Whether a certificate failed. All else that happens in a TLS handshake is an outage, and may pass."""
    return is_about(error, ssl.SSLCertVerificationError)


def is_about(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether the error, or one behind it, is of a kind."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
