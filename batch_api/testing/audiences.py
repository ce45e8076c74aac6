"""Audiences: lists of ids, changed at once and *indexed* some time later (fact sheet: profiles and audiences, 3)."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from batch_api.testing.pages import page
from batch_api.testing.timing import Time, stamp
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids

TYPES = {"custom_ids": "CUSTOM_ID", "emails": "EMAIL", "install_ids": "INSTALL_ID"}
"""Types as written, and as shown. Only `CUSTOM_ID` is documented; the others are made up by analogy."""


@dataclasses.dataclass(slots=True)
class Change:
    """A write, identified by its indexing token."""

    name: str
    date: datetime
    replaced: bool = False
    removal: bool = False


@dataclasses.dataclass(slots=True)
class Audience:
    """A stored audience. `ids` maps each id to its attributes."""

    name: str
    rank: int
    type: str
    display_name: str | None
    created: datetime
    latest: Change
    ids: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class Audiences:
    """The audiences of a project."""

    def __init__(self, time: Time, ids: Ids, index_seconds: float) -> None:
        self._time = time
        self._ids = ids
        self._index_time = timedelta(seconds=index_seconds)
        self.by_name: dict[str, Audience] = {}
        self._removed: dict[str, Audience] = {}
        self._changes: dict[str, Change] = {}

    def create(self, call: Call) -> Reply:
        name = call.body["name"]
        if name in self.by_name:
            raise malformed("there is an audience of this name already")
        change = Change(name, self._time.wall())
        kind = TYPES[call.body["type"]]
        display_name = call.body.get("display_name")
        self.by_name[name] = Audience(name, self._ids.rank(), kind, display_name, change.date, change)
        return self._token(change)

    def update(self, call: Call) -> Reply:
        audience = self._named(call.body["name"])
        for entry in call.body["ids"]:
            if entry["action"] == "add":
                audience.ids[entry["id"]] = entry.get("attributes", {})
            else:
                audience.ids.pop(entry["id"], None)
        return self._changed(audience)

    def replace(self, call: Call) -> Reply:
        audience = self._named(call.body["name"])
        audience.ids = {entry["id"]: entry.get("attributes", {}) for entry in call.body["ids"]}
        for change in self._changes.values():
            change.replaced |= change.name == audience.name
        return self._changed(audience)

    def remove(self, call: Call) -> Reply:
        """Remove at once; the token of the removal is `IN_PROGRESS` for a while, then unknown like the audience."""
        audience = self._named(call.body["name"])
        del self.by_name[audience.name]
        audience.latest = Change(audience.name, self._time.wall(), removal=True)
        self._removed[audience.name] = audience
        return self._token(audience.latest)

    def list_all(self, call: Call) -> Reply:
        return page("audiences", self.by_name.values(), call.query, lambda audience: self._show(audience, None))

    def view(self, call: Call) -> Reply:
        name, token = call.query["name"], call.query.get("indexing_token")
        change = self._changes.get(token) if token is not None else None
        if token is not None and (change is None or change.name != name):
            raise malformed("this indexing token does not belong to this audience")
        audience = self._removing(change) if change is not None and change.removal else self._named(name)
        return answer(200, self._show(audience, change))

    def _removing(self, change: Change) -> Audience:
        if self._state(change) == "APPLIED":
            raise not_found("there is no audience of this name")
        return self._removed[change.name]

    def _named(self, name: str) -> Audience:
        if name not in self.by_name:
            raise not_found("there is no audience of this name")
        return self.by_name[name]

    def _changed(self, audience: Audience) -> Reply:
        audience.latest = Change(audience.name, self._time.wall())
        return self._token(audience.latest)

    def _token(self, change: Change) -> Reply:
        token = self._ids.token()
        self._changes[token] = change
        return answer(202, {"indexing_token": token})

    def _state(self, change: Change) -> str:
        if change.replaced:
            return "REPLACED"
        return "APPLIED" if self._time.wall() - change.date >= self._index_time else "IN_PROGRESS"

    def _show(self, audience: Audience, change: Change | None) -> dict[str, Any]:
        shown = {
            "name": audience.name,
            "display_name": audience.display_name,
            "type": audience.type,
            "nb_ids": len(audience.ids),
            "indexing_state": self._state(change or audience.latest),
            "created": stamp(audience.created),
            "updated": stamp(audience.latest.date),
        }
        return {key: value for key, value in shown.items() if value is not None}
