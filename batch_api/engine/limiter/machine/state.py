"""What is kept of one project: where its gates and its limits stand. All times are those of the machine's clock."""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Struct, field

GRACE = 0.05
"""Seconds by which a worker may come late to its turn; then the others go past it."""
SAID_EVERY = 0.25
"""Seconds after which a worker that waits, or has something on its way, says so again ..."""
SILENT = 1.0
"""... and after which nobody counts on it any more: it was killed, or stopped."""
LONGEST_STALL = 30.0
"""Seconds after which what a silent worker sent has arrived, or never will."""
_FORGET = 1.02


class GateState(Struct):
    """A gate that the gates of all workers make up together."""

    paused_at: float = 0.0
    paused_until: float = 0.0
    rejections: int = 0
    """In a row."""
    proven: bool = False
    """Whether a request was accepted since the beginning, or since the last rejection."""
    scout: str = ""
    """The worker whose request goes alone, while all wait for its answer ..."""
    scout_since: float = 0.0
    scout_until: float = 0.0
    """... until then, unless it says that it is still there."""
    answers: int = 0
    quickest: float = 1e9
    """Seconds that the quickest answer to any worker took, forgotten slowly."""

    def quickest_after(self, quickest: float) -> float:
        """What counts as quick after an answer to a worker whose quickest took so long.

        Of few answers, the quickest may still be slow.
        """
        self.answers += 1
        self.quickest = min(self.quickest * _FORGET, quickest)
        return self.quickest * (1 - 1 / math.sqrt(self.answers))


class Place(Struct, array_like=True):
    """Where the request stands that is at the head of one worker's queue, among those that draw on the same limit."""

    start: float
    """Seconds of the limit that were given to the worker, as if it had waited all the time. The lowest goes first."""
    cost: float
    until: float
    """When the worker will look again."""
    due: float
    """When the other limits that it draws on let it go: until then, nobody waits behind it."""


class OnItsWay(Struct, array_like=True):
    """What one worker sent and has no answer to."""

    units: float
    sent_at: float
    """When the latest of it left."""
    said_at: float

    def is_silent(self, now: float) -> bool:
        """Whether its worker says nothing any more."""
        return self.said_at + SILENT < now


class LimitState(Struct):
    """One limit: its bucket, who waits for it, and what is on its way."""

    full_at: float
    """When its bucket will be full again."""
    shown: str = ""
    capacity: float = 0.0
    rate: float = 0.0
    """Units a second, as rejections have left it."""
    factor: float = 1.0
    """The part of the documented rate that this is."""
    cut_at: float = 0.0
    spent: float = 0.0
    """Units since the beginning."""
    served: float = 0.0
    """The lowest `start` of those who wait: where one who comes now begins."""
    places: dict[str, Place] = field(default_factory=dict)
    answered_full_at: float = 0.0
    """As `full_at`, for what was answered, from when the server counted it."""
    answered_sent_at: float = 0.0
    """When the latest left of what was answered: what was sent before has arrived, or never will."""
    on_its_way: dict[str, OnItsWay] = field(default_factory=dict)
    round_trip: float = 0.0
    """Seconds that an answer to some worker took of late."""

    # -- turns ---------------------------------------------------------------------------------------------------

    def start_of(self, who: str) -> float:
        """Where `who` stands in the queue: behind those who were given less."""
        known = self.places.get(who)
        return self.served if known is None else max(known.start, self.served)

    def cost_ahead_of(self, who: str, now: float) -> float:
        """What those will take who go before `who`. One that should have looked by now has lost its turn."""
        mine = self.start_of(who), who
        return sum(
            place.cost
            for name, place in self.places.items()
            if (place.start, name) < mine and place.until + GRACE >= now >= place.due
        )

    def serve(self, who: str, seconds: float, cost: float, now: float) -> None:
        """`who` takes its turn, worth so many seconds of the limit. It is taken to have as much again to send."""
        self.places[who] = Place(self.start_of(who) + seconds, cost, now, now)
        self.places = {name: place for name, place in self.places.items() if place.until + SILENT >= now}
        self.served = min(place.start for place in self.places.values() if place.until + GRACE >= now)

    # -- what is on its way --------------------------------------------------------------------------------------

    def units_of_others(self, me: str, now: float, *, mine: bool) -> float:
        """What other workers have on its way. What a silent one sent counts while some answer is awaited at all.

        If nothing is on its way but what such a one sent, one request goes: its answer tells how things are.
        """
        heard = sum(sent.units for sent in self._others(me) if not sent.is_silent(now))
        silent = sum(sent.units for sent in self._others(me) if sent.is_silent(now) and not self._has_landed(sent, now))
        return heard + silent if heard or mine else 0.0

    def tell(self, me: str, sent: OnItsWay | None, now: float) -> None:
        """What `me` has on its way now. What silent ones sent is counted as answered once it has landed."""
        self.on_its_way.pop(me, None)
        for name, other in list(self.on_its_way.items()):
            if other.is_silent(now) and self._has_landed(other, now):
                del self.on_its_way[name]
                counted_at = max(self.answered_full_at, min(self.answered_sent_at, other.sent_at + LONGEST_STALL))
                self.answered_full_at = counted_at + other.units / self.rate
        if sent is not None:
            self.on_its_way[me] = sent

    def _others(self, me: str) -> Iterator[OnItsWay]:
        return (sent for name, sent in self.on_its_way.items() if name != me)

    def _has_landed(self, sent: OnItsWay, now: float) -> bool:
        """Whether it has arrived by now, or never will, as an answer to a later request shows."""
        return sent.sent_at <= self.answered_sent_at or sent.sent_at + LONGEST_STALL < now


class State(Struct):
    """One project."""

    project: str
    """Its alias."""
    clock: str
    """The clock that all times are read from: that of one boot of one machine."""
    seen: float = 0.0
    """When this was written."""
    gates: dict[str, GateState] = field(default_factory=dict)
    limits: dict[str, LimitState] = field(default_factory=dict)
