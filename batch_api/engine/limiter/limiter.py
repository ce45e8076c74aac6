"""What keeps the limits of one gate: by itself, or together with other processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from batch_api.engine.limiter.pace import Refused

if TYPE_CHECKING:
    from batch_api.engine.gate import Draw, Ticket

_A_MOMENT = 1e-4
_AS_CLOSE = 0.99
_LONGEST_SLEEP = 1.0  # a rate that recovers may bring a turn forward: look again


class Answer(NamedTuple):
    """An answer that is no rejection."""

    seconds: float
    """From the permit to the answer."""
    quickest: float
    """Seconds that the quickest answer took."""
    first: bool
    """Whether the request went alone, and the others waited for its answer."""
    sets_levels: bool
    """Whether all counting begins anew with it: the first of all, and the first after a rejection."""
    after_rejection: bool


class Rejection(NamedTuple):
    """A 429, or maintenance."""

    slower: bool
    """Whether there is something to learn about the pace."""
    alone: bool
    """Whether the request went alone: the server refuses everything, or others take what there is."""
    retry_after: float | None
    """Seconds that the server asks for."""
    pause: float
    """Seconds of the first pause where it asks for none."""
    longest: float
    """... and of the longest."""
    stretch: float
    """What pauses are multiplied by, so that not all processes come back together."""
    jitter: float
    """Seconds by which one way of a request may take longer than that of another."""


class Limiter(Protocol):
    """Says when the head of a queue may spend, and hears what came of it."""

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        """0 when the head may spend; infinity while only a call of the gate's `wake` can help.

        `line` gives those who wait, in order. `alone`: the others wait for the answer to this one.
        """
        ...

    def spend(self, ticket: Ticket) -> None:
        """Take what `seconds_until` found."""
        ...

    def accepted(self, ticket: Ticket, answer: Answer) -> None:
        """An answer that is no rejection."""
        ...

    def rejected(self, ticket: Ticket, rejection: Rejection) -> None:
        """A rejection: all who draw on the same limits pause."""
        ...

    def released(self, ticket: Ticket) -> None:
        """The request that went alone got no answer."""
        ...

    def resume(self, draws: Sequence[Draw], seconds: float) -> None:
        """Lift a pause that would last for so many seconds yet."""
        ...

    def rest(self) -> None:
        """Nobody waits any more."""
        ...


class LocalLimiter:
    """The buckets of this process alone."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        if all(draw.bucket.has_room(draw.cost) for draw in head.draws):
            return 0.0
        ready = max(draw.bucket.ready_at(draw.cost) for draw in head.draws)
        return min(max(ready - self._now(), _A_MOMENT), _LONGEST_SLEEP)

    def spend(self, ticket: Ticket) -> None:
        for draw in ticket.draws:
            draw.bucket.spend(draw.cost)

    def accepted(self, ticket: Ticket, answer: Answer) -> None:
        self.heard(ticket, answer, late=answer.seconds - answer.quickest)

    def heard(self, ticket: Ticket, answer: Answer, *, late: float) -> None:
        """An answer that came `late` seconds later than the quickest."""
        for draw in ticket.draws:
            if not answer.first:
                draw.bucket.came_late(draw.cost, ticket.spent_at, late)
            elif answer.sets_levels:
                # It may have waited for a connection: count the next one from its answer. After a rejection the
                # server's bucket is empty; before, one request's cost is taken to be in it.
                draw.bucket.restart(draw.cost, left=not answer.after_rejection)

    def rejected(self, ticket: Ticket, rejection: Rejection) -> None:
        """The limits that are closest to being reached are to blame. One request alone says nothing of a pace."""
        if not rejection.slower or rejection.alone:
            return
        seconds = [draw.cost * draw.bucket.permit_seconds for draw in ticket.draws]
        for draw, busy in zip(ticket.draws, seconds, strict=True):
            if busy >= max(seconds) * _AS_CLOSE:
                draw.bucket.refused(Refused(ticket.spent_at, draw.cost, rejection.jitter))

    def released(self, ticket: Ticket) -> None:
        return

    def resume(self, draws: Sequence[Draw], seconds: float) -> None:
        return

    def rest(self) -> None:
        return
