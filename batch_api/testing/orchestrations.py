"""One store for campaigns, which are written, and orchestrations, as which they are read.

Fact sheet: catalogs and campaigns, 3 and 4.
"""

from __future__ import annotations

import dataclasses
import zlib
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from batch_api.testing.pages import page
from batch_api.testing.timing import Time, read_stamp, stamp
from batch_api.testing.wire import Reply, answer, malformed, misuse, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids

SENDING_TIME = timedelta(minutes=5)
"""How long a campaign runs from its start to its completion."""

STATS_AGE = timedelta(days=183)
"""How far back statistics go: 6 months."""

PLATFORMS = ("ios", "android", "web")


@dataclasses.dataclass(slots=True)
class Orchestration:
    """A campaign or, if added by a test, an automation of the dashboard."""

    id: str
    rank: int
    type: str
    source: str
    created: datetime
    updated: datetime
    content: dict[str, Any]
    """The body it was written with."""
    start: datetime

    @property
    def channels(self) -> list[str]:
        return [message["channel_type"] for message in self.content["messages"]]

    def status(self, now: datetime) -> str:
        state = str(self.content["state"]).lower()
        if self.type == "campaign" and state == "running" and now >= self.start + SENDING_TIME:
            return "completed"
        return state

    def is_locked(self, now: datetime) -> bool:
        """Whether it can no longer be changed: it is running or completed, and not recurrent."""
        return self.type != "recurring" and self.status(now) in ("running", "completed") and now >= self.start


class Orchestrations:
    """The campaigns and automations of a project."""

    def __init__(self, time: Time, ids: Ids) -> None:
        self._time = time
        self._ids = ids
        self.by_id: dict[str, Orchestration] = {}

    def add(self, content: dict[str, Any], *, type: str = "campaign", source: str = "dashboard") -> Orchestration:
        """Store what the API cannot create, such as a `recurring`, `trigger` or `warmup` automation.

        `content` is a body of `/campaigns/create`; a missing `name`, `state`, `when` or `messages` is filled in.
        """
        defaults = {"name": type, "state": "RUNNING", "when": {"start_time": "now"}, "messages": []}
        now = self._time.wall()
        content = {**defaults, **content}
        start = _start(content, now)
        name = self._ids.named("orchestration")
        self.by_id[name] = Orchestration(name, self._ids.rank(), type, source, now, now, content, start)
        return self.by_id[name]

    def create(self, call: Call) -> Reply:
        return answer(201, {"id": self.add(call.body, source="api").id})

    def update(self, call: Call) -> Reply:
        campaign, now = self._with_id(call.body["id"]), self._time.wall()
        if campaign.is_locked(now):
            raise misuse("a running or completed campaign cannot be changed")
        campaign.content, campaign.updated = call.body["campaign"], now
        campaign.start = _start(campaign.content, now)
        return answer(200, {})

    def delete(self, call: Call) -> Reply:
        del self.by_id[self._with_id(call.body["id"]).id]
        return answer(204)

    def list_all(self, call: Call) -> Reply:
        now = self._time.wall()
        query = call.query

        def is_asked_for(one: Orchestration) -> bool:
            return (
                ("status" not in query or one.status(now) in query["status"])
                and ("type" not in query or one.type in query["type"])
                and ("channels" not in query or not set(query["channels"]).isdisjoint(one.channels))
            )

        chosen = [one for one in self.by_id.values() if is_asked_for(one)]
        return page("orchestrations", chosen, query, lambda one: _row(one, now))

    def view(self, call: Call) -> Reply:
        """Push campaigns only, with content and targeting under the keys they were written with."""
        one, now = self._with_id(call.query["orchestration_id"]), self._time.wall()
        if one.type != "campaign" or one.channels != ["push"]:
            raise misuse("this orchestration is not a push campaign")
        shown = {
            "id": one.id,
            "type": "campaign",
            "name": one.content["name"],
            "status": one.status(now),
            "source": one.source,
            "labels": one.content.get("labels", []),
            "created_date": stamp(one.created),
            "updated_date": stamp(one.updated),
            "start_time": stamp(one.start),
            "messages": one.content["messages"],
        }
        return answer(200, shown | {key: one.content[key] for key in ("targeting",) if key in one.content})

    def stats(self, call: Call) -> Reply:
        """Figures derived from the id and the day: the same on every call, none before the start or after today."""
        now = self._time.wall()
        first, last = date.fromisoformat(call.query["from"]), date.fromisoformat(call.query["to"])
        if last < first:
            raise malformed("'to' is before 'from'")
        if first < (now - STATS_AGE).date():
            raise malformed("'from' is more than 6 months ago")
        one = self._with_id(call.query["orchestration_id"])
        details: list[dict[str, Any]] = []
        if one.status(now) in ("running", "completed"):
            day, end = max(first, one.start.date()), min(last, now.date())
            while day <= end:
                details += _figures(one, day, by_platform=call.query.get("include_platforms", False))
                day += timedelta(days=1)
        return answer(200, {"id": one.id, "details": details})

    def _with_id(self, name: str) -> Orchestration:
        if name not in self.by_id:
            raise not_found("nothing found under this id")
        return self.by_id[name]


def _start(content: dict[str, Any], now: datetime) -> datetime:
    text = content["when"]["start_time"]
    start = now if text == "now" else read_stamp(text)
    if start is None:
        raise malformed("campaign.when.start_time: an RFC 3339 date or now")
    return start


def _row(one: Orchestration, now: datetime) -> dict[str, Any]:
    row = {
        "id": one.id,
        "type": one.type,
        "channels": one.channels,
        "source": one.source,
        "created_date": stamp(one.created).removesuffix("Z"),  # without an offset, as the documented samples
        "name": one.content["name"],
        "labels": one.content.get("labels", []),
        "status": one.status(now),
        "start_time": stamp(one.start).removesuffix("Z"),
    }
    platforms = [name for message in one.content["messages"] for name in message.get("platform_type", ())]
    return {**row, "platforms": platforms} if platforms else row


def _figures(one: Orchestration, day: date, *, by_platform: bool) -> list[dict[str, Any]]:
    if not by_platform:
        return [{"date": day.isoformat(), **_counts(one.id, day, "")}]
    return [{"date": day.isoformat(), "platform": name, **_counts(one.id, day, name)} for name in PLATFORMS]


def _counts(name: str, day: date, platform: str) -> dict[str, int]:
    sent = 100 + zlib.crc32(f"{name}{day}{platform}".encode()) % 900
    opened = sent * 2 // 5
    return {
        "sent": sent,
        "sent_optin": sent * 9 // 10,
        "delivered": sent * 19 // 20,
        "unique_open": opened,
        "total_open": opened * 5 // 4,
        "unique_click": opened // 4,
        "total_click": opened // 3,
        "total_bounce": sent // 50,
        "skipped": sent // 100,
    }
