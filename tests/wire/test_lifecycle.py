"""A client and the event loops it lives in."""

from __future__ import annotations

import asyncio
import gc
import ssl
import warnings
from collections.abc import Iterator

import pytest

from batch_api import BatchClient, ConfigurationError
from tests.wire import leaks
from tests.wire.conftest import MakeClient, edit
from tests.wire.server import Server, in_a_thread


@pytest.fixture
def server_elsewhere(tls: ssl.SSLContext | None) -> Iterator[Server]:
    """A server in a loop of its own: it outlives those of the client."""
    server = Server(tls=tls)
    with in_a_thread(server):
        yield server


def test_one_loop_after_another(make_client: MakeClient, server_elsewhere: Server) -> None:
    client = make_client(server_elsewhere.url)

    async def some_calls() -> None:
        await asyncio.gather(*(client.profiles.update([edit()]) for _ in range(5)))

    with leaks.no_warnings():
        asyncio.run(some_calls())
        held = leaks.sockets()
        for _ in range(59):
            asyncio.run(some_calls())
        # The loop that looks has two of its own.
        asyncio.run(leaks.until(lambda: leaks.sockets() <= held + 2, "sockets are held"))
    assert len(server_elsewhere.requests) == 300


async def test_dropped_without_being_closed(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async with Server(tls=tls) as server:
        client: BatchClient | None = make_client(server.url)
        assert client is not None
        await client.profiles.update([edit()])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client = None
            gc.collect()
            await asyncio.sleep(0.01)
            gc.collect()
        told = [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]
        caught.clear()  # a warning holds what it is about
        assert len(told) == 1, told
        assert "aclose" in told[0]
        await leaks.until(lambda: not server.now_open, "its socket is still open")


async def test_a_client_that_was_never_used_has_nothing_to_close(make_client: MakeClient) -> None:
    with leaks.no_warnings():
        make_client("https://api.test")


async def test_closed_twice_and_used_afterwards(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async with Server(tls=tls) as server:
        client = make_client(server.url)
        await client.aclose()  # never used
        async with client:
            await client.profiles.update([edit()])
        await client.aclose()
        await leaks.until(lambda: not server.now_open, "its socket is still open")
        with pytest.raises(ConfigurationError, match="closed"):
            await client.profiles.update([edit()])
        async with client:
            await client.profiles.update([edit()])
        assert len(server.requests) == 2


async def test_closed_with_calls_on_the_wire(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    """They fail at once, and are told to have been on the wire."""
    arrived = asyncio.Event()

    async def never_answers(peer: object) -> None:
        arrived.set()
        await asyncio.sleep(60)

    async with Server(never_answers, tls=tls) as server:
        client = make_client(server.url)
        waiting = asyncio.create_task(client.profiles.update([edit(events=[{"name": "bought"}])]))
        await arrived.wait()
        await asyncio.sleep(0.02)
        await client.aclose()
        async with asyncio.timeout(3):
            [error] = await asyncio.gather(waiting, return_exceptions=True)
        assert getattr(error, "outcome", None) == "unknown"
        await leaks.until(lambda: leaks.tasks() == {asyncio.current_task()}, "tasks are left")
