"""Dates and times as databases and spreadsheets write them, read as the API expects them."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

from batch_api._codec import rfc3339

EXPECTED: Final = "expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z"

# Python's `fromisoformat` reads all of this but the names of zones and the space before one, and reads more: weeks, and
# dates without hyphens, which are numbers to anyone else. Zones as +01, +01:00, +0100 and +00:09:21 are Postgres'
# (which counts seconds for moments before there were time zones), UTC after a space BigQuery's, +0000 Snowflake's.
_DATE: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:([T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:(Z|UTC|GMT)|([+-]\d{2}(?::?\d{2}(?::\d{2})?)?))?)?",
    re.ASCII | re.IGNORECASE,
)


class Dates:
    """Reads dates, and caches some: dates of birth and of sign-up recur."""

    _MOST = 10_000

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[str, str] = {}

    def __call__(self, cell: str) -> str:
        """A date as the API expects it. Raises `ValueError` or `OverflowError` for what is none."""
        known = self._known.get(cell)
        if known is None:
            if len(self._known) >= self._MOST:
                self._known.clear()
            known = self._known[cell] = self._read(cell)
        return known

    def _read(self, cell: str) -> str:
        found = _DATE.fullmatch(cell)
        if found is None:
            raise ValueError
        day, time, is_utc, offset = found.groups(default="")
        moment = datetime.fromisoformat(f"{day}{time.upper()}{'+00:00' if is_utc else offset}")
        return rfc3339(moment.replace(tzinfo=self._zone) if moment.tzinfo is None else moment)
