"""What rejections teach about one limit: by how much its server's pace falls short of the documented one.

Nobody outside knows how a server counts. So three things are held back, as far as rejections ask for it:

- *burst*: the part of what may go at once. A server that counts in short windows has no room for bursts.
- *margin*: seconds added after each request. A server that spaces requests refuses two that jitter pushed together.
- *rate*: the part of the documented rate.

Learning only ever subtracts, so the promise of the bucket, `burst + rate * t` at most, holds whatever was learned. And
nothing is held back for ever: each reserve is given up again after a while, the longer the more often it was needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal, NamedTuple

Reason = Literal["burst", "margin", "rate"]
LEAST_RATE = 0.05
"""The part of the documented rate that is always used."""
REASONS: tuple[Reason, ...] = ("burst", "margin", "rate")


class PaceSettings(NamedTuple):
    """How much may be learned, and how it is forgotten. Times are in seconds, reserves are parts of a whole."""

    most: Mapping[Reason, float] = {"burst": 1.0, "margin": 0.5, "rate": 1 - LEAST_RATE}
    """The most that is held back of each."""
    jitter_rate: float = 0.03
    """The part of the rate that hides jitter from a server that counts in windows, at least."""
    jitter_margin: float = 0.02
    """The margin that hides jitter from a server that spaces requests, at least."""
    longer: float = 1.25
    """What a margin that was a little too short is multiplied by."""
    few: int = 3
    """A rejection among so many first requests is put down to two of them that came too close."""
    proven: int = 5
    """Requests that a server took one after another before a margin counts as only a little too short."""
    coarse: int = 10
    """A window with room for so many requests at most is coarse: a counter of two windows then takes one fewer."""
    trust: float = 2 / 3
    """How far a cut goes towards the rate of a bucket that was full at first and is empty now. All the way is too far
    for a server that counts in windows."""
    guess: float = 0.15
    """A cut of more than this is a guess, given up soon: after `short` at first, and half as long again each time."""
    short: float = 3.0
    hold: float = 60.0
    """How long a reserve is held before it is given up. The time doubles with each rejection, up to `longest`, and as
    far as less than `affordable` seconds at full pace are lost by it."""
    longest: float = 600.0
    affordable: float = 30.0
    release: float = 45.0
    """How long it takes to give a reserve up. Slowly, so that the first rejection is the only one ..."""
    back: float = 5.0
    """... and after it as much is held back as so long before."""


class Refused(NamedTuple):
    """A rejection, as one limit sees it."""

    sent_at: float
    cost: float
    jitter: float
    """Seconds by which one way of a request may take longer than that of another, as far as answers tell."""


class Reserve:
    """One thing that is held back: as much as was needed, for a while, then ever less."""

    def __init__(self, settings: PaceSettings, most: float) -> None:
        self._settings, self._most = settings, most
        self._needed = 0.0
        self._given_up_from = 0.0
        self._hold = 0.0
        self._loss = 0.0
        self._lessons = self._guesses = 0

    def at(self, now: float) -> float:
        """What is held back now."""
        given_up = max(now - self._given_up_from, 0.0) / self._settings.release
        return self._needed * max(1 - given_up, 0.0)

    def is_tried(self, now: float) -> bool:
        """Whether the server is being tried with less than was needed. After a guess, a little less is no trial."""
        settings = self._settings
        enough = 0.0 if self._hold >= settings.hold else 0.3 * self._needed
        return self._needed - self.at(now) > enough and now < self._given_up_from + settings.longest

    def hold_back(self, now: float, needed: float, *, loss: float) -> None:
        """Hold back what is needed, which costs the part `loss` of the pace."""
        settings = self._settings
        self._begin_anew_after_long(now)
        self._loss = loss
        at_most = min(max(settings.affordable / loss, settings.hold), settings.longest) if loss else settings.longest
        hold = settings.hold * 2**self._lessons if loss else settings.longest
        self._lessons += 1
        self._set(now, needed, min(hold, at_most))

    def guess(self, now: float, needed: float, *, shortest: float) -> None:
        """Hold back what is probably more than needed, and give it up soon."""
        settings = self._settings
        self._begin_anew_after_long(now)
        hold = max(settings.short, shortest) * 1.5**self._guesses
        self._guesses += 1
        self._set(now, needed, min(hold, settings.hold))

    def go_back(self, now: float) -> None:
        """What is being tried was too little: hold back what was held a moment ago."""
        self.hold_back(now, self.at(now - self._settings.back), loss=self._loss)

    def _begin_anew_after_long(self, now: float) -> None:
        if now > self._given_up_from + self._settings.longest:
            self._lessons = self._guesses = 0

    def _set(self, now: float, needed: float, hold: float) -> None:
        self._needed = min(max(needed, 0.0), self._most)
        self._hold = hold
        self._given_up_from = now + hold


class Pace:
    """The pace of one limit of `rate` units a second.

    Args:
        rate: The documented rate.
        window: Seconds in which a server that counts in windows may count.
        held: Units that the server is said to take at once.
    """

    def __init__(self, rate: float, *, window: float, held: float, settings: PaceSettings | None = None) -> None:
        self._rate, self._window, self._held = rate, window, held
        self._settings = settings or PaceSettings()
        self._reserves: dict[Reason, Reserve] = {
            reason: Reserve(self._settings, self._settings.most[reason]) for reason in REASONS
        }
        self._sent: deque[tuple[float, float]] = deque()
        self._began_at = 0.0
        self._requests = 0

    # -- what the bucket asks ------------------------------------------------------------------------------------

    def rate(self, now: float) -> float:
        """The part of the documented rate that is used."""
        return 1 - self._reserves["rate"].at(now)

    def burst(self, now: float) -> float:
        """The part of the burst that is used."""
        return 1 - self._reserves["burst"].at(now)

    def margin(self, now: float) -> float:
        """Seconds to add after a request."""
        return self._reserves["margin"].at(now)

    def learned(self, now: float) -> dict[Reason, float]:
        """What is held back now; nothing that is 0."""
        found: dict[Reason, float] = {reason: reserve.at(now) for reason, reserve in self._reserves.items()}
        return {reason: amount for reason, amount in found.items() if amount > 0}

    # -- what the bucket tells -----------------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """Everything stood still before: the server has taken nothing for a while."""
        self._began_at, self._requests = now, 0

    def sent(self, now: float, cost: float) -> None:
        """A request leaves."""
        self._requests += 1
        self._sent.append((now, cost))
        while self._sent[0][0] < now - 2 * self._window:
            self._sent.popleft()

    def remember(self, now: float, learned: Mapping[Reason, float]) -> None:
        """Begin with what an earlier process learned."""
        for reason, amount in learned.items():
            self._reserves[reason].hold_back(now, amount, loss=0.0 if reason == "burst" else 1.0)

    def refused(self, now: float, refused: Refused) -> Reason:
        """Learn from a rejection. Returns what it was put down to."""
        tried: list[Reason] = [reason for reason in REASONS if self._reserves[reason].is_tried(now)]
        for reason in tried:
            self._reserves[reason].go_back(now)
        if tried:
            return tried[0]
        reason = self._reason(now, refused)
        if reason == "burst":
            self._reserves["burst"].hold_back(now, 1.0, loss=0.0)
        elif reason == "margin":
            self._lengthen_margin(now, refused)
        else:
            self._cut_rate(now, refused)
        return reason

    # -- what a rejection means ----------------------------------------------------------------------------------

    def _reason(self, now: float, refused: Refused) -> Reason:
        """A burst, if there was one; two requests too close, if there were few; else the rate."""
        if self.burst(now) > 0 and self._burst_before(refused) > 2 * refused.cost:
            return "burst"
        margin, jitter = self.margin(now), self._jitter_margin(refused)
        if margin == 0.0:
            few = (
                self._are_few(refused)
                and self._sent_within(refused, self._window + jitter) <= self._rate * self._window
            )
            return "margin" if few or 3 * refused.cost > self._rate * self._window else "rate"
        dominates = margin * self._rate > refused.cost
        nearly = margin < jitter * self._settings.longer**2 and (dominates or self._requests >= self._settings.proven)
        return "margin" if nearly else "rate"

    def _lengthen_margin(self, now: float, refused: Refused) -> None:
        margin, jitter = self.margin(now), self._jitter_margin(refused)
        needed = jitter if jitter > 1.1 * margin else margin * self._settings.longer
        self._reserves["margin"].hold_back(now, needed, loss=needed / (needed + refused.cost / self._rate))

    def _cut_rate(self, now: float, refused: Refused) -> None:
        """At the documented rate, jitter is blamed first; then a coarse window; then the rate."""
        settings, rate, reserve = self._settings, self.rate(now), self._reserves["rate"]
        jitter = max(settings.jitter_rate, refused.jitter / self._window)
        room = int(self._holds(now) / refused.cost)
        window = self._holds(now) / self._rate
        seconds = max(refused.sent_at - self._began_at, 0.0)
        cut = max(settings.trust * window / (window + seconds), jitter)
        if rate == 1.0 and self.margin(now) == 0.0:
            needed = jitter
        elif rate > 0.9 and room <= settings.coarse and seconds < 2 * window:
            beyond = 1.5 * jitter if self.margin(now) == 0.0 else 0.5 * jitter  # the margin hides most of it
            needed = 1 - (1 - beyond) * ((room - 1) / room if room > 1 else 0.5)
        else:
            needed = 1 - rate * (1 - cut)
            if cut > settings.guess:
                reserve.guess(now, needed, shortest=3 * refused.cost / (self._rate * rate))
                return
        reserve.hold_back(now, needed, loss=needed)

    def _jitter_margin(self, refused: Refused) -> float:
        return max(refused.jitter, self._settings.jitter_margin)

    def _holds(self, now: float) -> float:
        """What the server may take at once, as far as is known."""
        return self._held if self.burst(now) == 1.0 else self._rate * self._window

    def _sent_within(self, refused: Refused, seconds: float) -> float:
        """Units sent in so many seconds, up to the refused request."""
        return sum(cost for at, cost in self._sent if refused.sent_at - seconds < at <= refused.sent_at)

    def _are_few(self, refused: Refused) -> bool:
        """Whether it was among the first to be sent after everything stood still."""
        sent = sum(1 for at, _ in self._sent if self._began_at < at <= refused.sent_at)
        return sent <= self._settings.few and refused.sent_at < self._began_at + self._window

    def _burst_before(self, refused: Refused) -> float:
        """By how much what was sent lately exceeds what the rate would have let go, up to just after the request."""
        units = most = 0.0
        until = refused.sent_at + self._jitter_margin(refused)
        for at, cost in reversed(self._sent):
            if at <= until:
                units += cost
                most = max(most, units - self._rate * (until - at))
        return most
