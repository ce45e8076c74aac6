"""The clock of the fake: seconds for its limits, dates for its state."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def loop_time() -> float:
    """Seconds of the running loop, real or virtual; of the machine if no loop is running."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


class Time:
    """A clock in seconds, and the corresponding date.

    The date is that of the machine when it is first asked for, and moves with the clock from then on. Should the
    clock go back (a new virtual loop that starts at 0), it is taken from the machine again.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or loop_time
        self._zero: datetime | None = None
        self._latest = float("-inf")

    def __call__(self) -> float:
        return self._clock()

    def wall(self) -> datetime:
        """The date in UTC."""
        now = self._clock()
        if self._zero is None or now < self._latest:
            self._zero = datetime.now(UTC) - timedelta(seconds=now)
        self._latest = now
        return self._zero + timedelta(seconds=now)


def stamp(date: datetime, timespec: str = "seconds") -> str:
    """RFC 3339 in UTC: `2031-02-03T04:05:06Z`."""
    return date.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def read_stamp(text: object) -> datetime | None:
    """The date that an RFC 3339 string stands for; `None` if it is not one, or has no offset."""
    if not isinstance(text, str) or not _RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def bare_stamp(date: datetime, timespec: str = "seconds") -> str:
    """The date format of the legacy API: in UTC, without saying so."""
    return stamp(date, timespec).removesuffix("Z")
