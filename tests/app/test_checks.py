"""Certain mistakes are found before anything is sent, what is unknown passes through, values arrive as they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from batch_api import BatchAppClient, ExportFailed, InvalidInput, UnreadableAnswer, WaitTimeout, app_models
from batch_api.app_types import PushCampaignCreate, TransactionalRecipients, TransactionalSend
from batch_api.testing import FakeBatchApp

SEND: TransactionalSend = {"group_id": "hello", "recipients": {"custom_ids": ["u1"]}, "message": {"body": "Hello"}}
PUSH: PushCampaignCreate = {"name": "One", "live": True, "push_time": "now", "messages": [{"body": "x"}]}
IN_APP: Any = {"name": "Two", "live": True, "trigger": {"when": "NOW"}, "landing": {"theme": "t"}}
EXPORT: Any = {"from": "2026-01-15T00:00:00", "to": "now", "events": ["push_sent"], "ids": ["custom_id"]}
NAMES = [f"u{number}" for number in range(10_001)]
SIXTEEN = dict.fromkeys(NAMES[:16], 1)


def event(**more: Any) -> Any:
    return {"name": "ue.bought", **more}


Wrong = Callable[[Any], Awaitable[Any]]
WRONG: list[tuple[str, Wrong]] = [
    ("message: expected an object, got list", lambda c: c.transactional.send([SEND])),
    ("group_id: missing", lambda c: c.transactional.send({"recipients": {"tokens": ["t"]}})),
    ("group_id: expected only letters, digits", lambda c: c.transactional.send({**SEND, "group_id": "a b"})),
    ("recipients: missing", lambda c: c.transactional.send({"group_id": "a"})),
    (
        "recipients: expected at least one item",
        lambda c: c.transactional.send({**SEND, "recipients": {"custom_ids": []}}),
    ),
    ("recipients: expected at least one item", lambda c: c.transactional.send({**SEND, "recipients": {}})),
    ("item 1, recipients.custom_ids", lambda c: c.transactional.send({**SEND, "recipients": {"custom_ids": ["a", 7]}})),
    (
        "recipients.tokens: expected a list, got str",
        lambda c: c.transactional.send({**SEND, "recipients": {"tokens": "abc"}}),
    ),
    (
        "recipients: got 10001 items, but a call takes at most 10000",
        lambda c: c.transactional.send({**SEND, "recipients": {"custom_ids": NAMES[:5000], "tokens": NAMES[:5001]}}),
    ),
    (
        "custom_payload: the key com.batch is reserved",
        lambda c: c.transactional.send({**SEND, "custom_payload": {"com.batch": 1}}),
    ),
    (
        "custom_payload: expected an object, or the same as JSON text, got int",
        lambda c: c.transactional.send({**SEND, "custom_payload": 7}),
    ),
    ("since: expected a day", lambda c: c.transactional.stats("g", "yesterday")),
    ("until: expected a day after", lambda c: c.transactional.stats("g", "2026-02-02", "2026-02-02")),
    ("push_time: missing", lambda c: c.campaigns.create({**PUSH, "push_time": None})),
    ("local_push_time: push_time and", lambda c: c.campaigns.create({**PUSH, "local_push_time": "now"})),
    ("name: expected at least 3 characters, got 2", lambda c: c.campaigns.create({**PUSH, "name": "On"})),
    ("live: missing", lambda c: c.campaigns.create({"name": "One", "push_time": "now", "messages": [{"body": "x"}]})),
    (
        "messages: expected a list of one message or more, got an empty one",
        lambda c: c.campaigns.create({**PUSH, "messages": []}),
    ),
    ("labels: expected at most 3 labels, got 4", lambda c: c.campaigns.create({**PUSH, "labels": list("abcd")})),
    ("campaign: expected one field or more", lambda c: c.campaigns.update("t", {})),
    ("token: expected a non-empty string, got an empty one", lambda c: c.campaigns.update("", {"live": False})),
    (
        "local_push_time: expected a datetime without a time zone",
        lambda c: c.campaigns.create(local(datetime.now(UTC))),
    ),
    ("push_time: expected a datetime with", lambda c: c.campaigns.create({**PUSH, "push_time": datetime(2026, 3, 1)})),
    ("trigger: missing", lambda c: c.in_app_campaigns.create({**IN_APP, "trigger": None})),
    ("landing: expected an object, got str", lambda c: c.in_app_campaigns.create({**IN_APP, "landing": "x"})),
    ("local_end_date: end_date", lambda c: c.in_app_campaigns.update("t", {"end_date": "x", "local_end_date": "y"})),
    ("local_start_date: start_date", lambda c: c.in_app_campaigns.create({**IN_APP, **both_starts()})),
    ("values: expected one value or more", lambda c: c.custom_data.set("u1", {})),
    ("values.ut.a: expected one tag or more", lambda c: c.custom_data.set("u1", {"ut.a": []})),
    ("values.u.a: a datetime here", lambda c: c.custom_data.set("u1", {"u.a": datetime.now(UTC)})),
    ("would be sent as null", lambda c: c.custom_data.set("u1", {"u.a": float("nan")})),
    ("user_id: expected a non-empty string, got int", lambda c: c.custom_data.set(7, {"u.a": 1})),
    ("expected a list, got dict: put the update into one", lambda c: c.custom_data.bulk({"id": "u1"})),
    (
        "item 0, id: expected a non-empty string, got int",
        lambda c: c.custom_data.bulk([{"id": 7, "update": {"values": {"u.a": 1}}}]),
    ),
    ("item 0, update: expected an object, got None", lambda c: c.custom_data.bulk([{"id": "u1"}])),
    ("expected at least one item", lambda c: c.custom_data.bulk([])),
    ("10001 items", lambda c: c.custom_data.bulk([{"id": n, "update": {"values": {"u.a": 1}}} for n in NAMES])),
    ("item 1: expected a non-empty string, got int", lambda c: c.custom_data.bulk_delete(["a", 7])),
    ("user_ids: expected a list, got str: put the id into one", lambda c: c.custom_data.bulk_delete("u1")),
    ("10001 items", lambda c: c.custom_data.bulk_delete(NAMES)),
    ("item 0, name: expected ue.", lambda c: c.trigger_events.send("u1", [{"name": "bought"}])),
    ("events: expected at least one item", lambda c: c.trigger_events.send("u1", [])),
    ("events: got 1001 items", lambda c: c.trigger_events.send("u1", [event()] * 1001)),
    (
        "item 0, label: expected at most 200 characters, got 201",
        lambda c: c.trigger_events.send("u1", [event(label="x" * 201)]),
    ),
    (
        "item 0, tags: expected at most 10 tags, got 11",
        lambda c: c.trigger_events.send("u1", [event(tags=list("abcdefghijk"))]),
    ),
    (
        "item 0, tags[0]: expected at most 64 characters, got 65",
        lambda c: c.trigger_events.send("u1", [event(tags=["x" * 65])]),
    ),
    (
        "item 0, attributes: expected at most 15 attributes, got 16",
        lambda c: c.trigger_events.send("u1", [event(attributes=dict.fromkeys(NAMES[:16]))]),
    ),
    ("item 0, id", lambda c: c.trigger_events.bulk([{"events": [event()]}])),
    (
        "item 0, events: expected a list of one event or more, got an empty one",
        lambda c: c.trigger_events.bulk([{"id": "u1", "events": []}]),
    ),
    ("item 1, events[0].name", lambda c: c.trigger_events.bulk([{"id": "a", "events": [event()]}, bad_user()])),
    ("1001 items", lambda c: c.trigger_events.bulk([{"id": n, "events": [event()] * 7} for n in NAMES[:143]])),
    ("name: expected only letters", lambda c: c.audiences.create("a b")),
    ("name: expected at most 255 characters, got 256", lambda c: c.audiences.create("a" * 256)),
    (
        "type: expected 'custom_ids', 'advertising_ids' or 'install_ids', got str",
        lambda c: c.audiences.create("vip", "emails"),
    ),
    ("item 0, action: expected 'add' or 'remove', got None", lambda c: c.audiences.update("vip", [{"id": "u1"}])),
    ("item 0, id", lambda c: c.audiences.update("vip", [""])),
    ("ids: expected at least one item", lambda c: c.audiences.update("vip", [], "install_ids")),
    ("ids: got 10001 items", lambda c: c.audiences.update("vip", NAMES)),
    ("replace with the first of them", lambda c: c.audiences.replace("vip", NAMES)),
    (
        "item 0, action: expected no action but 'add'",
        lambda c: c.audiences.replace("vip", [{"id": "a", "action": "remove"}]),
    ),
    ("table: expected only letters", lambda c: c.app_data.create("a b")),
    ("values: expected values that are strings, or None, got int", lambda c: c.app_data.update("t", {"a": 1})),
    ("values: expected no None", lambda c: c.app_data.update("t", {"a": None}, overwrite=True)),
    ("values: got 10001 items", lambda c: c.app_data.update("t", dict.fromkeys(NAMES, "x"))),
    ("values: expected at least one item", lambda c: c.app_data.update("t", {})),
    (
        "request_type: expected 'review' or 'remove', got str",
        lambda c: c.gdpr.create({"request_type": "x", "id": {"type": "a", "value": "b"}}),
    ),
    ("id.value", lambda c: c.gdpr.create({"request_type": "remove", "id": {"type": "custom_id"}})),
    (
        "events: expected a list of one word or more, got an empty one",
        lambda c: c.exports.campaign_ids("t", {**EXPORT, "events": []}),
    ),
    ("to: missing", lambda c: c.exports.campaign_events("t", {**EXPORT, "to": None})),
]


def local(moment: datetime) -> Any:
    return {"name": "One", "live": True, "local_push_time": moment, "messages": [{"body": "x"}]}


def both_starts() -> dict[str, Any]:
    return {"start_date": "now", "local_start_date": "now"}


def bad_user() -> Any:
    return {"id": "b", "events": [{"name": "x"}]}


@pytest.mark.parametrize(("message", "call"), WRONG)
async def test_certain_mistakes(fake: FakeBatchApp, client: BatchAppClient, message: str, call: Wrong) -> None:
    with pytest.raises(InvalidInput) as caught:
        await call(client)
    assert message in str(caught.value)
    assert caught.value.outcome == "not_sent"
    assert not any(stats.requests for stats in fake.stats.values())


async def test_what_is_unknown_passes_through(fake: FakeBatchApp, client: BatchAppClient) -> None:
    send: Any = {**SEND, "recipients": {"custom_ids": ["u1"], "advertising_ids": ["a1"]}, "messages": [{"body": "x"}]}
    await client.transactional.send(send)
    assert fake.app().messages.sent == [send]
    campaign: Any = {**PUSH, "versions": {"a": {}}, "messages": [{"body": "x", "sound": "ping"}]}
    token = (await client.campaigns.create(campaign)).token
    assert token
    seen = await client.campaigns.view(token)
    assert seen.additional_properties == {"versions": {"a": {}}}
    await client.custom_data.set("u1", {"u.a": 1, "url(u.b)": "https://example.org"})
    assert fake.app().users.by_id["u1"]["url(u.b)"] == "https://example.org"


async def test_the_apis_own_objects_do_as_well(fake: FakeBatchApp, client: BatchAppClient) -> None:
    await client.custom_data.set("u1", {"u.a": 1, "u.b": 2})
    await client.custom_data.set("u1", {"values": {"u.a": 3}, "overwrite": True})
    await client.custom_data.set("u2", app_models.CustomDataUpdate(values={"u.a": 4}))
    await client.custom_data.set("u3", app_models.CustomDataUpdate(values={"u.a": 5}), overwrite=True)
    assert fake.app().users.by_id == {"u1": {"u.a": 3}, "u2": {"u.a": 4}, "u3": {"u.a": 5}}
    await client.trigger_events.send("u1", {"events": [event()]})
    await client.trigger_events.send("u1", app_models.TriggerEventBatch(events=[app_models.TriggerEvent(name="ue.x")]))
    assert [sent["name"] for _, sent in fake.app().users.events] == ["ue.bought", "ue.x"]
    with pytest.raises(InvalidInput, match="expected one value or more"):
        await client.custom_data.set("u1", {"values": {}})


async def test_exactly_10000_recipients_go_in_one_call(fake: FakeBatchApp, client: BatchAppClient) -> None:
    recipients: TransactionalRecipients = {"custom_ids": NAMES[:5000], "tokens": NAMES[:5000]}
    receipt = await client.transactional.send({**SEND, "recipients": recipients})
    assert receipt.response.attempts[0].cost == 10_000
    await client.trigger_events.bulk([{"id": name, "events": [event()] * 10} for name in NAMES[:100]])
    assert fake.stats["trigger_event_bulk"].items == 1000
    assert (await client.custom_data.bulk_delete(NAMES[:10_000])).token


async def test_dates_are_written_without_an_offset(fake: FakeBatchApp, client: BatchAppClient) -> None:
    moment = datetime(2026, 3, 1, 1, 2, 3, 400_000, timezone(timedelta(hours=1)))
    await client.custom_data.set("u1", {"date(u.since)": moment})
    await client.custom_data.bulk([{"id": "u2", "update": {"values": {"date(u.since)": moment}}}])
    since = {"date(u.since)": "2026-03-01T00:02:03"}
    assert fake.app().users.by_id == {"u1": since, "u2": since}
    now = datetime.now(UTC)
    await client.trigger_events.send("u1", [event(time=now, attributes={"date(due)": moment})])
    _, sent = fake.app().users.events[0]
    assert sent["time"] == now.strftime("%Y-%m-%dT%H:%M:%S")
    assert sent["attributes"] == {"date(due)": "2026-03-01T00:02:03"}
    first = (await client.campaigns.create({**PUSH, "push_time": moment})).token
    second = (await client.campaigns.create(local(datetime(2026, 3, 1, 18, 30)))).token
    campaigns = fake.app().campaigns.by_token
    assert campaigns[str(first)]["push_time"] == "2026-03-01T00:02:03"
    assert campaigns[str(second)]["local_push_time"] == "2026-03-01T18:30:00"
    export: Any = {**EXPORT, "from": moment}
    assert await client.exports.campaign_ids(str(first), export)
    await client.transactional.send(SEND)
    assert (await client.transactional.stats("hello", date(2026, 1, 1), "2030-01-01")).detail


async def test_a_payload_becomes_text(fake: FakeBatchApp, client: BatchAppClient) -> None:
    payload = {"order_id": "9041", "é": [1, None]}
    await client.transactional.send({**SEND, "custom_payload": payload})
    await client.transactional.send({**SEND, "custom_payload": '{"a": 1}'})
    assert [sent["custom_payload"] for sent in fake.app().messages.sent] == [
        '{"order_id":"9041","é":[1,null]}',
        '{"a": 1}',
    ]
    assert payload == {"order_id": "9041", "é": [1, None]}


async def test_bodies_of_the_caller_are_not_changed(client: BatchAppClient) -> None:
    campaign: Any = local(datetime(2026, 3, 1, 18, 30)) | {"custom_payload": {"a": 1}}
    before = dict(campaign)
    await client.campaigns.create(campaign)
    assert campaign == before


# -- lists and waits ---------------------------------------------------------------------------------------------------


async def test_lists_are_walked_page_by_page(fake: FakeBatchApp, client: BatchAppClient) -> None:
    for number in range(7):
        await client.campaigns.create({**PUSH, "name": f"No. {number}", "live": number % 2 == 0})
        await client.app_data.create(f"table_{number}")
    names = [campaign.name async for campaign in client.campaigns.list(page_size=3)]
    assert names == [f"No. {number}" for number in reversed(range(7))]
    assert fake.stats["push_campaign_list"].requests == 3
    assert [campaign.name async for campaign in client.campaigns.list(live=False)] == ["No. 5", "No. 3", "No. 1"]
    pages = [page async for page in client.app_data.list(page_size=3).pages()]
    assert [(len(page.items), page.total, page.cursor) for page in pages] == [
        (3, None, "3"),
        (3, None, "6"),
        (1, None, None),
    ]
    rest = [table.name async for table in client.app_data.list(page_size=3, cursor="6")]
    assert rest == ["table_0"]
    assert repr(client.app_data.list()) == "<Listing of app_data_list>"


async def test_a_list_whose_last_page_is_full_ends_with_an_empty_one(client: BatchAppClient) -> None:
    for number in range(4):
        await client.audiences.create(f"a{number}", "install_ids")
    assert len([one async for one in client.audiences.list(2, type="install_ids")]) == 4
    assert [one async for one in client.audiences.list()] == []


async def test_a_list_that_leads_nowhere_ends(fake: FakeBatchApp, client: BatchAppClient) -> None:
    fake.respond("push_campaign_list", 200, [{"name": "a"}, {"name": "b"}], times=None)
    with pytest.raises(UnreadableAnswer, match="but it is the same as the one before"):
        [one async for one in client.campaigns.list(page_size=2)]
    fake.clear_faults()
    fake.respond("push_campaign_list", 200, {"odd": True})
    with pytest.raises(UnreadableAnswer, match="holds no list of rows"):
        [one async for one in client.campaigns.list()]
    for cursor in ("x", "-1"):
        with pytest.raises(InvalidInput, match="cursor"):
            client.campaigns.list(cursor=cursor)
    with pytest.raises(InvalidInput, match="page_size"):
        client.campaigns.list(page_size=101)


@pytest.mark.parametrize("odd", [{"rows": []}, None, "text"])
async def test_lists_that_are_no_list_raise(fake: FakeBatchApp, client: BatchAppClient, odd: Any) -> None:
    lists: dict[str, AsyncIterable[object]] = {
        "gdpr_request_list": client.gdpr.list(),
        "push_campaign_list": client.campaigns.list(),
        "in_app_campaign_list": client.in_app_campaigns.list(),
        "custom_audience_list": client.audiences.list(),
        "install_audience_list": client.audiences.list(type="install_ids"),
        "app_data_list": client.app_data.list(),
    }
    for operation, listing in lists.items():
        fake.respond(operation, 200, odd)
        with pytest.raises(UnreadableAnswer, match=f"{operation}: the list is incomplete"):
            [one async for one in listing]


async def test_gdpr_requests_come_at_once(client: BatchAppClient) -> None:
    request: Any = {"request_type": "review", "id": {"type": "custom_id", "value": "u1"}}
    ids = [await client.gdpr.create(request) for _ in range(12)]
    assert [one.request_id async for one in client.gdpr.list()] == ids
    pages = [page async for page in client.gdpr.list().pages()]
    assert [(page.total, page.cursor) for page in pages] == [(12, None)]
    assert (await client.gdpr.view(ids[0])).status == "done"


@pytest.mark.virtual_time
async def test_waiting_for_an_audience_and_an_export() -> None:
    fake = FakeBatchApp(limits=False, index_seconds=5.0, export_seconds=20.0)
    async with BatchAppClient(fake.rest_api_key, fake.app_key, transport=fake.transport()) as client:
        await client.audiences.create("vip", "install_ids")
        change = await client.audiences.replace("vip", ["i1", {"id": "i2", "tags": ["gold"]}])
        looks: list[app_models.AudienceView] = []
        seen = await client.audiences.wait("vip", change.indexing_token, "install_ids", on_progress=looks.append)
        assert (seen.nb_ids, seen.indexing_state) == (2, "APPLIED")
        assert len(looks) > 3
        assert fake.app().install_audiences.by_name["vip"].ids == {"i1": {}, "i2": {"tags": ["gold"]}}
        token = (await client.campaigns.create(PUSH)).token
        export: Any = await client.exports.campaign_events(str(token), EXPORT)
        began = asyncio.get_running_loop().time()
        done = await client.exports.wait(export)
        assert (done.status, done.file_url) == ("SUCCESS", f"https://files.batch.invalid/export/{export}.csv")
        assert 20 <= asyncio.get_running_loop().time() - began < 30
        fake.respond("app_export_view", 200, {"id": export, "status": "ERROR"})
        with pytest.raises(ExportFailed):
            await client.exports.wait(export)
        change = await client.audiences.update("vip", ["i3"], "install_ids")
        with pytest.raises(WaitTimeout):
            await client.audiences.wait("vip", change.indexing_token, "install_ids", timeout=2)


async def test_ids_under_another_name_are_found_and_missing_ones_are_told(
    fake: FakeBatchApp, client: BatchAppClient
) -> None:
    request: Any = {"request_type": "remove", "id": {"type": "custom_id", "value": "u1"}}
    fake.respond("gdpr_request_create", 200, {"id": "r1"})
    assert await client.gdpr.create(request) == "r1"
    fake.respond("gdpr_request_create", 200, {})
    with pytest.raises(UnreadableAnswer, match="without request_id or id") as caught:
        await client.gdpr.create(request)
    assert caught.value.outcome == "unknown"
    fake.respond("trigger_event_send", 200)
    receipt = await client.trigger_events.send("u1", [event()])
    assert (receipt.token, receipt.response.status) == (None, 200)
    assert repr(receipt) == "Receipt(token=None)"
    fake.respond("trigger_event_send", 202, {"token": "t"})
    assert (await client.trigger_events.send("u1", [event()])).token == "t"
