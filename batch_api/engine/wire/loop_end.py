"""Closing what belongs to an event loop when that loop ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable


async def at_loop_end(close: Callable[[], Awaitable[None]]) -> AsyncGenerator[None, None]:
    """Calls `close` when it is closed itself, at the latest by the end of its loop.

    `asyncio.run`, and whatever else ends a loop in good order, closes all asynchronous generators that were begun. So a
    client may be used in one `asyncio.run` after another, and no connection outlives its loop.
    """
    try:
        yield
    finally:
        await close()
