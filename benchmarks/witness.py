"""What the server saw of processes that were killed: what was in flight then, and what came again because of it.

An edit is in flight while the API took it and the process does not know that: its answer had not left, or had left so
shortly before that the process had no time to read and note it. `NOTED` seconds are allowed for that. What comes again
in a later process is held against what was in flight when the process died that had sent it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

import orjson

from batch_api.testing import FakeBatch
from batch_api.testing.wire import Request

NOTED = 0.25
"""Seconds from an answer until it is surely noted: the process has other work, and a disk is told to flush."""

_LOOKS, _BETWEEN = 3, 0.05


class Kill(NamedTuple):
    """One kill, in edits."""

    unanswered: int
    """In flight, and the API had not answered."""
    repeated: int
    """Came again."""
    answered: int
    """Of these, the API had answered."""
    age: float
    """Seconds before the kill that the oldest of those answers had left."""

    @property
    def is_explained(self) -> bool:
        """Whether all that came again was in flight."""
        return self.age <= NOTED and self.repeated - self.answered <= self.unanswered


class Witness(FakeBatch):
    """A fake that remembers by which process each edit was sent, and when its answer left.

    `key_of` tells edits apart. Call `killed` at each kill, before the next process starts.
    """

    def __init__(self, key_of: Callable[[Any], Hashable], **options: Any) -> None:
        super().__init__(**options)
        self.key_of = key_of
        self.taken: Counter[Hashable] = Counter()
        """How often each edit was taken."""
        self.within = 0
        """How many edits a process sent again by itself, after an answer was lost."""
        self.busy = 0
        """Requests that are being looked at."""
        self._process = 0
        self._sent_by: dict[Hashable, int] = {}
        self._answered: dict[Hashable, float] = {}
        self._in_flight: list[set[Hashable]] = []
        self._ages: list[dict[Hashable, float]] = []
        self._repeated: list[set[Hashable]] = []
        self._carried: dict[int, list[Hashable]] = {}

    async def _perform(self, *arguments: Any) -> Any:
        reply = await super()._perform(*arguments)
        request, content = (next(one for one in arguments if isinstance(one, kind)) for kind in (Request, bytes))
        keys = self._carried[id(request)] = [self.key_of(edit) for edit in orjson.loads(content)]
        for key in keys:
            before = self._sent_by.get(key)
            if before is not None and before < self._process:
                self._repeated[before].add(key)
            elif before is not None:
                self.within += 1
            self._sent_by[key] = self._process
            self._answered.pop(key, None)
        self.taken.update(keys)
        return reply

    async def __call__(self, request: Any) -> Any:
        self.busy += 1
        try:
            reply = await super().__call__(request)
            if reply.status < 300:
                self._answered.update(dict.fromkeys(self._carried.get(id(request), ()), time.monotonic()))
            return reply
        finally:
            self.busy -= 1
            self._carried.pop(id(request), None)

    def looks(self) -> Iterator[float]:
        """Seconds to sleep, until all that a dead process had sent has been taken in."""
        idle = 0
        while idle < _LOOKS:
            yield _BETWEEN
            idle = 0 if self.busy else idle + 1

    def killed(self, at: float) -> None:
        """The process was killed `at` this moment of `time.monotonic()`; what it had sent has been taken in since."""
        sent = [key for key, process in self._sent_by.items() if process == self._process]
        answered = {key: at - when for key in sent if (when := self._answered.get(key)) is not None and when <= at}
        self._in_flight.append({key for key in sent if key not in answered})
        self._ages.append(answered)
        self._repeated.append(set())
        self._process += 1

    @property
    def kills(self) -> list[Kill]:
        """All kills so far."""
        found = []
        for unanswered, ages, again in zip(self._in_flight, self._ages, self._repeated, strict=True):
            old = [ages[key] for key in again - unanswered]
            found.append(Kill(len(unanswered), len(again), len(old), max(old, default=0.0)))
        return found


def told(kills: list[Kill]) -> str:
    """Of all kills, what a reader wants to know."""

    def spread(values: list[int]) -> str:
        return f"{sum(values) / len(values):,.0f} on average, {max(values):,} at most"

    answered = [kill for kill in kills if kill.answered]
    oldest = max((kill.age for kill in kills), default=0.0)
    return (
        f"in flight, unanswered, at a kill: {spread([kill.unanswered for kill in kills])}\n"
        f"repeated after a kill: {spread([kill.repeated for kill in kills])}\n"
        f"  of these answered and not noted: {spread([kill.answered for kill in kills])}, in {len(answered)} kills;"
        f" the oldest answer had left {oldest * 1000:.0f} ms before\n"
        f"kills after which more came again than was in flight: {sum(not kill.is_explained for kill in kills)}"
        f" of {len(kills)}"
    )
