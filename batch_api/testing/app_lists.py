"""Lists of the legacy API: by the number of the first row, the latest first (fact sheet: mep-legacy, 3.5 and 7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batch_api.testing.call import Call
from batch_api.testing.wire import Reply, answer


def rows(call: Call, oldest_first: Iterable[dict[str, Any]], key: str | None = None) -> Reply:
    """One page, under `key` or as an array."""
    listed = list(oldest_first)[::-1]
    start, limit = call.query.get("from", 0), call.query.get("limit", 10)
    page = listed[start : start + limit]
    return answer(200, page if key is None else {key: page})
