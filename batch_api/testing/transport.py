"""The fake as an httpx transport: no socket, no thread, and any loop, one on virtual time included."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httpx

from batch_api.testing.wire import ConnectionLost, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator

    from batch_api.testing.api import FakeApi


class FakeTransport(httpx.AsyncBaseTransport):
    """Runs each request through the fake in process.

    What a fault does to a connection is raised as httpx would: `WriteError` where it breaks while the request is sent,
    `ReadError` after that, `RemoteProtocolError` for an answer that ends early, `ReadTimeout` for one that takes longer
    than the read timeout of the request.
    """

    def __init__(self, fake: FakeApi) -> None:
        self._fake = fake

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # As over a socket, the body is sent before the server examines the request.
        body = b"".join([chunk async for chunk in cast("AsyncIterable[bytes]", request.stream)])

        async def read() -> bytes:
            return body

        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        read_timeout = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(read_timeout):
                reply = await self._fake(Request(request.method, path, query, headers, request.url.scheme, read))
        except TimeoutError as error:
            raise httpx.ReadTimeout("the fake takes longer than the read timeout", request=request) from error
        except ConnectionLost as lost:
            raise _error(lost, request) from lost
        return httpx.Response(reply.status, headers=reply.headers, stream=_Stream(reply, request, read_timeout))


class _Stream(httpx.AsyncByteStream):
    def __init__(self, reply: Reply, request: httpx.Request, read_timeout: float | None) -> None:
        self._chunks = reply.stream()
        self._request = request
        self._read_timeout = read_timeout

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._read_timeout):
                    chunk = await anext(self._chunks, None)
            except TimeoutError as error:
                raise httpx.ReadTimeout("the body stalls", request=self._request) from error
            except ConnectionLost as lost:
                raise _error(lost, self._request) from lost
            if chunk is None:
                return
            yield chunk


def _error(lost: ConnectionLost, request: httpx.Request) -> httpx.TransportError:
    if not lost.reset:
        return httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body", request=request
        )
    if lost.read:
        return httpx.ReadError("connection reset by peer", request=request)
    return httpx.WriteError("connection reset by peer", request=request)
