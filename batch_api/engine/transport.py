"""The seam to the network: a request in; a status, headers and a stream of bytes out."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

import httpx

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.quiet import hush, quiet
from batch_api.engine.response import Headers

_PER_POOL = 10  # httpcore scans its whole pool at each request: past ten in flight, a second pool costs less
_KEEP_ALIVE = 15.0
_MOST_ADDRESSES = 256
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Request:
    """What goes on the wire. Shows neither headers, nor address, nor body."""

    __slots__ = ("content", "headers", "method", "sent", "timeout", "url")

    def __init__(
        self, method: str, url: str, headers: list[tuple[str, str]], content: bytes = b"", *, timeout: float
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.timeout = timeout
        """Seconds without progress, in connecting, sending or receiving, after which to give up."""
        self.sent = False
        """Whether the body may have begun to leave. Set when a transport takes over; one that can tell takes it back
        until the first byte goes."""

    def __repr__(self) -> str:
        return f"<Request {self.method}, {len(self.content)} bytes>"


class WireResponse(Protocol):
    """The head of an answer, and its body as a stream that must be closed."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    def aiter_bytes(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


class Transport(Protocol):
    """Sends one request, once: it follows no redirect, repeats nothing and logs nothing."""

    async def send(self, request: Request) -> WireResponse: ...
    async def aclose(self) -> None: ...


class Fault(NamedTuple):
    """Why no whole answer came."""

    kind: str
    stage: str
    """`connect`, `tls`, `send` or `receive`."""
    sent: bool
    """Whether the request may have reached the server."""
    final: bool = False
    """Whether trying again is of no use."""


def fault_of(error: Exception, request: Request) -> Fault | None:
    """What a transport's error means; `None` for what is no failure of the network."""
    if not isinstance(error, httpx.TransportError | OSError):
        return None
    kind = type(error).__name__
    if not request.sent or isinstance(error, _NEVER_LEFT):
        stage = "tls" if _is_about(error, ssl.SSLError) else "connect"
        final = _is_about(error, ssl.SSLCertVerificationError) or isinstance(error, httpx.UnsupportedProtocol)
        return Fault(kind, stage, sent=False, final=final)
    return Fault(kind, "send" if isinstance(error, httpx.WriteError | httpx.WriteTimeout) else "receive", sent=True)


def _is_about(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


class HttpxTransport:
    """An httpx transport behind the seam."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        hush()
        self._transport = transport
        self._addresses: dict[str, httpx.URL] = {}
        # Others, such as those of tests, may take a request in without ever reading its body.
        self._reads_body = isinstance(transport, httpx.AsyncHTTPTransport)
        self.busy = 0

    async def send(self, request: Request) -> WireResponse:
        address = self._address(request)
        request.sent = not self._reads_body
        wire = httpx.Request(
            request.method,
            address,
            headers=[
                ("Host", address.netloc.decode("ascii")),
                ("Content-Length", str(len(request.content))),
                *request.headers,
            ],
            stream=_Body(request),
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), request.timeout)},
        )
        self.busy += 1
        try:
            with quiet():
                response = await self._transport.handle_async_request(wire)
        except BaseException:
            self.busy -= 1
            raise
        return _HttpxResponse(response, self)

    async def aclose(self) -> None:
        with quiet():
            await self._transport.aclose()

    def _address(self, request: Request) -> httpx.URL:
        """Parsed once for the few addresses that are posted to; those of reads carry ids and are not kept."""
        if request.method != "POST":
            return httpx.URL(request.url)
        if request.url not in self._addresses:
            if len(self._addresses) >= _MOST_ADDRESSES:  # `client.call` may post to addresses with ids in them
                self._addresses.clear()
            self._addresses[request.url] = httpx.URL(request.url)
        return self._addresses[request.url]


class _Body(httpx.AsyncByteStream):
    """The body, which tells when it begins to leave: no server takes a request whose body never came."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._request.sent = True
        yield self._request.content


class _HttpxResponse:
    def __init__(self, response: httpx.Response, transport: HttpxTransport) -> None:
        self._response = response
        self._transport: HttpxTransport | None = transport
        self.status = response.status_code
        self.headers = Headers(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101
        chunks = aiter(stream)
        while True:
            with quiet():
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk

    async def aclose(self) -> None:
        if self._transport is not None:
            self._transport.busy -= 1
            self._transport = None
            with quiet():
                await self._response.aclose()


class Pools:
    """Small pools of connections, each opened when all others are busy, with one TLS context."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._tls: ssl.SSLContext | None = None
        self._pools: list[HttpxTransport] = []

    def make_ready(self) -> None:
        """Import and set up what the first request needs: it should not hold up the loop while others are served."""
        if not self._pools:
            self._open_one()

    async def send(self, request: Request) -> WireResponse:
        free = next((pool for pool in self._pools if pool.busy < _PER_POOL), None)
        return await (free or self._open_one()).send(request)

    async def aclose(self) -> None:
        pools, self._pools = self._pools, []
        for pool in pools:
            await pool.aclose()

    def _open_one(self) -> HttpxTransport:
        if self._tls is None:
            # Reading the certificates of the machine takes milliseconds that plain loopback need not spend.
            self._tls = httpx.create_ssl_context() if self._secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        limits = httpx.Limits(
            max_connections=_PER_POOL, max_keepalive_connections=_PER_POOL, keepalive_expiry=_KEEP_ALIVE
        )
        pool = HttpxTransport(httpx.AsyncHTTPTransport(verify=self._tls, limits=limits))
        self._pools.append(pool)
        return pool


def as_transport(given: object) -> Transport:
    """The caller's transport: httpx's kind, or any object of this seam. Raises `ConfigurationError`."""
    if isinstance(given, httpx.AsyncBaseTransport):
        return HttpxTransport(given)
    if isinstance(given, httpx.AsyncClient) or not callable(getattr(given, "send", None)):
        raise ConfigurationError("transport is an httpx.AsyncBaseTransport, or an object with `send` and `aclose`.")
    return given  # type: ignore[return-value]
