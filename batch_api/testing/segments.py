"""Segments: read-only in the API, so a few exist from the start; each selects among the stored profiles."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batch_api.testing.pages import page
from batch_api.testing.timing import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.profiles import Profile
    from batch_api.testing.wire import Reply

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclasses.dataclass(slots=True)
class Segment:
    """A segment, and whether a profile belongs to it."""

    code: str
    rank: int
    display_name: str
    contains: Callable[[Profile], bool]


class Segments:
    """The segments of a project: `ENGAGED` (has events), `DORMANT` (has none), `SUBSCRIBED` (to marketing e-mails)."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.by_code: dict[str, Segment] = {}
        self.add("ENGAGED", "Engaged customers", lambda profile: bool(profile.events))
        self.add("DORMANT", "Dormant customers", lambda profile: not profile.events)
        self.add(
            "SUBSCRIBED", "Subscribers", lambda profile: profile.attributes.get("$email_marketing") == "subscribed"
        )

    def add(self, code: str, display_name: str, contains: Callable[[Profile], bool]) -> None:
        """Add a segment of the profiles for which `contains` is true."""
        self.by_code[code] = Segment(code, self._ids.rank(), display_name, contains)

    def list_all(self, call: Call) -> Reply:
        return page("segments", self.by_code.values(), call.query, _show)


def _show(segment: Segment) -> dict[str, str]:
    return {
        "code": segment.code,
        "display_name": segment.display_name,
        "created_at": stamp(_SINCE),
        "updated_at": stamp(_SINCE),
    }
