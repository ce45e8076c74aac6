"""The machine that a world runs on: a loop without real time or threads, and processes that may die.

A `Process` that is killed runs no more code at all, not even a `finally`: nothing of it is written, closed or told.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any
from unittest import mock

from batch_api.testing.clock import VirtualTimeLoop

_MOST_WAITS = 100


class Process:
    """The tasks that `start` began, and whatever came of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True
        self.tasks: list[_Task] = []
        """All that it ever had, in order."""

    def start(self, main: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `main` as this process."""
        context = copy_context()
        context.run(_process.set, self)
        return asyncio.get_running_loop().create_task(main, context=context)

    def kill(self) -> None:
        """Run none of its code any more."""
        self.is_alive = False

    @property
    def running(self) -> list[_Task]:
        """Its tasks that are not over."""
        return [task for task in self.tasks if not task.done()]

    def bury(self) -> None:
        """Let go of what the process left, once its world is over: nothing of it may show in the next."""
        self.kill()
        with mock.patch("sys.unraisablehook"):  # what is thrown out of where it waits may protest
            for task in self.tasks:  # some begin others when they end
                if not task.done():
                    asyncio.tasks._unregister_task(task)
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    task.end()
            self.tasks.clear()


_process: ContextVar[Process | None] = ContextVar("process", default=None)


def current_process() -> Process | None:
    """The process whose code runs now; `None` for the world around them."""
    return _process.get()


class _Task(asyncio.Task[Any]):
    """A task whose place in a set does not hang on where it lies in memory."""

    _numbers = itertools.count()

    def __init__(self, main: Coroutine[Any, Any, Any], *, context: Context | None = None, **options: Any) -> None:
        self._number = next(self._numbers)
        self._main = main
        self.context = copy_context() if context is None else context
        super().__init__(main, context=self.context, **options)

    def end(self) -> None:
        """Throw its code out of wherever it waits, as often as it waits again."""
        for _ in range(_MOST_WAITS):
            with contextlib.suppress(BaseException):
                self.context.run(self._main.close)
                return

    def __hash__(self) -> int:
        return self._number


class Machine(VirtualTimeLoop):
    """A loop in virtual time on which every turn is the same each time.

    What others do in threads is done here, in the loop, at a moment within the time that `disk` says it takes.
    """

    def __init__(self, disk: Callable[[], float]) -> None:
        super().__init__()
        self._disk = disk
        self._busy_until: dict[object, float] = {}
        self._numbers = itertools.count()
        self._turn = 0
        self._at_turns: list[tuple[int, int, Callable[[], object]]] = []
        self.errors: list[str] = []
        """What ended up with the loop, because nobody asked for it."""
        _Task._numbers = itertools.count()
        self.set_task_factory(self._new_task)  # type: ignore[arg-type]
        self.set_exception_handler(self._note_error)

    # -- turns -------------------------------------------------------------------------------------------------------

    def after_turns(self, turns: int, callback: Callable[[], object]) -> None:
        """Call this after so many turns of the loop, however much time they take."""
        heapq.heappush(self._at_turns, (self._turn + turns, next(self._numbers), callback))

    def _run_once(self) -> None:
        self._turn += 1
        while self._at_turns and self._at_turns[0][0] <= self._turn:
            heapq.heappop(self._at_turns)[2]()
        super()._run_once()  # type: ignore[misc]

    # -- processes ---------------------------------------------------------------------------------------------------

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        process = _process_of(context)
        if process is None:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(_if_alive, process, callback, args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        process = _process_of(context)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, _if_alive, process, callback, args, context=context)

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task = _Task(main, loop=loop, **options)
        process = _process_of(task.context)
        if process is not None:
            process.tasks.append(task)
        return task

    def _note_error(self, _: asyncio.AbstractEventLoop, report: dict[str, Any]) -> None:
        self.errors.append(f"{report['message']}: {report.get('exception')!r}")

    # -- what is the network's --------------------------------------------------------------------------------------

    async def start_tls(self, transport: Any, protocol: Any, sslcontext: Any, **options: Any) -> Any:
        """Leave it to the transport, which is one of the simulated network's."""
        await transport.shake_hands()
        return transport

    # -- what others do in threads -----------------------------------------------------------------------------------

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        start = self.time()
        if executor is not None:  # an executor of the caller's has one thread
            start = max(start, self._busy_until.get(executor, 0.0))
        middle = start + self._disk()
        end = middle + self._disk()
        self._busy_until[executor] = end
        self.call_at(middle, self._work, future, end, func, args)
        return future

    def _work(self, future: asyncio.Future[Any], end: float, func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        result, error = None, None
        try:
            result = func(*args)
        except Exception as raised:
            error = raised
        self.call_at(end, _hand_over, future, result, error)


def _process_of(context: Context | None) -> Process | None:
    return _process.get() if context is None else context.get(_process)


def _if_alive(process: Process, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
    if process.is_alive:
        callback(*args)


def _hand_over(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
