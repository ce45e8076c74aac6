"""A gate's part in the limits that the workers of one machine share."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from batch_api.engine.limiter.limiter import Answer, LocalLimiter, Rejection
from batch_api.engine.limiter.machine.bucket import MachineBucket
from batch_api.engine.limiter.machine.file import Away, Busy, StateFile
from batch_api.engine.limiter.machine.state import SAID_EVERY, SILENT, GateState

if TYPE_CHECKING:
    from batch_api.engine.gate import Draw, Ticket

_A_MOMENT = 1e-4
_BUSY = 0.001
_POLL = 0.01
"""Seconds after which to look again where only another worker's answer can help, and after which answers are told."""
_LONGEST_ALONE = 5.0
"""Seconds for which the request that goes alone keeps the other workers waiting at most."""


class Owner(Protocol):
    """The gate, as far as it is told something."""

    def hold(self, since: float, until: float) -> None:
        """A rejection, here or elsewhere, pauses everyone."""

    def go_alone(self) -> None:
        """The next request goes ahead of all others, those of other workers included."""


class MachineLimiter:
    """A limiter that shares its limits with the other workers of this user on this machine.

    The heads of all workers' queues form a queue at each limit, in which who was given least goes first. A permit is
    taken in the visit that finds it free, and spent at once: nobody holds one, so nobody can die with one.
    """

    def __init__(self, name: str, file: StateFile, now: Callable[[], float]) -> None:
        self._name, self._file, self._now = name, file, now
        self._me = f"{file.worker}/{name}"
        self._local = LocalLimiter(now)
        self._buckets: dict[str, MachineBucket] = {}
        self._reports: list[Callable[[GateState], None]] = []
        self._owner: Owner | None = None
        self._granted: Ticket | None = None
        self._looked_for: Sequence[Draw] = ()
        self._look_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._was_away = False

    def serve(self, owner: Owner) -> None:
        """`owner` is the gate."""
        self._owner = owner

    def seconds_until(self, head: Ticket, line: Callable[[], Sequence[Ticket]], *, alone: bool) -> float:
        now = self._now()
        if not head.draws:
            return 0.0
        if head.draws == self._looked_for and now < self._look_at:  # nothing that happened here makes it earlier
            return self._look_at - now
        try:
            with self._visit(head.draws) as gate:
                return self._seconds_until(gate, head)
        except Busy:
            return _BUSY
        except Away:
            self._go_on_alone()
            return self._local.seconds_until(_alone(head), line, alone=alone)

    def spend(self, ticket: Ticket) -> None:
        if self._granted is ticket:
            self._granted = None
            self._say_later(SAID_EVERY)
        else:
            self._local.spend(_alone(ticket))

    def accepted(self, ticket: Ticket, answer: Answer) -> None:
        if self._file.is_away:
            self._local.accepted(_alone(ticket), answer)
        can_wait = not answer.first and all(_bucket(draw).hides(draw.cost, answer.seconds) for draw in ticket.draws)
        self._report(partial(self._accept, ticket=ticket, answer=answer), ticket.draws, can_wait=can_wait)

    def rejected(self, ticket: Ticket, rejection: Rejection) -> None:
        if self._file.is_away:
            self._local.rejected(_alone(ticket), rejection)
        self._report(partial(self._reject, ticket=ticket, rejection=rejection, now=self._now()), ticket.draws)

    def released(self, ticket: Ticket) -> None:
        self._report(self._release, ticket.draws)

    def resume(self, draws: Sequence[Draw], seconds: float) -> None:
        self._look_at = -math.inf
        self._report(_resume, draws)

    def rest(self) -> None:
        return

    # -- at its turn ---------------------------------------------------------------------------------------------

    def _seconds_until(self, gate: GateState, head: Ticket) -> float:
        now, me = self._now(), self._file.worker
        if gate.paused_until > now:
            self._gate.hold(gate.paused_at, gate.paused_until)
            return gate.paused_until - now
        if not gate.proven and gate.scout not in ("", me) and now < gate.scout_until:
            return _POLL
        seconds = self._queue_up(head.draws, now)
        if seconds == 0.0:
            self._grant(gate, head, now)
            self._look_at = now + self._queue_up(head.draws, now)
        else:
            self._look_at = now + seconds
        self._looked_for = head.draws
        return seconds

    def _queue_up(self, draws: Sequence[Draw], now: float) -> float:
        """Seconds until such a request may go, or until it should look again; the other workers see its place."""
        fits = [_bucket(draw).fits_at(self._me, draw.cost, now) for draw in draws]
        turn = max(*fits, *(_bucket(draw).joins_at(draw.cost, now) for draw in draws))
        seconds = _POLL if math.isinf(turn) else min(max(turn - now, _A_MOMENT), SAID_EVERY) if turn > now else 0.0
        for n, draw in enumerate(draws):
            elsewhere = max(fits[:n] + fits[n + 1 :], default=now)
            _bucket(draw).wait(self._me, draw.cost, until=now + seconds, due=elsewhere)
        return seconds

    def _grant(self, gate: GateState, head: Ticket, now: float) -> None:
        if not gate.proven:
            gate.scout, gate.scout_since, gate.scout_until = self._file.worker, now, now + SILENT
            self._gate.go_alone()
        for draw in head.draws:
            _bucket(draw).take(self._me, draw.cost, now)
        self._granted = head

    # -- what came of it -----------------------------------------------------------------------------------------

    def _accept(self, gate: GateState, *, ticket: Ticket, answer: Answer) -> None:
        quickest = gate.quickest_after(answer.quickest)
        is_first = answer.first and gate.scout == self._file.worker
        if not is_first and ticket.spent_at < gate.paused_at:
            return
        told = answer._replace(first=is_first, sets_levels=True, after_rejection=gate.rejections > 0)
        self._local.heard(ticket, told, late=answer.seconds - quickest)
        for draw in ticket.draws:
            _bucket(draw).answered(ticket.spent_at)
        if is_first:
            gate.proven, gate.scout, gate.rejections = True, "", 0

    def _reject(self, gate: GateState, *, ticket: Ticket, rejection: Rejection, now: float) -> None:
        for draw in ticket.draws:
            _bucket(draw).answered(ticket.spent_at)
        if ticket.spent_at < gate.paused_at:  # it was sent before the pause that answers it
            return
        gate.proven, gate.scout = False, ""
        gate.rejections += 1
        grown = min(rejection.pause * 2.0 ** min(gate.rejections - 1, 16), rejection.longest)
        seconds = grown if rejection.retry_after is None else rejection.retry_after
        gate.paused_at = now
        gate.paused_until = max(gate.paused_until, now + seconds * rejection.stretch)
        self._local.rejected(ticket, rejection._replace(alone=False))  # all workers go slower, whoever went alone

    def _release(self, gate: GateState) -> None:
        if gate.scout == self._file.worker:
            gate.scout = ""

    # -- visits to the file --------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _visit(self, draws: Sequence[Draw] = ()) -> Iterator[GateState]:
        """The gate as all workers see it, with the buckets loaded, and everything told that was not told yet."""
        for draw in draws:
            self._buckets[_bucket(draw).name] = _bucket(draw)
        buckets = self._buckets.values()
        with self._file.visit() as state:
            now = self._now()
            gate = state.gates.setdefault(self._name, GateState())
            for bucket in buckets:
                bucket.load(state.limits.get(bucket.name), now)
                if self._was_away:  # what was spent meanwhile, here and elsewhere, is not known
                    bucket.restart(0.0, left=False)
            for report in self._reports:
                report(gate)
            if gate.scout == self._file.worker:
                gate.scout_until = min(now + SILENT, gate.scout_since + _LONGEST_ALONE)
            yield gate
            for bucket in buckets:
                state.limits[bucket.name] = bucket.save(now)
        for bucket in buckets:
            bucket.saved()
        self._reports.clear()
        self._was_away = False

    def _report(self, report: Callable[[GateState], None], draws: Sequence[Draw], *, can_wait: bool = False) -> None:
        """Tell it now; or soon, if it `can_wait`: under load, the next request that leaves tells it."""
        if draws:
            self._reports.append(report)
            if can_wait:
                self._say_later(_POLL)
            else:
                self._say(draws)

    def _say(self, draws: Sequence[Draw] = ()) -> None:
        """Visit the file to tell what is to be told; if it is locked, in a moment."""
        try:
            with self._visit(draws):
                pass
        except Busy:
            self._say_later(_BUSY)
        except Away:
            self._go_on_alone()
        else:
            if any(bucket.is_on_its_way for bucket in self._buckets.values()):
                self._say_later(SAID_EVERY)

    def _say_later(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() > loop.time() + seconds:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_later(seconds, self._say_now)

    def _say_now(self) -> None:
        self._timer = None
        self._say()

    def _go_on_alone(self) -> None:
        """The file cannot be used. What it granted counts as spent: alone, this worker starts with nothing."""
        if not self._was_away:
            self._was_away = True
            for bucket in self._buckets.values():
                bucket.alone.restart(0.0, left=False)
        self._reports.clear()

    @property
    def _gate(self) -> Owner:
        assert self._owner is not None  # noqa: S101
        return self._owner


def _bucket(draw: Draw) -> MachineBucket:
    return cast(MachineBucket, draw.bucket)


def _resume(gate: GateState) -> None:
    gate.paused_until = 0.0


class _Alone:
    """A ticket, as the buckets that count while the file cannot be used see it."""

    def __init__(self, ticket: Ticket) -> None:
        self.draws = [draw._replace(bucket=_bucket(draw).alone) for draw in ticket.draws]
        self.spent_at = ticket.spent_at


def _alone(ticket: Ticket) -> Ticket:
    return cast("Ticket", _Alone(ticket))
