"""Work in a thread, which never outlives its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[..., T], *arguments: object, executor: ThreadPoolExecutor | None = None) -> T:
    """As `asyncio.to_thread`, but a cancelled caller waits for the end of the work: it may hold a lock, or a file."""
    working = asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        working.exception()  # nobody else will ask
        raise cancelled
    return working.result()


class OneThread:
    """A thread for work that is always done in the same one, while the block lasts.

    A generator over a database may insist on that; and what allocates memory keeps some for each thread that it meets.
    """

    def __enter__(self) -> Self:
        self._executor = ThreadPoolExecutor(1, "batch_api")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=False)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """As `in_thread`."""
        return await in_thread(work, *arguments, executor=self._executor)
