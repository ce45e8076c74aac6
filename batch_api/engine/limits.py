"""Rate limits as the caller sees and sets them, and as they are kept to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from attrs import Attribute, field, frozen
from attrs.validators import optional

from batch_api._operation import Condition, LimitFact
from batch_api.engine import arguments
from batch_api.engine.errors import ConfigurationError
from batch_api.engine.limiter.pace import REASONS, Reason

Unit = Literal["requests", "items"]


def _positive(_: object, attribute: Attribute[float], value: object) -> None:
    name = f"Limit.{attribute.name}"
    arguments.number(value, name, "a number above 0", lambda given: 0 < given < math.inf, error=ConfigurationError)


def _a_unit(_: object, __: object, value: object) -> None:
    arguments.choice(value, "Limit.unit", "requests", "items", error=ConfigurationError)


class Learned(NamedTuple):
    """What a server takes of a limit, as far as its rejections taught."""

    rate: float
    """Units that are sent in the limit's period."""
    burst: float | None
    """Units that go at once, where rejections taught that fewer may; else `None`."""
    margin: float
    """Seconds that are added after each request."""


@frozen
class Limit:
    """At most `rate` units every `per` seconds.

    `unit` is `"requests"` or `"items"` (profiles, audience ids, catalog items). `burst` is what the server's bucket is
    said to hold; leave it out where nothing is said, and one second's worth is assumed. Operations whose limits name
    the same `group` draw on one bucket. Raises `ConfigurationError` for what is no limit.

    In what `client.limits()` returns, `learned` says what the server takes where that is less; else it is `None`.
    """

    rate: float = field(validator=_positive)
    per: float = field(default=1.0, kw_only=True, validator=_positive)
    unit: Unit = field(default="requests", kw_only=True, validator=_a_unit)
    burst: float | None = field(default=None, kw_only=True, validator=optional(_positive))
    group: str | None = field(default=None, kw_only=True)
    learned: Learned | None = field(default=None, kw_only=True, eq=False, repr=False)

    @property
    def per_second(self) -> float:
        """Units a second."""
        return self.rate / self.per

    def part(self, share: float) -> Limit:
        """The `share` of this limit that one of several processes takes."""
        burst = None if self.burst is None else self.burst * share
        return Limit(self.rate * share, per=self.per, unit=self.unit, burst=burst, group=self.group)


class Rule(NamedTuple):
    """A limit that an operation is kept to, with all that its bucket must know."""

    limit: Limit
    """As the caller sees it, with the share taken."""
    largest: int = 1
    """The most that one request counts in it."""
    headroom: float = 0.0
    """The share of the rate that is left unused."""
    spacing: float = 0.0
    """Seconds added where one request fills the server's whole bucket."""
    when: Condition | None = None
    """It counts only the requests whose body meets this condition."""

    def cost(self, items: int) -> int:
        """What a request of so many items counts."""
        return items if self.limit.unit == "items" else 1


def limit_of(fact: LimitFact) -> Limit:
    """The limit that a documented fact states."""
    return Limit(fact.rate, per=fact.per, unit=fact.unit, burst=fact.burst, group=fact.group)


def checked_learned(given: object) -> dict[str, dict[Reason, float]]:
    """What `learned` of a client returned, perhaps read from a file. Raises `ConfigurationError` for anything else."""
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"learned: expected a mapping, got {type(given).__name__}.")
    return {str(name): _checked_reserves(str(name), held_back) for name, held_back in given.items()}


def _checked_reserves(name: str, given: object) -> dict[Reason, float]:
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"learned[{name!r}]: expected a mapping, got {type(given).__name__}.")
    known: dict[Reason, float] = {reason: given[reason] for reason in REASONS if reason in given}
    if len(known) < len(given):
        raise ConfigurationError(f"learned[{name!r}]: expected no keys but {', '.join(REASONS)}.")
    for reason, amount in known.items():
        what = f"learned[{name!r}][{reason!r}]"
        arguments.number(amount, what, "a number from 0 to 1", lambda held: 0 <= held <= 1, error=ConfigurationError)
    return known
