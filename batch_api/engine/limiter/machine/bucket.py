"""A limit whose level is kept in a file, where the other workers of the machine draw on it, too."""

from __future__ import annotations

import math
from typing import Any

from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limiter.cut import CUT, FLOOR, RECOVERY
from batch_api.engine.limiter.machine.file import StateFile
from batch_api.engine.limiter.machine.state import LimitState, OnItsWay, Place
from batch_api.engine.limiter.pace import Reason, Refused
from batch_api.engine.limits import Learned, Limit

_TOLERANCE = 0.02
"""Seconds by which a turn may be taken late at no loss, where one request fills this bucket, but not the server's."""
_A_HAIR = 1e-9


class MachineBucket(Bucket):
    """The arithmetic is that of any bucket: before it, `load` takes over what the file says; after it, `save` keeps it.

    Between two visits to the file it knows what it last read there, and what came of this worker's own requests since.
    `alone` counts while the file cannot be used.
    """

    def __init__(self, limit: Limit, *, name: str, alone: Bucket, file: StateFile, **terms: Any) -> None:
        super().__init__(limit, memory={}, key=name, **terms)
        self.name, self.alone = name, alone
        self._file = file
        self._shown = f"{limit.rate:g} {limit.unit} / {limit.per:g} s"
        self._state = LimitState(full_at=self._full_at)
        self._factor, self._cut_at = 1.0, 0.0
        self._is_known = False
        self._landed: list[tuple[float, float]] = []
        self._leaving = 0.0
        self._sent_at = self._answered_sent_at = 0.0
        self._round_trip = math.inf

    # -- in a visit to the file ----------------------------------------------------------------------------------

    def load(self, state: LimitState | None, now: float) -> None:
        """Take over what the file says, and add what it was not told yet."""
        self._state = self._begun() if state is None else state
        self._go_at(self._state.factor + RECOVERY * (now - self._state.cut_at), now)
        self._full_at = max(self._full_at, self._state.full_at)
        self._answered_full_at = self._state.answered_full_at
        for cost, counted_at in self._landed:
            self._answered_full_at = max(self._answered_full_at, counted_at) + cost / self._rate
        self._state.answered_sent_at = max(self._state.answered_sent_at, self._answered_sent_at)

    def save(self, now: float) -> LimitState:
        """What the file should say now."""
        state, self._is_known = self._state, True
        state.full_at, state.answered_full_at = self._full_at, self._answered_full_at
        state.factor, state.cut_at, state.rate = self._factor, self._cut_at, self._rate
        state.capacity, state.shown = self.capacity, self._shown
        if self._round_trip < math.inf:
            state.round_trip = self._round_trip
        mine = self._unanswered + self._cut_off + self._leaving
        state.tell(self._file.worker, OnItsWay(mine, self._sent_at, now) if mine else None, now)
        return state

    def saved(self) -> None:
        """The file says so."""
        self._landed.clear()

    def fits_at(self, who: str, cost: float, now: float) -> float:
        """When `cost` fits behind what those take who go before `who`."""
        return self.ready_at(self._state.cost_ahead_of(who, now) + cost)

    def joins_at(self, cost: float, now: float) -> float:
        """As `clear_at`, with what all workers have on their way."""
        others = self._state.units_of_others(self._file.worker, now, mine=self.is_on_its_way)
        mine = self._unanswered + self._leaving + self._cut_off if self.is_on_its_way or others else 0.0
        free = self._most_on_its_way(cost, self._state.round_trip) - mine - others - cost
        return math.inf if free < -_A_HAIR else self._answered_full_at - free / self._rate

    def wait(self, who: str, cost: float, *, until: float, due: float) -> None:
        """`who` waits for its turn, and looks again at `until`."""
        self._state.places[who] = Place(self._state.start_of(who), cost, until, due)

    def take(self, who: str, cost: float, now: float) -> None:
        """`who` spends its turn, and its request leaves at once."""
        late = max(now - self._full_at, 0.0) if self.capacity <= self._largest else 0.0
        self.spend(cost)
        self._full_at -= min(late, _TOLERANCE, self._slack(cost))
        self._leaving, self._sent_at = cost, now
        self._state.spent += cost
        self._state.serve(who, self.seconds_for(cost), cost, now)

    def _begun(self) -> LimitState:
        """A limit that is new: the first request goes alone, and its answer sets the level, as in one process.

        One that this worker knew was lost, and holds nothing.
        """
        if self._is_known:
            self.restart(0.0, left=False)
        return LimitState(self._full_at, factor=self._factor, cut_at=self._cut_at)

    def _go_at(self, factor: float, now: float) -> None:
        """From now on, at this part of the documented rate."""
        self._factor, self._cut_at = min(max(factor, FLOOR), 1.0), now
        self._rate = self._full_rate * self._factor

    # -- what the gate asks and tells ----------------------------------------------------------------------------

    @property
    def is_on_its_way(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._unanswered + self._leaving)

    def hides(self, cost: float, late: float) -> bool:
        """Whether the server's bucket hides it if a request of `cost` comes so many seconds late."""
        return late <= self._slack(cost)

    def answered(self, sent_at: float) -> None:
        """What left then was answered."""
        self._answered_sent_at = max(self._answered_sent_at, sent_at)

    def ready_at(self, cost: float) -> float:
        return self.alone.ready_at(cost) if self._file.is_away else super().ready_at(cost)

    def ready_behind(self, waiting: float, cost: float, *, start: float) -> float:
        if self._file.is_away:
            return self.alone.ready_behind(waiting, cost, start=start)
        return super().ready_behind(waiting, cost, start=start)

    def refused(self, refused: Refused) -> Reason:
        """All workers go slower."""
        self._go_at(self._factor * CUT, self._now())
        return "rate"

    def learned(self) -> Learned | None:
        """What all workers know: the rate."""
        return None if self.part == 1.0 else Learned(self._rate, None, 0.0)

    def _follow_pace(self) -> None:
        """The file says at which rate to go."""

    def clear_at(self, cost: float, round_trip: float) -> float:
        self._round_trip = round_trip
        return super().clear_at(cost, round_trip)

    def depart(self, cost: float) -> None:
        super().depart(cost)
        self._leaving = 0.0

    def land(self, cost: float, counted_at: float) -> None:
        super().land(cost, counted_at)
        self._note(cost, counted_at)

    def land_cut_off(self, cost: float, counted_at: float) -> None:
        super().land_cut_off(cost, counted_at)
        self._note(cost, counted_at)

    def _note(self, cost: float, counted_at: float) -> None:
        """To be told at the next visit; while there is none, nothing is: then the limits begin empty."""
        if not self._file.is_away:
            self._landed.append((cost, counted_at))
