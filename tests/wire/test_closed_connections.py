"""Servers close connections when they like, and a call must not be lost for it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import Counter

import pytest

from batch_api import BatchClient, BatchError
from batch_api.engine.attempt import Attempt
from tests.wire import leaks
from tests.wire.conftest import MakeClient, edit
from tests.wire.server import Peer, Server, in_a_thread, reply


async def event_calls(client: BatchClient, count: int) -> Counter[str]:
    """Calls that may not be sent again, and how they end."""
    ends: Counter[str] = Counter()
    for number in range(count):
        try:
            await client.profiles.update([edit(f"u{number}", events=[{"name": "bought"}])])
            ends["ok"] += 1
        except BatchError as error:
            ends[error.outcome] += 1
    return ends


async def test_one_connection_carries_one_call_after_another(
    make_client: MakeClient, tls: ssl.SSLContext | None
) -> None:
    async with Server(tls=tls) as server, make_client(server.url) as client:
        for _ in range(50):
            await client.profiles.update([edit()])
        assert (server.connections, len(server.requests), leaks.in_use(client)) == (1, 50, 0)


@pytest.mark.parametrize("headers", [(), ("Connection: close",)])
async def test_closed_with_the_answer(
    make_client: MakeClient, tls: ssl.SSLContext | None, headers: tuple[str, ...]
) -> None:
    async def closes(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(reply(b"{}", "202 Accepted", *headers))

    async with Server(closes, tls=tls) as server, make_client(server.url) as client:
        ends = await event_calls(client, 50)
        assert ends["ok"] == len(server.requests)
        assert ends["ok"] >= (50 if headers else 48)
        await leaks.until(lambda: leaks.in_use(client) == 0, "connections are held")


async def test_closed_soon_after_each_answer(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async def closes_soon(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(reply())
        await asyncio.sleep(0.001)

    async with Server(closes_soon, tls=tls) as server, make_client(server.url) as client:
        ends = await event_calls(client, 300)
        assert ends["ok"] == len(server.requests)
        assert ends["ok"] >= 294


async def test_a_408_on_an_idle_connection_is_no_answer_to_the_next_call(
    make_client: MakeClient, tls: ssl.SSLContext | None
) -> None:
    async def tires(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(reply())
        await peer.send(reply(b"", "408 Request Timeout", "Connection: close"))

    async with Server(tires, tls=tls) as server, make_client(server.url) as client:
        for _ in range(20):
            assert await event_calls(client, 1) == {"ok": 1}
            await leaks.until(lambda: not server.now_open, "the server closed")
        assert len(server.requests) == 20


async def test_closed_while_the_loop_was_frozen(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    """The end of the connection is there, but the loop has not looked when the next call begins."""

    async def closes_soon(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(reply())
        await asyncio.sleep(0.005)

    server = Server(closes_soon, tls=tls)
    attempts: list[Attempt] = []
    with in_a_thread(server):
        async with make_client(server.url, observer=attempts.append) as client:
            for _ in range(10):
                assert await event_calls(client, 1) == {"ok": 1}
                time.sleep(0.03)
    assert len(server.requests) == 10
    assert len(attempts) == 10, "no attempt was wasted on a dead connection"


async def test_reset_in_the_middle_of_an_answer(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async def breaks(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{")
        peer.reset()

    async with Server(breaks, tls=tls) as server, make_client(server.url) as client:
        assert await event_calls(client, 3) == {"unknown": 3}
        assert leaks.in_use(client) == 0
        server.handler = server.take_all
        assert await event_calls(client, 1) == {"ok": 1}


async def test_an_answer_that_says_more_than_it_promised_is_not_read_by_the_next_call(
    make_client: MakeClient, tls: ssl.SSLContext | None
) -> None:
    async def talks_on(peer: Peer) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                server.requests.append(await peer.request())
                await peer.send(reply(b'{"code":"SUCCESS"}') + reply(b"", "500 Internal Server Error"))

    async with Server(talks_on, tls=tls) as server, make_client(server.url) as client:
        assert await event_calls(client, 20) == {"ok": 20}
        assert server.connections == 20


async def test_whatever_is_sent_again_is_an_attempt_of_ours(
    make_client: MakeClient, tls: ssl.SSLContext | None, quick: None
) -> None:
    """HTTP libraries like to send a GET once more by themselves, past all limits and unseen."""

    async def answers_the_first(peer: Peer) -> None:
        server.requests.append(await peer.request())
        await peer.send(reply(b"{}", "200 OK"))
        server.requests.append(await peer.request())

    attempts: list[Attempt] = []
    async with (
        Server(answers_the_first, tls=tls) as server,
        make_client(server.url, observer=attempts.append) as client,
    ):
        for _ in range(5):
            await client.call("segment_list")
        assert len(attempts) == len(server.requests) > 5
