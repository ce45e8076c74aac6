"""TCP and TLS for httpcore, on asyncio itself.

httpcore's own backend goes through anyio. Ours can be torn down at any moment without waiting (`Socket.abort`), keeps
reading while a body goes out, so that an early answer is seen, and costs less.
"""

from __future__ import annotations

import asyncio
import re
import select
import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from typing import Any, cast

import httpcore

_SLICE = 262_144
"""Bytes handed to the kernel at once. Each must make progress within the timeout, not the whole body."""
_MOST_UNREAD = 262_144
"""Bytes that may wait to be read before the peer is made to wait."""
_GATHERED = 65_536
"""A head and a small body leave in one packet: less than this is held until the answer is read."""
_NEXT_ADDRESS = 2.0
"""Seconds after which an address that does not answer is left for the next."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9])\d\d")


class HandshakeError(httpcore.ConnectError):
    """The TLS handshake failed."""


class HandshakeTimeout(httpcore.ConnectTimeout):
    """The TLS handshake took too long."""


class Network(httpcore.AsyncNetworkBackend):
    """Opens sockets in the running event loop."""

    def __init__(self) -> None:
        self._family: int | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Socket:
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(asyncio.get_running_loop(), host, port)
        except TimeoutError as error:  # also the kernel's ETIMEDOUT
            raise httpcore.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error

    async def _connect(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> Socket:
        """Try one address after the other, first those of the family that answered last.

        asyncio's own race of addresses loses the socket of a call that is cancelled as it connects.
        """
        addresses = await _addresses(loop, host, port)
        addresses.sort(key=lambda address: address[0] != self._family)
        for number, (family, address) in enumerate(addresses, start=1):
            is_last = number == len(addresses)
            try:
                async with asyncio.timeout(None if is_last else _NEXT_ADDRESS):
                    stream = await _opened(loop, family, address)
            except OSError:
                if is_last:
                    raise
            else:
                self._family = family
                return stream
        raise OSError("the host name has no address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Socket(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One TCP connection, with TLS or without. One task reads or writes at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._is_held = False  # reading is paused
        self._is_full = False  # the kernel takes no more for now
        self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._was_read = False  # since the last byte was written
        self._has_sent = False  # a byte of the request that is written now

    # -- what asyncio tells --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # that of uvloop is one by its methods alone

    def data_received(self, data: bytes) -> None:
        self._incoming += data
        if len(self._incoming) > _MOST_UNREAD and self._transport is not None:
            self._is_held = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    # -- what httpcore asks --------------------------------------------------------------------------------------

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At least one byte; none at the end. Raises `httpcore.ReadTimeout`, `ReadError`, and what `write` raises."""
        try:
            await self._flush(timeout)
        except httpcore.WriteError:
            if not self._incoming:
                raise
        self._was_read = True
        if not self._incoming and not self._ended:
            await self._wait(lambda: bool(self._incoming) or self._ended, timeout, httpcore.ReadTimeout)
        if not self._incoming and self._error is not None:
            raise httpcore.ReadError from self._error
        data = bytes(self._incoming[:max_bytes])
        del self._incoming[:max_bytes]
        if self._is_held and len(self._incoming) <= _MOST_UNREAD and not self._ended:
            self._is_held = False
            assert self._transport is not None  # noqa: S101
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take bytes; what is small leaves with what follows it.

        Raises `httpcore.WriteTimeout`; `WriteError`; `ConnectError` if the connection ended before any byte of the
        request left.
        """
        if self._was_read:
            self._was_read = self._has_sent = False
        if len(self._outgoing) + len(buffer) <= _GATHERED:
            self._outgoing += buffer
            return
        await self._flush(timeout)
        view = memoryview(buffer)
        for start in range(0, len(buffer), _SLICE):
            await self._send(view[start : start + _SLICE], timeout)

    async def aclose(self) -> None:
        self.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Socket:
        assert self._transport is not None  # noqa: S101
        try:
            async with asyncio.timeout(timeout):
                transport = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            self.abort()
            raise HandshakeTimeout from error
        except BaseException as error:
            self.abort()
            if isinstance(error, OSError | ValueError):  # a `ValueError`: no name that TLS can check
                raise HandshakeError from error
            raise
        if transport is None:
            raise HandshakeError("the connection was closed")
        self._transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._has_news()
        return None if self._transport is None else self._transport.get_extra_info(info)

    def abort(self) -> None:
        """Close at once, without waiting. Harmless to repeat."""
        if self._transport is not None:
            self._transport.abort()
        self._ended = True
        self._wake()

    # -- sending and waiting -------------------------------------------------------------------------------------

    async def _flush(self, timeout: float | None) -> None:
        if self._outgoing:
            data, self._outgoing = self._outgoing, bytearray()
            await self._send(memoryview(data), timeout)

    async def _send(self, data: memoryview, timeout: float | None) -> None:
        if not self._has_sent and (self._ended or self._incoming):
            raise httpcore.ConnectError("the connection was closed while it was idle") from self._error
        if self._ended or self._is_answered():
            raise httpcore.WriteError from self._error
        assert self._transport is not None  # noqa: S101
        self._has_sent = True
        self._transport.write(data)
        if self._is_full:
            await self._wait(
                lambda: not self._is_full or self._ended or self._is_answered(), timeout, httpcore.WriteTimeout
            )
            if self._is_full:
                raise httpcore.WriteError from self._error

    def _is_answered(self) -> bool:
        """Whether the server refused the request while its body was still going out. It need not read the rest."""
        start = 0
        while found := _STATUS.match(self._incoming, start):
            if found[1] >= b"3":
                return True
            end = self._incoming.find(b"\r\n\r\n", start)
            if found[1] != b"1" or end < 0:  # a success may come early, but only the whole request is one
                return False
            start = end + 4
        return False

    async def _wait(self, ready: Callable[[], bool], timeout: float | None, error: type[Exception]) -> None:
        until = None if timeout is None else self._loop.time() + timeout
        timer = None if until is None else self._loop.call_at(until, self._wake)
        try:
            while not ready():
                if until is not None and self._loop.time() >= until:
                    raise error
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _has_news(self) -> bool:
        """Whether the peer said something, or closed: of an idle connection it can only be the end."""
        if self._ended or self._incoming or self._transport is None or self._transport.is_closing():
            return True
        # The loop may not have looked yet.
        sock = self._transport.get_extra_info("socket")
        return sock is not None and _is_readable(sock.fileno())


def _is_readable(descriptor: int) -> bool:
    if descriptor < 0:
        return True
    if sys.platform == "win32":
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


async def _addresses(loop: asyncio.AbstractEventLoop, host: str, port: int) -> list[tuple[int, Any]]:
    try:  # a numeric address needs no thread
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


async def _opened(loop: asyncio.AbstractEventLoop, family: int, address: Any) -> Socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(sock, address)
        _, stream = await loop.create_connection(lambda: Socket(loop), sock=sock)
    except BaseException:
        sock.close()
        raise
    return stream
