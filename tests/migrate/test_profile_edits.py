"""What a team sees on its way out of the legacy API."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from batch_api import InvalidInput
from batch_api.migrate import Migrated, NotCarried, profile_edits
from batch_api.testing import FakeBatch
from tests.ingest.world import a_client, fates_of, kinds, stored

NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)


def carried(**values: Any) -> dict[str, Any]:
    """The attributes of the one edit for these values; keys are as they are, in a mapping."""
    migrated = profile_edits("u1", {"values": values})
    assert migrated.not_carried == ()
    (edit,) = migrated.edits
    assert edit["identifiers"] == {"custom_id": "u1"}
    attributes: dict[str, Any] = edit["attributes"]
    return attributes


def reasons(values: dict[str, Any]) -> dict[str, str]:
    migrated = profile_edits("u1", {"values": values})
    return {left.path.removeprefix("values."): left.reason for left in migrated.not_carried}


def test_every_kind_of_value() -> None:
    assert carried(
        **{
            "u.first_name": "Mila",
            "u.visits": 7,
            "u.score": 0.83,
            "u.is_member": True,
            "u.old_field": None,
            "date(u.member_since)": "2024-11-05T08:30:00",
            "date(u.last_order)": 1769926800,
            "date(u.gone)": None,
            "url(u.avatar)": "https://cdn.example.org/m/42.png",
            "ut.sports": ["Rowing", "chess"],
            "ut.badges": {"$add": ["early_bird"], "$remove": ["newcomer"]},
            "ut.left": None,
        }
    ) == {
        "first_name": "Mila",
        "visits": 7,
        "score": 0.83,
        "is_member": True,
        "old_field": None,
        "date(member_since)": "2024-11-05T08:30:00Z",
        "date(last_order)": "2026-02-01T06:20:00Z",
        "date(gone)": None,
        "url(avatar)": "https://cdn.example.org/m/42.png",
        "sports": ["Rowing", "chess"],
        "badges": {"$add": ["early_bird"], "$remove": ["newcomer"]},
        "left": None,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2024-11-05T08:30:00.250", "2024-11-05T08:30:00.250000Z"),
        ("2024-11-05T08:30:00Z", "2024-11-05T08:30:00Z"),
        ("2024-11-05T08:30:00+02:00", "2024-11-05T06:30:00Z"),
        (datetime(2024, 11, 5, 8, 30, tzinfo=timezone(timedelta(hours=2))), "2024-11-05T06:30:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (1769926800.0, "2026-02-01T06:20:00Z"),
    ],
)
def test_dates_stay_the_same_moment(given: Any, expected: str) -> None:
    assert carried(**{"date(u.d)": given}) == {"date(d)": expected}


@pytest.mark.parametrize(
    "given",
    [
        "2024-02-30T00:00:00",
        "2024-11-05",
        "",
        True,
        1.5,
        math.nan,
        math.inf,
        10**20,
        datetime(2024, 11, 5),
        [],
        "٢٠٢٤-11-05T08:30:00",
    ],
)
def test_what_is_no_date_is_left(given: Any) -> None:
    assert list(reasons({"date(u.d)": given})) == ["date(u.d)"]


def test_values_that_a_profile_cannot_hold_are_left_with_a_reason_that_quotes_none() -> None:
    values = {
        "u.empty": "",
        "u.long": "secret" * 51,
        "u.nan": math.nan,
        "u.large": 2**64,
        "u.torn": "secret\ud800",
        "u.object": {"secret": 1},
        "u.when": datetime(2024, 11, 5, tzinfo=UTC),
        "url(u.link)": "secret",
        "ut.none": [],
        "ut.many": [f"secret{number}" for number in range(26)],
        "ut.text": "secret",
        "ut.mixed": ["secret", 1],
        "ut.both": {"$add": ["secret"], "$remove": ["secret"]},
        "ut.idle": {"$add": []},
        "ut.odd": {"$put": ["secret"]},
        "u.Name": "secret",
        "u.": "secret",
        f"u.{'a' * 31}": "secret",
        "u.$email_address": "secret",
        "c.tier": "secret",
    }
    found = reasons({**values, "u.good": 1})
    assert found.keys() == values.keys()
    assert not [reason for reason in found.values() if "secret" in reason or not reason]


def test_half_a_change_is_the_change() -> None:
    assert carried(**{"ut.a": {"$add": ["x"], "$remove": []}}) == {"a": {"$add": ["x"]}}


def test_two_values_for_one_attribute_are_both_left() -> None:
    assert list(reasons({"u.a": 1, "date(u.a)": 0, "u.b": 1})) == ["u.a", "date(u.a)"]
    assert carried(**{"u.a": None, "date(u.a)": None}) == {"a": None}


@pytest.mark.parametrize(
    ("attribute", "tags", "expected", "left"),
    [
        (1, ["x"], {"a": 1}, ["ut.a"]),
        (1, {"$add": ["x"]}, {"a": 1}, ["ut.a"]),
        (1, None, {"a": 1}, []),
        (None, ["x"], {"a": ["x"]}, []),
        (None, {"$add": ["x"]}, {"a": {"$add": ["x"]}}, ["u.a"]),
        (None, None, {"a": None}, []),
        ("", ["x"], {"a": ["x"]}, ["u.a"]),
    ],
)
def test_an_attribute_and_a_collection_of_one_name(
    attribute: Any, tags: Any, expected: dict[str, Any], left: list[str]
) -> None:
    for values in ({"u.a": attribute, "ut.a": tags}, {"ut.a": tags, "u.a": attribute}):
        migrated = profile_edits("u1", {"values": values})
        assert [edit["attributes"] for edit in migrated.edits] == [expected]
        assert [field.path for field in migrated.not_carried] == [f"values.{key}" for key in left]


def test_overwrite_and_unknown_fields_are_told() -> None:
    migrated = profile_edits("u1", {"overwrite": True, "values": {"u.a": 1}, "ttl": 3})
    assert [edit["attributes"] for edit in migrated.edits] == [{"a": 1}]
    assert {left.path for left in migrated.not_carried} == {"overwrite", "ttl"}
    assert profile_edits("u1", {"overwrite": False, "values": {"u.a": 1}}).not_carried == ()


def test_an_event() -> None:
    migrated = profile_edits(
        "u1",
        events=[
            {
                "name": "ue.added_to_cart",
                "time": "2026-02-03T04:05:06",
                "label": "web",
                "attributes": {
                    "sku": "A1",
                    "qty": 2,
                    "price": 19.9,
                    "gift": False,
                    "date(delivery_on)": "2026-02-06T00:00:00",
                    "url(page)": "https://shop.example.org/a1",
                },
                "tags": ["shoes", "Sale"],
            },
            {"name": "ue.viewed_home", "tags": [], "label": None},
        ],
        now=NOW,
    )
    assert migrated.not_carried == ()
    assert migrated.edits == [
        {
            "identifiers": {"custom_id": "u1"},
            "events": [
                {
                    "name": "added_to_cart",
                    "time": "2026-02-03T04:05:06Z",
                    "attributes": {
                        "$label": "web",
                        "$tags": ["shoes", "Sale"],
                        "sku": "A1",
                        "qty": 2,
                        "price": 19.9,
                        "gift": False,
                        "date(delivery_on)": "2026-02-06T00:00:00Z",
                        "url(page)": "https://shop.example.org/a1",
                    },
                },
                {"name": "viewed_home"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"name": "bought"}, "events[0].name"),
        ({"name": "ue.Bought"}, "events[0].name"),
        ({}, "events[0].name"),
        ({"name": "ue.a", "time": "2026-02-03T12:00:01"}, "events[0].time"),
        ({"name": "ue.a", "time": "2026-02-02T11:59:59"}, "events[0].time"),
        ({"name": "ue.a", "time": "yesterday"}, "events[0].time"),
        ({"name": "ue.a", "attributes": {f"url(u{n})": "https://e.org/" + "a" * 2000 for n in range(14)}}, "events[0]"),
    ],
)
def test_an_event_that_would_be_another_is_left_as_a_whole(event: dict[str, Any], path: str) -> None:
    migrated = profile_edits("u1", events=[event], now=NOW)
    assert migrated.edits == []
    assert [left.path for left in migrated.not_carried] == [path]


@pytest.mark.parametrize("time", ["2026-02-03T12:00:00", "2026-02-02T12:00:00"])
def test_events_of_the_last_24_hours_are_carried(time: str) -> None:
    assert profile_edits("u1", events=[{"name": "ue.a", "time": time}], now=NOW).not_carried == ()


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("label", "l" * 201, "label"),
        ("label", "two\nlines", "label"),
        ("label", "", "label"),
        ("tags", ["t"] * 11, "tags"),
        ("tags", ["t" * 65], "tags"),
        ("tags", "shoes", "tags"),
        ("data", 1, "data"),
        ("attributes", [1], "attributes"),
        ("attributes", {"a": None}, "attributes.a"),
        ("attributes", {"a": ["x"]}, "attributes.a"),
        ("attributes", {"A": 1}, "attributes.A"),
        ("attributes", {"$label": "x"}, "attributes.$label"),
        ("attributes", {"date(a)": True}, "attributes.date(a)"),
        ("attributes", {"a(b)": 1}, "attributes.a(b)"),
    ],
)
def test_a_field_of_an_event_is_left_alone(field: str, value: Any, path: str) -> None:
    migrated = profile_edits("u1", events=[{"name": "ue.a", field: value}], now=NOW)
    assert [edit["events"] for edit in migrated.edits] == [[{"name": "a"}]]
    assert [left.path for left in migrated.not_carried] == [f"events[0].{path}"]


def test_limits_of_an_edit_make_several() -> None:
    values = {f"u.n{number}": number for number in range(60)} | {f"ut.t{number}": ["x"] for number in range(16)}
    events = [{"name": f"ue.e{number}"} for number in range(31)]
    edits = profile_edits("u1", {"values": values}, events, now=NOW).edits
    assert [len(edit.get("attributes", {})) for edit in edits] == [50, 25, 1, 0, 0]
    assert [len(edit.get("events", [])) for edit in edits] == [0, 0, 15, 15, 1]
    assert [event["name"] for edit in edits for event in edit.get("events", [])] == [f"e{n}" for n in range(31)]


def test_an_event_has_20_attributes_with_label_and_tags() -> None:
    attributes = {f"n{number}": number for number in range(20)}
    migrated = profile_edits("u1", events=[{"name": "ue.a", "label": "l", "tags": ["t"], "attributes": attributes}])
    assert len(migrated.edits[0]["events"][0]["attributes"]) == 20
    assert [left.path for left in migrated.not_carried] == ["events[0].attributes.n18", "events[0].attributes.n19"]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("", None), "custom_id"),
        ((7, None), "custom_id"),
        (("u1", {"u.a": 1}), "custom_data.values"),
        (("u1", {"values": [1]}), "custom_data.values"),
        (("u1", [1]), "custom_data"),
        (("u1", None, {"name": "ue.a"}), "events"),
        (("u1", None, [1]), "events[0]"),
    ],
)
def test_arguments_of_another_shape_raise(arguments: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        profile_edits(*arguments)
    assert raised.value.path == path


def test_nothing_makes_no_edit() -> None:
    assert profile_edits("u1") == Migrated("u1", [], ())
    assert profile_edits("u1", {"values": {}}).edits == []


def test_people_do_not_show() -> None:
    migrated = profile_edits("ann", {"values": {"u.a": "secret", "u.\n": 1, f"u.{'x' * 300}": 1}})
    assert repr(migrated) == "Migrated(1 edits, 2 fields not carried)"
    assert all(left.path.isprintable() and len(left.path) <= 201 for left in migrated.not_carried)


def test_what_is_handed_in_stays_as_it_is() -> None:
    body = {"values": {"ut.a": ["x"]}}
    profile_edits("u1", body).edits[0]["attributes"]["a"].append("y")
    assert body == {"values": {"ut.a": ["x"]}}


@pytest.mark.virtual_time
async def test_a_stream_of_bulk_items_goes_through_ingest() -> None:
    fake = FakeBatch()
    bulk = [{"id": f"u{number}", "update": {"values": {"u.tier": "gold", "u.Bad": 1}}} for number in range(600)]
    left: list[NotCarried] = []

    def edits() -> Any:
        for item in bulk:
            migrated = profile_edits(str(item["id"]), item["update"])  # type: ignore[arg-type]
            left.extend(migrated.not_carried)
            yield from migrated.edits

    async with a_client(fake) as client:
        assert kinds(await fates_of(client.profiles.ingest(edits()))) == {"Delivered": 600}
    assert len(stored(fake)) == len(left) == 600


def test_it_needs_no_client() -> None:
    code = "import sys, batch_api.migrate; print('batch_api.client' in sys.modules, 'httpx' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )
