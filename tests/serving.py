"""A fake that is served on loopback by a thread of its own, for what opens sockets or event loops itself."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from batch_api.testing import FakeBatch


@contextlib.contextmanager
def served(fake: FakeBatch) -> Iterator[FakeBatch]:
    """Serve it: `fake.url` says where."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with fake.serve():
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield fake
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
