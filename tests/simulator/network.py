"""A network in memory: pipes with latency, and all that may happen to them, behind the public interface of httpcore.

What goes into a `Pipe` comes out after its latency, in order. A `Connection` has two of them; the client's end is a
`Stream`, the server's end is in server.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import ssl
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import Any, Literal, NamedTuple

import httpcore

from tests.simulator.machine import Process, current_process
from tests.simulator.trace import Trace

WINDOW = 65_536
"""Bytes that may be on their way, or wait to be read, before a writer waits."""
PIECE = 0.1
"""Seconds between two pieces of what trickles."""

End = Literal["fin", "reset"]


@dataclasses.dataclass(slots=True)
class Plan:
    """What will become of a connection."""

    connect: Literal["accepted", "refused", "hangs"] = "accepted"
    handshake: Literal["well", "fin", "reset", "stalls", "certificate"] = "well"
    cut_up: float = math.inf
    """After so many bytes from the client it breaks ..."""
    cut_down: float = math.inf
    """... or after so many from the server ..."""
    cut: End = "reset"
    """... and so."""
    bytes_per_second: float = math.inf
    """How fast the server's bytes come."""
    idle: float = math.inf
    """Seconds without a request after which the server closes it."""


class Latency(NamedTuple):
    """Seconds that a byte takes: `least`, and up to `jitter` more."""

    least: float
    jitter: float


class Pipe:
    """One direction of a connection."""

    def __init__(self, network: Network, direction: str, cut: float, bytes_per_second: float) -> None:
        self._network = network
        self._direction = direction
        self._left = cut
        self._bytes_per_second = bytes_per_second
        self._loop = asyncio.get_running_loop()
        self._latest = 0.0
        self._unread = bytearray()
        self._on_the_way = 0
        self._end: End | None = None
        self._moved = asyncio.Event()
        self.on_cut: Callable[[], None] = _nothing
        self.on_lost: Callable[[], None] = _nothing
        """Called when bytes arrive where nobody reads any more."""
        self.is_deaf = False
        """Whether the reader is gone."""

    def send(self, data: bytes) -> None:
        """Put bytes on their way, as many as get through."""
        kept = data[: int(min(self._left, len(data)))]
        self._left -= len(kept)
        size = len(kept) if self._bytes_per_second == math.inf else max(int(self._bytes_per_second * PIECE), 1)
        for start in range(0, len(kept), size or 1):
            self._put(kept[start : start + size])
        if len(kept) < len(data):
            self.on_cut()

    def end(self, end: End) -> None:
        """Nothing comes after this."""
        self._schedule(self._arrive_end, end)

    async def drain(self) -> None:
        """Wait until there is room for more. Raises `ConnectionResetError`."""
        while self._on_the_way + len(self._unread) > WINDOW and self._end != "reset" and not self.is_deaf:
            self._moved.clear()
            await self._moved.wait()

    async def receive(self, most: int) -> bytes:
        """What has come; empty at the end. Raises `ConnectionResetError`."""
        while not self._unread and self._end is None:
            self._moved.clear()
            await self._moved.wait()
        if not self._unread and self._end == "reset":
            raise ConnectionResetError("connection reset by peer")
        data = bytes(self._unread[:most])
        del self._unread[:most]
        self._moved.set()
        return data

    @property
    def is_readable(self) -> bool:
        return bool(self._unread) or self._end is not None

    @property
    def was_reset(self) -> bool:
        return self._end == "reset"

    def _put(self, data: bytes) -> None:
        self._on_the_way += len(data)
        self._schedule(self._arrive, data, slow=len(data) / self._bytes_per_second)

    def _schedule(self, arrive: Callable[..., None], what: object, *, slow: float = 0.0) -> None:
        """In the network's own name: what is on its way arrives, whatever becomes of the sender."""
        network = self._network
        soonest = max(self._loop.time() + network.latency(), network.stalled_until(self._direction))
        self._latest = max(soonest, math.nextafter(self._latest, math.inf)) + slow
        self._loop.call_at(self._latest, arrive, what, context=network.context)

    def _arrive(self, data: bytes) -> None:
        self._on_the_way -= len(data)
        if self.is_deaf:
            self.on_lost()
        elif self._end is None:
            self._unread += data
        self._moved.set()

    def _arrive_end(self, end: End) -> None:
        if self._end != "reset":
            self._end = end
        self._moved.set()


class Connection:
    """Two pipes, and who has closed them."""

    def __init__(self, network: Network, number: int, plan: Plan, owner: Process | None) -> None:
        self.number = number
        self.plan = plan
        self.owner = owner
        self.up = Pipe(network, "up", plan.cut_up, math.inf)
        self.down = Pipe(network, "down", plan.cut_down, plan.bytes_per_second)
        self.up.on_cut = self.down.on_cut = self._cut
        self.up.on_lost = lambda: self.down.end("reset")  # as a kernel answers for a socket that is closed
        self.is_closed_here = False
        self.is_used = True
        """Whether a request went out on it lately."""
        self._trace = network.trace

    def close_here(self) -> None:
        """The client is done with it."""
        if not self.is_closed_here:
            self.is_closed_here = self.down.is_deaf = True
            self._trace(self, "closed by the client")
            self.up.end("fin")

    def close_there(self) -> None:
        """The server is done with it."""
        self.up.is_deaf = True
        self.down.end("fin")

    def tear_down_there(self) -> None:
        """The server answers no more, and says so rudely."""
        self.up.is_deaf = True
        self.down.end("reset")

    def _cut(self) -> None:
        self._trace(self, f"cut ({self.plan.cut})")
        self.up.end(self.plan.cut)
        self.down.end(self.plan.cut)

    def __str__(self) -> str:
        return f"connection {self.number}"


class Stream(httpcore.AsyncNetworkStream):
    """The client's end."""

    def __init__(self, network: Network, connection: Connection) -> None:
        self._network = network
        self._connection = connection

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._check_open(httpcore.ReadError)
        try:
            async with asyncio.timeout(timeout):
                await asyncio.sleep(0)
                return await self._connection.down.receive(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except ConnectionError as error:
            raise httpcore.ReadError from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._check_open(httpcore.WriteError)
        if not buffer:
            return
        await asyncio.sleep(0)
        if self._connection.down.was_reset:
            raise httpcore.WriteError from ConnectionResetError("connection reset by peer")
        try:
            async with asyncio.timeout(timeout):
                self._connection.is_used = True
                self._network.on_sent(self._connection, bytes(buffer))
                self._connection.up.send(bytes(buffer))
                await self._connection.up.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error

    async def aclose(self) -> None:
        self._connection.close_here()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            await self._shake_hands(timeout)
        except BaseException:
            self._connection.close_here()
            raise
        return Stream(self._network, self._connection)

    async def _shake_hands(self, timeout: float | None) -> None:
        network, how = self._network, self._connection.plan.handshake
        try:
            async with asyncio.timeout(timeout):
                await network.round_trip()
                if how == "stalls":
                    await asyncio.get_running_loop().create_future()
        except TimeoutError as error:
            error.__context__ = ssl.SSLWantReadError("the operation did not complete")
            raise httpcore.ConnectTimeout from error
        if how == "well":
            await network.round_trip()
        elif how == "fin":
            raise httpcore.ConnectError from ssl.SSLEOFError("unexpected EOF while reading")
        elif how == "certificate":
            raise httpcore.ConnectError from ssl.SSLCertVerificationError("self-signed certificate")
        else:
            raise httpcore.ConnectError from ConnectionResetError("connection reset by peer")

    def get_extra_info(self, info: str) -> Any:
        return self._connection.down.is_readable if info == "is_readable" else None

    def _check_open(self, error: type[Exception]) -> None:
        if self._connection.is_closed_here:
            raise error("the stream is closed")


class Network(httpcore.AsyncNetworkBackend):
    """What clients connect through."""

    def __init__(
        self,
        trace: Trace,
        *,
        latency: Callable[[], float],
        plan: Callable[[], Plan],
        serve: Callable[[Connection], None],
        on_sent: Callable[[Connection, bytes], None],
    ) -> None:
        self.trace = trace
        self.latency = latency
        self.on_sent = on_sent
        self.context = copy_context()
        self._plan = plan
        self._serve = serve
        self._stalled = {"up": 0.0, "down": 0.0}
        self.connections: list[Connection] = []

    def stall(self, seconds: float, directions: Iterable[str] = ("up", "down")) -> None:
        """Hold back what is sent from now on, for so many seconds."""
        for direction in directions:
            self._stalled[direction] = asyncio.get_running_loop().time() + seconds

    def stalled_until(self, direction: str) -> float:
        return self._stalled[direction]

    @property
    def open_here(self) -> list[Connection]:
        """Those that a client holds open."""
        return [one for one in self.connections if not one.is_closed_here]

    def forget_use(self) -> None:
        """From now on, notice which connections are used."""
        for connection in self.connections:
            connection.is_used = False

    def hang_up(self, process: Process) -> None:
        """As a kernel does for a process that is gone."""
        for connection in self.open_here:
            if connection.owner is process:
                connection.close_here()

    async def round_trip(self) -> None:
        now = asyncio.get_running_loop().time()
        stalled = max(max(self._stalled.values()) - now, 0.0)
        await asyncio.sleep(stalled + self.latency() + self.latency())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        plan = self._plan()
        try:
            async with asyncio.timeout(timeout):
                await self.round_trip()
                if plan.connect == "hangs":
                    await asyncio.get_running_loop().create_future()
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        if plan.connect == "refused":
            raise httpcore.ConnectError from ConnectionRefusedError("connection refused")
        connection = Connection(self, len(self.connections), plan, current_process())
        self.connections.append(connection)
        self.trace(connection, "open")
        self.context.run(self._serve, connection)
        return Stream(self, connection)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _nothing() -> None:
    """Nobody wants to know."""
