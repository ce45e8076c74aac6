"""A call may be cut at any moment: after each turn of the loop, in every way in which calls are cut."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest

from batch_api import BatchClient, DeadlineExceeded
from tests.wire import leaks
from tests.wire.certificates import Certificates
from tests.wire.conftest import KEY, PROJECT, UNLIMITED, MakeClient, edit
from tests.wire.proxy import ProxyServer
from tests.wire.server import Peer, Server, reply

MOST_TURNS = 400
"""Some 20 to 60 are needed; the rest is there to find a call that never ends."""
MOST_SECONDS = 3.0
"""For an ordinary call after one that was cut. It takes milliseconds; a client that has lost its connections waits for
its timeout of 30 s."""

Cut = Callable[[BatchClient, int], Awaitable[bool]]
"""Begins a call, cuts it after so many turns of the loop, and says whether it had ended by itself."""


async def call(client: BatchClient) -> None:
    await client.profiles.update([edit()])


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def by_cancel(client: BatchClient, after: int) -> bool:
    task = asyncio.create_task(call(client))
    await turns(after)
    task.cancel()
    await asyncio.wait([task])
    return not task.cancelled() and task.result() is None


async def by_two_cancels(client: BatchClient, after: int) -> bool:
    """The second comes while the first cleans up."""
    task = asyncio.create_task(call(client))
    await turns(after)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return not task.cancelled() and task.result() is None


async def by_failing_sibling(client: BatchClient, after: int) -> bool:
    async def fail() -> None:
        await turns(after)
        raise LookupError

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(call(client))
            group.create_task(fail())
    return not task.cancelled() and task.result() is None


async def by_timeout(client: BatchClient, after: int) -> bool:
    async def expire(scope: asyncio.Timeout) -> None:
        await turns(after)
        with contextlib.suppress(RuntimeError):  # the scope was left before
            scope.reschedule(0)

    try:
        async with asyncio.timeout(None) as scope:
            expiring = asyncio.create_task(expire(scope))
            await call(client)
    except TimeoutError:
        return False
    finally:
        expiring.cancel()
        await asyncio.wait([expiring])
    return True


async def by_deadline(client: BatchClient, after: int) -> bool:
    """The SDK's own: the clock jumps past it."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(call(client.with_options(deadline=0.5)))
    await turns(after)
    ended = task.done()
    now = loop.time
    loop.time = lambda: now() + 0.6  # type: ignore[method-assign]
    try:
        await task
    except DeadlineExceeded:
        return False
    return ended


WAYS: dict[str, Cut] = {
    "cancelled": by_cancel,
    "cancelled twice": by_two_cancels,
    "a sibling fails": by_failing_sibling,
    "asyncio.timeout": by_timeout,
    "deadline": by_deadline,
}


def plain_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def eager_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined, unused-ignore]
    return loop


def uvloop() -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = pytest.importorskip("uvloop").new_event_loop()
    return loop


needs_eager_tasks = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
OTHER_LOOPS = [pytest.param(uvloop, id="uvloop"), pytest.param(eager_loop, id="eager tasks", marks=needs_eager_tasks)]


def run(main: Coroutine[Any, Any, None], loop: Callable[[], asyncio.AbstractEventLoop] = plain_loop) -> None:
    """Run to the end of the loop, and look at what that leaves."""
    with leaks.no_warnings(), asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main)


async def answers_and_closes(peer: Peer) -> None:
    await peer.request()
    await peer.send(reply(b'{"code":"SUCCESS"}', "202 Accepted", "Connection: close"))


def each_moment() -> Iterator[int]:
    yield from range(MOST_TURNS)
    pytest.fail("the call never ended by itself")


async def cut_at_each_moment(cut: Cut, client: BatchClient) -> None:
    """After each cut nothing is held, and the next call succeeds at once."""
    await call(client)
    held = leaks.sockets()
    for moment in each_moment():
        ended = await cut(client, moment)
        assert leaks.in_use(client) == 0, f"cut after {moment} turns, a connection is held"
        async with asyncio.timeout(MOST_SECONDS):
            await call(client)
        assert leaks.tasks() == {asyncio.current_task()}
        if ended:
            break
    await leaks.until(lambda: leaks.sockets() <= held, "sockets are held")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("connection", ["fresh", "used before"])
def test_cut_at_each_moment(make_client: MakeClient, tls: ssl.SSLContext | None, connection: str, way: str) -> None:
    async def main() -> None:
        handler = answers_and_closes if connection == "fresh" else None
        async with Server(handler, tls=tls) as server, make_client(server.url) as client:
            await cut_at_each_moment(WAYS[way], client)

    run(main())


@pytest.mark.parametrize("loop", OTHER_LOOPS)
@pytest.mark.parametrize("connection", ["fresh", "used before"])
def test_on_other_loops(
    make_client: MakeClient,
    tls: ssl.SSLContext | None,
    connection: str,
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> None:
        handler = answers_and_closes if connection == "fresh" else None
        async with Server(handler, tls=tls) as server, make_client(server.url) as client:
            for way in ("cancelled", "a sibling fails", "asyncio.timeout"):
                await cut_at_each_moment(WAYS[way], client)

    run(main(), loop)


@pytest.mark.parametrize("way", ["cancelled", "asyncio.timeout", "deadline"])
@pytest.mark.parametrize("connection", ["fresh", "used before"])
def test_through_a_proxy(make_client: MakeClient, tls: ssl.SSLContext | None, connection: str, way: str) -> None:
    async def main() -> None:
        handler = answers_and_closes if connection == "fresh" else None
        async with (
            Server(handler, tls=tls) as server,
            ProxyServer() as proxy,
            make_client(server.url, proxy=proxy.origin) as client,
        ):
            await cut_at_each_moment(WAYS[way], client)

    run(main())


# -- where a call takes long ---------------------------------------------------------------------------------------


async def test_cut_while_a_large_body_goes_out(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    started = asyncio.Event()

    async def reads_nothing(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        started.set()
        await asyncio.sleep(60)

    async with Server(reads_nothing, tls=tls) as server, make_client(server.url) as client:
        large = asyncio.create_task(client.profiles.update([edit(attributes={"a": "x" * 10_000_000})]))
        await started.wait()
        await asyncio.sleep(0.05)
        large.cancel()
        await asyncio.wait([large])
        assert large.cancelled()
        assert leaks.in_use(client) == 0
        server.handler = server.take_all
        async with asyncio.timeout(MOST_SECONDS):
            await call(client)


async def test_cut_while_an_answer_trickles(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async def trickles(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await peer.send(b" ")
            await asyncio.sleep(0)

    async with Server(trickles, tls=tls) as server, make_client(server.url) as client:
        for moment in (1, 3, 10, 30, 31, 32, 33, 60, 100):
            slow = asyncio.create_task(call(client))
            await turns(moment)
            slow.cancel()
            await asyncio.wait([slow])
            assert leaks.in_use(client) == 0
        server.handler = server.take_all
        async with asyncio.timeout(MOST_SECONDS):
            await call(client)


async def test_cut_while_a_file_is_streamed(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async def gives_files(peer: Peer) -> None:
        while True:
            request = await peer.request()
            if request.line.startswith("POST"):
                await peer.send(reply())
            elif "/2.11" in request.line:
                await peer.send(reply(b"", "307 Temporary Redirect", f"Location: {server.origin}/file"))
            else:
                await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n")
                for _ in range(300):
                    await peer.send(b"x" * 100_000)

    received = 0

    async def download(client: BatchClient) -> None:
        nonlocal received
        async with client.exports.download("file_1") as stream:
            async for chunk in stream:
                received += len(chunk)

    async with Server(gives_files, tls=tls) as server, make_client(server.url) as client:
        for moment in range(0, 120, 7):
            task = asyncio.create_task(download(client))
            await turns(moment)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert leaks.in_use(client) == 0, f"cut after {moment} turns, a connection is held"
        assert received > 0, "no stream was cut in its middle"
        async with asyncio.timeout(MOST_SECONDS):
            await call(client)
        assert leaks.tasks() == {asyncio.current_task()}


async def test_many_at_once_at_random_moments(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    """A web backend under load whose callers give up."""
    dice = random.Random(1)

    async def one(client: BatchClient, after: int) -> bool:
        return await by_cancel(client, after)

    async with Server(tls=tls) as server, make_client(server.url) as client:
        ended: list[bool] = []
        for _ in range(15):
            ended += await asyncio.gather(*(one(client, dice.randrange(150)) for _ in range(20)))
        assert 0 < sum(ended) < len(ended)
        assert leaks.in_use(client) == 0
        async with asyncio.timeout(MOST_SECONDS):
            await asyncio.gather(*(call(client) for _ in range(50)))


@pytest.mark.parametrize("connection", ["fresh", "used before"])
def test_a_pool_of_httpx_that_the_caller_brings(
    certificates: Certificates, tls: ssl.SSLContext | None, connection: str
) -> None:
    """httpcore loses connections of cut calls; two that are lost are all there are."""

    async def main() -> None:
        handler = answers_and_closes if connection == "fresh" else None
        trust = ssl.create_default_context(cafile=certificates.ca)
        pool = httpx.AsyncHTTPTransport(verify=trust, limits=httpx.Limits(max_connections=2))
        async with (
            Server(handler, tls=tls) as server,
            BatchClient(KEY, PROJECT, base_url=server.url, limits=UNLIMITED, transport=pool) as client,
        ):
            await call(client)
            for number in range(200):
                await by_cancel(client, number % 60)
            async with asyncio.timeout(MOST_SECONDS):
                await call(client)
            await leaks.until(lambda: leaks.tasks() == {asyncio.current_task()}, "exchanges of cut calls go on")

    run(main())
