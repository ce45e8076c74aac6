"""What calls may leave behind: connections, sockets, tasks, warnings."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from batch_api import BatchClient
from batch_api.engine.wire.aiohttp import AiohttpTransport
from batch_api.engine.wire.http import HttpxTransport

_DESCRIPTORS = Path("/proc/self/fd")


def in_use(client: BatchClient) -> int:
    """Connections of a client that are neither closed nor idle."""
    transport = client._engine._connections.transport
    if isinstance(transport, AiohttpTransport):
        connectors = [session.connector for session in transport._sessions.values()]
        return sum(len(connector._acquired) for connector in connectors if connector is not None)
    assert isinstance(transport, HttpxTransport)
    idle = [connection for place in transport._idle.values() for connection in place]
    assert all(connection.is_idle for connection in idle)
    return len(transport._open) - len(idle)


def sockets() -> int:
    """Open sockets of this process; 0 where the system does not tell."""
    if not _DESCRIPTORS.exists():
        return 0
    found = 0
    for name in os.listdir(_DESCRIPTORS):
        with contextlib.suppress(OSError):
            found += os.readlink(_DESCRIPTORS / name).startswith("socket:")
    return found


def tasks() -> set[asyncio.Task[object]]:
    """The tasks of the running loop, but for those of servers in the tests."""
    return {task for task in asyncio.all_tasks() if not task.get_name().startswith("server:")}


async def until(is_so: Callable[[], bool], what: str) -> None:
    """What others do takes turns of the loop."""
    try:
        async with asyncio.timeout(5):
            while not is_so():
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(what) from None


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Fails for anything that is only found out by the garbage collector."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    found = [str(warning.message) for warning in caught]
    assert not found, found
