"""What an app sends: transactional messages, push campaigns and in-app campaigns (fact sheet: mep-legacy, 2 to 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api.testing.app_lists import rows
from batch_api.testing.timing import bare_stamp
from batch_api.testing.wire import Reply, answer, misuse, not_found

if TYPE_CHECKING:
    from batch_api.testing.call import Call
    from batch_api.testing.ids import Ids
    from batch_api.testing.timing import Time

_SHOWN = ("campaign_token", "from_api", "dev_only", "created_date", "name", "live", "push_time", "messages")
"""What a row of a list shows."""


class Messages:
    """Transactional sends. `sent` has their bodies, `figures` what the API tells of each group and day."""

    def __init__(self, time: Time, ids: Ids) -> None:
        self._time = time
        self._ids = ids
        self.sent: list[dict[str, Any]] = []
        self.figures: dict[str, dict[str, dict[str, Any]]] = {}

    def send(self, call: Call) -> Reply:
        self.sent.append(call.body)
        day = self._time.wall().date().isoformat()
        group = self.figures.setdefault(call.body["group_id"], {})
        zeros = dict.fromkeys(("sent", "direct_open", "influenced_open", "reengaged", "errors"), 0)
        row = group.setdefault(day, {"date": day, **zeros})
        row["sent"] += sum(len(ids) for ids in call.body["recipients"].values() if isinstance(ids, list))
        return answer(201, {"token": self._ids.uuid()})

    def stats(self, call: Call) -> Reply:
        group_id = call.path["group_id"]
        if group_id not in self.figures:
            raise not_found("there is no send of this group")
        until = call.query.get("until", "9999-12-31")
        days = sorted(self.figures[group_id].items())
        detail = [row for day, row in days if call.query["since"] <= day <= until]
        return answer(200, {"group_id": group_id, "detail": detail})


class AppCampaigns:
    """The push campaigns of an app, or its in-app campaigns. `by_token` has them as the API shows them."""

    def __init__(self, time: Time, ids: Ids) -> None:
        self._time = time
        self._ids = ids
        self.by_token: dict[str, dict[str, Any]] = {}
        self.figures: dict[str, list[dict[str, Any]]] = {}
        """What `stats` tells, by token; nothing at first."""

    def create(self, call: Call) -> Reply:
        token = self._ids.hex()
        known = {"campaign_token": token, "from_api": True, "dev_only": False}
        self.by_token[token] = {**known, "created_date": bare_stamp(self._time.wall()), **call.body}
        return answer(201, {"campaign_token": token})

    def update(self, call: Call) -> Reply:
        campaign = self._named(call)
        if not campaign["from_api"]:
            raise misuse("this campaign was not created by the API")
        campaign.update(call.body)
        return answer(200)

    def delete(self, call: Call) -> Reply:
        del self.by_token[self._named(call)["campaign_token"]]
        return answer(200)

    def view(self, call: Call) -> Reply:
        shown = dict(self._named(call))
        collapse = shown.get("gcm_collapse_key")
        if isinstance(collapse, dict):  # written as an object, read as text
            shown["gcm_collapse_key"] = collapse.get("key", "default")
        return answer(200, shown)

    def list_all(self, call: Call) -> Reply:
        wanted = {name: value for name, value in call.query.items() if name in ("live", "from_api")}
        found = [one for one in self.by_token.values() if all(one[name] is value for name, value in wanted.items())]
        return rows(call, ({key: one[key] for key in _SHOWN if key in one} for one in found))

    def stats(self, call: Call) -> Reply:
        token = self._named(call)["campaign_token"]
        detail = {"detail": self.figures[token]} if token in self.figures else {}
        return answer(200, {"campaign_token": token, **detail})

    def _named(self, call: Call) -> dict[str, Any]:
        try:
            return self.by_token[call.path["campaign_token"]]
        except KeyError:
            raise not_found("nothing found under this token") from None
