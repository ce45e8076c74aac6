"""A loopback server for the fake: asyncio streams and h11, because faults need the socket.

It logs nothing per request, keeps connections alive, and sends each plain answer in one write.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import struct
from typing import TYPE_CHECKING

import h11

from batch_api.testing.wire import ConnectionLost, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler = Callable[[Request], Awaitable[Reply]]

READ_SIZE = 262_144


@contextlib.asynccontextmanager
async def listening(handler: Handler, host: str, port: int) -> AsyncIterator[str]:
    """Serve `handler` on loopback; yields the origin, `http://host:port`. Raises `ValueError` for any other host."""
    _refuse_other_hosts(host)
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            connections.add(task)
            task.add_done_callback(connections.discard)
        with contextlib.suppress(asyncio.CancelledError):  # that is how the server stops
            await _Connection(handler, reader, writer).run()

    server = await asyncio.start_server(connected, host, port, limit=READ_SIZE, backlog=1024)
    try:
        bound_host, bound_port = server.sockets[0].getsockname()[:2]
        yield f"http://[{bound_host}]:{bound_port}" if ":" in bound_host else f"http://{bound_host}:{bound_port}"
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()


def _refuse_other_hosts(host: str) -> None:
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise ValueError(f"expected a loopback address such as 127.0.0.1, got {host!r}")


class _Connection:
    """One connection, request after request."""

    def __init__(self, handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._handler = handler
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        try:
            while await self._serve_one():
                self._http.start_next_cycle()
        except ConnectionLost as lost:
            if lost.reset:
                self._tear_down()
        except (h11.RemoteProtocolError, ConnectionError):
            pass  # the client has gone, or does not speak HTTP
        finally:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _serve_one(self) -> bool:
        """Answer the next request. Whether the connection may carry another."""
        event = await self._next_event()
        if not isinstance(event, h11.Request):
            return False
        await self._send(await self._handler(self._request(event)))
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _next_event(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                go_on = self._http.send(h11.InformationalResponse(status_code=100, headers=[]))
                self._writer.write(go_on or b"")
            self._http.receive_data(await self._reader.read(READ_SIZE))

    def _request(self, event: h11.Request) -> Request:
        path, _, query = event.target.decode("latin-1").partition("?")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        return Request(event.method.decode("latin-1"), path, query, headers, "http", self._read_body)

    async def _read_body(self) -> bytes:
        chunks: list[bytes] = []
        while isinstance(event := await self._next_event(), h11.Data):
            chunks.append(bytes(event.data))
        return b"".join(chunks)

    async def _send(self, reply: Reply) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
        head = self._bytes(h11.Response(status_code=reply.status, headers=headers))
        if reply.is_plain:
            body = self._bytes(h11.Data(data=reply.body)) if reply.body else b""
            self._writer.write(head + body + self._bytes(h11.EndOfMessage()))
            await self._writer.drain()
            return
        self._writer.write(head)
        async for chunk in reply.stream():
            self._writer.write(self._bytes(h11.Data(data=chunk)))
            await self._writer.drain()
        self._writer.write(self._bytes(h11.EndOfMessage()))
        await self._writer.drain()

    def _bytes(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""

    def _tear_down(self) -> None:
        """Close with RST instead of FIN, like a crashed peer or an impatient proxy."""
        connection = self._writer.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
