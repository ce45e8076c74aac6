"""Dates and times in the cells of a CSV file."""

from __future__ import annotations

from datetime import tzinfo

from batch_api.ingest.sources.tables.moments import of_text


class Dates:
    """Reads dates, and caches some: dates of birth and of sign-up recur."""

    _MOST = 10_000

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._known: dict[str, str] = {}

    def __call__(self, cell: str) -> str:
        """A date as the API expects it. Raises `Unusable`, a `ValueError`, for what is none."""
        known = self._known.get(cell)
        if known is None:
            if len(self._known) >= self._MOST:
                self._known.clear()
            known = self._known[cell] = of_text(cell, self._zone)
        return known
