"""The fake of the legacy API says no where the API does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from batch_api import APIError, BatchAppClient, PermissionDenied
from batch_api.app_types import PushCampaignCreate
from batch_api.testing import FakeBatchApp

PUSH: PushCampaignCreate = {"name": "One", "live": True, "push_time": "now", "messages": [{"body": "x"}]}
EXPORT: Any = {"from": "2026-01-15T00:00:00", "to": "now", "events": ["push_sent"], "ids": ["custom_id"]}


def an_event(hours: float) -> Any:
    return {"name": "ue.bought", "time": datetime.now(UTC) - timedelta(hours=hours)}


REFUSED: list[tuple[int, Callable[[BatchAppClient], Awaitable[Any]]]] = [
    (404, lambda c: c.transactional.stats("nothing", "2026-01-01")),
    (404, lambda c: c.campaigns.view("nothing")),
    (404, lambda c: c.in_app_campaigns.delete("nothing")),
    (404, lambda c: c.audiences.view("nothing")),
    (404, lambda c: c.app_data.update("nothing", {"a": "b"})),
    (404, lambda c: c.gdpr.view("nothing")),
    (404, lambda c: c.exports.view("nothing")),
    (404, lambda c: c.exports.campaign_ids("nothing", EXPORT)),
    (400, lambda c: c.trigger_events.send("u1", [an_event(25)])),
    (400, lambda c: c.trigger_events.send("u1", [an_event(0), an_event(-1)])),
    (400, lambda c: c.audiences.create("there")),
    (400, lambda c: c.audiences.update("there", ["a1"], "advertising_ids")),
    (400, lambda c: c.audiences.view("there", "no-token")),
    (400, lambda c: c.app_data.create("there")),
    (400, lambda c: c.custom_data.set("u1", {"date(u.a)": "last May"})),
    (400, lambda c: c.custom_data.set("u1", {"ut.a": {"$take": ["x"]}})),  # type: ignore[dict-item]
    (400, lambda c: c.call("custom_data_set", params={"custom_user_id": "u1"}, body={})),
    (400, lambda c: c.call("push_campaign_list", params={"limit": 101})),
    (400, lambda c: c.call("custom_audience_view", params={"audience_name": "a b"})),
    (404, lambda c: c.call("GET /1.1/{app_key}/nothing")),
]


@pytest.mark.parametrize(("status", "call"), REFUSED)
async def test_what_is_refused(client: BatchAppClient, fake: FakeBatchApp, status: int, call: Any) -> None:
    await client.audiences.create("there")
    await client.app_data.create("there")
    with pytest.raises(APIError) as caught:
        await call(client)
    assert (caught.value.status, caught.value.outcome) == (status, "refused")
    body = caught.value.response.json() if caught.value.response else {}
    assert body.keys() == {"code", "type", "message"}
    assert body["code"] in (20, 30, 31)
    assert fake.app().users.events == []


async def test_a_campaign_of_the_dashboard_is_not_to_be_changed(client: BatchAppClient, fake: FakeBatchApp) -> None:
    token = (await client.campaigns.create(PUSH)).token
    assert token
    fake.app().campaigns.by_token[token]["from_api"] = False
    with pytest.raises(PermissionDenied, match="API_MISUSE"):
        await client.campaigns.update(token, {"live": False})
    assert [row.campaign_token async for row in client.campaigns.list(from_api=True)] == []


async def test_what_is_written_is_there(client: BatchAppClient, fake: FakeBatchApp) -> None:
    await client.custom_data.set("u1", {"u.a": 1, "ut.t": ["x", "y"]})
    await client.custom_data.set("u1", {"u.b": 2, "ut.t": {"$add": ["z"], "$remove": ["x"]}})
    assert fake.app().users.by_id["u1"] == {"u.a": 1, "u.b": 2, "ut.t": ["y", "z"]}
    await client.custom_data.set("u1", {"u.c": 3}, overwrite=True)
    assert fake.app().users.by_id["u1"] == {"u.c": 3}
    await client.gdpr.create({"request_type": "remove", "id": {"type": "custom_id", "value": "u1"}})
    assert fake.app().users.by_id == {}
    await client.app_data.create("hours")
    await client.app_data.update("hours", {"ghent": "9", "namur": "10"})
    await client.app_data.update("hours", {"namur": None})
    assert fake.app().tables.by_name == {"hours": {"ghent": "9"}}
    await client.app_data.update("hours", {"mons": "8"}, overwrite=True)
    assert fake.app().tables.by_name == {"hours": {"mons": "8"}}
    token = str((await client.campaigns.create({**PUSH, "gcm_collapse_key": {"enabled": True, "key": "k"}})).token)
    assert (await client.campaigns.view(token)).gcm_collapse_key == "k"
    assert (await client.campaigns.stats(token)).detail is None
    fake.app().campaigns.figures[token] = [{"date": "2026-01-12", "versions": {"a": {"sent": 300}, "c": {"sent": 1}}}]
    (day,) = (await client.campaigns.stats(token)).detail or []
    assert day.versions
    assert day.versions.a
    assert (day.versions.a.sent, day.versions.additional_properties) == (300, {"c": {"sent": 1}})


async def test_it_is_an_asgi_application_too(fake: FakeBatchApp) -> None:
    transport = httpx.ASGITransport(app=fake.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://fake") as api:
        path = f"/1.0/{fake.app_key}/data/users/a%2Fb"
        headers = {"X-Authorization": fake.rest_api_key}
        answer = await api.post(path, json={"values": {"u.a": 1}}, headers=headers)
    assert answer.status_code == 200
    assert fake.app().users.by_id == {"a/b": {"u.a": 1}}
