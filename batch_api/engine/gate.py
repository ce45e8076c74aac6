"""The gate: where a request waits until its cost may be spent."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, nsmallest
from types import TracebackType
from typing import NamedTuple

from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limiter.limiter import Answer, Limiter, LocalLimiter, Rejection
from batch_api.engine.round_trip import RoundTrip

LONGEST_PAUSE = 60.0
"""A pause that the server named no length for does not grow beyond this, or one permit's time where that is longer."""
PAUSE_GROWTH = 1 / 8
"""... and else is this part of the time for which nothing but rejections came: whoever shares a limit tries on."""
PAUSE_JITTER = 0.1
"""A pause is stretched by up to this part of it, never shortened."""
_A_MOMENT = 1e-4
_LOOK_AHEAD = 500  # of those who wait, so many are told to the other processes at most
FEWEST_PLACES = 64
"""Requests of one gate that may be on the wire at once, however quick the answers are."""
_MANY = 4  # cut off, with nothing answered that was sent after them: a stall, however soon they were cut
_TRY_EVERY, _LONGEST_TRY = 10, 5.0  # permits, and seconds at most, between two tries in a long stall
_LONGEST_STALL = 30.0  # what is longer is no stall, but a network that lost what was on its way
_ROUND_TRIPS = 2  # ... and else as many as the limits let go in so many of the quickest round trips


class TooLate(Exception):
    """The turn would come, or came, after the deadline: `seconds` from now, as far as is known."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Withdrawn(Exception):
    """Nobody waits for the turn any more."""


class Draw(NamedTuple):
    """What a request takes from one bucket."""

    bucket: Bucket
    cost: float


class Ticket:
    """A call's place in the queue. It keeps its number over all its attempts, and pays for each."""

    __slots__ = (
        "came_at",
        "deadline",
        "draws",
        "is_withdrawn",
        "most_in_flight",
        "number",
        "queued",
        "spent_at",
        "too_late",
        "wake",
    )

    def __init__(self, number: int, draws: Sequence[Draw], deadline: float, most_in_flight: int) -> None:
        self.number = number
        self.draws = tuple(draws)
        self.deadline = deadline
        self.most_in_flight = most_in_flight
        self.came_at = -math.inf
        self.queued = False
        self.too_late = False
        self.is_withdrawn = False
        self.spent_at = -math.inf
        self.wake: asyncio.Future[None] | None = None

    def __lt__(self, other: Ticket) -> bool:
        return self.number < other.number

    def withdraw(self) -> None:
        """Wait no longer."""
        self.is_withdrawn = True
        self.nudge()

    def nudge(self) -> None:
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)


class Gate:
    """A queue before one or more buckets, served strictly first come, first served.

    Only the head looks at the buckets; it spends from all of them at once or from none, and only when there is a place
    on the wire for it: nothing waits after its limit was spent. What was sent counts against the burst until it is
    answered, so that a stall, of the server or of the network, does not let it pile up on the way.

    The first request, and the first after a pause, goes alone: the others follow when it is answered. One rejection
    pauses everyone.

    The `limiter` says when the head may spend, and hears what came of it: the buckets of this process, by default, or
    what it shares with others.
    """

    def __init__(
        self, *, pause: float, now: Callable[[], float], rng: random.Random, limiter: Limiter | None = None
    ) -> None:
        self._pause = pause
        self._now = now
        self._rng = rng
        self._queue: list[Ticket] = []
        self._queued = 0
        self._waiting: dict[Bucket, float] = {}
        self._numbers = 0
        self._proven = False
        self._restarts = True  # the one that goes alone sets the levels of the buckets anew
        self._scout: Ticket | None = None
        self._answered_at = -math.inf
        self._paused_at = -math.inf
        self._paused_until = -math.inf
        self._rejections = 0
        self._rejected_since = -math.inf
        self._in_flight: set[Ticket] = set()
        self._cut_off: list[tuple[float, Sequence[Draw]]] = []  # will not be answered: since when, and what it took
        self._round_trip = RoundTrip()
        self._limiter: Limiter = limiter or LocalLimiter(now)

    def ticket(self, draws: Sequence[Draw], deadline: float, most_in_flight: int = FEWEST_PLACES) -> Ticket:
        """A place at the end of the queue, for one call and all its attempts."""
        self._numbers += 1
        return Ticket(self._numbers, draws, deadline, most_in_flight)

    def turn(self, ticket: Ticket) -> Turn:
        """One attempt of `ticket`: `async with` waits for its turn and spends; the block then says what came of it."""
        return Turn(self, ticket)

    @property
    def is_proven(self) -> bool:
        """Whether a request was accepted since the beginning, or since the last rejection."""
        return self._proven

    def expected_at(self, draws: Sequence[Draw], most_in_flight: int) -> float:
        """When a call that came now is likely to go: `ready_at`, and not before there is a place on the wire.

        The answers are taken to come as quickly as the latest did.
        """
        now, answer = self._now(), self._round_trip.usual
        found = self.ready_at(draws)
        places = self._places(draws, most_in_flight)
        before = self._queued + 1 - max(places - len(self._in_flight), 0)
        if before > 0:
            found = max(found, now + before * answer / places)
        for draw in draws:
            seconds = draw.bucket.answers_needed(draw.cost, self._waiting.get(draw.bucket, 0.0), self._round_trip.floor)
            found = max(found, now + seconds * answer)
        return found

    def seconds_for_answers(self, draws: Sequence[Draw], requests: int, most_in_flight: int) -> float:
        """How long so many requests take to be answered, if their answers come as quickly as the latest did."""
        floor = self._round_trip.floor
        at_once = min(
            self._places(draws, most_in_flight), *(draw.bucket.most_requests(draw.cost, floor) for draw in draws)
        )
        return (requests - 1) / at_once * self._round_trip.usual

    def ready_at(self, draws: Sequence[Draw]) -> float:
        """The earliest time at which a call that came now can go, if all who wait before it go first."""
        start = max(self._now(), self._paused_until)
        turns = (
            draw.bucket.ready_behind(self._waiting.get(draw.bucket, 0.0), draw.cost, start=start) for draw in draws
        )
        return max(start, *turns) if draws else start

    # -- waiting -------------------------------------------------------------------------------------------------

    async def wait_and_spend(self, ticket: Ticket) -> None:
        """Return once every draw of `ticket` is spent. Raises `TooLate`; cancelled or too late, nothing is spent.

        `Withdrawn`, too, where the ticket is.
        """
        if ticket.is_withdrawn:
            raise Withdrawn
        if not ticket.draws and not self._holds_back(ticket):
            self._depart(ticket)
            return
        if (ready := self.ready_at(ticket.draws)) > ticket.deadline:
            raise TooLate(ready - self._now())
        self._enqueue(ticket)
        try:
            while (seconds := self._seconds_until_turn(ticket)) > 0:
                await self._sleep(ticket, seconds)
            self._limiter.spend(ticket)
            self._depart(ticket)
        finally:
            self._dequeue(ticket)
        if not self._proven:
            self._scout = ticket

    def _seconds_until_turn(self, ticket: Ticket) -> float:
        """0 when it is this ticket's turn, infinity while only a nudge can help."""
        if ticket.is_withdrawn:
            raise Withdrawn
        now = self._now()
        if ticket.too_late or now >= ticket.deadline:
            raise TooLate(max(self._paused_until - now, 0.0))
        if self._head() is not ticket or self._scout is not None:
            return math.inf
        if now < self._paused_until:
            return self._paused_until - now
        if not self._has_place(ticket):
            return math.inf
        if ticket.deadline - now < self._time_needed(ticket, now):
            raise TooLate(0.0)
        ready = self._next_try_at(ticket)
        for draw in ticket.draws:
            ready = max(ready, draw.bucket.clear_at(draw.cost, self._round_trip.floor))
        if ready > now:
            return ready - now  # infinity, where only an answer can help
        return self._limiter.seconds_until(ticket, self._line, alone=not self._proven)

    def _line(self) -> list[Ticket]:
        """Those who wait, in order."""
        return nsmallest(_LOOK_AHEAD, (ticket for ticket in self._queue if ticket.queued))

    async def _sleep(self, ticket: Ticket, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        ticket.wake = loop.create_future()
        until = min(loop.time() + seconds, ticket.deadline)
        timer = loop.call_at(until, ticket.nudge) if until < math.inf else None
        try:
            await ticket.wake
        finally:
            ticket.wake = None
            if timer is not None:
                timer.cancel()

    def _holds_back(self, ticket: Ticket) -> bool:
        """Where nothing is limited, a pause, the one that goes ahead and want of a place hold a request back."""
        return (
            not self._proven
            or self._now() < self._paused_until
            or self._head() is not None
            or not self._has_place(ticket)
        )

    def _time_needed(self, ticket: Ticket, now: float) -> float:
        """Seconds that one who waited must have left: with less, all it could get is an unknown outcome."""
        if now - ticket.came_at <= _A_MOMENT or math.isinf(self._round_trip.floor):
            return 0.0
        return self._round_trip.long if self._is_stalled else self._round_trip.floor

    @property
    def _is_stalled(self) -> bool:
        """Whether what was sent last got no answer for long: the next goes alone, to see how things are."""
        return not (self._proven or self._restarts)

    def _next_try_at(self, ticket: Ticket) -> float:
        """In a stall: no more at a time than the limit allows, in case all of it arrives when the stall is over."""
        if not (self._is_stalled and self._cut_off):
            return -math.inf
        last = self._cut_off[-1][0]
        waits = [
            min(max(_TRY_EVERY * draw.cost * draw.bucket.permit_seconds, 1.0), _LONGEST_TRY)
            for draw in ticket.draws
            if draw.bucket.is_full_of_cut_off(draw.cost, self._round_trip.floor)
        ]
        return last + max(waits, default=0.0)

    def _has_place(self, ticket: Ticket) -> bool:
        return len(self._in_flight) < self._places(ticket.draws, ticket.most_in_flight)

    def _places(self, draws: Sequence[Draw], most: int) -> int:
        """How many requests may be on the wire: twice what the limits let go while an answer is awaited."""
        if not draws or math.isinf(self._round_trip.floor):
            return min(FEWEST_PLACES, most)
        rate = min(1 / (draw.bucket.permit_seconds * draw.cost) for draw in draws)
        return min(max(math.ceil(_ROUND_TRIPS * rate * self._round_trip.floor), FEWEST_PLACES), most)

    def _enqueue(self, ticket: Ticket) -> None:
        ticket.queued, ticket.too_late = True, False
        ticket.came_at = self._now()
        self._queued += 1
        behind = self._head()
        heappush(self._queue, ticket)
        for draw in ticket.draws:
            self._waiting[draw.bucket] = self._waiting.get(draw.bucket, 0.0) + draw.cost
        if behind is not None and self._head() is ticket:
            behind.nudge()

    def _dequeue(self, ticket: Ticket) -> None:
        ticket.queued = False
        self._queued -= 1
        for draw in ticket.draws:
            left = self._waiting[draw.bucket] - draw.cost
            if left > 0:
                self._waiting[draw.bucket] = left
            else:
                del self._waiting[draw.bucket]
        if self._head() is None:
            self._limiter.rest()
        self.wake()

    def _head(self) -> Ticket | None:
        while self._queue and not self._queue[0].queued:
            heappop(self._queue)
        return self._queue[0] if self._queue else None

    def wake(self) -> None:
        """Let the head of the queue look again."""
        head = self._head()
        if head is not None:
            head.nudge()

    # -- what came of it -----------------------------------------------------------------------------------------

    def _depart(self, ticket: Ticket) -> None:
        """It goes on the wire."""
        ticket.spent_at = self._now()
        self._in_flight.add(ticket)
        for draw in ticket.draws:
            draw.bucket.depart(draw.cost)

    def left(self, ticket: Ticket, left_at: float) -> None:
        """Its first byte leaves: connecting may have taken long, and the next must keep clear of it."""
        for draw in ticket.draws:
            draw.bucket.left_late(draw.cost, left_at)

    def _land(self, ticket: Ticket, left_at: float) -> None:
        """It was answered: the server has counted it, at the latest a return trip ago."""
        self._in_flight.discard(ticket)
        self._answered_at = self._now()
        counted_at = self._answered_at - self._round_trip.quickest
        for draw in ticket.draws:
            draw.bucket.land(draw.cost, max(counted_at, left_at))
        self._land_those_cut_off_before(ticket)

    def _land_those_cut_off_before(self, ticket: Ticket) -> None:
        """An answer to what was sent after them shows that nothing stalls: they have arrived, or never will."""
        landed = [cut for cut in self._cut_off if cut[0] <= ticket.spent_at]
        if landed:
            self._cut_off = [cut for cut in self._cut_off if cut[0] > ticket.spent_at]
        for at, draws in landed:
            for draw in draws:
                draw.bucket.land_cut_off(draw.cost, min(ticket.spent_at, at + _LONGEST_STALL))

    def accepted(self, ticket: Ticket, left_at: float | None = None) -> None:
        """An answer that is no rejection."""
        now = self._now()
        left_at = ticket.spent_at if left_at is None else left_at
        self._round_trip.learn(now - left_at, left_at, now)
        self._land(ticket, left_at)
        first = self._scout is ticket
        if first or self._proven:
            answer = Answer(
                seconds=now - ticket.spent_at,
                quickest=self._round_trip.quickest,
                first=first,
                sets_levels=self._restarts,
                after_rejection=self._rejections > 0,
            )
            self._limiter.accepted(ticket, answer)
        if first:
            self._proven, self._restarts, self._rejections = True, False, 0
        self._make_way(ticket)

    def rejected(self, ticket: Ticket, left_at: float | None, retry_after: float | None, *, slower: bool) -> bool:
        """A rejection: everyone pauses, once, and (`slower`) the buckets it drew on go slower.

        False where nobody pauses for it: it was sent before the pause that answers it.
        """
        now = self._now()
        self._land(ticket, ticket.spent_at if left_at is None else left_at)
        if ticket.spent_at < self._paused_at:
            self.wake()
            return False
        alone = self._scout is ticket
        if self._rejections == 0:
            self._rejected_since = now
        self._rejections += 1
        self.go_alone()
        longest = self._longest_pause(ticket)
        stretch = 1 + self._rng.random() * PAUSE_JITTER
        grown = min(max(self._pause, (now - self._rejected_since) * PAUSE_GROWTH), longest)
        self._paused_at = now
        self._pause_until(now + (grown if retry_after is None else retry_after) * stretch)
        rejection = Rejection(
            slower=slower,
            alone=alone,
            retry_after=retry_after,
            pause=self._pause,
            longest=longest,
            stretch=stretch,
            jitter=self._round_trip.jitter,
        )
        self._limiter.rejected(ticket, rejection)
        return True

    def resume(self, draws: Sequence[Draw]) -> None:
        """Lift a pause. `draws` is what a request would take."""
        now = self._now()
        self._limiter.resume(draws, max(self._paused_until - now, 0.0))
        self._paused_until = min(self._paused_until, now)
        self.wake()

    def hold(self, since: float, until: float) -> None:
        """Another process met a rejection, at `since`: pause as if it had been here."""
        if since > self._paused_at:
            self._paused_at = since
            self.go_alone()
        self._pause_until(until)

    def go_alone(self) -> None:
        """The next request goes alone again, and the others follow when it is answered."""
        self._proven = False
        self._restarts = True
        self._scout = None

    def _pause_until(self, until: float) -> None:
        self._paused_until = max(self._paused_until, until)
        for waiting in self._queue:
            if waiting.deadline < self._paused_until:
                waiting.too_late = True
                waiting.nudge()
        self.wake()

    def release(self, ticket: Ticket, left_at: float | None) -> None:
        """The attempt is over, and there may have been no answer. `left_at` is `None` if nothing of it left.

        What did may still be counted, once whatever holds it up is over: until then it counts as on its way.
        """
        if ticket in self._in_flight:
            self._in_flight.discard(ticket)
            for draw in ticket.draws:
                draw.bucket.cut_off(draw.cost, sent=left_at is not None)
            if left_at is not None:
                self._note_cut_off(ticket)
        self._make_way(ticket)

    def _note_cut_off(self, ticket: Ticket) -> None:
        if ticket.draws:
            self._cut_off.append((self._now(), ticket.draws))
        if self._stalls(ticket) or len(self._cut_off) >= _MANY:
            self._proven = False  # what follows would only get stuck behind it: one goes ahead

    def _stalls(self, ticket: Ticket) -> bool:
        """Whether it was left for much longer than answers take, and no other was answered meanwhile."""
        age = self._now() - ticket.spent_at
        return self._answered_at < ticket.spent_at and age > self._round_trip.long

    def _make_way(self, ticket: Ticket) -> None:
        """A place is free; and a scout that brought no answer makes way for another."""
        if self._scout is ticket:
            self._scout = None
            self._limiter.released(ticket)
        self.wake()

    def _longest_pause(self, ticket: Ticket) -> float:
        return max(LONGEST_PAUSE, *(draw.bucket.permit_seconds for draw in ticket.draws), 0.0)


class Turn:
    """One attempt at the gate."""

    __slots__ = ("_gate", "_ticket", "left_at", "waited")

    def __init__(self, gate: Gate, ticket: Ticket) -> None:
        self._gate = gate
        self._ticket = ticket
        self.waited = 0.0
        self.left_at: float | None = None
        """When the first byte left, connecting may have taken long; `None` if nothing did."""

    async def __aenter__(self) -> Turn:
        loop = asyncio.get_running_loop()
        came = loop.time()
        await self._gate.wait_and_spend(self._ticket)
        self.waited = loop.time() - came
        self.left_at = self._ticket.spent_at
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._gate.release(self._ticket, self.left_at)

    def left(self, left_at: float) -> None:
        """The first byte of the request leaves."""
        self._gate.left(self._ticket, left_at)

    def accepted(self) -> None:
        """The request was answered, whatever the answer, but by a rejection."""
        self._gate.accepted(self._ticket, self.left_at)

    def rejected(self, retry_after: float | None, *, slower: bool) -> bool:
        """The request was rejected: too many (`slower`), or not now. Whether a pause begins with it."""
        return self._gate.rejected(self._ticket, self.left_at, retry_after, slower=slower)
