"""The rate limits of the API, counted strictly: a request that would exceed one is rejected and costs nothing.

Two ways to count. *Token buckets*, as documented (fact sheet: profiles and audiences, 1.4): a bucket starts full,
holds the documented burst or else one second's worth (at least 1), and fills at the documented rate. *Windows*, for
tests that must hold against a server that counts otherwise: on top of the buckets, no window of one second (`per`,
where that is longer) may hold more than one such period's worth and the documented burst.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_api._operation import Condition, LimitFact, Operation

Mode = Literal["documented", "windows", "off"]

ROUNDING = 1e-6
"""The part of a unit that a bucket may be short of, so that rounding errors reject nothing."""


class Bucket:
    """A token bucket: `capacity` units, `rate` units a second; full at first."""

    def __init__(self, fact: LimitFact) -> None:
        self.rate = fact.rate / fact.per
        self.capacity = fact.burst or max(1.0, self.rate)
        self.level = self.capacity
        self._seen: float | None = None

    def has(self, cost: float, now: float) -> bool:
        if self._seen is not None:
            self.level = min(self.capacity, self.level + max(0.0, now - self._seen) * self.rate)
        self._seen = now
        return self.level + ROUNDING >= cost

    def take(self, cost: float, now: float) -> None:
        self.level -= cost


class Window:
    """A sliding window: at most `capacity` units in any `length` seconds."""

    def __init__(self, fact: LimitFact) -> None:
        self.length = max(1.0, fact.per)
        self.capacity = max(1.0, fact.rate * self.length / fact.per) + (fact.burst or 0.0)
        self._log: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def has(self, cost: float, now: float) -> bool:
        while self._log and self._log[0][0] <= now - self.length:
            self._sum -= self._log.popleft()[1]
        return self._sum + cost <= self.capacity

    def take(self, cost: float, now: float) -> None:
        self._log.append((now, cost))
        self._sum += cost


class Limiter:
    """The limits of one project."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._meters: dict[tuple[str, str], list[Bucket | Window]] = {}

    def admit(self, operation: Operation, body: Any, items: int, now: float) -> bool:
        """Charge the request to all limits that count it, or to none."""
        if self._mode == "off":
            return True
        costs = [
            (meter, float(items if fact.unit == "items" else 1))
            for position, fact in enumerate(operation.limits)
            if fact.when is None or meets(body, fact.when)
            for meter in self._meters_of(operation, position, fact)
        ]
        if not all(meter.has(cost, now) for meter, cost in costs):
            return False
        for meter, cost in costs:
            meter.take(cost, now)
        return True

    def _meters_of(self, operation: Operation, position: int, fact: LimitFact) -> list[Bucket | Window]:
        key = ("group", fact.group) if fact.group else (operation.name, str(position))
        if key not in self._meters:
            self._meters[key] = [Bucket(fact)] if self._mode == "documented" else [Bucket(fact), Window(fact)]
        return self._meters[key]


def meets(body: Any, condition: Condition) -> bool:
    """Whether `body` has something at the path of `condition` that meets it."""
    found = _at(body, condition.path)
    if condition.equals is not None:
        return any(value == condition.equals for value in found)
    return any(value not in (None, "", [], {}) for value in found)


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*":
        for element in value if isinstance(value, list) else ():
            yield from _at(element, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
