"""A merged edit leaves the profile as its parts would have left it, one by one."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from batch_api import BatchClient, Delivered, PartlyApplied, Unknown
from batch_api.ingest.items.lines import MOST_EVENTS
from batch_api.ingest.sending.coalesce import MOST_ATTRIBUTES, merged
from batch_api.testing import FakeBatch
from batch_api.testing.profiles import Profile, _apply_attributes, _apply_events
from tests.ingest.world import MASS, a_client, edit, fates_of, kinds, one_each, stored, with_event

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def applied(edits: list[dict[str, Any]], profile: Profile) -> tuple[Any, ...]:
    """What the API makes of edits, one after the other: of each the attributes, then the events."""
    for one in edits:
        assert list(_apply_attributes(profile, one.get("attributes", {}))) == [], "only what the API takes is compared"
        assert list(_apply_events(profile, one.get("events", []), NOW)) == []
        for happened in profile.events:
            happened.setdefault(
                "saw", copy.deepcopy(profile.attributes)
            )  # campaigns look at the profile of that moment
    return profile.attributes, profile.kinds, profile.events


TEXTS = st.sampled_from(["a", "b", "c", "d"])
ARRAYS = st.lists(TEXTS, min_size=1, max_size=4, unique=True)
OPERATIONS = st.fixed_dictionaries({}, optional={"$add": ARRAYS, "$remove": ARRAYS}).filter(bool)
VALUES = st.none() | st.sampled_from(["text", 7, 1.5, True]) | ARRAYS | OPERATIONS
DATES = st.none() | st.sampled_from(["2024-05-06T07:08:09Z", "2025-01-01T00:00:00Z"])
LINKS = st.none() | st.just("https://example.org/")
ATTRIBUTES = st.dictionaries(st.sampled_from(["x", "y"]), VALUES, max_size=2) | st.one_of(
    st.fixed_dictionaries({"date(x)": DATES}),
    st.fixed_dictionaries({"url(x)": LINKS, "y": VALUES}),
    st.fixed_dictionaries({"$language": st.sampled_from(["fr", "nl", None])}),
    st.fixed_dictionaries({"$topic_preferences": ARRAYS | OPERATIONS | st.none()}),
)
EVENTS = st.lists(st.sampled_from(["seen", "bought"]).map(lambda name: {"name": name}), min_size=1, max_size=9)
EDITS = st.builds(
    lambda attributes, events: {
        "identifiers": {"custom_id": "u"},
        **({"attributes": attributes} if attributes else {}),
        **({"events": events} if events else {}),
    },
    ATTRIBUTES,
    st.just([]) | EVENTS,
)
BEFORE = st.fixed_dictionaries({}, optional={"x": ARRAYS | st.just("text"), "y": ARRAYS | st.just(3)})


@given(st.lists(EDITS, min_size=2, max_size=6), BEFORE)
def test_merged_edits_leave_the_same_profile(edits: list[dict[str, Any]], before: dict[str, Any]) -> None:
    pending: list[dict[str, Any]] = []
    for one in edits:
        together = merged(pending[-1], one) if pending else None
        if together is None:
            pending.append(one)
        else:
            pending[-1] = together
    event(f"{len(edits) - len(pending)} merged")
    one_by_one = applied(copy.deepcopy(edits), Profile("u", copy.deepcopy(before)))
    at_once = applied(copy.deepcopy(pending), Profile("u", copy.deepcopy(before)))
    assert one_by_one == at_once
    for each in pending:
        assert len(each.get("events", [])) <= MOST_EVENTS
        assert len(each.get("attributes", {})) <= MOST_ATTRIBUTES


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ({"x": 1}, {"y": 2}, {"x": 1, "y": 2}),
        ({"x": 1}, {"x": None}, {"x": None}),
        ({"x": None}, {"x": 1}, {"x": 1}),
        ({"date(x)": "2024-05-06T07:08:09Z"}, {"x": "text"}, {"x": "text"}),
        ({"x": "text"}, {"url(x)": None}, {"url(x)": None}),
        ({"x": ["a"]}, {"x": {"$add": ["b"]}}, {"x": ["a", "b"]}),
        ({"x": {"$add": ["a"]}}, {"x": ["b"]}, {"x": ["b"]}),
        ({"x": {"$add": ["a", "b"]}}, {"x": {"$remove": ["a"]}}, {"x": {"$add": ["b"], "$remove": ["a"]}}),
        ({"x": {"$remove": ["a"]}}, {"x": {"$remove": ["b"]}}, {"x": {"$remove": ["a", "b"]}}),
        # what cannot be said in one edit for certain
        ({"x": None}, {"x": {"$add": ["a"]}}, None),
        ({"x": "text"}, {"x": {"$add": ["a"]}}, None),
        ({"date(x)": None}, {"x": {"$add": ["a"]}}, None),
        ({"x": ["a"]}, {"x": {"$remove": ["a"]}}, None),
        ({"x": {"$remove": ["a"]}}, {"x": {"$add": ["a"]}}, None),
        ({"x": {"$add": ["a"], "$remove": ["a"]}}, {"x": {"$add": ["b"]}}, None),
        ({"x": 1, "date(x)": None}, {"y": 1}, None),
        ({f"a{n}": n for n in range(30)}, {f"b{n}": n for n in range(21)}, None),
        ({"x": [str(n) for n in range(25)]}, {"x": {"$add": ["more"]}}, None),
    ],
)
def test_attributes(first: dict[str, Any], second: dict[str, Any], together: dict[str, Any] | None) -> None:
    found = merged({"identifiers": {}, "attributes": first}, {"identifiers": {}, "attributes": second})
    assert (None if found is None else found["attributes"]) == together


def test_an_edit_with_events_closes_the_merge() -> None:
    """An event sees the attributes of its moment, and those that come in its edit are applied before it."""
    both = with_event(1)
    assert merged(edit(1), both) == both
    assert merged(both, edit(1)) is None
    assert merged(both, both) is None
    only = {"identifiers": {"custom_id": "u1"}, "events": [{"name": "bought"}]}
    assert merged(both, only) == {**both, "events": [{"name": "seen"}, {"name": "bought"}]}
    many = {"identifiers": {"custom_id": "u1"}, "events": [{"name": "bought"}] * 8}
    assert merged(many, many) is None


def test_what_is_not_known_is_not_merged() -> None:
    assert merged({**edit(1), "added_later": 1}, edit(1)) is None
    assert merged(edit(1), {**edit(1), "attributes": "gold"}) is None


# -- in a job --------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with a_client(fake) as client:
        yield client


@pytest.mark.virtual_time
async def test_fewer_edits_arrive_and_each_original_has_its_fate(client: BatchClient, fake: FakeBatch) -> None:
    count = 5000
    source = [(edit(number % 50, **{f"a{number // 50 % 5}": number}), number) for number in range(count)]
    fates = await fates_of(client.profiles.ingest(source, coalesce=True, chunk_size=100))
    assert one_each(fates, count)
    assert kinds(fates) == {"Delivered": count}
    assert all(fate.ref == fate.index and fate.id == f"u{fate.index % 50}" for fate in fates)
    assert fake.stats[MASS].items < count / 3
    for number in range(50):
        last = {f"a{n // 50 % 5}": n for n in range(number, count, 50)}
        assert stored(fake)[f"u{number}"].attributes == last


@pytest.mark.virtual_time
async def test_the_order_of_edits_that_cannot_be_merged_holds(client: BatchClient, fake: FakeBatch) -> None:
    fake.delay(MASS, 0.01, 0.3)
    source = [with_event("x", f"e{number}") | {"attributes": {"n": number}} for number in range(20)]
    fates = await fates_of(client.profiles.ingest(source, coalesce=True))
    assert [fate.index for fate in fates] == list(range(20))
    assert [happened["name"] for happened in stored(fake)["ux"].events] == [f"e{number}" for number in range(20)]


@pytest.mark.virtual_time
async def test_a_refused_value_is_told_to_the_edits_that_wrote_it(client: BatchClient) -> None:
    source = [edit(1, good=1), edit(1, Bad=1), edit(1, other=2), edit(1, Bad=2), edit(2)]
    fates = sorted(await fates_of(client.profiles.ingest(source, coalesce=True)), key=lambda fate: fate.index)
    assert [type(fate) for fate in fates] == [Delivered, PartlyApplied, Delivered, PartlyApplied, Delivered]
    assert isinstance(fates[1], PartlyApplied)
    assert [(error.index, error.attribute) for error in fates[1].error] == [(1, "Bad")]


@pytest.mark.virtual_time
async def test_a_lost_answer_is_told_to_all_of_them(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset(MASS, after_acceptance=True)
    fates = await fates_of(client.profiles.ingest([edit(1, a=1), with_event(1), edit(2)], coalesce=True))
    assert kinds(fates) == {"Unknown": 2, "Delivered": 1}
    assert {fate.index for fate in fates if isinstance(fate, Unknown)} == {0, 1}
    assert len(stored(fake)["u1"].events) == 1


@pytest.mark.virtual_time
async def test_bad_items_are_found_among_merged_ones(client: BatchClient, fake: FakeBatch) -> None:
    source: list[Any] = [edit(number % 100, n=number) for number in range(400)]
    source[250] = {**edit("bad"), "attributes": "gold"}
    fates = await fates_of(client.profiles.ingest(source, coalesce=True))
    assert one_each(fates, 400)
    assert kinds(fates) == {"Delivered": 399, "Refused": 1}
