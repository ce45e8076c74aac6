"""A limit that other processes draw on, too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limiter.cut import FLOOR
from batch_api.engine.limiter.pace import Reason, Refused
from batch_api.engine.limiter.shared.bounded import MOST, number
from batch_api.engine.limiter.shared.link import TERM, Link
from batch_api.engine.limits import Learned, Limit

_TOLERANCE = 0.02
"""A turn that is taken this much too late moves nobody, where the server's bucket hides it."""
_MUCH_SPACING = 3
_NEVER = -1e9


class SharedBucket(Bucket):
    """The arithmetic of a whole limit, and what is known of its level in Redis. `alone` counts while Redis is away.

    Permits may be spent up to `TERM` seconds after they were granted, so more of them can go out together. Where the
    burst leaves room for that, several requests are leased at once (`has_room_for_slices`). Elsewhere each has a turn
    of its own.
    """

    def __init__(
        self,
        limit: Limit,
        *,
        name: str,
        alone: Bucket,
        link: Link,
        largest: int,
        now: Callable[[], float],
        headroom: float,
        spacing: float,
    ) -> None:
        super().__init__(limit, largest=largest, now=now, headroom=headroom, spacing=spacing, memory={}, key=name)
        self.name, self.limit, self.alone = name, limit, alone
        self._link = link
        self._factor = 1.0
        self._at_most = self.capacity
        self.one = min(largest, self.capacity)
        late = TERM * self._full_rate
        self.capacity = min(self.capacity, max(self._at_once - late, self.one))
        self.has_room_for_slices = self._at_once - self.capacity >= late * 0.999
        self.leased = 0.0
        self._full_at = float("-inf")
        self._id = ""
        self._owed_at = float("-inf")
        self._owed_then = 0.0
        self._lost_at: float | None = None
        self._owed = float("-inf")
        self._granted_until = float("-inf")

    # -- what Redis is told, and tells ---------------------------------------------------------------------------

    def terms(self) -> dict[str, Any]:
        """The limit, and what this process knows of it, should Redis have lost it."""
        # Time counts as standing still while Redis was away: others may have spent what came back.
        until = self._now() if self._lost_at is None else self._lost_at
        known = {"id": self._id} if self._id else {}
        return {
            "rate": self._full_rate,
            "capacity": self.capacity,
            "one": self.one,
            "tolerance": min(_TOLERANCE, self._slack(self.one)),
            "longest": self._longest_debt,
            "owed": self._owed_at - until if self._id else 0.0,
            "owed_then": self._owed_then,
            "factor": self._factor,
            "shown": f"{self.limit.rate:g} {self.unit} / {self.limit.per:g} s",
            **known,
        }

    @property
    def longest_pause(self) -> float:
        """Seconds for which a rejection may pause: as long as one permit takes at the slowest, and 10 % of jitter."""
        return 1.1 / (self._full_rate * FLOOR)

    def hear(self, told: dict[str, Any], now: float) -> bool:
        """Learn from an answer; False if Redis had lost what it knew before. Raises `ValueError` for nonsense."""
        free, owed = number(told["free"], -MOST, MOST), number(told["owed"], -MOST, MOST)
        factor = number(told["factor"], FLOOR, 1.0)
        same = self._id in ("", told["id"])
        self._id, self._lost_at = str(told["id"]), None
        self._full_at, self._owed_at, self._owed_then = now + free, now + owed, owed
        self._factor = factor
        self._rate = self._full_rate * factor
        return same

    def later_by(self, at: float, units: float, sent: float) -> float:
        """Seconds by which a grant must wait for this process alone to keep the whole limit: 0 if Redis is right.

        `at` and `units` are those of the grant, and `sent` is when it was asked for. Whatever was written into Redis,
        no process then sends faster than one that has the limit to itself.
        """
        full_before = sent - _TOLERANCE - max(units - self.capacity, 0.0) / self._full_rate
        start = max(at, full_before, self._granted_until)
        self._granted_until = start + units / self._full_rate
        return start - at

    def not_spent(self, units: float) -> None:
        """Granted units that will not be spent, and may be granted again."""
        self._granted_until -= units / self._full_rate

    def spacing_after(self, cost: float) -> float:
        """Seconds that are left free behind a request of `cost`, for want of room for jitter."""
        return max(self._spacing - self._slack(cost), 0.0)

    def lose(self) -> None:
        """Redis is away. What it granted counts as spent: alone, this process starts with nothing."""
        if self._lost_at is None and self._id:
            self._lost_at = self._now()
            self.alone.restart(self._largest, left=False)

    def owed(self) -> float:
        """Seconds from now until the limit can be full again at the earliest, as late answers showed. Told once."""
        owed, self._owed = self._owed, float("-inf")
        return max(owed - self._now(), _NEVER)

    @property
    def owes(self) -> bool:
        """Whether there is something to tell."""
        return self._owed > self._now()

    # -- what the gate asks and tells ----------------------------------------------------------------------------

    def ready_behind(self, waiting: float, cost: float, *, start: float) -> float:
        if self._link.away:
            return self.alone.ready_behind(waiting, cost, start=start)
        return super().ready_behind(max(waiting - self.leased, 0.0), cost, start=start)

    def ready_at(self, cost: float) -> float:
        return self.alone.ready_at(cost) if self._link.away else super().ready_at(cost)

    def has_room(self, cost: float) -> bool:
        return self.alone.has_room(cost)

    def spend(self, cost: float) -> None:
        self.alone.spend(cost)

    def clear_at(self, cost: float, round_trip: float) -> float:
        """As alone; but where one request fills the burst, Redis keeps the time between two."""
        clear_at = super().clear_at(cost, round_trip)
        return clear_at if cost < self._at_once or math.isinf(clear_at) else -math.inf

    def restart(self, cost: float, *, left: bool) -> None:
        self.alone.restart(cost, left=left)

    def came_late(self, cost: float, spent_at: float, late: float) -> None:
        """As alone; and where no burst hides jitter, the next request of any process waits for all of it to pass.

        Each process sees only its own answers, so the lateness that it knows may be too low. The spacing is added to
        it, up to three times the spacing in all.
        """
        self.alone.came_late(cost, spent_at, late)
        beyond = late - self._slack(cost)
        if beyond > 0:
            spacing = self.spacing_after(cost)
            clear = max(beyond, min(beyond + spacing, _MUCH_SPACING * spacing))
            self._owed = max(self._owed, spent_at + clear + cost / self._rate)

    def left_late(self, cost: float, left_at: float) -> None:
        self.alone.left_late(cost, left_at)

    def learned(self) -> Learned | None:
        """What all processes know: the rate."""
        return None if self.part == 1.0 else Learned(self._rate, None, 0.0)

    def refused(self, refused: Refused) -> Reason:
        """What a rejection means for all is for Redis to say; alone, this process learns from it."""
        return self.alone.refused(refused)

    def _slack(self, cost: float) -> float:
        return max(self._held - max(cost, self._at_most), 0.0) / self._full_rate
