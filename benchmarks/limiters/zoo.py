"""The limiters that a server may have, each by its published definition: what they count, when, and what they forget.

All begin as they are when nothing was sent for long. Each keeps one limit, of requests or of items alike: `fits` says
whether it would take a request of that cost now, `take` charges it, and says by how many seconds it is held back.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Protocol

_A_HAIR = 1e-9  # of a unit: rounding refuses nobody


class Limiter(Protocol):
    """One limit of a server."""

    def fits(self, now: float, cost: float) -> bool:
        """Whether a request that arrives now is taken."""
        ...

    def take(self, now: float, cost: float) -> float:
        """Charge it. Returns the seconds for which it is held back before it is answered."""
        ...

    def slow_to(self, part: float) -> None:
        """From now on, only this part of the limit is granted."""
        ...


class Counted:
    """What all have in common: `rate` units a second, and the `held` units that may come together."""

    def __init__(self, rate: float, held: float) -> None:
        self._documented = rate
        self.rate, self.held = rate, held

    @property
    def window(self) -> float:
        """Seconds in which what is held comes back: the length of the windows of those that count in windows."""
        return self.held / self.rate

    def slow_to(self, part: float) -> None:
        self.rate = self._documented * part


class TokenBucket(Counted):
    """Tokens drip in at the rate, up to what the bucket holds; a request takes its cost, or is refused."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._level, self._at = held, 0.0

    def fits(self, now: float, cost: float) -> bool:
        self._level = min(self._level + (now - self._at) * self.rate, self.held)
        self._at = now
        return self._level + _A_HAIR * cost >= cost

    def take(self, now: float, cost: float) -> float:
        self._level -= cost
        return 0.0


class Gcra(Counted):
    """The generic cell rate algorithm (ITU-T I.371): a theoretical arrival time that may not be too far ahead."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._due = -math.inf

    def fits(self, now: float, cost: float) -> bool:
        return max(self._due, now) + cost / self.rate - now <= self.held / self.rate + _A_HAIR

    def take(self, now: float, cost: float) -> float:
        self._due = max(self._due, now) + cost / self.rate
        return 0.0


class LeakyBucket(Counted):
    """A queue with a hole: what is taken waits until it drips out at the rate; what would overflow is refused."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._empty_at = -math.inf

    def fits(self, now: float, cost: float) -> bool:
        return max(self._empty_at - now, 0.0) * self.rate + cost <= self.held + _A_HAIR * cost

    def take(self, now: float, cost: float) -> float:
        waits = max(self._empty_at - now, 0.0)
        self._empty_at = max(self._empty_at, now) + cost / self.rate
        return waits


class StrictSpacing(Counted):
    """No two requests closer than the first one's cost at the rate, as nginx `limit_req` without `burst=`."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._free_at = -math.inf

    def fits(self, now: float, cost: float) -> bool:
        return now >= self._free_at - _A_HAIR

    def take(self, now: float, cost: float) -> float:
        self._free_at = now + cost / self.rate
        return 0.0


class SlidingLog(Counted):
    """Each request of the last window is remembered, and their costs may not exceed what is held."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._log: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def fits(self, now: float, cost: float) -> bool:
        while self._log and self._log[0][0] <= now - self.window:
            self._sum -= self._log.popleft()[1]
        return self._sum + cost <= self.held

    def take(self, now: float, cost: float) -> float:
        self._log.append((now, cost))
        self._sum += cost
        return 0.0


class FixedWindow(Counted):
    """A counter that begins anew with each window, at times that nobody outside knows."""

    def __init__(self, rate: float, held: float) -> None:
        super().__init__(rate, held)
        self._number, self._used, self._before = 0, 0.0, 0.0

    def fits(self, now: float, cost: float) -> bool:
        self._turn(now)
        return self._used + cost <= self.held

    def take(self, now: float, cost: float) -> float:
        self._used += cost
        return 0.0

    def _turn(self, now: float) -> None:
        number = math.floor(now / self.window)
        if number != self._number:
            self._before = self._used if number == self._number + 1 else 0.0
            self._number, self._used = number, 0.0


class SlidingCounter(FixedWindow):
    """Two fixed windows: the last one counts by the part of it that is less than a window ago, as if evenly filled."""

    def fits(self, now: float, cost: float) -> bool:
        self._turn(now)
        passed = now / self.window - self._number
        return self._before * (1 - passed) + self._used + cost <= self.held * (1 + _A_HAIR)


Kind = Callable[[float, float], Limiter]
"""Makes a limiter of a rate, in units a second, that takes so many units together."""

ZOO: dict[str, Kind] = {
    "token bucket": TokenBucket,
    "GCRA": Gcra,
    "leaky bucket": LeakyBucket,
    "strict spacing": StrictSpacing,
    "sliding log": SlidingLog,
    "fixed windows": FixedWindow,
    "sliding counter": SlidingCounter,
}
