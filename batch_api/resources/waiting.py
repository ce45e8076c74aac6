"""Looking again and again, at a pace of its own, until something is over."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from batch_api.engine import arguments
from batch_api.engine.engine import Engine
from batch_api.engine.errors import DeadlineExceeded, ExportFailed, Maintenance, RateLimited, WaitTimeout
from batch_api.engine.loop import running_loop

T = TypeVar("T")

_STATE = re.compile(r"[A-Z][A-Z_]{0,30}")


class Pace(NamedTuple):
    """Seconds between two looks: the first, by how much each is longer than the one before, and the longest."""

    first: float
    growth: float
    longest: float


INDEXING = Pace(1.0, 1.25, 10.0)
"""Indexing is usually a matter of seconds."""
EXPORT = Pace(2.0, 1.25, 30.0)
"""Exports take minutes."""


async def until_over(
    engine: Engine,
    check: Callable[[Engine], Awaitable[T]],
    *,
    is_over: Callable[[T], bool],
    state: Callable[[T], object],
    what: str,
    pace: Pace,
    timeout: float | None,
    on_progress: Callable[[T], object] | None,
) -> T:
    """Check until it `is_over`; give back what was seen then. Raises `WaitTimeout`, and what a check raises.

    Each check is a call like any other. What is left of `timeout` bounds its deadline.
    """
    seconds = math.inf if timeout is None else arguments.seconds(timeout, "timeout")
    now = running_loop().time
    end = now() + seconds
    interval = pace.first
    latest = "not known"
    while (left := end - now()) > 0:
        try:
            seen = await check(engine.with_options(deadline=min(engine.deadline, left)))
        except (DeadlineExceeded, RateLimited, Maintenance) as error:
            if engine.deadline <= left:
                raise  # it was the call's own budget that ran out
            raise _timed_out(what, seconds, latest) from error
        if on_progress is not None:
            on_progress(seen)
        if is_over(seen):
            return seen
        latest = _shown(state(seen))
        # One more check shortly before the end is worth more than waiting the whole interval in vain.
        left = end - now()
        await asyncio.sleep(min(interval, left - pace.first if left > pace.first else max(left, 0.0)))
        interval = min(interval * pace.growth, pace.longest)
    raise _timed_out(what, seconds, latest)


async def until_done(
    engine: Engine,
    check: Callable[[Engine], Awaitable[T]],
    *,
    timeout: float | None,
    on_progress: Callable[[T], object] | None,
) -> T:
    """Look until an export is done; give back its record. Raises `ExportFailed`, and what `until_over` raises."""
    export = await until_over(
        engine,
        check,
        is_over=lambda seen: _status(seen) in ("SUCCESS", "ERROR"),
        state=_status,
        what="exports.wait",
        pace=EXPORT,
        timeout=timeout,
        on_progress=on_progress,
    )
    if _status(export) == "ERROR":
        raise ExportFailed("exports.wait: the export ended in ERROR.", export=export)
    return export


def _status(export: object) -> Any:
    return getattr(export, "status", None)


def _timed_out(what: str, timeout: float, state: str) -> WaitTimeout:
    return WaitTimeout(f"{what}: not over after {timeout:g} s; the latest state is {state}.")


def _shown(state: object) -> str:
    return state if isinstance(state, str) and _STATE.fullmatch(state) else "not known"
