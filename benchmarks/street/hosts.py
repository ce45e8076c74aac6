"""Servers of raw sockets that answer as they are told, with a certificate made for the occasion."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

VERSION = "/2.11"
_MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1"
)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Certificate(NamedTuple):
    file: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@contextlib.contextmanager
def certificate() -> Iterator[Certificate]:
    """A certificate of localhost that this process trusts, as `SSL_CERT_FILE` says. Needs `openssl`."""
    with tempfile.TemporaryDirectory() as folder:
        made = Certificate(Path(folder, "cert.pem"), Path(folder, "key.pem"))
        command = [*_MAKE.split(), "-out", str(made.file), "-keyout", str(made.key)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        os.environ["SSL_CERT_FILE"] = str(made.file)
        yield made


class Host:
    """A server on loopback that counts the connections that are open."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.open = 0
        self.url = ""
        self.port = 0

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await self.handler(reader, writer)
        finally:
            self.open -= 1
            writer.close()


@contextlib.asynccontextmanager
async def hosting(handler: Handler, tls: Certificate | None = None, port: int = 0) -> AsyncIterator[Host]:
    """A host of `handler`, over TLS if there is a certificate."""
    host = Host(handler)
    context = tls.context if tls else None
    server = await asyncio.start_server(host._connected, "127.0.0.1", port, ssl=context, backlog=1024)
    host.port = server.sockets[0].getsockname()[1]
    host.url = url_of(host.port, tls)
    try:
        yield host
    finally:
        server.close()


def url_of(port: int, tls: Certificate | None) -> str:
    return f"https://localhost:{port}{VERSION}" if tls else f"http://127.0.0.1:{port}{VERSION}"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """A whole request; its head. Raises `EOFError` where none comes."""
    head = await reader.readuntil(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(sum(map(int, sizes)))
    return head


def reply(body: bytes = b'{"code":"SUCCESS"}', status: str = "202 Accepted", *headers: str) -> bytes:
    """The bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answering(answer: bytes, after: Callable[[], float] = lambda: 0.0) -> Handler:
    """The same to each request, after so many seconds."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await asyncio.sleep(after())
            writer.write(answer)
            await writer.drain()

    return handler


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Pass all bytes on to another port, and back."""
    there, back = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(262_144):
            writer.write(data)
            await writer.drain()
    writer.close()


class Process:
    """A server in a process of its own, that can be held up: nothing is lost then, and nothing moves."""

    def __init__(self, process: subprocess.Popen[str], first_line: str) -> None:
        self._process = process
        self.first_line = first_line

    @contextlib.asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def process(module: str, *options: object) -> Iterator[Process]:
    """Runs `python -m module`, whose first line of output says where it is."""
    command = [sys.executable, "-m", module, *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield Process(running, running.stdout.readline().strip())
        finally:
            running.terminate()
