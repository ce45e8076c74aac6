"""One process's part of a queue that many processes form."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from batch_api.engine.limiter.shared.bounded import MOST, number
from batch_api.engine.limiter.shared.bucket import SharedBucket
from batch_api.engine.limiter.shared.link import LONGEST_PAUSE, SLICE, TERM, Link, RedisUnavailable

if TYPE_CHECKING:
    from batch_api.engine.gate import Ticket

_IDLE = 0.1
_A_HAIR = 1e-6
_LONGEST_WAIT = 60.0
"""Seconds after which a process asks again, however far off its turn is said to be."""


class Owner(Protocol):
    """The gate, as far as it is told of what Redis says."""

    def wake(self) -> None:
        """Something changed: look again."""

    def hold(self, since: float, until: float) -> None:
        """A rejection, here or elsewhere, pauses everyone."""

    def go_alone(self) -> None:
        """The next request goes ahead of all others, those of other processes included."""


class Lease:
    """Permits that were granted: where they begin on the timeline of their limit, and when they are given up."""

    __slots__ = ("at", "lapses", "rate", "units")

    def __init__(self, at: float, units: float, rate: float, lapses: float) -> None:
        self.at, self.units, self.rate, self.lapses = at, units, rate, lapses


class Leases:
    """The permits for requests of one gate that draw on the same limits.

    Redis grants them in slices, and this process may spend what it has leased. At most one more slice is reserved: its
    turn comes at a known time. Then one request to Redis confirms it, tells what happened meanwhile, and reserves the
    next slice.
    """

    def __init__(
        self,
        buckets: Sequence[SharedBucket],
        *,
        keys: Sequence[str],
        name: str,
        project: str,
        link: Link,
        owner: Owner,
        now: Callable[[], float],
    ) -> None:
        self._buckets = buckets
        self._keys = keys
        self._link = link
        self._owner = owner
        self._now = now
        self._me = f"{link.process}/{name}"
        self._project = project
        self._takes_slices = all(bucket.has_room_for_slices for bucket in buckets)
        self._leased: list[deque[Lease]] = [deque() for _ in buckets]
        self._reserved: list[float] | None = None
        self._again_at = -math.inf
        self._quantum = SLICE
        self._used = [0.0] * len(buckets)
        self._used_since = -math.inf
        self._wasted = False
        self._gate_id = ""
        self._paused_until = -math.inf
        self._longest_pause = max(LONGEST_PAUSE, *(bucket.longest_pause for bucket in buckets)) + 1
        self._last: tuple[float, float] | None = None
        self._is_back = False
        self._is_scout = False
        self._reports: dict[str, Any] = {}
        self._visit: asyncio.Task[None] | None = None
        self._line: Callable[[], Sequence[Ticket]] = tuple
        self._idle: asyncio.TimerHandle | None = None

    # -- the gate asks -------------------------------------------------------------------------------------------

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        """0 if `head` may spend now; infinity while waiting for an answer of Redis, which wakes the gate."""
        self._stay()
        now = self._now()
        costs = [draw.cost for draw in head.draws]
        if self._covers(costs, now):
            return max(0.0, *(self._due(n, cost) - now for n, cost in enumerate(costs)))
        if self._visit is not None:
            return math.inf
        if self._reserved is not None and now < self._again_at:
            return self._again_at - now
        self._go(self._wishes(costs, line, alone=alone))
        return math.inf

    def spend(self, costs: Sequence[float]) -> None:
        """Take `costs` from what is leased."""
        for n, cost in enumerate(costs):
            self._take(n, cost)
            self._used[n] += cost

    def answered(self, ticket: Ticket) -> None:
        """The first request, which went alone, was answered. It may have waited for a connection."""
        costs = [draw.cost for draw in ticket.draws]
        if self._is_scout:
            self._is_scout = False
            self._drop_leases()
            spacing = [bucket.spacing_after(cost) for bucket, cost in zip(self._buckets, costs, strict=True)]
            self._report("accepted", {"ago": ticket.spent_at, "costs": costs, "spacing": spacing})
        else:
            for bucket, cost in zip(self._buckets, costs, strict=True):
                bucket.came_late(cost, ticket.spent_at, self._now() - ticket.spent_at)
            self.tell_lateness()

    def tell_lateness(self) -> None:
        """If an answer came late, tell the other processes before their turn comes."""
        if any(bucket.owes for bucket in self._buckets):
            self._go({})

    def rejected(self, told: dict[str, Any]) -> None:
        """A 429, or maintenance."""
        self._is_scout = False
        self._drop_leases()
        self._report("rejected", told)

    def resume(self, seconds: float) -> None:
        """Lift a pause, of which this process knows so many seconds."""
        self._paused_until = -math.inf
        self._report("resumed", seconds)

    def released(self) -> None:
        """The request that went ahead got no answer."""
        if self._is_scout:
            self._is_scout = False
            self._report("released", True)

    def rest(self) -> None:
        """No request waits: soon, what is held goes back."""
        if self._idle is None and not self._link.away and (self._reserved is not None or any(self._leased)):
            self._idle = asyncio.get_running_loop().call_later(_IDLE, self._give_back)

    # -- the link tells ------------------------------------------------------------------------------------------

    def lost(self) -> None:
        self._stay()
        self._reserved, self._reports, self._is_scout = None, {}, False
        self._drop_leases()
        for bucket in self._buckets:
            bucket.lose()

    def found(self) -> None:
        self._is_back = True

    async def close(self) -> None:
        """Give back what is held, and wait for it."""
        self._stay()
        if self._visit is not None:
            await asyncio.wait([self._visit])
        if self._reserved is not None or any(self._leased) or self._reports:
            self._give_back()
            if self._visit is not None:
                await asyncio.wait([self._visit])

    # -- what is leased ------------------------------------------------------------------------------------------

    def _covers(self, costs: Sequence[float], now: float) -> bool:
        for leased in self._leased:
            while leased and leased[0].lapses < now:
                leased.popleft()
                self._wasted = True
        self._count()
        return all(self._units_leased(n) >= cost - _A_HAIR for n, cost in enumerate(costs))

    def _units_leased(self, n: int) -> float:
        return sum(lease.units for lease in self._leased[n])

    def _due(self, n: int, cost: float) -> float:
        """When `cost` may go. That depends on where its last unit lies on the timeline."""
        for lease in self._leased[n]:
            if cost <= lease.units + _A_HAIR:
                return lease.at + (cost - self._buckets[n].capacity) / lease.rate
            cost -= lease.units
        return math.inf

    def _take(self, n: int, cost: float) -> None:
        leased = self._leased[n]
        left = cost
        while leased and left > _A_HAIR:
            part = min(left, leased[0].units)
            leased[0].units -= part
            leased[0].at += part / leased[0].rate
            left -= part
            if leased[0].units <= _A_HAIR:
                leased.popleft()
        if leased:
            leased[0].at += self._buckets[n].spacing_after(cost)

    def _drop_leases(self) -> None:
        for n, leased in enumerate(self._leased):
            self._buckets[n].not_spent(self._units_leased(n))
            leased.clear()
        self._count()

    def _count(self) -> None:
        for n, bucket in enumerate(self._buckets):
            bucket.leased = self._units_leased(n) + (self._reserved[n] if self._reserved is not None else 0.0)

    # -- visits to Redis -----------------------------------------------------------------------------------------

    def _wishes(self, head: Sequence[float], line: Callable[[], Sequence[Ticket]], *, alone: bool) -> dict[str, Any]:
        """Confirm what is reserved, and reserve for those behind."""
        said: dict[str, Any] = {}
        held = [self._units_leased(n) for n in range(len(head))]
        if self._reserved is not None:
            covered = [has + reserved for has, reserved in zip(held, self._reserved, strict=True)]
            if all(cost <= has + _A_HAIR for cost, has in zip(head, covered, strict=True)):
                said["go"], held = True, covered
            else:
                said["drop"] = True  # who it was for is gone, and who comes next needs more
        if not (alone and "go" in said):
            asked = self._asked(line(), held, head, only_one=alone, is_next="go" in said)
            if asked is not None:
                said["asks"] = asked
        return said

    def _asked(
        self, line: Sequence[Ticket], held: Sequence[float], head: Sequence[float], *, only_one: bool, is_next: bool
    ) -> dict[str, Any] | None:
        """A slice: the waiting requests that `held` does not cover, and what is likely to come.

        It is one request or more, and takes up to `self._quantum` seconds: as long as the longest request of any
        process. If all processes take turns of that length, all have the same part of the limit.
        """
        total = [0.0] * len(held)
        units, spacing = list(total), list(total)
        first: Sequence[float] | None = None
        one_each = only_one or not self._takes_slices
        for ticket in line:
            costs = [draw.cost for draw in ticket.draws]
            total = [sum_ + cost for sum_, cost in zip(total, costs, strict=True)]
            if all(sum_ <= has + _A_HAIR for sum_, has in zip(total, held, strict=True)):
                continue
            more = [has + cost for has, cost in zip(units, costs, strict=True)]
            if first is not None and (one_each or self._seconds(more) > self._quantum + _A_HAIR):
                break
            first = costs if first is None else first
            units = more
            spacing = [
                has + bucket.spacing_after(cost)
                for has, bucket, cost in zip(spacing, self._buckets, costs, strict=True)
            ]
        else:
            if not one_each:
                units = self._with_expected(units, is_next=is_next)
        if not self._seconds(units):
            return None
        return {"units": units, "first": head if first is None else first, "spacing": spacing}

    def _with_expected(self, units: list[float], *, is_next: bool) -> list[float]:
        """Expect the use since the last slice to go on, and to grow if the whole slice was used."""
        now = self._now()
        used = [units if self._wasted else 2 * units for units in self._used]
        since = self._used_since
        self._used, self._used_since, self._wasted = [0.0] * len(used), now, False
        room = self._quantum - self._seconds(units)
        seconds = self._seconds(used)
        if room <= 0 or not seconds or (now - since > 2 * TERM and not is_next):
            return units
        return [has + math.floor(more * min(room / seconds, 1.0)) for has, more in zip(units, used, strict=True)]

    def _seconds(self, units: Sequence[float]) -> float:
        return max(count * bucket.permit_seconds for count, bucket in zip(units, self._buckets, strict=True))

    def _report(self, kind: str, told: Any) -> None:
        if not self._link.away:
            self._reports[kind] = told
            self._go({})

    def _go(self, said: dict[str, Any]) -> None:
        """Visit Redis, unless a visit is under way: when that ends, the gate looks again."""
        if self._visit is None and not self._link.away:
            self._visit = self._link.start(self._visiting(said))

    async def _visiting(self, said: dict[str, Any]) -> None:
        try:
            while True:
                sent = self._now()
                try:
                    answer = await self._link.call(self._keys, {**self._introduction(sent), **said})
                except RedisUnavailable:
                    break
                try:
                    self._hear(answer, sent)
                except (ValueError, TypeError, KeyError) as error:
                    self._link.lose(error, self._keys)
                    break
                if not self._reports and not any(bucket.owes for bucket in self._buckets):
                    break
                said = {}
        finally:
            self._visit = None
            self._owner.wake()

    def _introduction(self, now: float) -> dict[str, Any]:
        reports, self._reports = self._reports, {}
        for told in reports.values():
            if isinstance(told, dict):
                told["ago"] = max(now - told["ago"], 0.0)
        said: dict[str, Any] = {
            "me": self._me,
            "project": self._project,
            "gate": self._gate_id,
            "paused": max(self._paused_until - now, 0.0),
            "limits": [bucket.terms() for bucket in self._buckets],
            **reports,
        }
        if self._last is not None:
            said["last"], said["elapsed"] = self._last[0], now - self._last[1]
        if self._is_back:
            said["back"], self._is_back = True, False
        if any(bucket.owes for bucket in self._buckets):
            said["owed"] = [bucket.owed() for bucket in self._buckets]
        return said

    def _hear(self, answer: dict[str, Any], sent: float) -> None:
        now = self._now()
        self._last = float(answer["now"]), sent
        self._gate_id = str(answer["gate"])
        self._quantum = number(answer["quantum"], 0.0, MOST)
        known = [bucket.hear(told, now) for bucket, told in zip(self._buckets, answer["limits"], strict=True)]
        if not all(known):
            self._drop_leases()
        paused = answer.get("paused")
        if paused is not None and "resumed" not in self._reports:  # else it is about to be lifted
            self._drop_leases()
            self._paused_until = now + number(paused["seconds"], 0.0, self._longest_pause)
            self._owner.hold(now - number(paused["ago"], 0.0, MOST), self._paused_until)
        granted = answer.get("granted")
        if granted is not None:
            for bucket, leased, told in zip(self._buckets, self._leased, granted, strict=True):
                leased.append(_lease_of(bucket, told, sent, now))
            if answer["is_scout"]:
                self._is_scout = True
                self._owner.go_alone()
        reserved = answer.get("reserved")
        self._reserved = None if reserved is None else [number(units, 0.0, MOST) for units in reserved]
        self._again_at = now + min(number(answer.get("again", 0.0), -MOST, MOST), _LONGEST_WAIT)
        self._count()

    # -- giving back ---------------------------------------------------------------------------------------------

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _give_back(self) -> None:
        self._idle = None
        if self._visit is not None:
            return
        left = [
            {"seconds": leased[-1].units / leased[-1].rate, "units": leased[-1].units}
            if leased
            else {"seconds": 0, "units": 0}
            for leased in self._leased
        ]
        self._drop_leases()
        self._reserved = None
        self._go({"left": left})


def _lease_of(bucket: SharedBucket, told: dict[str, Any], sent: float, now: float) -> Lease:
    """The slice that an answer grants, asked for at `sent` and heard `now`. Raises `ValueError` for nonsense."""
    at, units = number(told["at"], -MOST, MOST), number(told["units"], 0.0, MOST)
    rate, lapses = number(told["rate"], 1 / MOST, MOST), number(told["lapses"], 0.0, MOST)
    later = bucket.later_by(sent + at, units, sent)
    return Lease(now + at + later, units, rate, sent + lapses + later)
