"""The gates of one project in one event loop."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from batch_api._operation import LimitFact, Operation
from batch_api.engine.bucket import Bucket
from batch_api.engine.errors import ConfigurationError
from batch_api.engine.gate import Draw, Gate
from batch_api.engine.limits import Limit, limit_of

if TYPE_CHECKING:
    from batch_api.engine.shared.limiter import SharedLimiter
    from batch_api.engine.shared.link import Link

_MOST_REMEMBERED = 10_000
SHARE_WITHOUT_REDIS = 0.1
"""Where limits are shared, what a process takes while Redis is away: ten of them do not exceed the limit."""


class _Machine:
    """The clock that all loops tell the time by, save those of tests."""


_MACHINE = _Machine()
# By clock: when each bucket was spent from and when it will be free, for the loop that comes after the one that spent.
# Loops alive together do not share.
_free_at: WeakKeyDictionary[object, dict[object, tuple[float, float]]] = WeakKeyDictionary()
_in_use: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[tuple[str, str], Gates]] = WeakKeyDictionary()


class LimitSettings:
    """What the caller chose: `limits` in place of an operation's documented ones, and the `share` of all of them.

    `pause` stands in for the seconds that operations wait after a 429 that names no time.

    With `quota` all processes share the whole limits there, and the share counts only while it is away.
    """

    def __init__(
        self,
        registry: Mapping[str, Operation],
        limits: Mapping[str, Sequence[Limit]] | None,
        share: float | None = None,
        quota: str | None = None,
        pause: float | None = None,
    ) -> None:
        if share is None:
            share = 1.0 if quota is None else SHARE_WITHOUT_REDIS
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise ConfigurationError("share is a number above 0 and at most 1.")
        own = dict(limits or {})
        unknown = sorted(set(own) - set(registry))
        if unknown:
            raise ConfigurationError(f"limits= names no operation of this API: {', '.join(map(repr, unknown))}.")
        for name, given in own.items():
            if isinstance(given, Limit) or not all(isinstance(limit, Limit) for limit in given):
                raise ConfigurationError(f"limits[{name!r}] is a list of Limit objects.")
        _check_groups(limit for given in own.values() for limit in given)
        self.registry = registry
        self.own = {name: tuple(given) for name, given in own.items()}
        self.quota = None if quota is None else _checked_url(quota)
        self.share = 1.0 if quota is not None else float(share)
        self.share_alone = float(share)
        self.pause = pause
        # How much room the documented limits leave where one request fills the bucket holds for the caller's own, too.
        self.spacing = max((fact.spacing for op in registry.values() for fact in op.limits), default=0.0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimitSettings) and self._choices == other._choices

    @property
    def _choices(self) -> tuple[object, ...]:
        return self.own, self.share, self.share_alone, self.quota, self.pause

    __hash__ = None  # type: ignore[assignment]

    def in_force(self) -> dict[str, list[Limit]]:
        """The limits of every operation, by our names."""
        return {name: [limit for limit, _ in self.of(operation)] for name, operation in self.registry.items()}

    def of(
        self, operation: Operation, facts: Sequence[LimitFact] | None = None
    ) -> list[tuple[Limit, LimitFact | None]]:
        """The limits of one operation, each with the fact behind it; `facts` are those that this request counts in."""
        own = self.own.get(operation.name)
        if own is not None:
            return [(limit.part(self.share), None) for limit in own]
        return [(limit_of(fact).part(self.share), fact) for fact in (operation.limits if facts is None else facts)]


def _checked_url(quota: str) -> str:
    from batch_api.engine.shared.url import checked  # costs nothing where nothing is shared

    return checked(quota)


def _check_groups(limits: Iterable[Limit]) -> None:
    seen: dict[tuple[str, str], Limit] = {}
    for limit in limits:
        if limit.group is not None and seen.setdefault((limit.group, limit.unit), limit) != limit:
            raise ConfigurationError(
                f"The limits of group {limit.group!r} contradict each other: one bucket, one rate."
            )


class Terms(NamedTuple):
    """What a bucket must know beside its limit."""

    largest: int
    headroom: float
    spacing: float


class Gates:
    """Every gate and bucket of one project, made when first needed."""

    def __init__(self, settings: LimitSettings, *, place: tuple[str, str], rng: random.Random, alias: str = "") -> None:
        self.settings = settings
        self.link: Link | None = None
        if settings.quota is not None:
            from batch_api.engine.shared.link import link_to

            self.link = link_to(settings.quota)
        self._alias = alias
        self._place = place
        self._rng = rng
        self._now = asyncio.get_running_loop().time
        self._free_at = _memory()
        self._gates: dict[str, Gate] = {}
        self._buckets: dict[tuple[object, ...], Bucket] = {}

    def gate(self, operation: Operation, limits: Sequence[tuple[Limit, LimitFact | None]]) -> Gate:
        """The queue that an operation waits in: its own, or the one it shares with its group.

        Requests that count in a limit with a condition queue apart, so that exports of a segment, one every twelve
        minutes, do not hold up the others.
        """
        group = next((f"group {limit.group}" for limit, _ in limits if limit.group is not None), operation.name)
        apart = any(fact is not None and fact.when is not None for _, fact in limits)
        name = f"{group}, conditional" if apart else group
        if name not in self._gates:
            pause = operation.pause if self.settings.pause is None else self.settings.pause
            limiter = None if self.link is None else self._shared_limiter(name, self.link)
            gate = self._gates[name] = Gate(pause=pause, now=self._now, rng=self._rng, limiter=limiter)
            if limiter is not None:
                limiter.serve(gate)
        return self._gates[name]

    def draws(self, operation: Operation, limits: Sequence[tuple[Limit, LimitFact | None]], items: int) -> list[Draw]:
        """What a request with so many items takes, and from which buckets."""
        return [
            Draw(self._bucket(operation, limit, fact), items if limit.unit == "items" else 1) for limit, fact in limits
        ]

    def resume(self, operation: Operation) -> None:
        """Lift the pause of an operation, that of requests which count in a limit with a condition included."""
        plain = [fact for fact in operation.limits if fact.when is None]
        for facts in (plain,) if len(plain) == len(operation.limits) else (plain, operation.limits):
            limits = self.settings.of(operation, facts)
            self.gate(operation, limits).resume(self.draws(operation, limits, 1))

    def _shared_limiter(self, name: str, link: Link) -> SharedLimiter:
        from batch_api.engine.shared.limiter import Place, SharedLimiter

        return SharedLimiter(name, Place(*self._place, alias=self._alias), link, self._now)

    def _bucket(self, operation: Operation, limit: Limit, fact: LimitFact | None) -> Bucket:
        key = (limit.group, limit) if limit.group is not None else (operation.name, limit)
        if key not in self._buckets:
            terms = Terms(
                largest=(operation.max_items or 1) if limit.unit == "items" else 1,
                headroom=fact.headroom if fact is not None else 0.0,
                spacing=fact.spacing if fact is not None else self.settings.spacing,
            )
            place = (*self._place, *key)
            if self.link is None:
                bucket = Bucket(limit, **terms._asdict(), now=self._now, memory=self._free_at, key=place)
            else:
                bucket = self._shared_bucket(limit, f"{key[0]}:{limit.unit}/{limit.per:g}", terms, self.link)
            self._buckets[key] = bucket
        return self._buckets[key]

    def _shared_bucket(self, limit: Limit, name: str, terms: Terms, link: Link) -> Bucket:
        from batch_api.engine.shared.bucket import SharedBucket

        part = limit.part(self.settings.share_alone)
        alone = Bucket(part, **terms._asdict(), now=self._now, memory={}, key=name)
        return SharedBucket(limit, **terms._asdict(), name=name, alone=alone, link=link, now=self._now)


def gates_for(origin: str, project_key: str, settings: LimitSettings, rng: random.Random, *, alias: str = "") -> Gates:
    """The one set of gates that all clients of an origin and project share in the running loop.

    Raises `ConfigurationError` when another client set other limits or another share.
    """
    here = _in_use.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    place = (origin, project_key)
    gates = here.get(place)
    if gates is None:
        gates = here[place] = Gates(settings, place=place, rng=rng, alias=alias)
    elif gates.settings != settings:
        raise ConfigurationError(
            "Another client of this project in this event loop has other limits= or another share=, quota= or pause=:"
            " give both the same."
        )
    return gates


def _memory() -> dict[object, tuple[float, float]]:
    """What the loops before this one left, on the same clock: that of the machine, or one that a test made."""
    loop = asyncio.get_running_loop()
    now = loop.time()
    memory = _free_at.setdefault(_MACHINE if abs(now - time.monotonic()) < 1 else getattr(loop, "clock", loop), {})
    if len(memory) > _MOST_REMEMBERED:
        for key in [key for key, (_, free_at) in memory.items() if free_at <= now]:
            del memory[key]
    return memory
