"""A transport that the caller brings: httpx's kind, or any object of the seam."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import httpx

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.response import Headers
from batch_api.engine.wire.silence import install_filter, no_logging
from batch_api.engine.wire.transport import Request, Transport, WireResponse

T = TypeVar("T")


def as_transport(given: object) -> Transport:
    """The caller's transport: httpx's kind, or any object of the seam. Raises `ConfigurationError`."""
    if isinstance(given, httpx.AsyncBaseTransport):
        return GivenHttpx(given)
    if isinstance(given, httpx.AsyncClient) or not callable(getattr(given, "send", None)):
        raise ConfigurationError(
            "transport: expected 'httpx', 'aiohttp', an httpx.AsyncBaseTransport or an object with `send` and `aclose`,"
            f" got {type(given).__name__}."
        )
    return given  # type: ignore[return-value]


class GivenHttpx:
    """An httpx transport behind the seam.

    httpcore's pools lose the connection of a task that is cancelled at certain moments, for good. So what runs in an
    `httpx.AsyncHTTPTransport` is never cancelled: it goes on in a task of its own, and is closed when it comes back, at
    the latest after the timeout of its request.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        install_filter()
        self._transport = transport
        self._is_pool = isinstance(transport, httpx.AsyncHTTPTransport)
        self._left: set[asyncio.Task[Any]] = set()

    async def send(self, request: Request) -> WireResponse:
        # Others than httpx's own, such as those of tests, may take a request in without ever reading its body.
        request.sent = not self._is_pool
        address = httpx.URL(request.url)
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
        with no_logging():
            response = await self._unharmed(self._transport.handle_async_request(wire), _closed)
        return _GivenResponse(self, response)

    async def aclose(self) -> None:
        with no_logging():
            if self._left:
                await asyncio.wait(self._left)
            await self._transport.aclose()

    async def _unharmed(self, work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]] | None = None) -> T:
        """The result of `work`, not cancelled with its caller: then `undo` gets the result, if there is one."""
        if not self._is_pool:
            return await work
        task = asyncio.get_running_loop().create_task(work, name="batch_api exchange")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                self._keep(_finish(task, undo))
            raise

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="batch_api exchange that was cut")
        self._left.add(task)
        task.add_done_callback(self._left.discard)


async def _finish(task: asyncio.Task[T], undo: Callable[[T], Awaitable[None]] | None) -> None:
    try:
        result = await task
        if undo is not None:
            await undo(result)
    except Exception:  # nobody waits for it any more
        return


async def _closed(response: httpx.Response) -> None:
    await response.aclose()


class _Body(httpx.AsyncByteStream):
    """The body, which tells when it begins to leave: no server takes a request whose body never came."""

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._request.sent = True
        yield self._request.content


class _GivenResponse:
    def __init__(self, transport: GivenHttpx, response: httpx.Response) -> None:
        self._transport = transport
        self._response: httpx.Response | None = response
        self._stream = response.stream
        self.status = response.status_code
        self.headers = Headers(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)  # noqa: S101
        chunks = aiter(self._stream)
        while True:
            with no_logging():
                chunk = await self._transport._unharmed(_next_of(chunks))
            if chunk is None:
                return
            yield chunk

    async def aclose(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with no_logging():
                await self._transport._unharmed(response.aclose())


async def _next_of(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
