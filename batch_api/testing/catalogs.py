"""Catalogs and their items (fact sheet: catalogs and campaigns, 2).

What is not documented is taken leniently: an item may carry attributes that its catalog does not declare.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from batch_api.testing.pages import page
from batch_api.testing.timing import Time, read_stamp, stamp
from batch_api.testing.values import URL
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids

MAX_CATALOGS = 5
MAX_FIELDS = 25
MAX_ITEMS = 2_000_000

_FIELD = re.compile(r"[a-z0-9_]{1,250}")
_KEY = re.compile(r"[a-z0-9_]+|(date|url)\([a-z0-9_]+\)")


@dataclasses.dataclass(slots=True)
class Catalog:
    """A stored catalog: `fields` by name with their types, `items` by id with their attributes."""

    name: str
    rank: int
    fields: dict[str, str]
    created: datetime
    updated: datetime
    items: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    size: int = 0
    """Bytes of all items as JSON."""

    def put(self, item_id: str, attributes: dict[str, Any]) -> None:
        self.drop(item_id)
        self.items[item_id] = attributes
        self.size += len(orjson.dumps(attributes))

    def drop(self, item_id: str) -> None:
        if (old := self.items.pop(item_id, None)) is not None:
            self.size -= len(orjson.dumps(old))


class Catalogs:
    """The catalogs of a project."""

    def __init__(self, time: Time, ids: Ids, index_seconds: float) -> None:
        self._time = time
        self._ids = ids
        self._index_time = timedelta(seconds=index_seconds)
        self.by_name: dict[str, Catalog] = {}
        self._edits: dict[str, tuple[Catalog, datetime]] = {}

    def create(self, call: Call) -> Reply:
        name = call.body["name"]
        if not name or name in self.by_name:
            raise malformed("there is a catalog of this name already" if name else "'name' is empty")
        if len(self.by_name) >= MAX_CATALOGS:
            raise malformed(f"a project has at most {MAX_CATALOGS} catalogs")
        fields: dict[str, str] = {}
        for field in call.body["fields"]:
            _add_field(fields, field["name"], field["type"])
        now = self._time.wall()
        self.by_name[name] = Catalog(name, self._ids.rank(), fields, now, now)
        return answer(201, {})

    def update(self, call: Call) -> Reply:
        catalog = self._named(call.body["name"])
        fields = dict(catalog.fields)
        for change in call.body["fields"]:
            if change["action"] == "remove":
                if fields.pop(change["name"], None) is None:
                    raise malformed("a field to remove is not there")
            elif "type" not in change:
                raise malformed("a field to add needs a type")
            else:
                _add_field(fields, change["name"], change["type"])
        if not 1 <= len(fields) <= MAX_FIELDS:
            raise malformed(f"a catalog has 1 to {MAX_FIELDS} fields")
        catalog.fields, catalog.updated = fields, self._time.wall()
        return answer(202, {})

    def remove(self, call: Call) -> Reply:
        del self.by_name[self._named(call.body["name"]).name]
        return answer(202, {})

    def list_all(self, call: Call) -> Reply:
        return page("catalogs", self.by_name.values(), call.query, _show)

    def view(self, call: Call) -> Reply:
        catalog = self._named(call.query["name"])
        shown = _show(catalog)
        if (token := call.query.get("indexing_token")) is not None:
            edited, date = self._edits.get(token, (None, None))
            if edited is not catalog or date is None:
                raise malformed("this indexing token does not belong to this catalog")
            shown["indexing_state"] = "APPLIED" if self._time.wall() - date >= self._index_time else "IN_PROGRESS"
        return answer(200, shown)

    def edit_items(self, call: Call) -> Reply:
        """All of the items or, with a 400, none. `add` puts an item, `update` changes attributes of one, or adds it."""
        catalog = self._named(call.body["name"])
        items = call.body["items"]
        for position, item in enumerate(items):
            if reason := _reason_against(item):
                raise malformed(f"items.{position}: {reason}")
        added = {item["id"] for item in items if item["action"] != "remove"} - catalog.items.keys()
        if len(catalog.items) + len(added) > MAX_ITEMS:
            raise malformed(f"a catalog has at most {MAX_ITEMS} items")
        for item in items:
            attributes = item.get("attributes", {})
            if item["action"] == "remove":
                catalog.drop(item["id"])
            elif item["action"] == "update":
                catalog.put(item["id"], {**catalog.items.get(item["id"], {}), **attributes})
            else:
                catalog.put(item["id"], attributes)
        catalog.updated = self._time.wall()
        token = self._ids.token()
        self._edits[token] = (catalog, catalog.updated)
        return answer(202, {"indexing_token": token})

    def _named(self, name: str) -> Catalog:
        if name not in self.by_name:
            raise not_found("there is no catalog of this name")
        return self.by_name[name]


def _add_field(fields: dict[str, str], name: str, kind: str) -> None:
    if not _FIELD.fullmatch(name):
        raise malformed("the name of a field has 1 to 250 of a-z, 0-9 and _")
    if name in fields:
        raise malformed("a field is there already")
    fields[name] = kind


def _reason_against(item: dict[str, Any]) -> str | None:
    if item["action"] not in ("add", "update", "remove"):
        return "'action' is add, update or remove"
    if not item["id"]:
        return "'id' is empty"
    for key, value in item.get("attributes", {}).items():
        match = _KEY.fullmatch(key)
        if match is None:
            return "there is an attribute whose name is not allowed"
        if match[1] == "date" and not (isinstance(value, int) or read_stamp(value)):
            return "a date is an RFC 3339 date or a Unix timestamp"
        if match[1] == "url" and not (isinstance(value, str) and URL.fullmatch(value)):
            return "a value under url() is not a URL"
    return None


def _show(catalog: Catalog) -> dict[str, Any]:
    return {
        "name": catalog.name,
        "fields": [{"name": name, "type": kind} for name, kind in catalog.fields.items()],
        "items": len(catalog.items),
        "size": catalog.size,
        "created": stamp(catalog.created, "milliseconds"),
        "updated": stamp(catalog.updated, "milliseconds"),
    }
