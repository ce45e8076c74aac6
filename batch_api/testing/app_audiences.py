"""Audiences of an app, of users or of installations: each is a set of its own (fact sheet: mep-legacy, 7)."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from batch_api.testing.app_lists import rows
from batch_api.testing.timing import bare_stamp
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.timing import Time


@dataclasses.dataclass(slots=True)
class AppAudience:
    """A stored audience. `ids` maps each id to its attributes and tags."""

    name: str
    type: str
    description: str | None
    created: datetime
    updated: datetime
    ids: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class AppAudiences:
    """The audiences of one of the two sets. `kind` is the type, unless requests name it."""

    def __init__(self, time: Time, ids: Ids, seconds: float, kind: str | None = None) -> None:
        self._time = time
        self._ids = ids
        self._seconds = timedelta(seconds=seconds)
        self._kind = kind
        self.by_name: dict[str, AppAudience] = {}
        self._changes: dict[str, tuple[str, datetime]] = {}

    def create(self, call: Call) -> Reply:
        name, now = call.path["audience_name"], self._time.wall()
        if name in self.by_name:
            raise malformed("there is an audience of this name already")
        kind = self._kind or call.body["type"]
        self.by_name[name] = AppAudience(name, kind, call.body.get("description"), now, now)
        return answer(200, {} if self._kind is None else None)

    def update(self, call: Call) -> Reply:
        audience = self._named(call)
        if self._kind is None and call.body["type"] != audience.type:
            raise malformed("the audience holds ids of another type")
        for change in call.body["ids"]:
            if change["action"] == "add":
                audience.ids[change["id"]] = _about(change)
            else:
                audience.ids.pop(change["id"], None)
        return self._changed(audience)

    def replace(self, call: Call) -> Reply:
        audience = self._named(call)
        audience.ids = {member["id"]: _about(member) for member in call.body["ids"]}
        return self._changed(audience)

    def delete(self, call: Call) -> Reply:
        del self.by_name[self._named(call).name]
        return answer(200)

    def list_all(self, call: Call) -> Reply:
        return rows(call, (_shown(audience) for audience in self.by_name.values()), "custom_audiences")

    def view(self, call: Call) -> Reply:
        audience = self._named(call)
        since = audience.updated
        if (token := call.query.get("indexing_token")) is not None:
            name, since = self._changes.get(token, ("", since))
            if name != audience.name:
                raise malformed("this indexing token does not belong to this audience")
        state = "APPLIED" if self._time.wall() - since >= self._seconds else "IN_PROGRESS"
        return answer(200, {**_shown(audience), "indexing_state": state})

    def _changed(self, audience: AppAudience) -> Reply:
        audience.updated, token = self._time.wall(), self._ids.uuid()
        self._changes[token] = (audience.name, audience.updated)
        return answer(202, {"indexing_token": token})

    def _named(self, call: Call) -> AppAudience:
        try:
            return self.by_name[call.path["audience_name"]]
        except KeyError:
            raise not_found("there is no audience of this name") from None


def _about(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("id", "action")}


def _shown(audience: AppAudience) -> dict[str, Any]:
    dates = {"created": bare_stamp(audience.created), "updated": bare_stamp(audience.updated)}
    description = {} if audience.description is None else {"description": audience.description}
    return {"name": audience.name, "type": audience.type, **description, "nb_ids": len(audience.ids), **dates}
