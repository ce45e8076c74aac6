"""Many threads, and one client in a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError, InvalidInput
from batch_api.testing import FakeBatch
from examples.frameworks.portal import BatchPortal
from tests.programs import run

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}

AT_EXIT = """
import atexit, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

def left():
    sockets = sum("socket:" in str(held.readlink()) for held in Path("/proc/self/fd").iterdir() if held.is_symlink())
    print(threading.active_count(), "thread,", sockets, "sockets")

atexit.register(left)  # the first to be registered is the last to run

from examples.frameworks.portal import BatchPortal

batch = BatchPortal()

def update(number):
    edit = {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"tier": "gold"}}
    return batch.call(lambda client: client.profiles.update([edit])).code

with ThreadPoolExecutor(8) as threads:
    print(*threads.map(update, range(8)))
"""

FORK = """
import os
from examples.frameworks.portal import BatchPortal

batch = BatchPortal()

def update(id):
    edit = {"identifiers": {"custom_id": id}, "attributes": {"tier": "gold"}}
    return batch.call(lambda client: client.profiles.update([edit])).code

assert update("parent") == "SUCCESS"
child = os.fork()
assert update("parent again" if child else "child") == "SUCCESS"
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.fixture
def portal(served_api: FakeBatch) -> Iterator[BatchPortal]:
    portal = BatchPortal()
    yield portal
    portal.close()


def test_eight_threads_are_served_at_the_same_time_by_one_client(portal: BatchPortal) -> None:
    """None of the calls goes on until all eight are in the loop."""
    all_there = asyncio.Barrier(8)

    async def update(client: BatchClient) -> tuple[BatchClient, str | None]:
        await all_there.wait()
        return client, (await client.profiles.update([EDIT])).code

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda _: portal.call(update), range(8)))
    assert [code for _, code in done] == ["SUCCESS"] * 8
    assert len({id(client) for client, _ in done}) == 1


def test_errors_come_out_in_the_thread_that_called(portal: BatchPortal) -> None:
    with pytest.raises(InvalidInput):
        portal.call(lambda client: client.profiles.update([]))
    assert portal.call(lambda client: client.profiles.update([EDIT])).code == "SUCCESS"


def test_once_closed_it_opens_again(portal: BatchPortal) -> None:
    before = threading.active_count()
    for _ in range(2):
        portal.call(lambda client: client.profiles.update([EDIT]))
        portal.close()
        assert threading.active_count() == before


def test_a_client_that_cannot_be_made_leaves_no_thread() -> None:
    def make_client() -> BatchClient:
        raise ConfigurationError("no key")

    before = threading.active_count()
    with pytest.raises(ConfigurationError, match="no key"):
        BatchPortal(make_client).call(lambda client: client.profiles.update([EDIT]))
    assert threading.active_count() == before


def test_it_is_closed_at_exit(served_api: FakeBatch) -> None:
    assert run("-c", AT_EXIT).splitlines() == [" ".join(["SUCCESS"] * 8), "1 thread, 0 sockets"]


def test_after_a_fork_parent_and_child_each_open_their_own(served_api: FakeBatch) -> None:
    run("-c", FORK)
    assert set(served_api.project().profiles.by_id) == {"parent", "parent again", "child"}
