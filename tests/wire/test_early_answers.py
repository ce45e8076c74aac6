"""An answer that comes while the body still goes out."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from batch_api import APIError, AuthenticationFailed, BatchError, Delivered, TransportError
from tests.wire import leaks
from tests.wire.conftest import MakeClient, edit
from tests.wire.server import Handler, Peer, Server, reply, size_of

LARGE: Any = edit(attributes={"a": "x" * 10_000_000})
# More than the kernel holds on both sides, and nothing that is sent again.
MUCH: Any = edit(attributes={"a": "x" * 30_000_000}, events=[{"name": "bought"}])
After = Callable[[Peer], Awaitable[None]]


async def closes(peer: Peer) -> None:
    """At once, with most of the body unread: the kernel says RST."""


async def lingers(peer: Peer) -> None:
    """Reads nothing more, and does not close either."""
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(60)


async def reads_on(peer: Peer) -> None:
    while await peer.reader.read(2**20):
        pass


def refuses(status: str, after: After) -> Handler:
    async def handler(peer: Peer) -> None:
        await peer.head()
        await peer.send(reply(b'{"error_code":"NO"}', status, "Connection: close"))
        await after(peer)

    return handler


@pytest.mark.parametrize("after", [closes, lingers, reads_on])
@pytest.mark.parametrize(("status", "error"), [("413 Content Too Large", APIError), ("401 No", AuthenticationFailed)])
async def test_a_refusal_is_read_and_acted_on(
    make_client: MakeClient, tls: ssl.SSLContext | None, status: str, error: type[APIError], after: After
) -> None:
    async with Server(refuses(status, after), tls=tls) as server, make_client(server.url) as client:
        with pytest.raises(error) as caught:
            async with asyncio.timeout(5):  # the timeout for what makes no progress is 30 s
                await client.profiles.update([MUCH])
        assert (caught.value.status, caught.value.outcome) == (int(status[:3]), "refused")
        assert len(caught.value.attempts) == 1
        assert leaks.in_use(client) == 0


async def test_ingest_halves_what_is_too_large(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    """The server takes 3 MB at most, and says so as soon as it has read the head."""

    async def at_most_3_mb(peer: Peer) -> None:
        while True:
            head = await peer.head()
            size = size_of(head)
            if size > 3_000_000:
                await peer.send(reply(b'{"error_code":"TOO_LARGE"}', "413 Content Too Large", "Connection: close"))
                return
            await peer.reader.readexactly(size)
            await peer.send(reply())

    edits = [edit(f"u{number}", attributes={"a": "x" * 1_000_000}) for number in range(10)]
    async with (
        Server(at_most_3_mb, tls=tls) as server,
        make_client(server.url) as client,
        client.profiles.ingest(edits, chunk_size=10) as job,
    ):
        fates = [fate async for fate in job]
    assert [type(fate) for fate in fates] == [Delivered] * 10


@pytest.mark.parametrize("status", ["100 Continue", "103 Early Hints"])
async def test_what_goes_before_the_answer_is_no_answer(
    make_client: MakeClient, tls: ssl.SSLContext | None, status: str
) -> None:
    async def hints(peer: Peer) -> None:
        while True:
            head = await peer.head()
            await peer.send(f"HTTP/1.1 {status}\r\nLink: </a>\r\n\r\n".encode() * 3)
            await peer.reader.readexactly(size_of(head))
            await peer.send(reply())

    async with Server(hints, tls=tls) as server, make_client(server.url) as client:
        for _ in range(2):
            result = await client.profiles.update([LARGE])
            assert result.errors == ()
        assert server.connections == 1


async def test_an_early_success_is_not_taken_for_that_of_half_a_body(
    make_client: MakeClient, tls: ssl.SSLContext | None
) -> None:
    """Whatever took half a body did not take what we sent."""

    async def takes_too_early(peer: Peer) -> None:
        await peer.head()
        await peer.send(reply())
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)
        peer.reset()

    async with Server(takes_too_early, tls=tls) as server, make_client(server.url) as client:
        with pytest.raises(BatchError) as caught:
            await client.profiles.update([MUCH])
        assert caught.value.outcome == "unknown"
        assert leaks.in_use(client) == 0


async def test_an_early_success_counts_once_the_rest_has_left(
    make_client: MakeClient, transport: str, tls: ssl.SSLContext | None
) -> None:
    """aiohttp stops sending at the end of the answer: the call has failed there, and says so."""

    async def takes_early(peer: Peer) -> None:
        size = size_of(await peer.head())
        await peer.send(reply())
        received.append(len(await peer.reader.readexactly(size)))
        await reads_on(peer)

    received: list[int] = []
    async with Server(takes_early, tls=tls) as server, make_client(server.url) as client:
        if transport == "aiohttp":
            with pytest.raises(TransportError) as caught:
                await client.profiles.update([MUCH])
            assert (caught.value.stage, caught.value.outcome) == ("send", "unknown")
        else:
            await client.profiles.update([MUCH])
            await leaks.until(lambda: bool(received), "the rest of the body never came")
            assert received[0] > 30_000_000
