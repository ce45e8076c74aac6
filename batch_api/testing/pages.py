"""Lists, page by page (fact sheet: catalogs and campaigns, 1.6)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from batch_api.testing.wire import Reply, answer, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Ranked(Protocol):
    """An item of a list. `rank` grows from one to the next and never changes."""

    @property
    def rank(self) -> int: ...


R = TypeVar("R", bound=Ranked)


def page(key: str, everything: Iterable[R], query: Mapping[str, Any], show: Callable[[R], dict[str, Any]]) -> Reply:
    """One page under `key`: `count` on the first only, `next_from` on all but the last."""
    limit = query.get("limit", 10)
    listed = list(everything)
    cursor = query.get("from")
    start = _rank(cursor) if cursor is not None else 0
    rest = [one for one in listed if one.rank >= start]
    body: dict[str, Any] = {key: [show(one) for one in rest[:limit]], "has_more": len(rest) > limit}
    if cursor is None:
        body["count"] = len(listed)
    if len(rest) > limit:
        body["next_from"] = _cursor(rest[limit].rank)
    return answer(200, body)


def _cursor(rank: int) -> str:
    return base64.urlsafe_b64encode(f"rank@{rank}".encode()).decode()


def _rank(cursor: str) -> int:
    try:
        name, _, rank = base64.urlsafe_b64decode(cursor.encode()).decode().partition("@")
        if name == "rank":
            return int(rank)
    except (ValueError, binascii.Error):
        pass
    raise malformed("'from' is not a cursor of this list")
