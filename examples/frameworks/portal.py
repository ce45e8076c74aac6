"""One client for all threads of a process, opened by the first call and closed at exit.

    batch = BatchPortal()
    result = batch.call(lambda client: client.profiles.update(edits))

The client lives in one event loop, in a thread of its own. Other threads hand it their calls, and wait.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from threading import Lock
from typing import TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from batch_api import BatchClient

T = TypeVar("T")


class BatchPortal:
    """Calls a client from any thread that runs no event loop itself."""

    def __init__(self, make_client: Callable[[], BatchClient] = BatchClient.from_env) -> None:
        self._make_client = make_client
        self._lock = Lock()
        self._resources = ExitStack()
        self._opened: tuple[BlockingPortal, BatchClient] | None = None
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(before=self.close)  # neither threads nor connections outlive a fork

    def call(self, function: Callable[[BatchClient], Awaitable[T]]) -> T:
        """Await `function(client)` in the client's loop, and return or raise what comes of it."""
        portal, client = self._open()
        return portal.call(function, client)

    def close(self) -> None:
        """Close the client and end its loop. The next call opens another."""
        with self._lock:
            self._opened = None
            self._resources.close()

    def _open(self) -> tuple[BlockingPortal, BatchClient]:
        with self._lock:
            if self._opened is None:
                with ExitStack() as opening:
                    portal = opening.enter_context(start_blocking_portal())
                    client = opening.enter_context(portal.wrap_async_context_manager(self._make_client()))
                    self._resources = opening.pop_all()
                self._opened = portal, client
            return self._opened
