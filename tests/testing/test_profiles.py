"""Profile edits: what is stored afterwards, and what is refused alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from batch_api.testing import FakeBatch

BAD_PARAMETER = "MALFORMED_PARAMETER"


def edit(attributes: dict[str, Any] | None = None, events: list[Any] | None = None, who: str = "u1") -> dict[str, Any]:
    made: dict[str, Any] = {"identifiers": {"custom_id": who}}
    if attributes is not None:
        made["attributes"] = attributes
    if events is not None:
        made["events"] = events
    return made


async def errors_of(api: httpx.AsyncClient, *edits: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await api.post("/profiles/update", json=list(edits))
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["code"] == ("SUCCESS_WITH_PARTIAL_ERRORS" if "errors" in body else "SUCCESS")
    errors: list[dict[str, Any]] = body.get("errors", [])
    return errors


def ago(**delta: float) -> str:
    return (datetime.now(UTC) - timedelta(**delta)).isoformat()


async def test_an_edit_is_partial_null_deletes_and_arrays_are_replaced_or_changed(
    fake: FakeBatch, api: httpx.AsyncClient
) -> None:
    await errors_of(api, edit({"tier": "gold", "old": 1, "sports": ["rowing"], "$language": "nl"}))
    await errors_of(api, edit({"old": None, "sports": {"$add": ["chess", "rowing"]}, "badges": {"$add": ["new"]}}))
    stored = fake.project().profiles.by_id["u1"].attributes
    assert stored == {"tier": "gold", "sports": ["rowing", "chess"], "$language": "nl", "badges": ["new"]}
    await errors_of(
        api, edit({"sports": {"$remove": ["rowing"], "$add": ["golf"]}, "badges": ["b"], "$language": None})
    )
    assert stored == {"tier": "gold", "sports": ["chess", "golf"], "badges": ["b"]}


async def test_typed_keys_are_stored_under_the_bare_name_with_their_kind(
    fake: FakeBatch, api: httpx.AsyncClient
) -> None:
    sent = {"date(since)": "2026-01-02T03:04:05Z", "url(page)": "https://shop.example.org/a?b=c", "plain": "2026-01-02"}
    assert await errors_of(api, edit(sent)) == []
    profile = fake.project().profiles.by_id["u1"]
    assert profile.attributes == {
        "since": "2026-01-02T03:04:05Z",
        "page": "https://shop.example.org/a?b=c",
        "plain": "2026-01-02",
    }
    assert profile.kinds == {"since": "date", "page": "url"}
    await errors_of(api, edit({"since": "long ago", "url(page)": None}))
    assert (profile.attributes["since"], profile.kinds) == ("long ago", {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Tier", "gold"),
        ("a" * 31, 1),
        ("with space", 1),
        ("date(since", "2026-01-01T00:00:00Z"),
        ("time(since)", "2026-01-01T00:00:00Z"),
        ("$unknown", 1),
        ("tier", ""),
        ("tier", "x" * 301),
        ("tier", {"a": 1}),
        ("tier", {}),
        ("tier", [1]),
        ("tier", ["x"] * 26),
        ("tier", [""]),
        ("tier", {"$add": "x"}),
        ("date(since)", "2026-01-01"),
        ("date(since)", "2026-W01-1T03:04:05Z"),
        ("date(since)", "2026-13-01T00:00:00Z"),
        ("date(since)", "2026-01-01T00:00:00"),
        ("date(since)", 1767225600),
        ("url(page)", "shop.example.org"),
        ("url(page)", "https://x.example/" + "a" * 2048),
        ("$email_address", "nobody"),
        ("$email_marketing", "yes"),
        ("$phone_number", "02 555 01 00"),
        ("$language", "nl_BE"),
        ("$region", "be"),
        ("$timezone", "Mars/Base"),
        ("$topic_preferences", ["not a topic"]),
        ("$topic_preferences", "news"),
        ("$topic_preferences", {"$set": ["news"]}),
    ],
)
async def test_a_wrong_attribute_is_refused_alone(
    fake: FakeBatch, api: httpx.AsyncClient, key: str, value: Any
) -> None:
    errors = await errors_of(api, edit({"first": 1}), edit({"second": 2, key: value, "third": 3}))
    assert [(error["bulk_index"], error["category"], error["attribute"]) for error in errors] == [(1, "attribute", key)]
    assert errors[0]["reason"]
    assert fake.project().profiles.by_id["u1"].attributes == {"first": 1, "second": 2, "third": 3}


@pytest.mark.parametrize(
    "attributes",
    [
        {"$email_address": "mila@example.org", "$email_marketing": "subscribed", "$phone_number": "+3225550100"},
        {"$language": "nl", "$region": "BE", "$timezone": "Europe/Brussels", "$sms_marketing": None},
        {"$topic_preferences": {"$add": ["weekly-digest"], "$remove": ["promos"]}},
        {"s": "x" * 300, "i": -5, "f": 0.5, "b": False, "l": ["x"] * 25, "a" * 30: 1, "u": "naïve €"},
        {"date(d)": "2026-01-01T00:00:00.123+02:00", "url(u)": "app://news"},
    ],
)
async def test_right_attributes_are_taken(api: httpx.AsyncClient, attributes: dict[str, Any]) -> None:
    assert await errors_of(api, edit(attributes)) == []


async def test_only_the_first_50_attributes_of_an_edit_are_taken(fake: FakeBatch, api: httpx.AsyncClient) -> None:
    errors = await errors_of(api, edit({f"a{number}": number for number in range(52)}))
    assert [error["attribute"] for error in errors] == ["a50", "a51"]
    assert len(fake.project().profiles.by_id["u1"].attributes) == 50


@pytest.mark.parametrize(
    "event",
    [
        {"name": "Order"},
        {"attributes": {}},
        {"name": "order", "time": ago(hours=25)},
        {"name": "order", "time": ago(hours=-1)},
        {"name": "order", "time": "yesterday"},
        {"name": "order", "attributes": []},
        {"name": "order", "attributes": {f"a{n}": n for n in range(21)}},
        {"name": "order", "attributes": {f"a{n}": [{"b": "x" * 300}] * 25 for n in range(4)}},
    ],
)
async def test_a_wrong_event_is_refused_alone(fake: FakeBatch, api: httpx.AsyncClient, event: dict[str, Any]) -> None:
    errors = await errors_of(api, edit({"tier": "gold"}, [{"name": "before"}, event, {"name": "after"}]))
    assert [(error["bulk_index"], error["category"], error.get("attribute")) for error in errors] == [
        (0, "event", None)
    ]
    profile = fake.project().profiles.by_id["u1"]
    assert [stored["name"] for stored in profile.events] == ["before", "after"]
    assert profile.attributes == {"tier": "gold"}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("a name", 1),
        ("$other", 1),
        ("$label", "two\nlines"),
        ("$tags", ["x"] * 11),
        ("$tags", "x"),
        ("text", "x" * 301),
        ("url(page)", "no link"),
        ("lines", [{"a": 1}, "b"]),
        ("lines", [{"a": 1}] * 26),
        ("lines", [1, 2]),
        ("deep", {"a": {"b": {"c": {"d": 1}}}}),
        ("wide", {f"a{n}": n for n in range(21)}),
        ("inner", {"date(x)": "soon"}),
        ("inner", {"$label": "x"}),
    ],
)
async def test_a_wrong_attribute_of_an_event_is_refused_alone(
    fake: FakeBatch, api: httpx.AsyncClient, attribute: str, value: Any
) -> None:
    event = {"name": "order", "attributes": {"total": 5, attribute: value}}
    errors = await errors_of(api, edit(events=[{"name": "before"}, event]))
    assert [(error["bulk_index"], error["category"], error["attribute"]) for error in errors] == [
        (0, "event", attribute)
    ]
    stored = fake.project().profiles.by_id["u1"].events
    assert [one["name"] for one in stored] == ["before", "order"]
    assert stored[1]["attributes"] == {"total": 5}


async def test_null_and_capitals_are_taken_in_events(fake: FakeBatch, api: httpx.AsyncClient) -> None:
    """Public clients send them, and nothing says that the API refuses them."""
    attributes = {"Total": 1, "total": None, "inner": {"A": None}, "date(at)": None}
    assert await errors_of(api, edit(events=[{"name": "order", "attributes": attributes}])) == []
    assert fake.project().profiles.by_id["u1"].events[0]["attributes"] == attributes


async def test_events_are_appended_with_their_time_or_that_of_reception(
    fake: FakeBatch, api: httpx.AsyncClient
) -> None:
    told = ago(hours=23)
    rich = {"$label": "web", "$tags": ["gift"], "lines": [{"sku": "A", "url(page)": "https://x.example/a"}]}
    assert await errors_of(api, edit(events=[{"name": "order", "time": told, "attributes": rich}])) == []
    assert await errors_of(api, edit(events=[{"name": "visit"}])) == []
    first, second = fake.project().profiles.by_id["u1"].events
    assert first == {"name": "order", "time": told, "attributes": rich}
    age = datetime.now(UTC) - datetime.fromisoformat(second["time"])
    assert timedelta(0) <= age < timedelta(minutes=1)


async def test_an_installation_reaches_the_profile_behind_it_and_creates_none(
    fake: FakeBatch, api: httpx.AsyncClient
) -> None:
    installation = {"installation": {"apikey": "KEY", "installation_id": "device-1"}}
    attributes = {"tier": "guest", "$email_address": "mila@example.org"}
    change = {"identifiers": installation, "attributes": attributes, "events": [{"name": "visit"}]}
    assert await errors_of(api, change) == []
    assert fake.project().profiles.by_id == {}
    fake.project().profiles.link_installation("u1", apikey="KEY", installation_id="device-1")
    assert await errors_of(api, change) == []
    profile = fake.project().profiles.by_id["u1"]
    assert profile.attributes == {"tier": "guest"}
    assert len(profile.events) == 1


async def test_an_empty_custom_id_is_refused_alone(fake: FakeBatch, api: httpx.AsyncClient) -> None:
    errors = await errors_of(api, edit(who=""), edit(who="u2"))
    assert [(error["bulk_index"], error["category"]) for error in errors] == [(0, "identifier")]
    assert list(fake.project().profiles.by_id) == ["u2"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[", "MALFORMED_JSON_BODY"),
        (b'[{"identifiers":{"custom_id":"u"},"attributes":{"a":NaN}}]', "MALFORMED_JSON_BODY"),
        (b'{"identifiers":{"custom_id":"u"}}', BAD_PARAMETER),
        (b'[{"attributes":{}}]', "MISSING_PARAMETER"),
        (b'[{"identifiers":{}}]', BAD_PARAMETER),
        (b'[{"identifiers":{"custom_id":7}}]', BAD_PARAMETER),
        (b'[{"identifiers":{"custom_id":"u"},"attributes":[]}]', BAD_PARAMETER),
        (b'[{"identifiers":{"custom_id":"u"},"events":{}}]', BAD_PARAMETER),
        (b'[{"identifiers":{"custom_id":"u","installation":{"apikey":"a","installation_id":"b"}}}]', BAD_PARAMETER),
    ],
)
async def test_a_body_of_the_wrong_structure_is_refused_as_a_whole(
    fake: FakeBatch, api: httpx.AsyncClient, body: bytes, code: str
) -> None:
    good = b'[{"identifiers":{"custom_id":"good"}},' + body[1:] if body.startswith(b"[{") else body
    answer = await api.post("/profiles/update", content=good, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)
    assert fake.project().profiles.by_id == {}


async def test_the_place_of_a_structural_mistake_is_named_in_a_large_body(api: httpx.AsyncClient) -> None:
    edits: list[dict[str, Any]] = [edit(who=f"u{number}") for number in range(2000)]
    del edits[1234]["identifiers"]
    answer = await api.post("/profiles/mass-update", json=edits)
    assert answer.status_code == 400
    assert answer.json()["error_message"].startswith("1234:")


@pytest.mark.parametrize(("path", "most"), [("/profiles/update", 200), ("/profiles/mass-update", 10_000)])
async def test_the_cap_on_edits(fake: FakeBatch, api: httpx.AsyncClient, path: str, most: int) -> None:
    edits = [edit(who=f"u{number}") for number in range(most + 1)]
    answer = await api.post(path, json=edits)
    assert answer.status_code == 400
    assert fake.project().profiles.by_id == {}
    answer = await api.post(path, json=edits[:-1])
    assert (answer.status_code, answer.json()) == (202, {"code": "SUCCESS"})
    assert len(fake.project().profiles.by_id) == most


async def test_a_mass_update_reports_errors_by_their_place_in_the_whole_body(api: httpx.AsyncClient) -> None:
    edits = [edit({"n": number}, who=f"u{number}") for number in range(1000)]
    edits[777]["attributes"]["BAD"] = 1
    answer = await api.post("/profiles/mass-update", json=edits)
    assert [error["bulk_index"] for error in answer.json()["errors"]] == [777]


async def test_content_that_does_not_call_itself_json_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/profiles/update", content=b"[]", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_JSON_BODY")
