"""What goes into requests to the legacy API: events of one user together, recipients once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_api import InvalidInput
from batch_api.app.item_types import (
    CustomAudienceChanges,
    CustomData,
    EventCoalescer,
    InstallAudienceChanges,
    Recipients,
    TriggerEvents,
)
from batch_api.app_models import TriggerEvent, TriggerEventBulkItem
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.reading import read

ITEMS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=40)
MOST = 10


def requests_of(items: list[Any], window: int) -> list[EncodedItems]:
    """What is sent, each answered at once."""
    chunker = EventCoalescer(most_items=MOST, most_bytes=10**6)
    sent: list[EncodedItems] = []
    for start in range(0, len(items), window):
        rows = read(TriggerEvents(), items[start : start + window], start).rows
        assert rows is not None
        for chunk in chunker.feed(rows):
            sent.append(chunk)
            chunker.answered(chunk)
    while True:
        for chunk in chunker.flush():
            sent.append(chunk)
            chunker.answered(chunk)
        if not chunker.waits:
            return sent


@given(ITEMS, st.integers(1, 8))
def test_each_event_goes_once_in_the_order_of_its_user(given_items: list[tuple[str, int]], window: int) -> None:
    serial = iter(range(1000))
    items = [
        {"id": name, "events": [{"name": f"ue.{next(serial)}"} for _ in range(count)]} for name, count in given_items
    ]
    sent = requests_of(items, window)
    bodies = [orjson.loads(rows.between(b"[", b"]")) for rows in sent]
    assert all(sum(len(user["events"]) for user in body) <= MOST for body in bodies)
    assert all(len({user["id"] for user in body}) == len(body) for body in bodies)
    for name in "abc":
        expected = [event for item in items if item["id"] == name for event in item["events"]]
        assert [event for body in bodies for user in body if user["id"] == name for event in user["events"]] == expected
    assert sorted(place for rows in sent for place in rows.places) == list(range(len(items)))
    assert all(rows.has_events for rows in sent)


def test_requests_are_filled_by_events() -> None:
    items = [{"id": f"u{number}", "events": [{"name": "ue.a"}] * 3} for number in range(9)]
    assert [len(rows) for rows in requests_of(items, 9)] == [3, 3, 3]
    items = [{"id": "u", "events": [{"name": "ue.a"}]} for _ in range(25)]
    assert [[len(user["events"]) for user in orjson.loads(rows.between(b"[", b"]"))] for rows in requests_of(items, 25)]


def test_what_is_not_known_of_an_item_is_not_merged_away() -> None:
    one = {"id": "u", "events": [{"name": "ue.a"}]}
    event = TriggerEvent(name="ue.a")
    later = TriggerEventBulkItem(id="u", events=[event], additional_properties={"later": 1})
    sent = requests_of([one, later, one], 3)
    assert [orjson.loads(rows.between(b"[", b"]")) for rows in sent] == [[one], [{**one, "later": 1}], [one]]


@pytest.mark.parametrize("window", [1, 2, 250])
def test_a_recipient_that_comes_again_is_refused(window: int) -> None:
    kind = Recipients({"group_id": "g", "message": {"body": "b"}}, "custom_ids")
    items: list[Any] = ["a", "b", "a", 7, "", None, "c", "b", "\ud800"]
    sent: list[str] = []
    refused: list[int] = []
    for start in range(0, len(items), window):
        found = read(kind, items[start : start + window], start)
        if found.rows is not None:
            sent += found.rows.ids
        refused += [fate.index for fate in found.invalid]
    assert (sent, refused) == (["a", "b", "c"], [2, 3, 4, 5, 7, 8])


def test_a_message_is_written_around_its_recipients() -> None:
    kind = Recipients({"group_id": "g", "message": {"body": "é"}}, "tokens")
    rows = read(kind, ["a", "b"], 0).rows
    assert rows is not None
    assert orjson.loads(rows.between(kind.prefix, kind.suffix)) == {
        "group_id": "g",
        "message": {"body": "é"},
        "recipients": {"tokens": ["a", "b"]},
    }
    assert "é" not in kind.about


@pytest.mark.parametrize(
    ("kind", "item", "path"),
    [
        (TriggerEvents(), {"events": [{"name": "ue.a"}]}, "id"),
        (TriggerEvents(), {"id": "u"}, "events"),
        (TriggerEvents(), {"id": "u", "events": []}, "events"),
        (TriggerEvents(), {"id": "u", "events": [{"name": "ue.a"}] * 1001}, "events"),
        (TriggerEvents(), {"id": "u", "events": [{}]}, "events[0].name"),
        (TriggerEvents(), {"id": "u", "events": [{"name": "ue.a", "tag": ["a"]}]}, "events[0].tag"),
        (CustomData(), {"id": "u", "update": {"values": {"u.a": 1}, "overwriten": True}}, "update.overwriten"),
        (CustomData(), {"id": "u", "values": {"u.a": 1}}, "values"),
        (CustomAudienceChanges("vip", "custom_ids"), {"id": "u", "action": "add", "tags": ["a"]}, "tags"),
        (InstallAudienceChanges("vip"), {"id": "u", "action": "add", "tag": ["a"]}, "tag"),
        (CustomAudienceChanges("vip", "custom_ids"), b'{"id": "u", "action": "add", "tags": ["a"]}', "tags"),
        (InstallAudienceChanges("vip"), b'{"id": "u", "action": "add", "tag": ["a"]}', "tag"),
        (CustomData(), {"id": "", "update": {"values": {"u.a": 1}}}, "id"),
        (CustomData(), {"id": "u"}, "update"),
        (CustomData(), {"id": "u", "update": {}}, "update.values"),
        (CustomData(), {"id": "u", "update": {"values": {}}}, "update.values"),
    ],
)
def test_items_that_cannot_be_right(kind: Any, item: Any, path: str) -> None:
    (fate,) = read(kind, [item], 3).invalid
    assert (fate.index, fate.error.path) == (3, path)


def test_a_message_needs_its_group() -> None:
    with pytest.raises(InvalidInput, match="group_id"):
        Recipients({"message": {"body": "b"}}, "custom_ids")
