"""What the fake has received, for tests to assert on."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, NamedTuple


class Accepted(NamedTuple):
    """An accepted request: when, in seconds of the fake's clock, and how many items it carried."""

    time: float
    items: int


class ReceivedEdit(NamedTuple):
    """One edit of an accepted request, as it was sent: the edit of a profile, audience id or catalog item."""

    operation: str
    edit: Any


class StorageRequest(NamedTuple):
    """A request to the origin that serves the files of exports."""

    method: str
    target: str
    headers: dict[str, str]
    status: int


@dataclasses.dataclass(slots=True)
class OperationStatistics:
    """The requests of one operation, in all projects."""

    requests: int = 0
    """All requests received, whatever the answer."""
    accepted: int = 0
    """Those that took effect, even if the answer was lost or replaced by a fault."""
    rejected: int = 0
    """Those answered with 429."""
    refused: int = 0
    """Those answered with another 4xx."""
    failed: int = 0
    """Those that took no effect and were answered with a 5xx, or not at all."""
    items: int = 0
    """Items of the accepted requests; 1 each where an operation has none."""
    log: list[Accepted] = dataclasses.field(default_factory=list)
    """The accepted requests in order."""

    def rate(self, last: float | None = None, unit: Literal["items", "requests"] = "items") -> float:
        """Units accepted a second, from the first accepted request to the last: those after the first, divided by time.

        With `last`, only the final `last` seconds count. 0.0 with fewer than two requests.
        """
        log = self.log
        if last is not None and log:
            log = [entry for entry in log if entry.time >= log[-1].time - last]
        if len(log) < 2 or log[-1].time == log[0].time:
            return 0.0
        cost = sum(entry.items for entry in log[1:]) if unit == "items" else len(log) - 1
        return cost / (log[-1].time - log[0].time)

    def as_dict(self, last: float | None = None) -> dict[str, float]:
        """The counters and, over the `last` seconds, the rates."""
        return {
            "requests": self.requests,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "refused": self.refused,
            "failed": self.failed,
            "items": self.items,
            "items_per_second": self.rate(last),
            "requests_per_second": self.rate(last, unit="requests"),
        }
