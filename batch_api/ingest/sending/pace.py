"""How much a job has in flight at once."""

from __future__ import annotations

import math
from collections.abc import Callable

from batch_api.engine.response import Response
from batch_api.ingest.sending.delivery import ChunkSize

MOST_IN_FLIGHT = 8
"""Requests unanswered at once, however slow the answers: each holds its body in memory."""
UNLIMITED_IN_FLIGHT = 3
"""The same without limits: enough to keep one server and one processor busy."""
_WEIGHT = 0.2  # of the latest round trip in their average


class Pace:
    """Requests in flight, and items in a request: both adapt to the answers.

    `interval` gives the seconds that the limits put between two requests with that many items.
    """

    def __init__(self, size: ChunkSize, interval: Callable[[int], float]) -> None:
        self.size = size
        self._interval = interval
        self._round_trip = 0.0

    @property
    def in_flight(self) -> int:
        """Requests unanswered at once: as many as are sent during one round trip, and one that is ready."""
        interval = self._interval(self.size.now)
        if not interval:
            return UNLIMITED_IN_FLIGHT
        return min(math.ceil(self._round_trip / interval) + 1, MOST_IN_FLIGHT)

    def learn(self, response: Response) -> None:
        """Take note of what an answer cost."""
        self._round_trip += _WEIGHT * (response.attempts[-1].seconds - self._round_trip)
        self.size.learn(response)
