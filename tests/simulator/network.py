"""A network in memory: pipes with latency, and all that may happen to them.

What goes into a `Pipe` comes out after its latency, in order. A `Connection` has two of them. The client's end is an
asyncio transport, on which the SDK's own `Socket` sits as on any other; the server's end is in server.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import ssl
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Literal, NamedTuple

from batch_api.engine.wire import network as wire
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
    """Seconds that something takes: `least`, and up to `jitter` more."""

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
        self._moved = asyncio.Event()
        self.end: End | None = None
        """How it ended, once that has arrived."""
        self.is_deaf = False
        """Whether the reader is gone."""
        self.on_move: Callable[[], None] = _nothing
        """Called when something has arrived, or was read."""
        self.on_cut: Callable[[], None] = _nothing
        """Called when it breaks under way."""
        self.on_lost: Callable[[], None] = _nothing
        """Called when bytes arrive where nobody reads any more."""

    # -- the writer's side ---------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Put bytes on their way, as many as get through."""
        kept = data[: int(min(self._left, len(data)))]
        self._left -= len(kept)
        size = len(kept) if self._bytes_per_second == math.inf else max(int(self._bytes_per_second * PIECE), 1)
        for start in range(0, len(kept), size or 1):
            piece = kept[start : start + size]
            self._on_the_way += len(piece)
            self._schedule(self._arrive, piece, slow=len(piece) / self._bytes_per_second)
        if len(kept) < len(data):
            self.on_cut()

    def send_end(self, end: End) -> None:
        """Nothing comes after this."""
        self._schedule(self._arrive_end, end)

    @property
    def has_room(self) -> bool:
        return self._on_the_way + len(self._unread) <= WINDOW or self.end == "reset" or self.is_deaf

    async def drain(self) -> None:
        """Wait until there is room for more."""
        while not self.has_room:
            self._moved.clear()
            await self._moved.wait()

    # -- the reader's side ---------------------------------------------------------------------------------------

    def take(self, most: int) -> bytes:
        """What has come."""
        data = bytes(self._unread[:most])
        del self._unread[:most]
        self._has_moved()
        return data

    async def receive(self, most: int) -> bytes:
        """What comes next; empty at the end. Raises `ConnectionResetError`."""
        while not self._unread and self.end is None:
            self._moved.clear()
            await self._moved.wait()
        if not self._unread and self.end == "reset":
            raise ConnectionResetError("connection reset by peer")
        return self.take(most)

    def stop_reading(self) -> None:
        """The reader is gone."""
        self.is_deaf = True
        self._has_moved()

    @property
    def has_unread(self) -> bool:
        return bool(self._unread)

    # -- under way -----------------------------------------------------------------------------------------------

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
        elif self.end is None:
            self._unread += data
        self._has_moved()

    def _arrive_end(self, end: End) -> None:
        if self.end != "reset":
            self.end = end
        self._has_moved()

    def _has_moved(self) -> None:
        self._moved.set()
        self.on_move()


class Connection:
    """Two pipes, and who has closed them."""

    def __init__(self, network: Network, number: int, plan: Plan, owner: Process | None) -> None:
        self.number = number
        self.plan = plan
        self.owner = owner
        self.up = Pipe(network, "up", plan.cut_up, math.inf)
        self.down = Pipe(network, "down", plan.cut_down, plan.bytes_per_second)
        self.up.on_cut = self.down.on_cut = self._cut
        self.up.on_lost = lambda: self.down.send_end("reset")  # as a kernel answers for a socket that is closed
        self.is_closed_here = False
        self.is_used = True
        """Whether a request went out on it lately."""
        self._trace = network.trace

    def close_here(self) -> None:
        """The client is done with it."""
        if not self.is_closed_here:
            self.is_closed_here = True
            self._trace(self, "closed by the client")
            self.up.send_end("fin")
            self.down.stop_reading()

    def close_there(self) -> None:
        """The server is done with it."""
        self.up.stop_reading()
        self.down.send_end("fin")

    def tear_down_there(self) -> None:
        """The server answers no more, and says so rudely."""
        self.up.stop_reading()
        self.down.send_end("reset")

    def _cut(self) -> None:
        self._trace(self, f"cut ({self.plan.cut})")
        self.up.send_end(self.plan.cut)
        self.down.send_end(self.plan.cut)

    def __str__(self) -> str:
        return f"connection {self.number}"


class Transport(asyncio.Transport):
    """The client's end, to asyncio."""

    def __init__(self, network: Network, connection: Connection, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._network = network
        self._connection = connection
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._is_held = False
        self._is_full = False
        self._is_closing = False
        connection.up.on_move = self._look_for_room
        connection.down.on_move = self._look_for_news

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing:
            return
        self._connection.is_used = True
        self._network.on_sent(self._connection, bytes(data))
        self._connection.up.send(bytes(data))
        if not self._connection.up.has_room and not self._is_full:
            self._is_full = True
            self._protocol.pause_writing()

    def pause_reading(self) -> None:
        self._is_held = True

    def resume_reading(self) -> None:
        self._is_held = False
        self._loop.call_soon(self._look_for_news)

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    async def shake_hands(self) -> None:
        """As TLS would: two round trips. Raises what it would raise."""
        how = self._connection.plan.handshake
        await self._network.round_trip()
        if how == "stalls":
            await self._loop.create_future()
        if how == "certificate":
            raise ssl.SSLCertVerificationError("self-signed certificate")
        if how != "well":
            raise ConnectionResetError("the connection was lost in the handshake")
        await self._network.round_trip()

    def _look_for_room(self) -> None:
        if self._is_full and self._connection.up.has_room and self._is_alive:
            self._is_full = False
            self._protocol.resume_writing()

    def _look_for_news(self) -> None:
        down = self._connection.down
        if self._is_held or self._is_closing or not self._is_alive:
            return
        if down.has_unread:
            self._protocol.data_received(down.take(WINDOW))
        elif down.end == "reset":
            self._end(ConnectionResetError("connection reset by peer"))
        elif down.end == "fin":
            self._protocol.eof_received()
            self._end(None)

    @property
    def _is_alive(self) -> bool:
        owner = self._connection.owner
        return owner is None or owner.is_alive

    def _end(self, error: Exception | None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._connection.close_here()
            self._loop.call_soon(self._protocol.connection_lost, error)


class Network(wire.Network):
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
        super().__init__()
        self.trace = trace
        self.latency = latency
        self.on_sent = on_sent
        self.context = copy_context()
        self.connections: list[Connection] = []
        self._plan = plan
        self._serve = serve
        self._stalled = {"up": 0.0, "down": 0.0}

    def stall(self, seconds: float, directions: tuple[str, ...] = ("up", "down")) -> None:
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
        """Wait for as long as something takes to the other end and back."""
        held_up = max(max(self._stalled.values()) - asyncio.get_running_loop().time(), 0.0)
        await asyncio.sleep(held_up + self.latency() + self.latency())

    async def _connect(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> wire.Socket:
        """In place of a socket of the machine's."""
        plan = self._plan()
        await self.round_trip()
        if plan.connect == "hangs":
            await loop.create_future()
        if plan.connect == "refused":
            raise ConnectionRefusedError("connection refused")
        connection = Connection(self, len(self.connections), plan, current_process())
        self.connections.append(connection)
        self.trace(connection, "open")
        self.context.run(self._serve, connection)
        stream = wire.Socket(loop)
        stream.connection_made(Transport(self, connection, stream))
        return stream


def _nothing() -> None:
    """Nobody wants to know."""
