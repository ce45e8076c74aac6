"""Tables of app data, and exports of push campaigns (fact sheet: mep-legacy, 8 and 10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from batch_api.testing.app_lists import rows
from batch_api.testing.timing import bare_stamp
from batch_api.testing.wire import Reply, answer, malformed, not_found

if TYPE_CHECKING:
    from batch_api.testing.app_campaigns import AppCampaigns
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.storage import Storage
    from batch_api.testing.timing import Time


class Tables:
    """`by_name` has the entries of each table."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.by_name: dict[str, dict[str, str]] = {}
        self._about: dict[str, dict[str, Any]] = {}

    def create(self, call: Call) -> Reply:
        name, now = call.path["table_name"], bare_stamp(self._time.wall())
        if name in self.by_name:
            raise malformed("there is a table of this name already")
        self.by_name[name] = {}
        self._about[name] = {"name": name, "created": now, "updated": now}
        if "description" in call.body:
            self._about[name]["description"] = call.body["description"]
        return answer(201)

    def update(self, call: Call) -> Reply:
        name = self._named(call)
        if call.body["overwrite"]:
            if None in call.body["values"].values():
                raise malformed("null is not allowed with overwrite")
            self.by_name[name].clear()
        self.by_name[name].update(call.body["values"])
        self.by_name[name] = {key: value for key, value in self.by_name[name].items() if value is not None}
        self._about[name]["updated"] = bare_stamp(self._time.wall())
        return answer(202, {})

    def delete(self, call: Call) -> Reply:
        name = self._named(call)
        del self.by_name[name], self._about[name]
        return answer(200, {})

    def list_all(self, call: Call) -> Reply:
        return rows(call, (self._shown(name) for name in self.by_name), "app_data")

    def _shown(self, name: str) -> dict[str, Any]:
        table = self.by_name[name]
        return {**self._about[name], "nb_rows": len(table), "size": len(orjson.dumps(table))}

    def _named(self, call: Call) -> str:
        if call.path["table_name"] not in self.by_name:
            raise not_found("there is no table of this name")
        return call.path["table_name"]


class AppExports:
    """Exports of push campaigns. `by_id` has the requests."""

    def __init__(
        self, time: Time, ids: Ids, campaigns: AppCampaigns, storage: Storage, app_key: str, seconds: float
    ) -> None:
        self._time = time
        self._ids = ids
        self._campaigns = campaigns
        self._storage = storage
        self._app_key = app_key
        self._seconds = timedelta(seconds=seconds)
        self.by_id: dict[str, dict[str, Any]] = {}
        self._begun: dict[str, datetime] = {}

    def campaign_ids(self, call: Call) -> Reply:
        return self._create(call, "ids")

    def campaign_events(self, call: Call) -> Reply:
        return self._create(call, "events")

    def view(self, call: Call) -> Reply:
        export_id = call.path["request_id"]
        if export_id not in self.by_id:
            raise not_found("there is no such request")
        begun = self._begun[export_id]
        shown = {**self.by_id[export_id], "request_date": bare_stamp(begun)}
        if self._time.wall() - begun < self._seconds:
            return answer(200, {**shown, "status": "PENDING"})
        end = {"status": "SUCCESS", "completion_date": bare_stamp(begun + self._seconds)}
        return answer(200, {**shown, **end, "file_url": f"{self._storage.origin}/export/{export_id}.csv"})

    def _create(self, call: Call, what: str) -> Reply:
        token = call.path["campaign_token"]
        if token not in self._campaigns.by_token:
            raise not_found("nothing found under this token")
        export_id = self._ids.uuid()
        uri = f"/1.0/{self._app_key}/export/campaign/{token}/{what}"
        self.by_id[export_id] = {"id": export_id, "uri": uri, "request": call.body}
        self._begun[export_id] = self._time.wall()
        return answer(201, {"id": export_id})
