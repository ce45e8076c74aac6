"""A clock that tests control: an event loop on which hours pass in milliseconds.

    from batch_api.testing.clock import run

    def test_waits_an_hour() -> None:
        run(asyncio.sleep(3600))  # returns at once

A `VirtualTimeLoop` is a usual asyncio loop whose `time()` jumps to the next timer when nothing else is left to do.
Nothing on it depends on how fast the machine is, so tests need no tolerances. Network traffic takes no virtual time:
what runs on this loop should talk to the fake API in process (`FakeBatch.transport()`), not over a socket.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

CREEP = 1e-9
"""Seconds that pass on every reading of the clock."""

PATIENCE = 10.0
"""Real seconds to wait for something outside the loop, before a test counts as stuck."""


class VirtualClock:
    """A clock in seconds that is moved by hand, or by the loops that run on it.

    It creeps on each read, as a real one does: code that waits until a computed moment and falls short of it by a
    rounding error would else wait for ever. Give one clock to several loops, one after another, and time goes on.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def __call__(self) -> float:
        self._now = max(self._now + CREEP, math.nextafter(self._now, math.inf))
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self._now += seconds


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that runs on a `VirtualClock`: its own, or the one given.

    While a thread of `run_in_executor` is at work the clock stands still, so a timeout cannot fire before the thread
    had its chance. A loop that has nothing left to wait for raises `RuntimeError` after `PATIENCE` real seconds.
    """

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self.clock = clock or VirtualClock()
        self._threads = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.clock()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        self._threads += 1  # the thread that joins the others
        try:
            await super().shutdown_default_executor()
        finally:
            self._threads -= 1

    def _thread_ended(self, _: object) -> None:
        self._threads -= 1

    @property
    def must_wait(self) -> bool:
        """Whether a thread is working, so that time must not jump."""
        return self._threads > 0


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves the clock of its loop instead of sleeping."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self._loop.must_wait:
            ready = super().select(PATIENCE)
            if not ready:
                raise RuntimeError(f"nothing woke the waiting loop for {PATIENCE:.0f} real seconds: something is stuck")
            return ready
        self._loop.clock.advance(timeout)
        return ready


def run(main: Coroutine[Any, Any, T], *, clock: VirtualClock | None = None) -> T:
    """Run `main` to its end on a new `VirtualTimeLoop`, like `asyncio.run` on an ordinary loop."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        return runner.run(main)
