"""One limit's bucket."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping

from batch_api.engine.limiter.pace import LEAST_RATE, Pace, Reason, Refused
from batch_api.engine.limits import Learned, Limit

DOCUMENTED_BURST_USED = 0.8
"""Part of a documented burst that is spent at once; the rest absorbs jitter."""
JITTER = 0.1
"""Seconds by which an answer may be late without holding up the next request, where the bucket hides as much."""

_A_HAIR = 1e-9


class Bucket:
    """One limit's bucket: in any t seconds at most `burst + rate * t` goes out.

    It remembers one thing, the time at which it will be full again. From that follow when a cost fits, whether it fits
    now, and what to tell the next event loop. Only the head of a queue may call `spend`.
    """

    def __init__(
        self,
        limit: Limit,
        *,
        largest: int,
        now: Callable[[], float],
        headroom: float = 0.0,
        spacing: float = 0.0,
        memory: MutableMapping[object, tuple[float, float]],
        key: object,
    ) -> None:
        self._now = now
        self._spacing = spacing
        self._full_rate = limit.per_second * (1 - headroom)
        self._rate = self._full_rate
        # What the server's bucket holds: what is documented, or one second's worth.
        self._held = limit.per_second if limit.burst is None else limit.burst
        self.unit = limit.unit
        self.capacity = (
            min(largest, max(self._held / 2, 1.0)) if limit.burst is None else self._held * DOCUMENTED_BURST_USED
        )
        self._most = self.capacity
        self._margin = 0.0
        self.pace = Pace(self._full_rate, window=limit.per, held=self._held)
        self._largest = largest
        self._at_once = max(self.capacity, largest)
        self._memory, self._key = memory, key
        self._unanswered = 0.0
        self._cut_off = 0.0
        self._answered_full_at = -math.inf  # as `_full_at`, for what was answered, from when the server counted it
        # A bucket starts with one request's cost: the first goes at once, and `restart` does the rest.
        start = now()
        self._full_at = start - (self._at_once - self.capacity) / self._rate
        # A loop that ended left word of when this bucket is free; no bucket owes more than its largest request. Word
        # from later than now comes from another clock, such as that of a test, and means nothing here.
        spent_at, owed_until = memory.get(key, (start, self._full_at))
        if spent_at <= start:
            self._full_at = max(self._full_at, min(owed_until, start + self._longest_debt))

    @property
    def permit_seconds(self) -> float:
        """How long one unit takes to come back."""
        return 1 / self._rate

    @property
    def part(self) -> float:
        """The part of its full rate at which it goes now."""
        return self._rate / self._full_rate

    def learned(self) -> Learned | None:
        """What rejections taught, as units a second; `None` where that is nothing."""
        self._follow_pace()
        burst = self.capacity if self.capacity < self._most else None
        learned = Learned(self._rate, burst, self._margin)
        return None if learned == (self._full_rate, None, 0.0) else learned

    def seconds_for(self, cost: float) -> float:
        """How long after a request of `cost` the next such request may go, at full rate."""
        return cost / self._full_rate + self._gap(cost)

    def last_at(self, units: float, first: float, requests: int, start: float, *, proven: bool) -> float:
        """When the last of some requests may go that cost `units` in all, if the first, of `first`, goes at `start`.

        The answer to a first request that is not `proven` empties the bucket.
        """
        spacing = (requests - 1) * self._gap(first)
        level = max(self._full_at, self._now()) + (units - self.capacity) / self._rate
        return max(start, level if proven else start + (units - first) / self._rate) + spacing

    def ready_at(self, cost: float) -> float:
        """When `cost` fits. A cost above the capacity waits until the bucket would have held it."""
        return self._full_at + (cost - self.capacity) / self._rate

    def ready_behind(self, waiting: float, cost: float, *, start: float) -> float:
        """The earliest time at which `cost` can fit after `waiting`, if nobody goes before `start`."""
        ready = self.ready_at(waiting + cost)
        return max(ready, start + (waiting + cost - self._at_once) / self._rate) if waiting else ready

    def has_room(self, cost: float) -> bool:
        """Whether `cost` fits now."""
        self._follow_pace()
        return self._now() >= self.ready_at(cost)

    def spend(self, cost: float) -> None:
        """Take `cost`, which fits."""
        now = self._now()
        self.pace.sent(now, cost)
        self._move(max(self._full_at, now) + min(cost, self.capacity) / self._rate + self._gap(cost))

    # -- what is on its way --------------------------------------------------------------------------------------
    # The server counts a request when it arrives, and after a stall many arrive together. So what was not answered
    # counts in full, as if it came only now; it drains from the moment at which, as its answer shows, it was counted.

    def depart(self, cost: float) -> None:
        """A request leaves."""
        self._unanswered += cost

    def land(self, cost: float, counted_at: float) -> None:
        """It was answered, and counted at `counted_at` at the latest."""
        self._unanswered = max(self._unanswered - cost, 0.0)
        self._answered_full_at = max(self._answered_full_at, counted_at) + cost / self._rate

    def cut_off(self, cost: float, *, sent: bool) -> None:
        """It will not be answered. What was `sent` may still arrive, now or later."""
        self._unanswered = max(self._unanswered - cost, 0.0)
        if sent:
            self._cut_off += cost
            self.left_late(cost, self._now())

    def land_cut_off(self, cost: float, counted_at: float) -> None:
        """What was cut off has arrived by now, or never will."""
        self._cut_off = max(self._cut_off - cost, 0.0)
        self._answered_full_at = max(self._answered_full_at, counted_at) + cost / self._rate

    def clear_at(self, cost: float, round_trip: float) -> float:
        """When `cost` may join what is on its way, with answers after `round_trip` seconds: infinity until one comes.

        If nothing is on its way but what was cut off, one goes: its answer tells how things are.
        """
        on_its_way = self._unanswered + self._cut_off if self._unanswered else 0.0
        free = self._most_on_its_way(cost, round_trip) - on_its_way - cost
        if free < -_A_HAIR:
            return math.inf
        return self._answered_full_at - free / self._rate

    def answers_needed(self, cost: float, waiting: float, round_trip: float) -> float:
        """How many round trips pass before `cost` may leave, behind `waiting`."""
        most = self._most_on_its_way(cost, round_trip)
        drained = max(self._answered_full_at - self._now(), 0.0) * self._rate
        return max(self._unanswered + self._cut_off + drained + waiting + cost - most, 0.0) / most

    def is_full_of_cut_off(self, cost: float, round_trip: float) -> bool:
        """Whether what was cut off, and may arrive yet, leaves no room for `cost` in a burst of several requests."""
        return cost < self._at_once and self._cut_off + cost > self._most_on_its_way(cost, round_trip)

    def most_requests(self, cost: float, round_trip: float) -> int:
        """How many requests of `cost` may be on their way at once."""
        return max(int(self._most_on_its_way(cost, round_trip) / cost + _A_HAIR), 1)

    def _most_on_its_way(self, cost: float, round_trip: float) -> float:
        """As much as may arrive together; or what is under way at full rate while one answer is awaited."""
        round_trip = 0.0 if math.isinf(round_trip) else round_trip
        return max(self._at_once, cost + self._full_rate * (round_trip + min(self._slack(cost), JITTER)))

    # -- what came of it -----------------------------------------------------------------------------------------

    def restart(self, cost: float, *, left: bool) -> None:
        """Count as if `cost` had been spent this instant, out of one request's cost (`left`) or of nothing more."""
        remaining = max(min(self._largest, self.capacity) - cost, 0.0) if left else 0.0
        self._owe_until(self._now() + (self.capacity - remaining) / self._rate + self._gap(cost))
        self.pace.begin(self._now())

    def left_late(self, cost: float, left_at: float) -> None:
        """A request left only at `left_at`, for instance because it had to connect: as if it had been spent then."""
        spent = min(cost, self.capacity) / self._rate
        self._owe_until(left_at - self._slack(cost) + spent + self._gap(cost))

    def came_late(self, cost: float, spent_at: float, late: float) -> None:
        """The server counted a request up to `late` seconds after it was spent: keep the next one clear of it."""
        hidden = self._slack(cost)
        if late > hidden:
            self.left_late(cost, spent_at + late)

    def refused(self, refused: Refused) -> Reason:
        """Learn from a rejection. Returns what it was put down to."""
        reason = self.pace.refused(self._now(), refused)
        self._follow_pace()
        return reason

    def _follow_pace(self) -> None:
        """Go as the pace says now. What is owed is owed until the same time."""
        now = self._now()
        self._rate = self._full_rate * self.pace.rate(now)
        one = min(1.0, self._most)
        self.capacity = one + (self._most - one) * self.pace.burst(now)
        self._margin = self.pace.margin(now)

    def _gap(self, cost: float) -> float:
        """Seconds that are left free behind a request of `cost`, for want of room for jitter."""
        return max(self._spacing - self._slack(cost), self._margin)

    def _slack(self, cost: float) -> float:
        """Seconds of jitter that the server's bucket hides after a request of `cost`."""
        return max(self._held - max(cost, self.capacity), 0.0) / self._full_rate

    @property
    def _longest_debt(self) -> float:
        return self._at_once / (self._full_rate * LEAST_RATE) + self._spacing

    def _owe_until(self, full_at: float) -> None:
        if full_at > self._full_at:
            self._move(full_at)

    def _move(self, full_at: float) -> None:
        self._full_at = full_at
        self._memory[self._key] = (self._now(), full_at)
