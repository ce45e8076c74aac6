"""Rate limits as the caller sees and sets them."""

from __future__ import annotations

import math
from typing import Literal

from attrs import frozen

from batch_api._generated.runtime import LimitFact
from batch_api.engine.errors import ConfigurationError

Unit = Literal["requests", "items"]


@frozen
class Limit:
    """At most `rate` units every `per` seconds.

    `unit` is `"requests"` or `"items"` (profiles, audience ids, catalog items). `burst` is what the server's bucket is
    said to hold; leave it out where nothing is said, and one second's worth is assumed. Operations whose limits name the
    same `group` draw on one bucket. Raises `ConfigurationError` for what is no limit.
    """

    rate: float
    per: float = 1.0
    unit: Unit = "requests"
    burst: float | None = None
    group: str | None = None

    def __init__(
        self,
        rate: float,
        *,
        per: float = 1.0,
        unit: Unit = "requests",
        burst: float | None = None,
        group: str | None = None,
    ) -> None:
        for name, value in (("rate", rate), ("per", per), ("burst", 1.0 if burst is None else burst)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
                raise ConfigurationError(f"a limit's {name} is a number above 0.")
        if unit not in ("requests", "items"):
            raise ConfigurationError("a limit's unit is 'requests' or 'items'.")
        self.__attrs_init__(float(rate), float(per), unit, burst, group)

    @property
    def per_second(self) -> float:
        """Units a second."""
        return self.rate / self.per

    def part(self, share: float) -> Limit:
        """The `share` of this limit that one of several processes takes."""
        burst = None if self.burst is None else self.burst * share
        return Limit(self.rate * share, per=self.per, unit=self.unit, burst=burst, group=self.group)


def limit_of(fact: LimitFact) -> Limit:
    """The limit that a documented fact states."""
    return Limit(fact.rate, per=fact.per, unit=fact.unit, burst=fact.burst, group=fact.group)
