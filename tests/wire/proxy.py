"""A small proxy: CONNECT for https, absolute addresses for http, and Basic authentication if asked."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import urlsplit

from tests.wire.server import Peer, Server

NAME = "api.test"
"""A name that only the proxy knows: it is this machine."""


class ProxyServer(Server):
    """Forwards what is meant for `NAME` to loopback, and all else where it says."""

    def __init__(self, *, user: str | None = None, password: str = "", answer: bytes | None = None) -> None:
        super().__init__(self._forward)
        self.asked: list[str] = []
        """The request lines that it got."""
        self._answer = answer
        login = f"{user}:{password}".encode()
        self._wanted = None if user is None else f"proxy-authorization: basic {base64.b64encode(login).decode()}"

    async def _forward(self, peer: Peer) -> None:
        head = await peer.head()
        line = head.partition("\r\n")[0]
        self.asked.append(line)
        if self._answer is not None:
            await peer.send(self._answer)
            return
        if self._wanted is not None and self._wanted.lower() not in head.lower():
            await peer.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = line.split()
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host = "127.0.0.1" if parts.hostname == NAME else parts.hostname
        reader, writer = await asyncio.open_connection(host, parts.port or 80)
        if method == "CONNECT":
            await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            writer.write(head.replace(target, parts.path, 1).encode("latin-1"))
        try:
            async with asyncio.TaskGroup() as pipes:
                pipes.create_task(_pipe(peer.reader, writer), name="server: forwards")
                pipes.create_task(_pipe(reader, peer.writer), name="server: forwards")
        finally:
            writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:  # one side broke off: so does the other
        writer.transport.abort()
    finally:
        writer.close()
