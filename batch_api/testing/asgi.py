"""The fake as an ASGI application (version 3), without a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api.testing.wire import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from batch_api.testing.api import FakeApi

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]


class ASGIApp:
    """Pass this to an ASGI server. A fault that cuts the connection raises `ConnectionLost` through it."""

    def __init__(self, fake: FakeApi) -> None:
        self._fake = fake

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        reply = await self._fake(_request(scope, receive))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        async for chunk in reply.stream():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _request(scope: MutableMapping[str, Any], receive: Receive) -> Request:
    async def read() -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                return bytes(body)

    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path")  # percent-encoded, if the server provides it
    path = raw.decode("latin-1").partition("?")[0] if raw else scope["path"]
    return Request(scope["method"], path, query, headers, scope.get("scheme", "http"), read)


async def _live(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
