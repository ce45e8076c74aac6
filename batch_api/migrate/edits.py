"""Attributes and events of one profile, in as few edits as its limits allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from batch_api.ingest.items.lines import MOST_EVENTS
from batch_api.ingest.sending.coalesce import MOST_ATTRIBUTES

MOST_ARRAYS: Final = 15
"""Arrays in one edit. Only an SDK is known to have this limit; keeping to it costs at most one more edit (profiles and
audiences, 1.5)."""


def edits_of(custom_id: str, attributes: Mapping[str, Any], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The edits, in the order in which to send them: the API applies the attributes of an edit before its events."""
    edits: list[dict[str, Any]] = [{"attributes": part} for part in _parts(attributes)]
    for start in range(0, len(events), MOST_EVENTS):
        if start or not edits:
            edits.append({})
        edits[-1]["events"] = events[start : start + MOST_EVENTS]
    return [{"identifiers": {"custom_id": custom_id}, **edit} for edit in edits]


def _parts(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    arrays = 0
    for key, value in attributes.items():
        is_array = isinstance(value, list | dict)
        if not parts or len(parts[-1]) == MOST_ATTRIBUTES or (is_array and arrays == MOST_ARRAYS):
            parts.append({})
            arrays = 0
        parts[-1][key] = value
        arrays += is_array
    return parts
