"""Days, as callers give them."""

from __future__ import annotations

from datetime import date, datetime

from batch_api.engine.arguments import text
from batch_api.engine.errors import InvalidInput


def a_day(given: date | str, path: str) -> date:
    """A `date`, or the text of one. Of a `datetime` its own day is taken."""
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    day = text(given, path)
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise InvalidInput("expected a day such as 2026-02-01", path=path) from None
