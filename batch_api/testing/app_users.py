"""What an app knows of its users: custom data, trigger events, GDPR requests (fact sheet: mep-legacy, 5, 6, 9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from batch_api.testing.timing import bare_stamp
from batch_api.testing.values import CLOCK_SKEW, EVENT_AGE
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.timing import Time


class Users:
    """`by_id` has the values of each user, under the names they were written with; `events` pairs of user and event."""

    def __init__(self, time: Time, ids: Ids) -> None:
        self._time = time
        self._ids = ids
        self.by_id: dict[str, dict[str, Any]] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []

    def set(self, call: Call) -> Reply:
        self._write(call.path["custom_user_id"], call.body)
        return self._queued()

    def bulk(self, call: Call) -> Reply:
        for item in call.body:
            self._write(item["id"], item["update"])
        return self._queued()

    def delete(self, call: Call) -> Reply:
        self.by_id.pop(call.path["custom_user_id"], None)
        return self._queued()

    def bulk_delete(self, call: Call) -> Reply:
        for user_id in call.body:
            self.by_id.pop(user_id, None)
        return self._queued()

    def track(self, call: Call) -> Reply:
        return self._track([{"id": call.path["custom_user_id"], **call.body}])

    def bulk_track(self, call: Call) -> Reply:
        return self._track(call.body)

    def _write(self, user_id: str, update: dict[str, Any]) -> None:
        stored = self.by_id.setdefault(user_id, {})
        if update.get("overwrite"):
            stored.clear()
        for name, value in update["values"].items():
            if value is None:
                stored.pop(name, None)
            elif isinstance(value, dict):
                gone = set(value.get("$remove", ()))
                kept = [tag for tag in stored.get(name, ()) if tag not in gone]
                stored[name] = list(dict.fromkeys([*kept, *value.get("$add", ())]))
            else:
                stored[name] = value

    def _track(self, users: list[dict[str, Any]]) -> Reply:
        """All events, or none. How the API treats a call with one invalid event is not known: this is a guess."""
        now = self._time.wall()
        events = [(user["id"], event) for user in users for event in user["events"]]
        for _, event in events:
            date = datetime.fromisoformat(event["time"]).replace(tzinfo=UTC) if "time" in event else now
            if not now - EVENT_AGE <= date <= now + CLOCK_SKEW:
                raise malformed("an event is older than 24 hours, or in the future")
        self.events += events
        return answer(202)

    def _queued(self) -> Reply:
        return answer(200, {"token": self._ids.hex()})


class GdprRequests:
    """`by_id` has the requests as the list shows them, except for their status."""

    def __init__(self, time: Time, ids: Ids, users: Users, seconds: float) -> None:
        self._time = time
        self._ids = ids
        self._users = users
        self._seconds = timedelta(seconds=seconds)
        self.by_id: dict[str, dict[str, Any]] = {}
        self._done: dict[str, datetime] = {}

    def create(self, call: Call) -> Reply:
        now, request_id = self._time.wall(), self._ids.uuid()
        about = {"request_type": call.body["request_type"], "id": call.body["id"]}
        date = {"request_date": bare_stamp(now, "milliseconds")}
        self.by_id[request_id] = {"request_id": request_id, **date, **about, "trigger_type": "api"}
        self._done[request_id] = now + self._seconds
        if call.body["request_type"] == "remove":
            self._users.by_id.pop(call.body["id"]["value"], None)
        return answer(201, {"request_id": request_id})

    def view(self, call: Call) -> Reply:
        if call.path["request_id"] not in self.by_id:
            raise not_found("there is no such request")
        shown = self._shown(call.path["request_id"])
        del shown["request_id"]
        return answer(200, shown)

    def list_all(self, call: Call) -> Reply:
        return answer(200, [self._shown(request_id) for request_id in self.by_id])

    def _shown(self, request_id: str) -> dict[str, Any]:
        done = self._time.wall() >= self._done[request_id]
        shown = {**self.by_id[request_id], "status": "done" if done else "pending"}
        if done and shown["request_type"] == "review":
            shown["data_url"] = f"https://files.batch.invalid/gdpr/{request_id}.zip"
        return shown
