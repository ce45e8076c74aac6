"""Days and moments as the API expects them: instants in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from batch_api._codec import rfc3339
from batch_api.ingest.sources.tables.faults import Unusable

EXPECTED = "expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z"

# Python's `fromisoformat` reads all of this but the names of zones and the space before one, and reads more: weeks, and
# dates without hyphens, which are numbers to anyone else. Zones as +01, +01:00, +0100 and +00:09:21 are Postgres'
# (which counts seconds for moments before there were time zones), UTC after a space BigQuery's, +0000 Snowflake's.
_DATE: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:(Z|UTC|GMT)|([+-]\d{2}(?::?\d{2}(?::\d{2})?)?))?)?",
    re.ASCII | re.IGNORECASE,
)
NO_ZONE = "expected a moment with a time zone, got a naive one: `zone` says which zone is meant"
OUT_OF_RANGE = "expected a moment from year 1 to 9999, in UTC"


class Moment(str):
    """An instant as text: it goes under a name written `date(name)`."""

    __slots__ = ()


def of_moment(moment: datetime, zone: tzinfo | None) -> Moment:
    """A moment; a naive one is of `zone`. Raises `Unusable`."""
    try:
        if moment.utcoffset() is None:
            if zone is None:
                raise Unusable(NO_ZONE)
            moment = placed(moment, zone)
        return Moment(rfc3339(moment))
    except OverflowError:
        raise Unusable(OUT_OF_RANGE) from None


def of_day(day: date, zone: tzinfo | None) -> Moment:
    """A day: its midnight in `zone`, or in UTC where there is none. Raises `Unusable`."""
    return of_moment(datetime.combine(day, time()), day_zone(zone))


def day_zone(zone: tzinfo | None) -> tzinfo:
    """The zone whose midnight a day is."""
    return UTC if zone is None else zone


def of_text(text: str, zone: tzinfo | None) -> Moment:
    """A day or a moment as databases and spreadsheets write it. Raises `Unusable`."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise Unusable(EXPECTED)
    day, time_of_day, is_utc, offset = found.groups(default="")
    try:
        moment = datetime.fromisoformat(f"{day}{time_of_day.upper()}{'+00:00' if is_utc else offset}")
    except ValueError:
        raise Unusable(EXPECTED) from None
    return of_moment(moment, zone) if time_of_day else of_day(moment, zone)


def placed(naive: datetime, zone: tzinfo) -> datetime:
    """A naive moment of a time zone: the earlier of two, and the next one where there is none."""
    moment = naive.replace(tzinfo=zone, fold=0)
    before, after = moment.utcoffset(), moment.replace(fold=1).utcoffset()
    if before is None or after is None or before >= after:
        return moment
    return _first_after_gap(moment.astimezone(UTC), before, after, zone)


def _first_after_gap(inside: datetime, before: timedelta, after: timedelta, zone: tzinfo) -> datetime:
    """The instant at which clocks went forward from the offset `before` to `after`, at or shortly before `inside`."""
    late = inside.replace(microsecond=0)
    early = late - (after - before)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late
