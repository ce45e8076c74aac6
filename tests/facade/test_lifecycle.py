"""From the first call of a client to its last: loops that end, clients that are dropped, processes that fork."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from batch_api import BatchClient, BatchError
from batch_api.testing import FakeBatch
from tests.facade.wire import KEY, PROJECT
from tests.programs import run

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}

# -- one client, many loops ------------------------------------------------------------------------------------------

SIXTY_RUNS = """
import asyncio
from pathlib import Path
from batch_api import BatchClient

client = BatchClient.from_env()

def sockets():
    return sum("socket:" in str(held.readlink()) for held in Path("/proc/self/fd").iterdir() if held.is_symlink())

async def ten_calls():
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            edit = {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"tier": "gold"}}
            group.create_task(client.profiles.update([edit]))

most = 0
for _ in range(60):
    asyncio.run(ten_calls())
    most = max(most, sockets())
asyncio.run(client.aclose())
print(most <= 10, sockets())
"""


def test_sixty_runs_of_one_client_hold_the_connections_of_one(served_api: FakeBatch) -> None:
    """Ten calls at a time use ten connections at most; the loops that ended have none."""
    assert run("-W", "error", "-c", SIXTY_RUNS) == "True 0\n"
    assert served_api.stats["profile_update"].accepted == 600


# -- clients that nobody closes --------------------------------------------------------------------------------------


def warnings_of(scenario: Callable[[], object]) -> list[str]:
    """The resource warnings that a scenario leaves behind, once all garbage is collected."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        scenario()
        gc.collect()
    return [str(warning.message) for warning in caught if warning.category is ResourceWarning]


def test_a_client_that_is_dropped_open_warns_once(served_api: FakeBatch) -> None:
    async def scenario() -> None:
        client = BatchClient.from_env()
        await client.profiles.update([EDIT])
        await client.audiences.create("vip")
        del client
        gc.collect()

    [warning] = warnings_of(lambda: asyncio.run(scenario()))
    assert "BatchClient" in warning
    assert "aclose" in warning


def test_a_client_that_is_dropped_after_its_loops_is_no_loss(served_api: FakeBatch) -> None:
    """Its connections were closed with them."""

    def scenario() -> None:
        client = BatchClient.from_env()
        for _ in range(3):
            asyncio.run(client.profiles.update([EDIT]))

    assert warnings_of(scenario) == []


def test_dropping_a_sibling_is_no_loss(served_api: FakeBatch) -> None:
    async def scenario() -> None:
        async with BatchClient.from_env() as client:
            await client.with_options(deadline=5).profiles.update([EDIT])
            await client.for_project(served_api.project_key).profiles.update([EDIT])
            gc.collect()
            await client.profiles.update([EDIT])

    assert warnings_of(lambda: asyncio.run(scenario())) == []


def test_a_sibling_keeps_the_connections_that_it_uses(served_api: FakeBatch) -> None:
    """As in `client = BatchClient.from_env().with_options(deadline=3)`."""

    async def scenario() -> None:
        client = BatchClient.from_env()
        sibling = client.with_options(deadline=5)
        await client.profiles.update([EDIT])
        del client
        gc.collect()
        assert gathered == []
        await sibling.profiles.update([EDIT])

    with warnings.catch_warnings(record=True) as gathered:
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(scenario())
        gc.collect()
    assert len(gathered) == 1


@pytest.mark.parametrize("how", ["never used", "closed", "left", "entered again and left", "with a given transport"])
def test_a_client_that_holds_nothing_goes_without_a_warning(how: str, served_api: FakeBatch) -> None:
    async def scenario() -> None:
        given = served_api.transport() if how == "with a given transport" else None
        client = BatchClient.from_env(transport=given)
        if how != "never used":
            await client.profiles.update([EDIT])
        if how == "closed":
            await client.aclose()
        if how in ("left", "entered again and left"):
            async with client:
                await client.profiles.update([EDIT])
        if how == "entered again and left":
            async with client:
                await client.profiles.update([EDIT])

    assert warnings_of(lambda: asyncio.run(scenario())) == []


def test_calls_that_wait_when_the_client_is_closed_leave_no_connection(served_api: FakeBatch) -> None:
    """On the wire or before the gate: each ends with its answer, or with an error that says what became of it."""
    edits: Any = [{"identifiers": {"custom_id": f"u{number}"}} for number in range(200)]

    async def scenario() -> None:
        async with BatchClient.from_env() as client:
            calls = [asyncio.create_task(client.profiles.update(edits)) for _ in range(6)]  # four go at once
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        for ended in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(ended, BaseException):
                assert isinstance(ended, BatchError)

    assert warnings_of(lambda: asyncio.run(scenario())) == []


# -- processes that fork ---------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Takes every edit, and remembers on which connection it came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections: dict[str, int] = {}
        """By custom id: the port that it came from."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/2.11"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        for edit in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            self.server.connections[edit["identifiers"]["custom_id"]] = self.client_address[1]
        answer = b'{"code": "SUCCESS"}'
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Where `BatchClient.from_env()` leads, in programs that are started."""
    with Server() as server:
        monkeypatch.setenv("BATCH_REST_API_KEY", KEY)
        monkeypatch.setenv("BATCH_PROJECT_KEY", PROJECT)
        monkeypatch.setenv("BATCH_BASE_URL", server.url)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        with contextlib.ExitStack() as stop:
            stop.callback(thread.join)
            stop.callback(server.shutdown)
            yield server


FORKED = """
import asyncio, os
from batch_api import BatchClient, ConfigurationError

client = BatchClient.from_env()

async def update(id):
    await client.profiles.update([{"identifiers": {"custom_id": id}, "attributes": {"tier": "gold"}}])

def fork(in_child):
    child = os.fork()
    if not child:
        status = 1
        try:
            in_child()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
"""

WHILE_THE_LOOP_RUNS = """
async def parent():
    async with client:
        await update("parent")
        fork(lambda: asyncio.run(update("child")))
        await update("parent again")

asyncio.run(parent())
"""

CHILD_CLOSES = """
async def child():
    await update("child")
    await client.aclose()

async def parent():
    async with client:
        await update("parent")
        fork(lambda: asyncio.run(client.aclose()))
        await update("parent, 2")
        fork(lambda: asyncio.run(child()))
        await update("parent again")

asyncio.run(parent())
"""

AFTER_THE_LOOP = """
asyncio.run(update("before"))
fork(lambda: asyncio.run(update("child")))
asyncio.run(update("parent"))
asyncio.run(client.aclose())
"""

IN_THE_SAME_LOOP = """
def child():
    try:
        runner.run(update("child"))
    except ConfigurationError as error:
        assert error.outcome == "not_sent" and "fork" in str(error)
    else:
        raise AssertionError("it wrote to the connection of its parent")

with asyncio.Runner() as runner:
    runner.run(update("parent"))
    fork(child)
    runner.run(update("parent again"))
    runner.run(client.aclose())
"""


def test_a_child_forked_while_the_loop_runs_has_its_own_connection(server: Server) -> None:
    run("-c", FORKED + WHILE_THE_LOOP_RUNS)
    came_on = server.connections
    assert came_on["parent"] == came_on["parent again"]
    assert came_on["child"] != came_on["parent"]


def test_a_child_that_closes_the_client_leaves_its_parents_connection_alone(server: Server) -> None:
    run("-c", FORKED + CHILD_CLOSES)
    came_on = server.connections
    assert came_on["parent"] == came_on["parent, 2"] == came_on["parent again"]
    assert came_on["child"] != came_on["parent"]


def test_a_child_forked_after_the_loop_has_its_own_connection(server: Server) -> None:
    run("-c", FORKED + AFTER_THE_LOOP)
    assert len({server.connections[id] for id in ("before", "child", "parent")}) == 3


def test_a_loop_that_was_forked_is_refused_before_anything_is_sent(server: Server) -> None:
    """Parent and child would write to one connection, and read each other's answers."""
    run("-c", FORKED + IN_THE_SAME_LOOP)
    assert set(server.connections) == {"parent", "parent again"}
    assert server.connections["parent"] == server.connections["parent again"]
