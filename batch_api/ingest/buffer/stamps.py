"""When events happened: stamped when they are accepted, and looked at again when they are sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from batch_api._codec import rfc3339
from batch_api.engine.arguments import fields

MOST_AGE = timedelta(hours=24)
"""The API takes no older event (fact sheet: profiles and audiences, 2.1.4)."""
TOO_OLD = "an event is older than 24 hours, and the API takes none that is"


class Stamped(NamedTuple):
    """An edit each of whose events has a time, and the earliest of those in seconds since 1970."""

    edit: dict[str, Any]
    since: float | None


def now() -> datetime:
    """The time of day, by the machine's clock. Not the loop's: it goes on while no process runs."""
    return datetime.now(UTC)


def stamp(edit: dict[str, Any]) -> Stamped:
    """The edit with the time of now on every event without one. What the caller holds stays as it is."""
    # Milliseconds are cut off, never rounded up: an event may not be in the future.
    text = rfc3339(now(), "milliseconds")
    events = [fields(event) for event in edit["events"]]
    events = [event if event.get("time") is not None else {**event, "time": text} for event in events]
    times = [_seconds(event["time"]) for event in events]
    return Stamped({**edit, "events": events}, min((time for time in times if time is not None), default=None))


def is_too_old(since: float | None) -> bool:
    """Whether the API would refuse an event of then, if it came now."""
    return since is not None and now().timestamp() - since > MOST_AGE.total_seconds()


def _seconds(time: object) -> float | None:
    """What cannot be read is for the API to judge."""
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return None
    return time.timestamp() if isinstance(time, datetime) and time.tzinfo is not None else None
