"""How a gate takes part in the limits that processes share."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from batch_api.engine.limiter.limiter import Answer, LocalLimiter, Rejection
from batch_api.engine.limiter.shared.bucket import SharedBucket
from batch_api.engine.limiter.shared.leases import Leases, Owner
from batch_api.engine.limiter.shared.link import Link

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


class SharedLimiter:
    """A limiter that shares its limits with other processes, through Redis.

    Requests that draw on the same limits have their leases together. While Redis is away, and where nothing is limited,
    a limiter of this process alone takes over.
    """

    def __init__(self, name: str, place: Place, link: Link, now: Callable[[], float]) -> None:
        self._name, self._place, self._link, self._now = name, place, link, now
        self._alone = LocalLimiter(now)
        self._leases: dict[tuple[SharedBucket, ...], Leases] = {}
        self._owner: Owner | None = None
        self._quickest = math.inf
        self._answers = 0
        link.callers.add(self)

    def serve(self, owner: Owner) -> None:
        """`owner` is the gate."""
        self._owner = owner

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        """As `Limiter.seconds_until`; an answer of Redis calls `Owner.wake`."""
        if not self._shares(head.draws):
            return self._alone.seconds_until(head, line, alone=alone)
        leases = self._leases_for(head.draws)

        def same() -> list[Ticket]:
            found = []
            for ticket in line():
                if self._leases_for(ticket.draws) is not leases:
                    break
                found.append(ticket)
            return found

        return leases.seconds_until(head, same, alone=alone)

    def spend(self, ticket: Ticket) -> None:
        if self._shares(ticket.draws):
            self._leases_for(ticket.draws).spend([draw.cost for draw in ticket.draws])
        else:
            self._alone.spend(ticket)

    def accepted(self, ticket: Ticket, answer: Answer) -> None:
        self._alone.heard(ticket, answer, late=self._lateness(answer.seconds))
        if not self._shares(ticket.draws):
            return
        leases = self._leases_for(ticket.draws)
        if answer.first:
            leases.answered(ticket)
        else:
            leases.tell_lateness()

    def rejected(self, ticket: Ticket, rejection: Rejection) -> None:
        """A rejection: all processes should know."""
        self._alone.rejected(ticket, rejection)
        if ticket.draws:
            told = {name: getattr(rejection, name) for name in ("slower", "pause", "longest", "stretch")}
            asked = {} if rejection.retry_after is None else {"asked": rejection.retry_after}
            self._leases_for(ticket.draws).rejected({"ago": ticket.spent_at, **told, **asked})

    def resume(self, draws: Sequence[Draw], seconds: float) -> None:
        if draws:
            self._leases_for(draws).resume(seconds)

    def released(self, ticket: Ticket) -> None:
        """The request that went ahead got no answer."""
        if ticket.draws:
            self._leases_for(ticket.draws).released()

    def rest(self) -> None:
        """No request waits at the gate."""
        for leases in self._leases.values():
            leases.rest()

    def _shares(self, draws: Sequence[Draw]) -> bool:
        """Whether other processes have a say in it."""
        return bool(draws) and not self._link.away

    def _lateness(self, seconds: float) -> float:
        """How much later than the quickest answer this one came. Of few answers, the quickest may still be slow."""
        self._answers += 1
        self._quickest = min(self._quickest * _FORGET, seconds)
        return seconds - self._quickest * (1 - 1 / math.sqrt(self._answers))

    def lost(self) -> None:
        for leases in self._leases.values():
            leases.lost()
        self._wake()

    def found(self) -> None:
        for leases in self._leases.values():
            leases.found()
        self._wake()

    async def close(self) -> None:
        for leases in self._leases.values():
            await leases.close()

    def _wake(self) -> None:
        if self._owner is not None:
            self._owner.wake()

    def _leases_for(self, draws: Sequence[Draw]) -> Leases:
        buckets = tuple(cast(SharedBucket, draw.bucket) for draw in draws)
        if buckets not in self._leases:
            assert self._owner is not None  # noqa: S101
            self._leases[buckets] = Leases(
                buckets,
                keys=self._place.keys(self._name, buckets),
                name=f"{self._name}/{len(self._leases)}",
                project=self._place.alias,
                link=self._link,
                owner=self._owner,
                now=self._now,
            )
        return self._leases[buckets]
