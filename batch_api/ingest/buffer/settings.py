"""The choices of a buffer, in two small objects."""

from __future__ import annotations

from typing import Literal

from attrs import Attribute, field, frozen

from batch_api.engine import arguments
from batch_api.engine.errors import ConfigurationError

WhenFull = Literal["wait", "raise", "drop"]


def _count(holder: object, attribute: Attribute[int], value: object) -> None:
    arguments.whole(value, f"{type(holder).__name__}.{attribute.name}", error=ConfigurationError)


def _seconds(holder: object, attribute: Attribute[float | None], value: object) -> None:
    if value is not None:
        name = f"{type(holder).__name__}.{attribute.name}"
        arguments.number(value, name, "a number of seconds", lambda given: given >= 0, error=ConfigurationError)


def _known(_: object, __: object, value: object) -> None:
    arguments.choice(value, "Holding.when_full", "wait", "raise", "drop", error=ConfigurationError)


@frozen(kw_only=True)
class Sending:
    """How a buffer sends. Raises `ConfigurationError` for what cannot be."""

    in_flight: int = field(default=8, validator=_count)
    """Requests unanswered at once. While there are fewer, an edit is sent as soon as it comes, but of three places or
    more the last is for two edits or more: 4 to 8 for the lowest latency, 1 or 2 for the fewest requests."""
    most_items: int = field(default=200, validator=_count)
    """Edits in a request; the API takes at most 200."""
    most_bytes: int = field(default=2_000_000, validator=_count)
    """Bytes of a request."""
    patience: float | None = field(default=None, validator=_seconds)
    """Seconds to go on trying while nothing gets through, before edits end `Unsent` or `Unknown`; by default the
    client's `deadline`. With an outbox, edits that nobody waits for stay in it as long as it takes."""
    drain: float | None = field(default=None, validator=_seconds)
    """Seconds that leaving the block may take to send what is there; by default the client's `deadline`."""


@frozen(kw_only=True)
class Holding:
    """How much a buffer holds: edits that were accepted and have no fate yet, those on their way included.

    Raises `ConfigurationError` for what cannot be.
    """

    most_items: int = field(default=10_000, validator=_count)
    most_bytes: int = field(default=50_000_000, validator=_count)
    """Of their JSON. An edit that is larger than this is held alone."""
    when_full: WhenFull = field(default="wait", validator=_known)
    """What becomes of those who come when it is full: they wait, first come, first served (`"wait"`); get a
    `BufferFull` (`"raise"`); or their edit is dropped, and ends `Unsent` (`"drop"`)."""
