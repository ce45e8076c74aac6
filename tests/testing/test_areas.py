"""State of every area: what is written can be read, with the states and refusals of the API."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import SERVER_URL, VERSION
from batch_api.testing import FakeBatch, catalogs
from batch_api.testing.clock import run

pytestmark = pytest.mark.virtual_time


async def post(api: httpx.AsyncClient, path: str, body: Any, status: int = 202) -> Any:
    answer = await api.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def get(api: httpx.AsyncClient, path: str, status: int = 200, **query: Any) -> Any:
    answer = await api.get(path, params={"from" if key == "from_" else key: value for key, value in query.items()})
    assert answer.status_code == status, answer.text
    return answer.json()


class TestAudiences:
    async def test_a_created_audience_is_listed_and_viewed(self, api: httpx.AsyncClient) -> None:
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids", "display_name": "VIP"})
        await post(api, "/audiences/create", {"name": "mails", "type": "emails"})
        listed = await get(api, "/audiences/list")
        assert [(one["name"], one["type"], one.get("display_name")) for one in listed["audiences"]] == [
            ("vip", "CUSTOM_ID", "VIP"),
            ("mails", "EMAIL", None),
        ]
        assert await get(api, "/audiences/view", name="vip") == listed["audiences"][0]

    async def test_ids_are_added_removed_and_replaced_and_the_last_action_wins(
        self, fake: FakeBatch, api: httpx.AsyncClient
    ) -> None:
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})
        ids = [
            {"action": "add", "id": "a", "attributes": {"tier": "gold"}},
            {"action": "add", "id": "b"},
            {"action": "remove", "id": "b"},
            {"action": "remove", "id": "c"},
            {"action": "add", "id": "c"},
        ]
        await post(api, "/audiences/update", {"name": "vip", "ids": ids})
        stored = fake.project().audiences.by_name["vip"]
        assert stored.ids == {"a": {"tier": "gold"}, "c": {}}
        assert (await get(api, "/audiences/view", name="vip"))["nb_ids"] == 2
        await post(api, "/audiences/replace", {"name": "vip", "ids": [{"id": "z", "attributes": {"n": 1}}]})
        assert stored.ids == {"z": {"n": 1}}

    async def test_a_token_is_in_progress_then_applied(self, api: httpx.AsyncClient) -> None:
        token = (await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"}))["indexing_token"]
        states = []
        for _ in range(3):
            states.append((await get(api, "/audiences/view", name="vip", indexing_token=token))["indexing_state"])
            await asyncio.sleep(0.6)
        assert states == ["IN_PROGRESS", "IN_PROGRESS", "APPLIED"]

    async def test_a_token_is_replaced_when_a_replace_came_later(self, api: httpx.AsyncClient) -> None:
        async def state(token: str | None) -> str:
            query: dict[str, Any] = {} if token is None else {"indexing_token": token}
            return str((await get(api, "/audiences/view", name="vip", **query))["indexing_state"])

        await post(api, "/audiences/create", {"name": "other", "type": "custom_ids"})
        first = (await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"}))["indexing_token"]
        second = (await post(api, "/audiences/replace", {"name": "vip", "ids": [{"id": "a"}]}))["indexing_token"]
        assert [await state(first), await state(second), await state(None)] == [
            "REPLACED",
            "IN_PROGRESS",
            "IN_PROGRESS",
        ]
        await asyncio.sleep(5)
        assert [await state(first), await state(second), await state(None)] == ["REPLACED", "APPLIED", "APPLIED"]
        assert (await get(api, "/audiences/view", name="other"))["indexing_state"] == "APPLIED"

    async def test_a_removed_audience_is_gone_and_its_removal_can_be_followed(self, api: httpx.AsyncClient) -> None:
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})
        token = (await post(api, "/audiences/remove", {"name": "vip"}))["indexing_token"]
        await get(api, "/audiences/view", 404, name="vip")
        shown = await get(api, "/audiences/view", name="vip", indexing_token=token)
        assert shown["indexing_state"] == "IN_PROGRESS"
        await asyncio.sleep(1)
        await get(api, "/audiences/view", 404, name="vip", indexing_token=token)
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("create", {"name": "vip", "type": "custom_ids"}, 400),
            ("create", {"name": "no space", "type": "custom_ids"}, 400),
            ("create", {"name": "other", "type": "CUSTOM_ID"}, 400),
            ("create", {"type": "custom_ids"}, 400),
            ("update", {"name": "other", "ids": [{"action": "add", "id": "a"}]}, 404),
            ("update", {"name": "vip", "ids": [{"id": "a"}]}, 400),
            ("update", {"name": "vip", "ids": [{"action": "add", "id": str(n)} for n in range(10_001)]}, 400),
            ("replace", {"name": "other", "ids": [{"id": "a"}]}, 404),
            ("replace", {"name": "vip", "ids": ["a"]}, 400),
            ("remove", {"name": "other"}, 404),
        ],
    )
    async def test_what_is_refused(self, api: httpx.AsyncClient, path: str, body: Any, status: int) -> None:
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})
        error = await post(api, f"/audiences/{path}", body, status)
        assert set(error) == {"error_code", "error_message"}

    async def test_a_token_belongs_to_its_audience(self, api: httpx.AsyncClient) -> None:
        token = (await post(api, "/audiences/create", {"name": "a", "type": "custom_ids"}))["indexing_token"]
        await post(api, "/audiences/create", {"name": "b", "type": "custom_ids"})
        await get(api, "/audiences/view", 400, name="b", indexing_token=token)
        await get(api, "/audiences/view", 400, name="b", indexing_token="unknown")


def test_state_can_be_set_up_before_a_loop_runs(connect: Any) -> None:
    """The clock of a loop may start anywhere; dates go on from today's all the same."""
    fake = FakeBatch()
    fake.project().orchestrations.add({"name": "Welcome"}, type="trigger")

    async def main() -> Any:
        api = connect(fake)
        await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})
        await asyncio.sleep(10)
        return await get(api, "/audiences/view", name="vip"), await get(api, "/orchestrations/list")

    audience, page = run(main())
    assert (audience["indexing_state"], page["orchestrations"][0]["status"]) == ("APPLIED", "running")
    assert abs(datetime.fromisoformat(audience["created"]) - datetime.now(UTC)) < timedelta(minutes=1)


class TestPages:
    async def test_every_item_comes_once_and_the_count_on_the_first_page_only(self, api: httpx.AsyncClient) -> None:
        for number in range(25):
            await post(api, "/audiences/create", {"name": f"a{number}", "type": "custom_ids"})
        page = await get(api, "/audiences/list")
        assert (page["count"], page["has_more"], len(page["audiences"])) == (25, True, 10)
        names, pages = [], 0
        cursor: dict[str, Any] = {}
        while True:
            page = await get(api, "/audiences/list", limit=7, **cursor)
            names += [one["name"] for one in page["audiences"]]
            assert ("count" in page) is (not cursor)
            pages += 1
            if not page["has_more"]:
                break
            cursor = {"from_": page["next_from"]}
        assert "next_from" not in page
        assert (names, pages) == ([f"a{number}" for number in range(25)], 4)

    async def test_a_cursor_outlives_removals(self, api: httpx.AsyncClient) -> None:
        for name in "abcdef":
            await post(api, "/audiences/create", {"name": name, "type": "custom_ids"})
        page = await get(api, "/audiences/list", limit=2)
        for name in "ac":
            await post(api, "/audiences/remove", {"name": name})
        page = await get(api, "/audiences/list", limit=2, from_=page["next_from"])
        assert [one["name"] for one in page["audiences"]] == ["d", "e"]

    @pytest.mark.parametrize(
        "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"from_": "x"}, {"from_": "eEAx"}, {"page": 2}]
    )
    async def test_wrong_parameters_are_refused(self, api: httpx.AsyncClient, query: dict[str, Any]) -> None:
        for path in ("/audiences/list", "/catalogs/list", "/orchestrations/list", "/exports/list", "/segments/list"):
            error = await get(api, path, 400, **query)
            assert error["error_code"] == "MALFORMED_PARAMETER"

    async def test_an_empty_list(self, api: httpx.AsyncClient) -> None:
        assert await get(api, "/catalogs/list") == {"catalogs": [], "has_more": False, "count": 0}


FIELDS = [{"name": "title", "type": "string"}, {"name": "price", "type": "float"}]


def item(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a", "action": "add", "attributes": attributes}


class TestCatalogs:
    async def test_items_are_stored_changed_and_removed(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        items: list[dict[str, Any]] = [
            {"id": "a", "action": "add", "attributes": {"title": "A", "price": 1.5}},
            {"id": "b", "action": "add", "attributes": {"title": "B", "sizes": ["41"], "date(on)": 1767225600}},
        ]
        edited = await post(api, "/catalogs/items/edit", {"name": "shoes", "items": items})
        assert len(edited["indexing_token"]) == 40
        changes = [
            {"id": "a", "action": "update", "attributes": {"price": 2}},
            {"id": "b", "action": "remove"},
            {"id": "c", "action": "remove"},
        ]
        await post(api, "/catalogs/items/edit", {"name": "shoes", "items": changes})
        assert fake.project().catalogs.by_name["shoes"].items == {"a": {"title": "A", "price": 2}}
        shown = await get(api, "/catalogs/view", name="shoes")
        assert (shown["items"], shown["size"]) == (1, len(b'{"title":"A","price":2}'))
        assert "indexing_state" not in shown
        assert await get(api, "/catalogs/list") == {"catalogs": [shown], "has_more": False, "count": 1}

    async def test_the_number_of_items_is_limited(
        self, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catalogs, "MAX_ITEMS", 3)
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        items = [{"id": str(number), "action": "add"} for number in range(3)]
        for _ in range(2):  # the second time they are there already
            await post(api, "/catalogs/items/edit", {"name": "shoes", "items": items})
        await post(api, "/catalogs/items/edit", {"name": "shoes", "items": [{"id": "x", "action": "remove"}]})
        await post(api, "/catalogs/items/edit", {"name": "shoes", "items": [{"id": "x", "action": "add"}]}, 400)

    async def test_the_token_of_an_edit(self, api: httpx.AsyncClient) -> None:
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        items = [{"id": "a", "action": "add", "attributes": {"title": "A"}}]
        token = (await post(api, "/catalogs/items/edit", {"name": "shoes", "items": items}))["indexing_token"]
        shown = await get(api, "/catalogs/view", name="shoes", indexing_token=token)
        assert shown["indexing_state"] == "IN_PROGRESS"
        await asyncio.sleep(1)
        shown = await get(api, "/catalogs/view", name="shoes", indexing_token=token)
        assert shown["indexing_state"] == "APPLIED"
        await get(api, "/catalogs/view", 400, name="shoes", indexing_token="unknown")

    async def test_fields_are_added_and_removed(self, api: httpx.AsyncClient) -> None:
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        changes = [{"action": "add", "name": "brand", "type": "string"}, {"action": "remove", "name": "price"}]
        assert await post(api, "/catalogs/update", {"name": "shoes", "fields": changes}) == {}
        shown = await get(api, "/catalogs/view", name="shoes")
        assert [field["name"] for field in shown["fields"]] == ["title", "brand"]

    async def test_a_removed_catalog_is_gone(self, api: httpx.AsyncClient) -> None:
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        assert await post(api, "/catalogs/remove", {"name": "shoes"}) == {}
        await get(api, "/catalogs/view", 404, name="shoes")
        await post(api, "/catalogs/remove", {"name": "shoes"}, 404)

    async def test_a_project_holds_five(self, api: httpx.AsyncClient) -> None:
        for number in range(5):
            await post(api, "/catalogs/create", {"name": f"c{number}", "fields": FIELDS}, 201)
        await post(api, "/catalogs/create", {"name": "c5", "fields": FIELDS}, 400)

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("create", {"name": "shoes", "fields": FIELDS}, 400),
            ("create", {"name": "", "fields": FIELDS}, 400),
            ("create", {"name": "other", "fields": []}, 400),
            ("create", {"name": "other", "fields": [{"name": f"f{n}", "type": "bool"} for n in range(26)]}, 400),
            ("create", {"name": "other", "fields": [{"name": "Title", "type": "string"}]}, 400),
            ("create", {"name": "other", "fields": [{"name": "title", "type": "boolean"}]}, 400),
            ("create", {"name": "other", "fields": [FIELDS[0], FIELDS[0]]}, 400),
            ("update", {"name": "other", "fields": [{"action": "remove", "name": "title"}]}, 404),
            ("update", {"name": "shoes", "fields": [{"action": "remove", "name": "brand"}]}, 400),
            ("update", {"name": "shoes", "fields": [{"action": "add", "name": "brand"}]}, 400),
            ("update", {"name": "shoes", "fields": [{"action": "add", "name": "title", "type": "url"}]}, 400),
            ("update", {"name": "shoes", "fields": [{"action": "add", "name": "Brand", "type": "url"}]}, 400),
            ("update", {"name": "shoes", "fields": [{"action": "remove", "name": n} for n in ("title", "price")]}, 400),
            ("items/edit", {"name": "other", "items": [{"id": "a", "action": "add"}]}, 404),
            ("items/edit", {"name": "shoes", "items": [{"id": "a", "action": "upsert"}]}, 400),
            ("items/edit", {"name": "shoes", "items": [{"id": "", "action": "add"}]}, 400),
            ("items/edit", {"name": "shoes", "items": [{"id": "a"}]}, 400),
            ("items/edit", {"name": "shoes", "items": [{"id": "a", "action": "add"}] * 201}, 400),
            ("items/edit", {"name": "shoes", "items": [item({"A": 1})]}, 400),
            ("items/edit", {"name": "shoes", "items": [item({"a": 1}), item({"a": [1]})]}, 400),
            ("items/edit", {"name": "shoes", "items": [item({"a": 1}), item({"date(a)": "?"})]}, 400),
            ("items/edit", {"name": "shoes", "items": [item({"a": 1}), item({"url(a)": "?"})]}, 400),
        ],
    )  # fmt: skip
    async def test_what_is_refused(
        self, fake: FakeBatch, api: httpx.AsyncClient, path: str, body: Any, status: int
    ) -> None:
        await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
        error = await post(api, f"/catalogs/{path}", body, status)
        assert set(error) == {"error_code", "error_message"}
        catalog = fake.project().catalogs.by_name["shoes"]
        assert (list(catalog.fields), catalog.items) == (["title", "price"], {})


def campaign(state: str = "DRAFT", start: str = "now", channel: str = "push", **more: Any) -> dict[str, Any]:
    messages = {
        "push": {"channel_type": "push", "platform_type": ["ios", "web"], "body": "Hello"},
        "email": {"channel_type": "email", "subject": "Hi", "sender_identity_id": "1", "html": "<p>Hi</p>"},
    }
    return {"name": "Spring", "state": state, "when": {"start_time": start}, "messages": [messages[channel]], **more}


class TestCampaigns:
    async def test_a_campaign_is_an_orchestration(self, api: httpx.AsyncClient) -> None:
        made = await post(api, "/campaigns/create", campaign(labels=["NEWS"], targeting={"regions": ["FR"]}), 201)
        assert made["id"].startswith("orchestration_")
        assert len(made["id"]) == len("orchestration_") + 32
        listed = await get(api, "/orchestrations/list")
        row = listed["orchestrations"][0]
        assert {key: value for key, value in row.items() if key not in ("created_date", "start_time")} == {
            "id": made["id"],
            "type": "campaign",
            "channels": ["push"],
            "platforms": ["ios", "web"],
            "source": "api",
            "name": "Spring",
            "labels": ["NEWS"],
            "status": "draft",
        }  # fmt: skip
        shown = await get(api, "/orchestrations/view", orchestration_id=made["id"])
        assert (shown["targeting"], shown["messages"]) == ({"regions": ["FR"]}, campaign()["messages"])

    async def test_only_push_campaigns_can_be_viewed(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        mail = (await post(api, "/campaigns/create", campaign(channel="email"), 201))["id"]
        trigger = fake.project().orchestrations.add({}, type="trigger").id
        for name in (mail, trigger):
            error = await get(api, "/orchestrations/view", 403, orchestration_id=name)
            assert error["error_code"] == "API_MISUSE"
        await get(api, "/orchestrations/view", 404, orchestration_id="orchestration_unknown")

    async def test_an_update_overwrites(self, api: httpx.AsyncClient) -> None:
        name = (await post(api, "/campaigns/create", campaign(labels=["NEWS"]), 201))["id"]
        assert await post(api, "/campaigns/update", {"id": name, "campaign": campaign(state="STOPPED")}, 200) == {}
        shown = await get(api, "/orchestrations/view", orchestration_id=name)
        assert (shown["status"], shown["labels"]) == ("stopped", [])

    async def test_a_campaign_that_runs_or_is_completed_cannot_be_changed(self, api: httpx.AsyncClient) -> None:
        name = (await post(api, "/campaigns/create", campaign(state="RUNNING"), 201))["id"]
        for status in ("running", "completed"):
            assert (await get(api, "/orchestrations/view", orchestration_id=name))["status"] == status
            change = {"id": name, "campaign": campaign(state="STOPPED")}
            assert (await post(api, "/campaigns/update", change, 403))["error_code"] == "API_MISUSE"
            await asyncio.sleep(600)

    async def test_a_campaign_can_be_paused_and_resumed_before_it_starts(self, api: httpx.AsyncClient) -> None:
        later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        name = (await post(api, "/campaigns/create", campaign("RUNNING", later), 201))["id"]
        for state in ("STOPPED", "RUNNING"):
            await post(api, "/campaigns/update", {"id": name, "campaign": campaign(state, later)}, 200)
            assert (await get(api, "/orchestrations/view", orchestration_id=name))["status"] == state.lower()

    async def test_dates_are_shown_in_utc(self, api: httpx.AsyncClient) -> None:
        name = (await post(api, "/campaigns/create", campaign(start="2031-04-01T08:00:00+02:00"), 201))["id"]
        assert (await get(api, "/orchestrations/view", orchestration_id=name))["start_time"] == "2031-04-01T06:00:00Z"
        row = (await get(api, "/orchestrations/list"))["orchestrations"][0]
        assert row["start_time"] == "2031-04-01T06:00:00"  # the list names no offset, as in the documented samples

    async def test_a_recurrent_one_can_be_changed_while_it_runs(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        recurring = fake.project().orchestrations.add(campaign("RUNNING"), type="recurring")
        await post(api, "/campaigns/update", {"id": recurring.id, "campaign": campaign("RUNNING")}, 200)

    async def test_a_deleted_campaign_is_gone(self, api: httpx.AsyncClient) -> None:
        name = (await post(api, "/campaigns/create", campaign(), 201))["id"]
        answer = await api.post("/campaigns/delete", json={"id": name})
        assert (answer.status_code, answer.content) == (204, b"")
        await get(api, "/orchestrations/view", 404, orchestration_id=name)
        await post(api, "/campaigns/delete", {"id": name}, 404)
        await post(api, "/campaigns/update", {"id": name, "campaign": campaign()}, 404)

    async def test_the_list_is_filtered(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        await post(api, "/campaigns/create", campaign(), 201)
        await post(api, "/campaigns/create", campaign("RUNNING", channel="email"), 201)
        fake.project().orchestrations.add(campaign("RUNNING"), type="trigger")

        async def kinds(query: list[Any]) -> list[tuple[str, str]]:
            rows = (await api.get("/orchestrations/list", params=query)).json()["orchestrations"]
            return [(row["type"], row["status"]) for row in rows]

        assert await kinds([("type", "trigger")]) == [("trigger", "running")]
        assert await kinds([("status", "draft"), ("status", "running"), ("type", "campaign")]) == [
            ("campaign", "draft"),
            ("campaign", "running"),
        ]
        assert await kinds([("channels", "email")]) == [("campaign", "running")]
        assert await kinds([("channels", "sms")]) == []
        assert (await api.get("/orchestrations/list", params={"status": "paused"})).status_code == 400

    @pytest.mark.parametrize(
        "body",
        [
            campaign(state="PAUSED"),
            campaign(start="soon"),
            campaign(messages=[]),
            campaign(messages=[{"channel_type": "sms", "body": "x"}]),
            campaign(send_rate=10),
            campaign(labels=["x"] * 6),
            {"name": "Spring"},
        ],
    )
    async def test_wrong_campaigns_are_refused(self, api: httpx.AsyncClient, body: Any) -> None:
        await post(api, "/campaigns/create", body, 400)
        assert (await get(api, "/orchestrations/list"))["count"] == 0

    async def test_statistics_cover_the_days_that_it_ran(self, api: httpx.AsyncClient) -> None:
        today = datetime.now(UTC).date()
        name = (await post(api, "/campaigns/create", campaign("RUNNING"), 201))["id"]
        draft = (await post(api, "/campaigns/create", campaign(), 201))["id"]
        await asyncio.sleep(2 * 86_400)

        async def days(orchestration: str, first: date, last: date, **more: Any) -> list[Any]:
            query = {"orchestration_id": orchestration, "from_": str(first), "to": str(last), **more}
            stats = await get(api, "/orchestrations/stats", **query)
            assert stats["id"] == orchestration
            details: list[Any] = stats["details"]
            return details

        week = (today - timedelta(days=7), today + timedelta(days=7))
        found = await days(name, *week)
        assert [day["date"] for day in found] == [str(today + timedelta(days=n)) for n in range(3)]
        assert found == await days(name, *week)
        assert all(day["sent"] >= day["delivered"] >= day["unique_open"] > 0 for day in found)
        split = await days(name, today, today, include_platforms="true")
        assert [day["platform"] for day in split] == ["ios", "android", "web"]
        assert await days(draft, *week) == []

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ({"from_": "2026-02-02", "to": "2026-02-01"}, 400),
            ({"from_": "2020-01-01", "to": "2020-01-02"}, 400),
            ({"from_": "yesterday", "to": "2026-02-01"}, 400),
            ({"to": "2026-02-01"}, 400),
            ({"from_": str(date.today()), "to": str(date.today()), "include_platforms": "yes"}, 400),
            ({"from_": str(date.today()), "to": str(date.today())}, 404),
        ],
    )
    async def test_wrong_periods_are_refused(self, api: httpx.AsyncClient, query: dict[str, str], status: int) -> None:
        await get(api, "/orchestrations/stats", status, orchestration_id="orchestration_unknown", **query)


ATTRIBUTES: dict[str, Any] = {
    "export_type": "ATTRIBUTES",
    "attributes": ["tier", "since"],
    "identifiers": ["custom_id"],
}


class TestExports:
    async def finished(self, api: httpx.AsyncClient, request: dict[str, Any]) -> Any:
        name = (await post(api, "/profiles/export", request))["id"]
        await asyncio.sleep(3)
        return await get(api, "/exports/view", id=name)

    async def lines(self, api: httpx.AsyncClient, request: dict[str, Any]) -> list[Any]:
        record = await self.finished(api, request)
        lines: list[Any] = []
        for file in record["files"]:
            redirect = await api.get("/exports/download", params={"id": file["id"]})
            assert (redirect.status_code, redirect.content) == (307, b"")
            content = await httpx.AsyncClient(transport=api._transport).get(redirect.headers["location"])
            assert content.status_code == 200
            assert len(content.content) == file["size"]
            lines += [httpx.Response(200, content=line).json() for line in content.content.splitlines()]
        return lines

    async def test_an_export_runs_for_a_while(self, api: httpx.AsyncClient) -> None:
        name = (await post(api, "/profiles/export", ATTRIBUTES))["id"]
        states = []
        for _ in range(7):
            record = await get(api, "/exports/view", id=name)
            states.append(record["status"])
            assert bool(record["files"]) is (record["status"] == "SUCCESS")
            assert ("completion_date" in record) is (record["status"] == "SUCCESS")
            await asyncio.sleep(0.5)
        assert list(dict.fromkeys(states)) == ["CREATED", "PENDING", "RUNNING", "SUCCESS"]
        assert record["request"] == ATTRIBUTES
        assert (await get(api, "/exports/list"))["exports"] == [record]

    async def test_the_file_holds_what_is_stored(self, api: httpx.AsyncClient) -> None:
        attributes = {"tier": "gold", "date(since)": "2026-01-02T03:04:05Z", "other": 1}
        await post(api, "/profiles/update", [{"identifiers": {"custom_id": "a"}, "attributes": attributes}])
        await post(api, "/profiles/update", [{"identifiers": {"custom_id": "b"}}])
        assert await self.lines(api, ATTRIBUTES) == [
            {"identifiers": {"custom_id": "a"}, "attributes": {"tier": "gold", "since": "2026-01-02T03:04:05Z"}},
            {"identifiers": {"custom_id": "b"}, "attributes": {}},
        ]

    async def test_a_segment_filters(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        edits = [
            {"identifiers": {"custom_id": "a"}, "events": [{"name": "visit"}]},
            {"identifiers": {"custom_id": "b"}, "attributes": {"$email_marketing": "subscribed"}},
        ]
        await post(api, "/profiles/update", edits)
        fake.project().segments.add("ALL", "All of them", lambda profile: True)
        found = {}
        for code in ("ENGAGED", "DORMANT", "SUBSCRIBED", "ALL"):
            lines = await self.lines(api, {**ATTRIBUTES, "filter": {"segment": code}})
            found[code] = "".join(line["identifiers"]["custom_id"] for line in lines)
        assert found == {"ENGAGED": "a", "DORMANT": "b", "SUBSCRIBED": "b", "ALL": "ab"}
        await post(api, "/profiles/export", {**ATTRIBUTES, "filter": {"segment": "NONE"}}, 400)

    async def test_events_and_reachability(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        now = datetime.now(UTC)
        events = [{"name": "visit"}, {"name": "order", "time": (now - timedelta(hours=2)).isoformat()}]
        attributes = {"$email_marketing": "subscribed"}
        await post(
            api, "/profiles/update", [{"identifiers": {"custom_id": "a"}, "attributes": attributes, "events": events}]
        )
        fake.project().profiles.link_installation("a", apikey="KEY", installation_id="device")
        period = {"from": (now - timedelta(hours=1)).isoformat(), "to": "now"}
        request: dict[str, Any] = {"export_type": "EVENTS", "events": ["visit", "order"], **period}
        assert [line["event"]["name"] for line in await self.lines(api, request)] == ["visit"]
        request = {
            "export_type": "REACHABILITY",
            "channels": ["email", "sms"],
            "identifiers": ["installation_id"],
            **period,
        }
        assert await self.lines(api, request) == [
            {"identifiers": {"installation_id": "device"}, "channel": "email", "reachable": True},
            {"identifiers": {"installation_id": "device"}, "channel": "sms", "reachable": False},
        ]

    async def test_a_large_export_comes_in_parts(self, connect: Any) -> None:
        fake = FakeBatch(limits=False, export_part_bytes=200)
        api = connect(fake)
        await post(api, "/profiles/update", [{"identifiers": {"custom_id": f"u{n}"}} for n in range(20)])
        record = await self.finished(api, ATTRIBUTES)
        assert [file["part"] for file in record["files"]] == list(range(1, len(record["files"]) + 1))
        assert len(record["files"]) > 3
        assert all(file["size"] <= 200 for file in record["files"])
        assert len(await self.lines(api, ATTRIBUTES)) == 20

    async def test_a_line_longer_than_a_part_makes_one_of_its_own(self, connect: Any) -> None:
        fake = FakeBatch(limits=False, export_part_bytes=1)
        api = connect(fake)
        await post(api, "/profiles/update", [{"identifiers": {"custom_id": f"u{n}"}} for n in range(3)])
        record = await self.finished(api, ATTRIBUTES)
        assert [bool(file["size"]) for file in record["files"]] == [True] * 3

    async def test_an_export_can_be_told_to_fail(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.project().exports.fail_next()
        record = await self.finished(api, ATTRIBUTES)
        assert (record["status"], record["files"]) == ("ERROR", [])
        assert (await self.finished(api, ATTRIBUTES))["status"] == "SUCCESS"

    async def test_links_expire_and_can_be_asked_for_again(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        file = (await self.finished(api, ATTRIBUTES))["files"][0]
        storage = httpx.AsyncClient(transport=fake.transport())
        link = (await api.get(file["url"])).headers["location"]
        assert (await storage.get(link)).status_code == 200
        await asyncio.sleep(20 * 60)
        assert (await storage.get(link)).status_code == 403
        again = (await api.get(file["url"])).headers["location"]
        assert (await storage.get(again)).status_code == 200
        assert (await storage.get(again.replace("signature=", "signature=x"))).status_code == 403
        assert (await storage.post(again)).status_code == 405

    async def test_storage_serves_ranges(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        await post(api, "/profiles/update", [{"identifiers": {"custom_id": f"u{n}"}} for n in range(20)])
        file = (await self.finished(api, ATTRIBUTES))["files"][0]
        link = (await api.get(file["url"])).headers["location"]
        storage = httpx.AsyncClient(transport=fake.transport())
        whole = (await storage.get(link)).content
        size = len(whole)
        for wanted, start, end in (("0-9", 0, 10), ("100-", 100, size), ("-5", size - 5, size), ("5-99999", 5, size)):
            answer = await storage.get(link, headers={"Range": f"bytes={wanted}"})
            assert (answer.status_code, answer.content) == (206, whole[start:end])
            assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        for wanted in (f"{size}-", "9-5", "-"):
            answer = await storage.get(link, headers={"Range": f"bytes={wanted}"})
            assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
        answer = await storage.get(link, headers={"Range": "bytes=5-", "If-Range": '"another file"'})
        assert (answer.status_code, answer.content) == (200, whole)
        answer = await storage.head(link)
        assert (answer.headers["content-length"], answer.content) == (str(size), b"")

    @pytest.mark.parametrize("header", ["Authorization", "X-Batch-Project"])
    async def test_storage_refuses_credentials_and_remembers_them(
        self, fake: FakeBatch, api: httpx.AsyncClient, header: str
    ) -> None:
        file = (await self.finished(api, ATTRIBUTES))["files"][0]
        link = (await api.get(file["url"])).headers["location"]
        storage = httpx.AsyncClient(transport=fake.transport())
        assert (await storage.get(link, headers={header: "secret"})).status_code == 400
        seen = fake.storage_requests[-1]
        assert (seen.status, seen.headers[header.lower()]) == (400, "secret")

    @pytest.mark.parametrize(
        "body",
        [
            {"export_type": "ATTRIBUTES"},
            {"export_type": "ATTRIBUTES", "attributes": []},
            {"export_type": "OTHER", "attributes": ["tier"]},
            {"export_type": "EVENTS", "from": "2020-01-01T00:00:00Z", "to": "now", "events": ["a"]},
            {"export_type": "EVENTS", "from": "now", "to": "now", "events": ["a"]},
            {"export_type": "REACHABILITY", "from": datetime.now(UTC).isoformat(), "to": "soon", "channels": ["sms"]},
        ],
    )
    async def test_wrong_requests_are_refused(self, api: httpx.AsyncClient, body: Any) -> None:
        await post(api, "/profiles/export", body, 400)
        assert (await get(api, "/exports/list"))["count"] == 0

    async def test_old_exports_are_not_listed(self, api: httpx.AsyncClient) -> None:
        await post(api, "/profiles/export", ATTRIBUTES)
        await asyncio.sleep(93 * 86_400)
        assert (await get(api, "/exports/list"))["exports"] == []

    async def test_unknown_ids(self, api: httpx.AsyncClient) -> None:
        await get(api, "/exports/view", 404, id="export_unknown")
        await get(api, "/exports/download", 404, id="file_unknown")


@pytest.mark.parametrize(("kept", "expected"), [(None, ["a", "b", "c", "d"]), (2, ["c", "d"]), (0, [])])
async def test_received_edits_are_kept_in_order(connect: Any, kept: int | None, expected: list[str]) -> None:
    fake = FakeBatch(limits=False, keep_edits=kept)
    api = connect(fake)
    await post(api, "/audiences/create", {"name": "vip", "type": "custom_ids"})
    await post(api, "/catalogs/create", {"name": "shoes", "fields": FIELDS}, 201)
    await post(api, "/profiles/update", [{"identifiers": {"custom_id": "a"}}, {"identifiers": {"custom_id": "b"}}])
    await post(api, "/profiles/update", {}, 400)
    await post(api, "/audiences/replace", {"name": "vip", "ids": [{"id": "c"}]})
    await post(api, "/catalogs/items/edit", {"name": "shoes", "items": [{"id": "d", "action": "add"}]})
    assert [edit.edit.get("id") or edit.edit["identifiers"]["custom_id"] for edit in fake.edits] == expected
    operations = ["profile_update", "profile_update", "audience_replace", "catalog_items_edit"]
    assert [edit.operation for edit in fake.edits] == operations[4 - len(expected) :]


async def test_segments_are_there_from_the_start(api: httpx.AsyncClient) -> None:
    page = await get(api, "/segments/list")
    assert [segment["code"] for segment in page["segments"]] == ["ENGAGED", "DORMANT", "SUBSCRIBED"]


class TestAccess:
    async def test_a_wrong_or_missing_key_or_project_is_refused(self, fake: FakeBatch) -> None:
        key, project = f"Bearer {fake.rest_api_key}", fake.project_key
        transport = fake.transport()
        for headers in (
            {},
            {"Authorization": key},
            {"X-Batch-Project": project},
            {"Authorization": "Bearer other", "X-Batch-Project": project},
            {"Authorization": "Bearer ", "X-Batch-Project": project},
            {"Authorization": fake.rest_api_key, "X-Batch-Project": project},
            {"Authorization": key, "X-Batch-Project": "other"},
        ):
            api = httpx.AsyncClient(transport=transport, base_url=SERVER_URL, headers=headers)
            error = await get(api, "/segments/list", 401)
            assert error["error_code"] == "AUTHENTICATION_INVALID"
        assert fake.stats["segment_list"].refused == 7

    async def test_any_key_and_project_may_be_let_in_each_project_with_its_own_state(self, connect: Any) -> None:
        fake = FakeBatch(rest_api_key=None, project_key=None)
        one, two = connect(fake, key="k1", project="p1"), connect(fake, key="k2", project="p2")
        await post(one, "/audiences/create", {"name": "vip", "type": "custom_ids"})
        await post(two, "/audiences/create", {"name": "vip", "type": "custom_ids"})  # own limits, too
        assert list(fake.project("p1").audiences.by_name) == ["vip"]
        for headers in ({"X-Batch-Project": ""}, {"Authorization": "Bearer "}):
            assert (await one.get("/segments/list", headers=headers)).status_code == 401

    @pytest.mark.parametrize("path", [f"/{VERSION}/campaigns/list", "/2.10/segments/list", "/segments/list", "/"])
    async def test_unknown_routes(self, fake: FakeBatch, path: str) -> None:
        api = httpx.AsyncClient(transport=fake.transport(), base_url="https://api.batch.com")
        assert (await get(api, path, 404))["error_code"] == "ROUTE_NOT_FOUND"

    async def test_a_known_path_with_the_wrong_method(self, api: httpx.AsyncClient) -> None:
        assert (await api.get("/profiles/update")).status_code == 404
