"""A server of raw sockets, for what no HTTP library would do to its clients."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

TAKEN = b'{"code":"SUCCESS"}'


def reply(body: bytes = TAKEN, status: str = "202 Accepted", *headers: str) -> bytes:
    """The bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Request(NamedTuple):
    """What a client sent."""

    head: str
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition("\r\n")[0]


class Peer:
    """One connection, seen from the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self) -> str:
        """The next request, up to its body. Raises `IncompleteReadError` where the client closes."""
        return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def request(self) -> Request:
        head = await self.head()
        return Request(head, await self.reader.readexactly(size_of(head)))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection by RST."""
        reset(self.writer.get_extra_info("socket"))
        self.writer.transport.abort()


def size_of(head: str) -> int:
    """Bytes of the body that a head announces."""
    sizes = [line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    return sum(map(int, sizes))


def reset(sock: socket.socket) -> None:
    """Let the close of a socket be an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Handler = Callable[[Peer], Awaitable[None]]
Greeting = Callable[[socket.socket], Awaitable[bool]]


class Server:
    """Serves each connection by a handler, which may do as it likes; when it returns, the connection is closed.

    Args:
        handler: By default every request is taken.
        tls: Makes it https.
        greet: Gets each socket before anything is read; says whether to go on with it.
        host: What its address names.
    """

    def __init__(
        self,
        handler: Handler | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        greet: Greeting | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.handler = handler or self.take_all
        self.greet = greet
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self.origin = f"{'http' if self._tls is None else 'https'}://{self._host}:{self.port}"
        self.url = f"{self.origin}/2.11"
        self._accepting = asyncio.create_task(self._accept(), name="server: accepts")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._accepting.cancel()
        tasks = [self._accepting, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._socket.close()
        await asyncio.sleep(0)
        for task in tasks:
            if not task.cancelled():
                task.result()

    @property
    def now_open(self) -> int:
        """Connections that a handler serves."""
        return len(self._tasks)

    async def take_all(self, peer: Peer) -> None:
        while True:
            self.requests.append(await peer.request())
            await peer.send(reply())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(self._socket)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            task = loop.create_task(self._serve(sock), name="server: serves")
            self._tasks.add(task)
            task.add_done_callback(self._served)

    def _served(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)  # what went wrong in a handler is raised at the end

    async def _serve(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**20)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            if self.greet is not None and not await self.greet(sock):
                sock.close()
                return
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=self._tls)
        except OSError:  # the client left in the handshake
            return
        except BaseException:
            sock.close()
            raise
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self.handler(Peer(reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.contextmanager
def in_a_thread(server: Server) -> Iterator[None]:
    """Serve in an event loop of its own."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with server:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
