"""How long answers take, as far as the answers to one kind of request show it."""

from __future__ import annotations

import math

_FORGET = 1.02  # the quickest counts a little less with each round trip: routes change
_GROW = 2.0
_STALL, _JITTER = 4.0, 0.1
_WEIGHT = 0.1  # of the latest in the usual one


class RoundTrip:
    """Three views of one thing, in seconds.

    Answers that were held up together count as one: only what was sent after the last growth makes the two lowest grow.
    Else a single stall would pass for the new normal.
    """

    def __init__(self) -> None:
        self.quickest = 0.0
        """The quickest answer, forgotten slowly: what takes longer came late."""
        self.floor = math.inf
        """The quickest of late, forgotten within some round trips: how much may be on the way follows it."""
        self.usual = 0.0
        """The mean of the latest: what a call is likely to take."""
        self.slowest = 0.0
        """The slowest answer, forgotten slowly."""
        self._grown_at = -math.inf

    @property
    def long(self) -> float:
        """What is longer than this is a stall."""
        return _STALL * self.usual + _JITTER

    @property
    def jitter(self) -> float:
        """Half of how much answers differ: what each way adds, if both are alike."""
        return max(self.slowest - self.quickest, 0.0) / 2

    def learn(self, seconds: float, sent_at: float, now: float) -> None:
        """An answer came after so many seconds."""
        if math.isinf(self.floor):
            self.quickest = self.floor = self.usual = self.slowest = seconds
            self._grown_at = now
            return
        self.usual += _WEIGHT * (seconds - self.usual)
        grows = sent_at >= self._grown_at
        if grows:
            self._grown_at = now
        self.slowest = max(self.slowest / _FORGET if grows else self.slowest, seconds)
        self.quickest = min(self.quickest * _FORGET if grows else self.quickest, seconds)
        self.floor = min(self.floor * _GROW if grows else self.floor, seconds)
