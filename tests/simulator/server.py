"""The server's side of a connection: h11 before the fake API, and answers that no API should give."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import math
from collections.abc import Callable
from typing import Any

import h11
import orjson

from batch_api.testing import FakeBatch
from batch_api.testing.wire import Reply, Request
from tests.simulator.ledger import Arrival, Ledger
from tests.simulator.network import Connection
from tests.simulator.trace import Trace

READ = 65_536
HTML = b"<!doctype html><title>Welcome</title><p>We will be back soon, and so is your error."
FIRST_IDLE = 60.0
"""Seconds to wait for the first request of a connection."""
ENDLESS = 40_000_000
"""Bytes of a body without end, after which the server has mercy."""


class Server:
    """Answers as the fake API does, unless `odd` names something else for a request."""

    def __init__(
        self,
        fake: FakeBatch,
        ledger: Ledger,
        trace: Trace,
        *,
        odd: Callable[[str, Connection], str | None],
        think: Callable[[], float],
    ) -> None:
        self._fake = fake
        self._ledger = ledger
        self._trace = trace
        self._odd = odd
        self._think = think
        self._paused_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, connection: Connection) -> None:
        """Answer requests on a connection until it ends."""
        task = asyncio.get_running_loop().create_task(self._run(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def pause(self, seconds: float) -> None:
        """Answer nothing for so long."""
        self._paused_until = asyncio.get_running_loop().time() + seconds

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- one connection ----------------------------------------------------------------------------------------------

    async def _run(self, connection: Connection) -> None:
        http = h11.Connection(h11.SERVER)
        patience = FIRST_IDLE
        try:
            while await self._serve_one(connection, http, patience):
                http.start_next_cycle()
                patience = connection.plan.idle
        except (ConnectionError, h11.RemoteProtocolError, TimeoutError):
            pass  # the client is gone, or too slow
        finally:
            connection.close_there()

    async def _serve_one(self, connection: Connection, http: h11.Connection, patience: float) -> bool:
        """Answer one request, if one comes in time. Whether there may be another."""
        async with asyncio.timeout(None if patience == math.inf else patience):
            head = await self._next_event(connection, http)
        if not isinstance(head, h11.Request):
            return False
        operation = self._operation(head)
        odd = self._odd(operation, connection)
        if odd is not None:
            self._trace(connection, f"{operation} meets {odd}")
        if odd in EARLY:
            await EARLY[odd](self, connection)
            return False
        body = bytearray()
        while isinstance(event := await self._next_event(connection, http), h11.Data):
            body += event.data
        return await self._answer(connection, http, head, operation, bytes(body), odd)

    async def _next_event(self, connection: Connection, http: h11.Connection) -> Any:
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await connection.up.receive(READ))
        return event

    def _operation(self, head: h11.Request) -> str:
        path = head.target.decode("ascii").partition("?")[0]
        found = self._fake._route(Request(head.method.decode(), path, "", {}, "https", _nothing))
        return "unknown" if found is None else found[0].name

    async def _answer(
        self,
        connection: Connection,
        http: h11.Connection,
        head: h11.Request,
        operation: str,
        body: bytes,
        odd: str | None,
    ) -> bool:
        await self._wait_until_ready(self._think())
        if odd in INSTEAD:
            status, headers, content = INSTEAD[odd]
            self._arrived(connection, operation, body, status, injected=True)
            return await self._send(connection, http, Reply(status, content, dict(headers)))
        if odd == "reset before":
            connection.tear_down_there()
            return False
        reply = await self._perform(connection, head, operation, body)
        await self._wait_until_ready(self._think())
        if odd == "reset after":
            connection.tear_down_there()
            return False
        if odd in RAW:
            await RAW[odd](connection, reply)
            return False
        if odd in BENT and reply.status < 300:
            reply = BENT[odd](reply)
        return await self._send(connection, http, reply)

    async def _perform(self, connection: Connection, head: h11.Request, operation: str, body: bytes) -> Reply:
        """What the API does."""
        path, _, query = head.target.decode("ascii").partition("?")
        headers = {name.decode(): value.decode() for name, value in head.headers}

        async def read() -> bytes:
            return body

        reply = await self._fake(Request(head.method.decode(), path, query, headers, "https", read))
        arrival = self._arrived(connection, operation, body, reply.status, injected=False)
        if reply.status < 300:
            told = orjson.loads(reply.body) if reply.body else {}
            partial = {error["bulk_index"] for error in told.get("errors", [])}
            numbers = self._ledger.taken(body, partial)
            self._trace("server", f"{operation} took {numbers}")
        else:
            self._trace("server", f"{operation} of {arrival.cost} answered {reply.status}")
        return reply

    def _arrived(self, connection: Connection, operation: str, body: bytes, status: int, *, injected: bool) -> Arrival:
        known = self._fake.api.operations.get(operation)
        cost = max(body.count(b'"zz'), 1) if known is not None and known.items is not None else 1
        now = asyncio.get_running_loop().time()
        arrival = Arrival(now, operation, cost, status, injected, not connection.is_closed_here)
        self._ledger.arrivals.append(arrival)
        return arrival

    async def _wait_until_ready(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        left = self._paused_until - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def _send(self, connection: Connection, http: h11.Connection, reply: Reply) -> bool:
        headers = {**reply.headers}
        if "content-length" not in headers and reply.status != 204:
            headers["content-length"] = str(len(reply.body))
        events = [
            h11.Response(status_code=reply.status, headers=list(headers.items())),
            *([h11.Data(data=reply.body)] if reply.body else []),
            h11.EndOfMessage(),
        ]
        connection.down.send(b"".join(http.send(event) or b"" for event in events))
        await connection.down.drain()
        return http.our_state is h11.DONE and http.their_state is h11.DONE


async def _nothing() -> bytes:
    return b""


# -- odd answers: instead of the API's, or made of it -----------------------------------------------------------------

JSON = {"content-type": "application/json"}
INSTEAD: dict[str, tuple[int, dict[str, str], bytes]] = {
    "429": (429, JSON, b'{"error_code":"TOO_MANY_REQUESTS","error_message":"slow down"}'),
    "429 with Retry-After": (429, {**JSON, "retry-after": "7"}, b'{"error_code":"TOO_MANY_REQUESTS"}'),
    "maintenance": (503, JSON, b'{"error_code":"MAINTENANCE_ERROR","error_message":"back soon"}'),
    "500": (500, JSON, b'{"error_code":"SERVER_ERROR","error_message":"oops"}'),
    "502 of a proxy": (502, {"content-type": "text/html"}, HTML),
    "408": (408, JSON, b'{"error_code":"REQUEST_TIMEOUT"}'),
    "200 of a proxy": (200, {"content-type": "text/html"}, HTML),
}
"""The API takes nothing."""


def _with(reply: Reply, body: bytes, **headers: str) -> Reply:
    kept = {name: value for name, value in reply.headers.items() if name != "content-length"}
    return Reply(reply.status, body, {**kept, **headers})


BENT: dict[str, Callable[[Reply], Reply]] = {
    "500 after": lambda reply: Reply(500, b'{"error_code":"SERVER_ERROR"}', dict(JSON)),
    "HTML after": lambda reply: _with(reply, HTML),
    "cut JSON": lambda reply: _with(reply, reply.body[: len(reply.body) // 2]),
    "gzip": lambda reply: _with(reply, gzip.compress(reply.body, mtime=0), **{"content-encoding": "gzip"}),
    "BOM": lambda reply: _with(reply, b"\xef\xbb\xbf" + reply.body),
}
"""The API took it, and its answer is made into this."""


def _plain(reply: Reply) -> bytes:
    head = f"HTTP/1.1 {reply.status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(reply.body)}\r\n\r\n"
    return head.encode() + reply.body


async def _early_hints(connection: Connection, reply: Reply) -> None:
    connection.down.send(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n" * 3 + _plain(reply))


async def _torn(connection: Connection, reply: Reply) -> None:
    content = _plain(reply)
    connection.down.send(content[: len(content) - len(reply.body) // 2 - 1])


async def _garbage(connection: Connection, reply: Reply) -> None:
    connection.down.send(b"\x00\x01\x02 no HTTP at all\r\n\r\n")


async def _endless(connection: Connection, reply: Reply) -> None:
    connection.down.send(f"HTTP/1.1 {reply.status} OK\r\ncontent-type: application/json\r\n\r\n".encode())
    chunk = b" " * 65_536
    for _ in range(ENDLESS // len(chunk)):
        if connection.is_closed_here or connection.up.end == "reset":
            return
        connection.down.send(chunk)
        await connection.down.drain()


RAW = {"103 first": _early_hints, "torn": _torn, "garbage": _garbage, "endless": _endless}
"""The API took it, and this is what its answer looks like on the wire; the connection ends with it."""


async def _early_413(server: Server, connection: Connection) -> None:
    content = b'{"error_code":"TOO_LARGE"}'
    head = f"HTTP/1.1 413 Content Too Large\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
    connection.down.send(head.encode() + content)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):  # it reads on for a while, as careful servers do
            while await connection.up.receive(READ):
                pass


async def _never(server: Server, connection: Connection) -> None:
    await asyncio.sleep(400)


EARLY = {"413 early": _early_413, "never read": _never}
"""The body is not waited for, and the API takes nothing."""

EVERY_ODD = [*INSTEAD, *BENT, *RAW, *EARLY, "reset before", "reset after"]
