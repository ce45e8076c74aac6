"""Answers are bounded; files are not."""

from __future__ import annotations

import asyncio
import ssl
import time
import tracemalloc
from typing import Any

import pytest

from batch_api import BatchClient, BatchError, ServerError, TransportError
from tests.wire import leaks
from tests.wire.conftest import MakeClient, edit
from tests.wire.server import Handler, Peer, Server, reply

pytestmark = pytest.mark.usefixtures("quick")

PIECE = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
EVENT: Any = edit(events=[{"name": "bought"}])


def never_ends(status: str) -> Handler:
    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            await peer.send(PIECE)
            await asyncio.sleep(0)

    return handler


def of_bytes(size: int) -> Handler:
    async def handler(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(reply(b'"' + b"x" * (size - 2) + b'"'))

    return handler


@pytest.mark.parametrize(
    ("status", "operation", "error", "outcome"),
    [
        ("202 Accepted", "profile_update", TransportError, "unknown"),
        ("200 OK", "segment_list", TransportError, "unknown"),
        ("500 Internal Server Error", "profile_update", ServerError, "unknown"),
        ("401 Unauthorized", "profile_update", BatchError, "refused"),
    ],
)
async def test_a_body_without_end_ends_soon(
    make_client: MakeClient,
    tls: ssl.SSLContext | None,
    status: str,
    operation: str,
    error: type[BatchError],
    outcome: str,
) -> None:
    async with Server(never_ends(status), tls=tls) as server, make_client(server.url, deadline=60) as client:
        began = time.monotonic()
        tracemalloc.start()
        try:
            with pytest.raises(error) as caught:
                await call(client, operation)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert caught.value.outcome == outcome
        assert time.monotonic() - began < 30
        assert most < 40_000_000
        assert leaks.in_use(client) == 0
        assert isinstance(caught.value, TransportError) == (status[0] == "2")
        if isinstance(caught.value, TransportError):
            assert "ResponseTooLarge" in str(caught.value)


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (200_000, False)])
async def test_the_bound_is_the_callers(
    make_client: MakeClient, tls: ssl.SSLContext | None, size: int, fits: bool
) -> None:
    async with (
        Server(of_bytes(size), tls=tls) as server,
        make_client(server.url, max_response_bytes=1000) as client,
    ):
        if fits:
            assert len((await client.call("segment_list")).content) == size
        else:
            with pytest.raises(TransportError):
                await client.call("segment_list")
        assert leaks.in_use(client) == 0


async def test_files_may_be_larger_than_the_bound(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async def gives_a_file(peer: Peer) -> None:
        while True:
            request = await peer.request()
            if "/2.11" in request.line:
                await peer.send(reply(b"", "307 Temporary Redirect", f"Location: {server.origin}/file"))
            else:
                assert "authorization" not in request.head.lower()
                await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
                for _ in range(200):
                    await peer.send(b"x" * 100_000)

    received = 0
    async with (
        Server(gives_a_file, tls=tls) as server,
        make_client(server.url, max_response_bytes=1000) as client,
        client.exports.download("file_1") as stream,
    ):
        async for chunk in stream:
            received += len(chunk)
    assert received == 20_000_000


@pytest.mark.parametrize("head", [b"HTTP/1.1 202 Accepted\r\n", b"HTTP/1.1 202 Accepted\r\nX: "])
async def test_a_head_without_end_ends_soon(make_client: MakeClient, tls: ssl.SSLContext | None, head: bytes) -> None:
    async def never_comes_to_its_body(peer: Peer) -> None:
        await peer.request()
        await peer.send(head)
        while True:
            await peer.send(b"X: y\r\n" * 5000 if head.endswith(b"\n") else b"x" * 30_000)
            await asyncio.sleep(0)

    async with Server(never_comes_to_its_body, tls=tls) as server, make_client(server.url, deadline=60) as client:
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([EVENT])
        assert caught.value.outcome == "unknown"
        assert time.monotonic() - began < 30
        assert leaks.in_use(client) == 0


async def call(client: BatchClient, operation: str) -> Any:
    if operation == "profile_update":
        return await client.profiles.update([EVENT])
    return await client.call(operation)
