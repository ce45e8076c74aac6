"""The gates of one project in one event loop."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from attrs import evolve

from batch_api._operation import Api, Condition, Operation
from batch_api.engine import arguments
from batch_api.engine.errors import ConfigurationError
from batch_api.engine.gate import Draw, Gate
from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limiter.pace import Reason
from batch_api.engine.limits import Limit, Rule, limit_of

if TYPE_CHECKING:
    from batch_api.engine.limiter.machine.file import StateFile
    from batch_api.engine.limiter.machine.limiter import MachineLimiter
    from batch_api.engine.limiter.shared.limiter import SharedLimiter
    from batch_api.engine.limiter.shared.link import Link

_MOST_REMEMBERED = 10_000
SHARE_WITHOUT_QUOTA = 0.1
"""Where limits are shared, what a process takes while it cannot: ten of them do not exceed the limit."""


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

    With `quota` all processes share the whole limits there, and the share counts only while it cannot be used.

    The rules that follow are made here, once for each client: no call makes a limit or checks one.
    """

    def __init__(
        self,
        api: Api,
        limits: Mapping[str, Sequence[Limit]] | None,
        share: float | None = None,
        quota: str | None = None,
        pause: float | None = None,
    ) -> None:
        if share is None:
            share = 1.0 if quota is None else SHARE_WITHOUT_QUOTA
        arguments.number(
            share, "share", "a number above 0, and at most 1", lambda given: 0 < given <= 1, error=ConfigurationError
        )
        own = dict(limits or {})
        unknown = sorted(set(own) - set(api.operations))
        if unknown:
            raise ConfigurationError(f"limits: this API has no operation {', '.join(map(repr, unknown))}.")
        for name, given in own.items():
            _check_list(name, given)
        _check_groups(limit for given in own.values() for limit in given)
        self.quota = None if quota is None else _checked_quota(quota)
        self.share_alone = float(share)
        self.pause = pause
        part = 1.0 if quota is not None else float(share)
        # How much room the documented limits leave where one request fills the bucket holds for the caller's own, too.
        spacing = max((fact.spacing for op in api.operations.values() for fact in op.limits), default=0.0)
        self._rules = {name: _documented(operation, part) for name, operation in api.operations.items()}
        self._rules |= {name: _own(api.operations[name], given, part, spacing) for name, given in own.items()}
        self._undocumented = _documented(api.undocumented, part)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LimitSettings) and self._choices == other._choices

    @property
    def _choices(self) -> tuple[object, ...]:
        return self._rules, self.share_alone, self.quota, self.pause

    __hash__ = None  # type: ignore[assignment]

    def of(self, operation: Operation) -> tuple[Rule, ...]:
        """The rules of one operation."""
        return self._rules.get(operation.name, self._undocumented)


def _documented(operation: Operation, share: float) -> tuple[Rule, ...]:
    return tuple(
        _rule(operation, limit_of(fact).part(share), headroom=fact.headroom, spacing=fact.spacing, when=fact.when)
        for fact in operation.limits
    )


def _own(operation: Operation, limits: Iterable[Limit], share: float, spacing: float) -> tuple[Rule, ...]:
    return tuple(_rule(operation, limit.part(share), spacing=spacing) for limit in limits)


def _rule(
    operation: Operation, limit: Limit, *, spacing: float, headroom: float = 0.0, when: Condition | None = None
) -> Rule:
    largest = (operation.max_items or 1) if limit.unit == "items" else 1
    return Rule(limit, largest=largest, headroom=headroom, spacing=spacing, when=when)


def _checked_quota(quota: str) -> str:
    from batch_api.engine.limiter.machine import directory  # costs nothing where nothing is shared
    from batch_api.engine.limiter.shared import url

    return directory.checked(quota) if directory.is_machine(quota) else url.checked(quota)


def _check_list(name: str, given: object) -> None:
    wrong = [one for one in given if not isinstance(one, Limit)] if arguments.is_list(given) else [given]
    if wrong:
        raise ConfigurationError(f"limits[{name!r}]: expected a list of Limit objects, got {type(wrong[0]).__name__}.")


def _check_groups(limits: Iterable[Limit]) -> None:
    seen: dict[tuple[str, str], Limit] = {}
    for limit in limits:
        if limit.group is not None and seen.setdefault((limit.group, limit.unit), limit) != limit:
            raise ConfigurationError(
                f"limits: group {limit.group!r} has limits that differ, but those of one group share one bucket."
            )


class Queue(NamedTuple):
    """Where a request waits for its turn, and what it takes: from the bucket of each rule, a draw."""

    gate: Gate
    rules: Sequence[Rule]
    draws: list[Draw]


class Gates:
    """Every gate and bucket of one project, made when first needed."""

    def __init__(self, settings: LimitSettings, *, place: tuple[str, str], rng: random.Random, alias: str = "") -> None:
        self.settings = settings
        self.link: Link | None = None
        self._file: StateFile | None = None
        self._alias = alias
        self._place = place
        self._rng = rng
        self._now = asyncio.get_running_loop().time
        if settings.quota is not None:
            self._share_through(settings.quota)
        self._free_at = _memory()
        self._gates: dict[str, Gate] = {}
        self._buckets: dict[tuple[str, Limit], Bucket] = {}
        self._remembered: dict[str, Mapping[Reason, float]] = {}

    def queue(self, operation: Operation, items: int = 1, met: Collection[Condition] = ()) -> Queue:
        """Where a request of so many items waits, whose body meets these conditions of limits."""
        rules = [rule for rule in self.settings.of(operation) if rule.when is None or rule.when in met]
        draws = [Draw(self._bucket(operation, rule), rule.cost(items)) for rule in rules]
        return Queue(self._gate(operation, rules), rules, draws)

    def resume(self, operation: Operation) -> None:
        """Lift the pause of an operation, that of requests which count in a limit with a condition included."""
        conditions = {rule.when for rule in self.settings.of(operation) if rule.when is not None}
        for met in ((), conditions) if conditions else ((),):
            queue = self.queue(operation, met=met)
            queue.gate.resume(queue.draws)

    def limits(self, operation: Operation) -> list[Limit]:
        """The limits of an operation, each with what was learned of it."""
        return [self._with_learned(operation, rule.limit) for rule in self.settings.of(operation)]

    def _with_learned(self, operation: Operation, limit: Limit) -> Limit:
        bucket = self._buckets.get(_key(operation, limit))
        learned = None if bucket is None else bucket.learned()
        if learned is None:
            return limit
        return evolve(limit, learned=learned._replace(rate=learned.rate * limit.per))

    def learned(self) -> dict[str, dict[str, float]]:
        """What this process holds back, by the names of the limits: as JSON can keep it."""
        now = self._now()
        found: dict[str, dict[str, float]] = {}
        for key, bucket in self._buckets.items():
            if held_back := bucket.pace.learned(now):
                found[_name(*key)] = {str(reason): amount for reason, amount in held_back.items()}
        return found

    def remember(self, learned: Mapping[str, Mapping[Reason, float]]) -> None:
        """Hold back what an earlier process did, in the buckets that are there and in those to come."""
        self._remembered = dict(learned)
        for key, bucket in self._buckets.items():
            bucket.pace.remember(self._now(), learned.get(_name(*key), {}))

    def _gate(self, operation: Operation, rules: Sequence[Rule]) -> Gate:
        """The gate of an operation: its own, or the one it shares with its group.

        Requests that count in a limit with a condition queue apart, so that exports of a segment, one every twelve
        minutes, do not hold up the others.
        """
        group = next((f"group {rule.limit.group}" for rule in rules if rule.limit.group is not None), operation.name)
        name = f"{group}, conditional" if any(rule.when is not None for rule in rules) else group
        if name not in self._gates:
            pause = self._pause(operation, rules)
            limiter = self._shared_limiter(name)
            gate = self._gates[name] = Gate(pause=pause, now=self._now, rng=self._rng, limiter=limiter)
            if limiter is not None:
                limiter.serve(gate)
        return self._gates[name]

    def _pause(self, operation: Operation, rules: Sequence[Rule]) -> float:
        """Seconds to wait after a first rejection: as the caller says, or until every window of its limits is over."""
        if self.settings.pause is not None:
            return self.settings.pause
        return min(operation.pause, max((rule.limit.per for rule in rules), default=operation.pause))

    def _share_through(self, quota: str) -> None:
        from batch_api.engine.limiter.machine.directory import is_machine

        if is_machine(quota):
            from batch_api.engine.limiter.machine.file import StateFile

            self._file = StateFile(quota, self._place, self._alias, self._now)
        else:
            from batch_api.engine.limiter.shared.link import link_to

            self.link = link_to(quota)

    def _shared_limiter(self, name: str) -> SharedLimiter | MachineLimiter | None:
        if self._file is not None:
            from batch_api.engine.limiter.machine.limiter import MachineLimiter

            return MachineLimiter(name, self._file, self._now)
        if self.link is not None:
            from batch_api.engine.limiter.shared.limiter import Place, SharedLimiter

            return SharedLimiter(name, Place(*self._place, alias=self._alias), self.link, self._now)
        return None

    def _bucket(self, operation: Operation, rule: Rule) -> Bucket:
        limit = rule.limit
        key = _key(operation, limit)
        if key not in self._buckets:
            bucket = self._buckets[key] = self._new_bucket(key, rule)
            bucket.pace.remember(self._now(), self._remembered.get(_name(*key), {}))
        return self._buckets[key]

    def _new_bucket(self, key: tuple[str, Limit], rule: Rule) -> Bucket:
        owner, limit = key
        terms: dict[str, Any] = {
            "largest": rule.largest, "headroom": rule.headroom, "spacing": rule.spacing, "now": self._now,
        }  # fmt: skip
        if self.settings.quota is None:
            return Bucket(limit, **terms, memory=self._free_at, key=(*self._place, *key))
        name = _name(owner, limit)
        alone = Bucket(limit.part(self.settings.share_alone), **terms, memory={}, key=name)
        if self._file is not None:
            from batch_api.engine.limiter.machine.bucket import MachineBucket

            return MachineBucket(limit, **terms, name=name, alone=alone, file=self._file)
        assert self.link is not None  # noqa: S101
        from batch_api.engine.limiter.shared.bucket import SharedBucket

        return SharedBucket(limit, **terms, name=name, alone=alone, link=self.link)


def _key(operation: Operation, limit: Limit) -> tuple[str, Limit]:
    return (operation.name if limit.group is None else limit.group, limit)


def _name(owner: str, limit: Limit) -> str:
    return f"{owner}:{limit.unit}/{limit.per:g}"


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
