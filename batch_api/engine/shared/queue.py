"""How a gate takes part in the limits that processes share."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from batch_api.engine.shared.bucket import SharedBucket
from batch_api.engine.shared.lane import Lane, Owner
from batch_api.engine.shared.link import Link

if TYPE_CHECKING:
    from batch_api.engine.gate import Draw, Ticket

PREFIX = "batch_api:1:"
"""What all keys begin with: the package, and the version of what the keys hold."""
_FORGET = 1.02


class Place:
    """The keys of one project in Redis. They share a slot of a cluster, and do not show the project key."""

    def __init__(self, origin: str, project_key: str, alias: str) -> None:
        digest = hashlib.sha256(f"{origin}\n{project_key}".encode()).hexdigest()[:24]
        self.prefix = f"{PREFIX}{{{digest}}}:"
        self.alias = alias

    def keys(self, gate: str, buckets: Sequence[SharedBucket]) -> list[str]:
        """The project's clock, the gate, and its limits, in the order that the script takes them."""
        return [f"{self.prefix}clock", f"{self.prefix}gate:{gate}", *(f"{self.prefix}limit:{b.name}" for b in buckets)]


class SharedQueue:
    """The permits of one gate. Requests that draw on the same limits form a lane."""

    def __init__(self, name: str, place: Place, link: Link, now: Callable[[], float]) -> None:
        self._name, self._place, self._link, self._now = name, place, link, now
        self._lanes: dict[tuple[SharedBucket, ...], Lane] = {}
        self._owner: Owner | None = None
        self._quickest = math.inf
        self._answers = 0
        link.callers.add(self)

    def serve(self, owner: Owner) -> None:
        """`owner` is the gate."""
        self._owner = owner

    @property
    def is_away(self) -> bool:
        """Whether this process goes on alone, because Redis is away."""
        return self._link.away

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        """0 when the head of the queue may spend; infinity while only a call of `Owner.wake` can help."""
        lane = self._lane(head.draws)

        def same() -> list[Ticket]:
            found = []
            for ticket in line():
                if self._lane(ticket.draws) is not lane:
                    break
                found.append(ticket)
            return found

        return lane.seconds_until(head, same, alone=alone)

    def spend(self, ticket: Ticket) -> None:
        """Take what `seconds_until` found."""
        self._lane(ticket.draws).spend([draw.cost for draw in ticket.draws])

    def lateness(self, seconds: float) -> float:
        """How much later than the quickest answer this one came. Of few answers, the quickest may still be slow."""
        self._answers += 1
        self._quickest = min(self._quickest * _FORGET, seconds)
        return seconds - self._quickest * (1 - 1 / math.sqrt(self._answers))

    def answered(self, ticket: Ticket, *, first: bool) -> None:
        """An answer that is no rejection; the `first` went alone."""
        if ticket.draws and not self.is_away:
            lane = self._lane(ticket.draws)
            if first:
                lane.answered(ticket)
            else:
                lane.tell_lateness()

    def rejected(self, ticket: Ticket, told: dict[str, Any]) -> None:
        """A rejection: all processes should know."""
        if ticket.draws:
            self._lane(ticket.draws).rejected({"ago": ticket.spent_at, **told})

    def resume(self, draws: Sequence[Draw], seconds: float) -> None:
        """Lift a pause, of which this process knows so many seconds."""
        if draws:
            self._lane(draws).resume(seconds)

    def released(self, ticket: Ticket) -> None:
        """The request that went ahead got no answer."""
        if ticket.draws:
            self._lane(ticket.draws).released()

    def rest(self) -> None:
        """No request waits at the gate."""
        for lane in self._lanes.values():
            lane.rest()

    def lost(self) -> None:
        for lane in self._lanes.values():
            lane.lost()
        self._wake()

    def found(self) -> None:
        for lane in self._lanes.values():
            lane.found()
        self._wake()

    async def close(self) -> None:
        for lane in self._lanes.values():
            await lane.close()

    def _wake(self) -> None:
        if self._owner is not None:
            self._owner.wake()

    def _lane(self, draws: Sequence[Draw]) -> Lane:
        buckets = tuple(cast(SharedBucket, draw.bucket) for draw in draws)
        if buckets not in self._lanes:
            assert self._owner is not None  # noqa: S101
            self._lanes[buckets] = Lane(
                buckets,
                keys=self._place.keys(self._name, buckets),
                name=f"{self._name}/{len(self._lanes)}",
                project=self._place.alias,
                link=self._link,
                owner=self._owner,
                now=self._now,
            )
        return self._lanes[buckets]
