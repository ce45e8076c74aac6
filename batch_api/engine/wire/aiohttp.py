"""The second transport: aiohttp's own client, for whoever makes thousands of single calls (extra `aiohttp`)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.response import Headers
from batch_api.engine.wire.loop_end import at_loop_end
from batch_api.engine.wire.proxies import Proxies
from batch_api.engine.wire.tls import KEEP_ALIVE, tls_context
from batch_api.engine.wire.transport import Request, WireError, WireResponse, fails_for_good, is_about

if find_spec("aiohttp") is None:
    raise ConfigurationError(
        "transport='aiohttp' needs aiohttp: install the extra [aiohttp], as by pip install '.[aiohttp]'."
    )

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from yarl import URL

_PIECE = 262_144
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientProxyConnectionError)
_SECONDS_WITHOUT_REUSE = 2.0


class AiohttpTransport:
    """Sends requests by aiohttp.

        BatchClient(…, transport=AiohttpTransport(ssl_context=context))

    Args:
        proxy: The URL of a proxy for all requests, `http://` or `https://`; user and password may stand in it. By
            default what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
        ssl_context: How certificates are checked, with a client certificate if need be. By default the CAs that
            certifi brings, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
        trust_env: Whether those variables count.

    Raises `ConfigurationError` for a proxy that cannot be, and for certificates that cannot be read.
    """

    def __init__(
        self, *, proxy: str | None = None, ssl_context: ssl.SSLContext | None = None, trust_env: bool = True
    ) -> None:
        self._proxies = Proxies(proxy, trust_env=trust_env)
        self._proxies.refuse_socks()
        self._ssl_context = ssl_context
        self._trust_env = trust_env
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether their connections are used once
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: AsyncGenerator[None, None] | None = None
        self._no_reuse_until = 0.0

    def make_ready(self, url: str) -> None:
        """Do now what would hold up the first request to `url`: read the certificates."""
        if url.startswith("https:"):
            self._context()

    async def send(self, request: Request) -> WireResponse:
        session = await self._bound()
        await _look_at_the_network()
        request.sent = False
        is_secure = request.url.startswith("https:")
        proxy = self._proxies.of(request.url)
        for_proxy = {} if proxy is None else proxy.headers
        body = _Body(request)
        try:
            response = await session.request(
                request.method,
                URL(request.url, encoded=True),
                data=body,
                # Over plain http the proxy reads the request itself, over https what goes before the tunnel.
                headers=request.headers if is_secure else [*request.headers, *for_proxy.items()],
                allow_redirects=False,
                proxy=None if proxy is None else proxy.shown,
                proxy_headers=for_proxy if is_secure else None,
                ssl=self._context() if is_secure else True,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=request.timeout, sock_read=request.timeout),
            )
        except Exception as error:
            raise self._wire_error(error, request) from error
        return _Answer(self, response, request, body)

    async def aclose(self) -> None:
        """Close all connections, those in use included."""
        closing, self._closing, self._loop = self._closing, None, None
        if closing is not None:
            await closing.aclose()

    @property
    def has_connections(self) -> bool:
        """Whether any is open."""
        return any(session.connector is not None and not session.closed for session in self._sessions.values())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _bound(self) -> aiohttp.ClientSession:
        """A session belongs to one event loop, and is closed when it ends."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._sessions = loop, {}
            self._closing = at_loop_end(partial(_close_all, self._sessions))
            await anext(self._closing)
        used_once = loop.time() < self._no_reuse_until
        if used_once not in self._sessions:
            self._sessions[used_once] = _session(used_once)
        return self._sessions[used_once]

    def _context(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = tls_context(trust_env=self._trust_env)
        return self._ssl_context

    def _wire_error(self, error: Exception, request: Request) -> Exception:
        """What went wrong, in the words of the seam; what is no failure of the network stays as it is."""
        cause = error.__cause__ if isinstance(error, _Failed) else error
        if not isinstance(cause, aiohttp.ClientError | OSError):
            return error
        kind = type(cause).__name__
        if isinstance(cause, _NEVER_LEFT):
            request.sent = False
        if isinstance(cause, aiohttp.ClientHttpProxyError) and cause.status == 407:
            request.sent = False
            return WireError("ProxyAuthenticationRequired", stage="connect", final=True)
        if request.sent:
            self._lost(cause)
            return WireError(kind, stage="receive")
        stage = "tls" if _is_of_handshake(cause, request) else "connect"
        return WireError(kind, stage=stage, final=fails_for_good(cause))

    def _lost(self, error: Exception) -> None:
        """A server that closes idle connections very soon does so just as the next request leaves, and that is lost.

        aiohttp does not say how long a connection was idle. So after any such loss none is kept for a while.
        """
        if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
            self._no_reuse_until = asyncio.get_running_loop().time() + _SECONDS_WITHOUT_REUSE


def _is_of_handshake(error: Exception, request: Request) -> bool:
    """Whether TLS failed, not TCP: a server that does not accept a connection refuses it, and has none to reset."""
    if isinstance(error, aiohttp.ClientSSLError):
        return True
    is_reset = isinstance(error, aiohttp.ClientOSError) and is_about(error, ConnectionResetError)
    return is_reset and request.url.startswith("https:") and not isinstance(error, aiohttp.ClientProxyConnectionError)


class _Failed(Exception):
    """Stands for an error of aiohttp's, which the session would answer by sending a GET once more, past our limits."""


async def _repeats_nothing(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Failed from error


async def _look_at_the_network() -> None:
    """aiohttp trusts an idle connection, even if its end came while the loop was busy: let the loop find that first."""
    for _ in range(2):  # the loop reads on the next turn, after those who wait for it
        await asyncio.sleep(0)


def _session(used_once: bool) -> aiohttp.ClientSession:
    kept: dict[str, Any] = {"force_close": True} if used_once else {"keepalive_timeout": KEEP_ALIVE}
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, **kept),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        middlewares=(_repeats_nothing,),
        skip_auto_headers=("Content-Type",),
    )


async def _close_all(sessions: dict[bool, aiohttp.ClientSession]) -> None:
    for session in sessions.values():
        await session.close()
    sessions.clear()
    for _ in range(3):  # a socket is closed on the next turn of the loop, over TLS on the one after that
        await asyncio.sleep(0)


class _Body(Payload):
    """The body, which tells when it begins to leave: no server takes a request whose body never came."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.content)
        self._request = request
        self._size = len(request.content)
        self.is_whole = not request.content
        """Whether all of it left."""

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._request.content.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        self._request.sent = True
        view = memoryview(self._request.content)
        for start in range(0, len(view), _PIECE):
            await writer.write(view[start : start + _PIECE])
        self.is_whole = True

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        await self.write(writer)


class _Answer:
    """An answer on its way."""

    def __init__(
        self, transport: AiohttpTransport, response: aiohttp.ClientResponse, request: Request, body: _Body
    ) -> None:
        self._transport = transport
        self._response = response
        self._request = request
        self._body = body
        self.status: int = response.status
        self.headers = Headers(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
        )

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except Exception as error:
            raise self._transport._wire_error(error, self._request) from error
        if self.status < 300 and not self._body.is_whole:
            # At the end of the answer aiohttp stops sending, and nobody can have taken what was not sent.
            raise WireError("AnsweredTooEarly", stage="send")

    async def aclose(self) -> None:
        # At the end of the body aiohttp has given the connection back; before that, it is closed.
        self._response.close()
