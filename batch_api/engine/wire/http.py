"""The default transport: HTTP/1.1 by httpcore, each connection used by one request at a time.

A connection that did not end cleanly (its call was cut, failed, or is not read to its end) is thrown away at once. No
pool has to be trusted to find out what a cut call left behind: httpcore's keep such connections for ever, see decision
0022.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import Any

import httpcore
import httpx

from batch_api.engine.response import Headers
from batch_api.engine.wire.loop_end import at_loop_end
from batch_api.engine.wire.network import HandshakeError, HandshakeTimeout, Network
from batch_api.engine.wire.proxies import Proxies, Proxy
from batch_api.engine.wire.silence import install_filter, no_logging
from batch_api.engine.wire.tls import KEEP_ALIVE, tls_context
from batch_api.engine.wire.transport import Request, WireError, WireResponse, fails_for_good

_MOST_ADDRESSES = 256
_PIECE = 262_144
_NETWORK_ERRORS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)
_NEVER_LEFT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.ProxyError)
_IN_SENDING = (httpcore.WriteError, httpcore.WriteTimeout)

_Place = tuple[bytes, bytes, int | None]
"""Scheme, host and port: what connections are kept apart by."""


class HttpxTransport:
    """Sends requests by the libraries of httpx, on connections of its own.

        BatchClient(…, transport=HttpxTransport(ssl_context=context))

    Args:
        proxy: The URL of a proxy for all requests: `http://`, `https://`, `socks5://` or `socks5h://`. User and
            password may stand in it. By default what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
        ssl_context: How certificates are checked, with a client certificate if need be. By default the CAs that
            certifi brings, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
        trust_env: Whether those variables count.
        network: Where sockets come from, a backend of httpcore whose streams have `abort()`; for tests.

    Raises `ConfigurationError` for a proxy that cannot be, and for certificates that cannot be read.
    """

    def __init__(
        self,
        *,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        trust_env: bool = True,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        install_filter()
        self._proxies = Proxies(proxy, trust_env=trust_env)
        self._ssl_context = ssl_context
        self._trust_env = trust_env
        self._network = network or Network()
        self._addresses: dict[str, _Address] = {}
        self._idle: dict[_Place, list[_Connection]] = {}
        self._open: set[_Connection] = set()
        self._reuse = _Reuse()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: AsyncGenerator[None, None] | None = None

    def make_ready(self, url: str) -> None:
        """Do now what would hold up the first request to `url`: read the certificates."""
        if url.startswith("https:"):
            self._context()

    async def send(self, request: Request) -> WireResponse:
        address = self._address(request)
        await self._bind()
        connection = self._take(address, request.url)
        request.sent = False
        body = _Body(request)
        try:
            with no_logging():
                response = await connection.send(_on_the_wire(request, address, body))
            if response.status < 300 and not body.is_whole:  # nobody can have taken what was not sent
                raise httpcore.WriteError("a success came before the whole body had left")
        except BaseException as error:
            self._drop(connection)
            if not isinstance(error, Exception):
                raise
            if connection.rested is not None and request.sent:
                self._reuse.failed_after(connection.rested, connection.now())
            raise _wire_error(error, request) from error
        return _Answer(self, connection, response, request)

    async def aclose(self) -> None:
        """Close all connections, those in use included."""
        self._idle.clear()
        closing, self._closing, self._loop = self._closing, None, None
        if closing is not None:
            await closing.aclose()

    @property
    def has_connections(self) -> bool:
        """Whether any is open."""
        return bool(self._open)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._open)} connections>"

    # -- connections ---------------------------------------------------------------------------------------------

    async def _bind(self) -> None:
        """Connections belong to one event loop, and are closed when it ends."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._idle.clear()
            self._open.clear()  # they were closed with their loop
            self._loop = loop
            self._closing = at_loop_end(partial(_close_all, self._open))
            await anext(self._closing)

    def _take(self, address: _Address, url: str) -> _Connection:
        idle = self._idle.get(address.place, [])
        while idle:
            connection = idle.pop()
            if self._may_reuse(connection):
                return connection
            self._drop(connection)
        connection = _Connection(self._network, address, self._context, self._proxies.of(url))
        self._open.add(connection)
        return connection

    def _may_reuse(self, connection: _Connection) -> bool:
        rested = connection.rest()
        return rested < self._reuse.within(connection.now()) and not connection.is_closed_by_peer

    def _give_back(self, connection: _Connection) -> None:
        """A connection whose answer was read to its end may carry another request."""
        if connection not in self._open or not connection.is_idle:
            self._drop(connection)
            return
        connection.idle_since = connection.now()
        idle = self._idle.setdefault(connection.place, [])
        idle.append(connection)
        while idle[0].now() - idle[0].idle_since > KEEP_ALIVE:
            self._drop(idle.pop(0))

    def _drop(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.abort()

    def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = tls_context(trust_env=self._trust_env)
        return self._ssl_context

    def _address(self, request: Request) -> _Address:
        """Parsed once for the few addresses that are posted to; those of reads carry ids and are not kept."""
        if request.method != "POST":
            return _Address(request.url)
        if request.url not in self._addresses:
            if len(self._addresses) >= _MOST_ADDRESSES:  # `client.call` may post to addresses with ids in them
                self._addresses.clear()
            self._addresses[request.url] = _Address(request.url)
        return self._addresses[request.url]


async def _close_all(connections: set[_Connection]) -> None:
    for connection in connections:
        connection.abort()
    connections.clear()
    # A transport closes its socket on the next turn of the loop, over TLS on the one after that.
    for _ in range(3):
        await asyncio.sleep(0)


class _Address:
    """A URL, taken apart once."""

    def __init__(self, url: str) -> None:
        parts = httpx.URL(url)
        self.url = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
        self.host = parts.netloc
        self.place: _Place = (parts.raw_scheme, parts.raw_host, parts.port)


class _Reuse:
    """How long a connection may be idle and still be used again.

    A server that closes idle connections very soon does so just as the next request leaves: that request is lost, and
    nobody knows whether it was taken. So after such a loss only connections that rested for less are used again, until
    the time has doubled back.
    """

    def __init__(self) -> None:
        self._within = KEEP_ALIVE
        self._learned_at = 0.0

    def within(self, now: float) -> float:
        """Seconds."""
        if self._within >= KEEP_ALIVE:
            return KEEP_ALIVE
        doublings = min((now - self._learned_at) / _DOUBLES_IN, 60.0)
        return min(self._within * math.pow(2.0, doublings), KEEP_ALIVE)

    def failed_after(self, rested: float, now: float) -> None:
        """A connection that had been idle for so many seconds was lost when it was used again."""
        if rested < self.within(now):
            self._within, self._learned_at = max(rested / 2, _SHORTEST), now


_DOUBLES_IN = 2.0  # seconds
_SHORTEST = 1e-6


class _Connection:
    """One connection to an origin, through a proxy or not."""

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        address: _Address,
        context: Callable[[], ssl.SSLContext],
        proxy: Proxy | None,
    ) -> None:
        self.place = address.place
        self.now: Callable[[], float] = asyncio.get_running_loop().time
        self.idle_since = self.now()
        self.rested: float | None = None
        """How long it had been idle when its request was sent; `None` for a new one."""
        self._streams = _Streams(network)
        origin = address.url.origin
        if proxy is None:
            tls = context() if origin.scheme == b"https" else None
            self._http: Any = httpcore.AsyncHTTPConnection(origin, ssl_context=tls, network_backend=self._streams)
        else:
            self._http = proxy.connection(context(), self._streams)

    async def send(self, request: httpcore.Request) -> httpcore.Response:
        response: httpcore.Response = await self._http.handle_async_request(request)
        return response

    def rest(self) -> float:
        self.rested = self.now() - self.idle_since
        return self.rested

    @property
    def is_idle(self) -> bool:
        """Whether the last exchange came to its end and the connection may carry another."""
        http = self._http
        if isinstance(http, httpcore.AsyncConnectionPool):
            if len(http.connections) != 1:
                return False
            http = http.connections[0]
        return bool(http.is_idle()) and not _has_more(http)

    @property
    def is_closed_by_peer(self) -> bool:
        return self._streams.stream is None or bool(self._streams.stream.get_extra_info("is_readable"))

    def abort(self) -> None:
        """Close the socket at once, whatever state httpcore thinks it is in."""
        self._streams.abort()


def _has_more(http: Any) -> bool:
    """Whether bytes came behind the answer. httpcore would take them for the answer to the next request."""
    while hasattr(http, "_connection"):  # a tunnel holds a connection, which holds one that speaks HTTP/1.1
        http = http._connection
    return bool(http._h11_state.trailing_data[0])


class _Streams(httpcore.AsyncNetworkBackend):
    """Remembers the socket of one connection, which httpcore may lose when a call is cut."""

    def __init__(self, network: httpcore.AsyncNetworkBackend) -> None:
        self._network = network
        self.stream: Any = None

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self.stream = await self._network.connect_tcp(*args, **kwargs)
        stream: httpcore.AsyncNetworkStream = self.stream
        return stream

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)

    def abort(self) -> None:
        if self.stream is not None:
            self.stream.abort()


class _Body:
    """The body, which tells when it begins to leave: no server takes a request whose body never came."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.is_whole = False
        """Whether all of it left."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        self._request.sent = True
        content = self._request.content
        if len(content) <= _PIECE:
            yield content
        else:
            view = memoryview(content)
            for start in range(0, len(content), _PIECE):
                yield view[start : start + _PIECE]
        self.is_whole = True

    async def aclose(self) -> None:
        """Nothing to close."""


class _Answer:
    """An answer on its way. Read to its end and closed, it gives its connection back; else that is thrown away."""

    def __init__(
        self, transport: HttpxTransport, connection: _Connection, response: httpcore.Response, request: Request
    ) -> None:
        self._transport = transport
        self._connection: _Connection | None = connection
        self._response = response
        self._request = request
        self._is_complete = False
        self.status: int = response.status
        self.headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        chunks: Any = aiter(self._response.stream)  # type: ignore[arg-type]
        try:
            while True:
                with no_logging():
                    chunk = await anext(chunks, None)
                if chunk is None:
                    self._is_complete = True
                    return
                yield chunk
        except Exception as error:
            raise _wire_error(error, self._request) from error
        finally:
            with no_logging():
                await chunks.aclose()

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if self._is_complete:
                with no_logging():
                    await self._response.aclose()
        finally:
            # Where the exchange did not come to its end, neither is it idle.
            self._transport._give_back(connection)


def _on_the_wire(request: Request, address: _Address, body: _Body) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        address.url,
        headers=[
            (b"Host", address.host),
            (b"Content-Length", b"%d" % len(request.content)),
            *((name.encode("ascii"), value.encode("ascii")) for name, value in request.headers),
        ],
        content=body,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), request.timeout)},
    )


def _wire_error(error: Exception, request: Request) -> Exception:
    """What went wrong, in the words of the seam; what is no failure of the network stays as it is."""
    if not isinstance(error, _NETWORK_ERRORS):
        return error
    kind = next(kind.__name__ for kind in type(error).__mro__ if not kind.__module__.startswith("batch_api"))
    if isinstance(error, _NEVER_LEFT):
        request.sent = False
    if isinstance(error, httpcore.ProxyError) and str(error).startswith("407"):
        return WireError("ProxyAuthenticationRequired", stage="connect", final=True)
    if request.sent:
        return WireError(kind, stage="send" if isinstance(error, _IN_SENDING) else "receive")
    stage = "tls" if isinstance(error, HandshakeError | HandshakeTimeout) else "connect"
    return WireError(kind, stage=stage, final=fails_for_good(error))
