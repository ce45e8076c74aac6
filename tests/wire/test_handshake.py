"""The TLS handshake: a certificate that fails is final, all else is an outage."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from pathlib import Path

import pytest

from batch_api import BatchClient, DeadlineExceeded, Delivered, Sending, TransportError, Unsent
from batch_api.engine.attempt import Attempt
from tests.wire import leaks
from tests.wire.certificates import Certificates
from tests.wire.conftest import MakeClient, edit
from tests.wire.server import Greeting, Server, reset

pytestmark = pytest.mark.usefixtures("trusted", "quick")


async def closes(sock: socket.socket) -> bool:
    await asyncio.get_running_loop().sock_recv(sock, 100)
    return False


async def closes_at_once(sock: socket.socket) -> bool:
    return False


async def resets(sock: socket.socket) -> bool:
    await asyncio.get_running_loop().sock_recv(sock, 100)
    reset(sock)
    return False


async def speaks_http(sock: socket.socket) -> bool:
    loop = asyncio.get_running_loop()
    await loop.sock_recv(sock, 100)
    await loop.sock_sendall(sock, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    return False


async def stalls(sock: socket.socket) -> bool:
    await asyncio.sleep(60)
    return False


FAULTS: dict[str, Greeting] = {
    "closes": closes,
    "closes at once": closes_at_once,
    "resets": resets,
    "speaks http": speaks_http,
    "stalls": stalls,
}


class Outage:
    """A front that is away for some connections, then well."""

    def __init__(self, fault: Greeting, connections: int) -> None:
        self._fault = fault
        self.left = connections

    async def __call__(self, sock: socket.socket) -> bool:
        if self.left <= 0:
            return True
        self.left -= 1
        return await self._fault(sock)


def seconds_for(fault: str) -> float:
    """The timeout: short where the test must wait for it, long where a busy machine must not meet it."""
    return 0.2 if fault == "stalls" else 5


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_call_says_that_nothing_was_sent_and_that_it_may_pass(
    make_client: MakeClient, certificates: Certificates, transport: str, fault: str
) -> None:
    # aiohttp has one timeout for TCP and TLS, and does not tell which of them took so long.
    stage = "connect" if (transport, fault) == ("aiohttp", "stalls") else "tls"
    async with (
        Server(tls=certificates.server(), greet=FAULTS[fault]) as server,
        make_client(server.url, timeout=seconds_for(fault)) as client,
    ):
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([edit(events=[{"name": "bought"}])])
        error = caught.value
        assert (error.stage, error.outcome, error.may_pass, error.retry) == (stage, "not_sent", True, "later")
        assert len(error.attempts) == 5, "what never left may be sent again, with its events"
        assert {attempt.outcome for attempt in error.attempts} == {"not_sent"}
        assert leaks.in_use(client) == 0
        assert server.requests == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_ingest_rides_it_out(make_client: MakeClient, certificates: Certificates, fault: str) -> None:
    """12 connections fail: more than the 5 attempts of one call."""
    outage = Outage(FAULTS[fault], 12)
    fates: Counter[type] = Counter()
    async with (
        Server(tls=certificates.server(), greet=outage) as server,
        make_client(server.url, timeout=seconds_for(fault)) as client,
        client.profiles.ingest([edit(f"u{number}") for number in range(100)], chunk_size=100) as job,
    ):
        async for fate in job:
            fates[type(fate)] += 1
    assert fates == {Delivered: 100}
    assert outage.left == 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_buffer_rides_it_out(make_client: MakeClient, certificates: Certificates, fault: str) -> None:
    outage = Outage(FAULTS[fault], 12)
    trouble: list[object] = []
    async with (
        Server(tls=certificates.server(), greet=outage) as server,
        make_client(server.url, timeout=seconds_for(fault)) as client,
    ):
        async with client.profiles.buffer(sending=Sending(in_flight=1), on_trouble=trouble.append) as buffer:
            for number in range(20):
                await buffer.put(edit(f"b{number}"))
        assert trouble == []
        assert outage.left == 0
        sent = "".join(request.body.decode() for request in server.requests)
        assert all(sent.count(f'"b{number}"') == 1 for number in range(20))


def wrong_name(certificates: Certificates) -> ssl.SSLContext:
    return certificates.server("DNS:other.test")


def expired(certificates: Certificates) -> ssl.SSLContext:
    return certificates.server("IP:127.0.0.1", days=0)


def self_signed(certificates: Certificates) -> ssl.SSLContext:
    return certificates.self_signed()


@pytest.mark.parametrize("certificate", [wrong_name, expired, self_signed])
async def test_a_certificate_that_fails_is_final(
    make_client: MakeClient, certificates: Certificates, certificate: object
) -> None:
    assert callable(certificate)
    async with Server(tls=certificate(certificates)) as server, make_client(server.url) as client:
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([edit()])
        error = caught.value
        assert (error.stage, error.outcome, error.may_pass, error.retry) == ("tls", "not_sent", False, "never")
        assert len(error.attempts) == 1

        async with client.profiles.ingest([edit(f"u{number}") for number in range(10)]) as job:
            fates = [fate async for fate in job]
        assert [type(fate) for fate in fates] == [Unsent] * 10
        assert server.requests == []
        assert leaks.in_use(client) == 0


async def test_no_certificate_is_checked_by_the_name_of_another_host(
    make_client: MakeClient, certificates: Certificates
) -> None:
    async with Server(tls=certificates.server("DNS:localhost"), host="localhost") as server:
        async with make_client(server.url) as client:
            await client.profiles.update([edit()])
        async with make_client(server.url.replace("localhost", "127.0.0.1")) as client:
            with pytest.raises(TransportError):
                await client.profiles.update([edit()])


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_deadline_in_the_handshake_is_not_sent(
    make_client: MakeClient, certificates: Certificates, method: str
) -> None:
    async with (
        Server(tls=certificates.server(), greet=stalls) as server,
        make_client(server.url, deadline=0.05) as client,
    ):
        with pytest.raises(DeadlineExceeded) as caught:
            await one(client, method)
        assert caught.value.outcome == "not_sent"
        assert leaks.in_use(client) == 0


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_deadline_while_connecting_is_not_sent(
    make_client: MakeClient, certificates: Certificates, method: str, tls: ssl.SSLContext | None
) -> None:
    """The queue of a listening socket is full: the kernel drops what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        url = f"{'http' if tls is None else 'https'}://127.0.0.1:{full.getsockname()[1]}/2.11"
        async with make_client(url, deadline=0.1) as client:
            with pytest.raises(DeadlineExceeded) as caught:
                await one(client, method)
            assert caught.value.outcome == "not_sent"
            assert leaks.in_use(client) == 0


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_deadline_on_the_wire_is_unknown(
    make_client: MakeClient, tls: ssl.SSLContext | None, method: str
) -> None:
    async def never_answers(peer: object) -> None:
        await asyncio.sleep(60)

    async with Server(never_answers, tls=tls) as server, make_client(server.url, deadline=0.2) as client:
        with pytest.raises(DeadlineExceeded) as caught:
            await one(client, method)
        assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_nobody_listens(make_client: MakeClient, method: str, tls: ssl.SSLContext | None) -> None:
    async with Server(tls=tls) as server:
        url = server.url
    async with make_client(url) as client:
        with pytest.raises(TransportError) as caught:
            await one(client, method)
        error = caught.value
        assert (error.stage, error.outcome, error.retry) == ("connect", "not_sent", "later")


async def test_an_observer_sees_where_it_broke(
    make_client: MakeClient, certificates: Certificates, trusted: Path
) -> None:
    seen: list[Attempt] = []
    async with (
        Server(tls=certificates.server(), greet=Outage(resets, 2)) as server,
        make_client(server.url, observer=seen.append) as client,
    ):
        await client.profiles.update([edit()])
    assert [attempt.outcome for attempt in seen] == ["not_sent", "not_sent", "taken"]


async def one(client: BatchClient, method: str) -> None:
    await (client.profiles.update([edit()]) if method == "POST" else client.call("segment_list"))
