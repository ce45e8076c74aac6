"""`prepare`: the bytes that are sent, how they are counted, and whether they may be sent twice."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, UserDict, deque
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api._codec import UNSET
from batch_api._generated.cep.registry import OPERATIONS
from batch_api._operation import Condition, Encoded, LimitFact, Operation
from batch_api.engine import encode
from batch_api.engine.check import check
from batch_api.engine.encode import SLICE, Prepared, prepare
from batch_api.engine.errors import InvalidInput

T = TypeVar("T")

RATE = LimitFact(1)
SEGMENT = Condition(("filter", "segment"))
NO_EVENTS = Condition(("*", "events"))

MASS_UPDATE = Operation(
    "profile_mass_update",
    "POST",
    "/p",
    (202,),
    (RATE,),
    items=(),
    max_items=10_000,
    replay=True,
    replay_unless=NO_EVENTS,
)
UPDATE = MASS_UPDATE._replace(name="profile_update", max_items=200, instead="profiles.mass_update takes 10000")
AUDIENCE = Operation("audience_update", "POST", "/a", (202,), items=("ids",), max_items=10_000, replay=True)
CAMPAIGN = Operation(
    "campaign_update",
    "POST",
    "/c",
    (200,),
    replay=True,
    replay_unless=Condition(("campaign", "state"), equals="RUNNING"),
)
EXPORT = Operation("profile_export", "POST", "/e", (202,), (RATE, LimitFact(5, per=3600, when=SEGMENT)))
VIEW = Operation("audience_view", "GET", "/v", (200,), (RATE,), replay=True)


class Model:
    """What a generated model is to the encoder."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def _json(self) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items() if value is not UNSET}


class Row(Mapping[str, Any]):
    """A mapping that is no `dict`, as database drivers return; `read` counts the rows read."""

    read = 0

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def __getitem__(self, key: str) -> Any:
        return self.fields[key]

    def __iter__(self) -> Iterator[str]:
        Row.read += 1
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


class Window(Sequence[Any]):
    """A sequence that is no `list`."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)


class DriverUUID(UUID):
    pass


class Text(str):
    pass


class Number(int):
    pass


class Real(float):
    pass


class State(Enum):
    DRAFT = "DRAFT"
    RUNNING = "RUNNING"


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs what waits for nothing but its next turn."""
    while True:
        try:
            work.send(None)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


def edits(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"visits": number}, **more}
        for number in range(count)
    ]


def sent(prepared: Prepared) -> Any:
    assert prepared.content is not None
    return json.loads(prepared.content)


# --- what is sent is what was meant -----------------------------------------------------------------------------------

NAMES = st.sampled_from(["name", "tier", "events", "attributes", "date(seen)", "url(card)", "$tags", "null", "é"])
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)
WELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(["null", "Z", '"events":', "\u2028", "a\x00b", State.DRAFT, Text("t"), Number(7), Real(0.5)]),
    st.uuids() | st.builds(lambda value: DriverUUID(int=value.int), st.uuids()),
)
ILL = st.one_of(
    st.sampled_from([float("nan"), float("inf"), -float("inf"), Real("nan"), 2**64, -(2**63) - 1, Number(2**70)]),
    st.sampled_from(["\ud800", Text("a\udfff"), b"", {1}, object(), UNSET, 1j, datetime(2026, 1, 1)]),
    MOMENTS.map(datetime.date),
    MOMENTS.map(datetime.time),
)


OBJECTS = st.sampled_from([dict, dict, OrderedDict, UserDict, MappingProxyType, lambda fields: _model(fields)])
ARRAYS = st.sampled_from([list, list, tuple, deque, Window])


def wrapped(kinds: st.SearchStrategy[Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda kind, value: kind(value), kinds, values)


def _model(fields: dict[Any, Any]) -> Model:
    model = Model()
    model.fields = fields
    return model


def objects_of(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[Any] = NAMES) -> st.SearchStrategy[Any]:
    def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        objects = wrapped(OBJECTS, st.dictionaries(keys, inner, max_size=3))
        return objects | wrapped(ARRAYS, st.lists(inner, max_size=3))

    return wrapped(OBJECTS, st.dictionaries(keys, st.recursive(leaves, containers, max_leaves=5), max_size=3))


def meant(value: Any) -> Any:
    """What JSON should say, told another way than the encoder tells it."""
    match value:
        case Model():
            return {key: meant(inner) for key, inner in value.fields.items() if inner is not UNSET}
        case Mapping():
            return {key: meant(inner) for key, inner in value.items()}
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case datetime():
            utc = (value - (value.utcoffset() or timedelta())).replace(tzinfo=None)
            text = f"{utc.year:04}-{utc.month:02}-{utc.day:02}T{utc.hour:02}:{utc.minute:02}:{utc.second:02}"
            return f"{text}.{utc.microsecond:06}Z" if utc.microsecond else f"{text}Z"
        case list() | tuple() | deque() | Window():
            return [meant(inner) for inner in value]
        case _:
            return value


def faults(items: Sequence[Any]) -> tuple[int | None, str, str] | None:
    for index, item in enumerate(items):
        try:
            check(item, index=index)
        except InvalidInput as fault:
            return fault.index, fault.path, fault.reason
    return None


@settings(deadline=None)  # a shared machine may stop for longer than any example takes
@given(st.lists(objects_of(WELL), min_size=1, max_size=5), st.integers(1, 5))
def test_what_is_sent_read_back_is_what_was_meant(items: list[Any], size: int) -> None:
    with patch.object(encode, "SLICE", size):
        prepared = run(prepare(MASS_UPDATE, items))
        within = run(prepare(AUDIENCE, Model(name="vip", ids=items)))
    assert sent(prepared) == meant(items)
    assert sent(within) == {"name": "vip", "ids": meant(items)}
    assert prepared.items == within.items == len(items)


@settings(deadline=None)
@given(
    st.lists(
        objects_of(WELL | ILL | MOMENTS, NAMES | st.sampled_from([1, "\ud800", Text("k")])), min_size=1, max_size=4
    )
)
def test_the_fast_path_refuses_exactly_what_the_walk_refuses(items: list[Any]) -> None:
    fault = faults(items)
    if fault is None:
        assert sent(run(prepare(MASS_UPDATE, items))) == meant(items)
    else:
        with pytest.raises(InvalidInput) as caught:
            run(prepare(MASS_UPDATE, items))
        assert (caught.value.index, caught.value.path, caught.value.reason) == fault


@settings(deadline=None)
@given(st.lists(objects_of(WELL), min_size=3, max_size=3), objects_of(WELL), ILL, st.integers(0, 2))
def test_a_single_fault_is_found_wherever_it_is(items: list[Any], rest: Any, bad: Any, index: int) -> None:
    items[index] = {"attributes": {"nest": [rest, {"tier": bad}]}}
    with pytest.raises(InvalidInput) as caught:
        run(prepare(MASS_UPDATE, items))
    assert (caught.value.index, caught.value.path) == (index, "attributes.nest[1].tier")


@settings(deadline=None)
@given(MOMENTS)
def test_datetimes_are_sent_in_utc(moment: datetime) -> None:
    text = sent(run(prepare(MASS_UPDATE, [{"attributes": {"date(seen)": moment}}])))[0]["attributes"]["date(seen)"]
    assert text == meant(moment)
    assert datetime.fromisoformat(text) == moment


def test_datetimes_of_other_libraries_are_written_as_ours() -> None:
    class Precise(datetime):
        def isoformat(self, *_: Any, **__: Any) -> str:  # as `pandas.Timestamp` does
            return super().isoformat() + ".123456789"

    body = [{"attributes": {"date(seen)": Precise(2026, 11, 23, tzinfo=UTC)}}]
    assert sent(run(prepare(MASS_UPDATE, body)))[0]["attributes"] == {"date(seen)": "2026-11-23T00:00:00Z"}


def test_microseconds_are_sent_only_where_there_are_any() -> None:
    moment = datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    body = [{"events": [{"time": moment}, {"time": moment.replace(microsecond=50)}]}]
    assert b"2026-11-22T23:02:03Z" in (run(prepare(MASS_UPDATE, body)).content or b"")
    assert b"2026-11-22T23:02:03.000050Z" in (run(prepare(MASS_UPDATE, body)).content or b"")


# --- slices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"old": None}], ids=["encoded", "walked"])
@pytest.mark.parametrize("operation", [MASS_UPDATE, AUDIENCE])
async def test_others_get_their_turn_after_at_most_500_items(operation: Operation, more: dict[str, Any]) -> None:
    items = [Row(id=f"u{number}", **more) for number in range(10_000)]
    loop, turns, read_by_turn, Row.read = asyncio.get_running_loop(), deque[asyncio.Handle](maxlen=1), [0], 0

    def turn() -> None:
        read_by_turn.append(Row.read)
        turns.append(loop.call_soon(turn))

    turn()
    prepared = await prepare(operation, items if operation.items == () else {"name": "vip", "ids": items})
    turns[0].cancel()
    read_by_turn.append(Row.read)
    assert prepared.items == len(items)
    assert Row.read == len(items), "each item is read once"
    assert max(after - before for before, after in pairwise(read_by_turn)) <= 500


@pytest.mark.parametrize("count", [1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 2 * SLICE + 1])
def test_slices_are_joined_without_a_seam(count: int) -> None:
    prepared = run(prepare(MASS_UPDATE, edits(count)))
    assert sent(prepared) == edits(count)
    assert prepared.items == count
    assert sent(run(prepare(AUDIENCE, {"ids": edits(count), "name": "vip"}))) == {"ids": edits(count), "name": "vip"}


def test_a_small_call_gives_no_turn_away() -> None:
    work = prepare(MASS_UPDATE, edits(SLICE))
    with pytest.raises(StopIteration):
        work.send(None)


def test_items_may_lie_deeper() -> None:
    operation = AUDIENCE._replace(items=("outer", "inner"))
    body = {"outer": Model(inner=edits(2), x=1), "y": '"inner":[]'}
    assert sent(run(prepare(operation, body))) == {"outer": {"inner": edits(2), "x": 1}, "y": '"inner":[]'}
    with pytest.raises(InvalidInput, match=r"^outer\.inner: missing"):
        run(prepare(operation, {"outer": {}}))


async def test_changes_made_meanwhile_never_tear_a_request() -> None:
    body = edits(3 * SLICE)
    work = asyncio.create_task(prepare(MASS_UPDATE, body))
    await asyncio.sleep(0)
    body[0]["attributes"] = {"late": 1}
    body[-1]["attributes"] = {"late": 2}
    body[-2]["events"] = [{"name": "late"}]
    del body[1:5]
    body.append({"attributes": {"late": 3}})
    prepared = await work
    expected = edits(3 * SLICE)
    expected[-1]["attributes"] = {"late": 2}
    expected[-2]["events"] = [{"name": "late"}]
    assert sent(prepared) == expected
    assert prepared.items == 3 * SLICE
    assert not prepared.replayable, "the verdict is about what is sent"


async def test_what_reads_well_only_the_second_time_is_not_sent() -> None:
    class Fickle(Row):
        def __iter__(self) -> Iterator[str]:
            self.fields, fields = {}, self.fields
            return iter(fields or {})

        def __getitem__(self, key: str) -> Any:
            return b"no JSON"

    with pytest.raises(InvalidInput, match="cannot be encoded as JSON"):
        await prepare(MASS_UPDATE, [{"attributes": Fickle(tier="gold")}])


async def test_the_index_counts_over_all_slices() -> None:
    body = edits(2 * SLICE + 10)
    body[2 * SLICE + 7]["attributes"]["score"] = float("nan")
    with pytest.raises(InvalidInput, match=f"^item {2 * SLICE + 7}, attributes.score: NaN"):
        await prepare(MASS_UPDATE, body)


# --- shapes and counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        (UPDATE, [], "expected at least one item, got none"),
        (UPDATE, edits(201), "got 201 items, but a call takes at most 200: profiles.mass_update takes 10000"),
        (MASS_UPDATE, edits(10_001), "got 10001 items, but a call takes at most 10000: split them over several calls"),
        (UPDATE, "u1", "expected a list, got str"),
        (UPDATE, b"[]", "expected a list, got bytes"),
        (UPDATE, edits(1)[0], "expected a list, got dict"),
        (UPDATE, Model(), "expected a list, got Model"),
        (UPDATE, None, "expected a list, got NoneType"),
        (UPDATE, (edit for edit in edits(2)), "expected a list, got generator"),
        (UPDATE, [*edits(2), "u1"], "item 2: expected an object, got str"),
        (UPDATE, [edits(2)], "item 0: expected an object, got list"),
        (UPDATE, [*edits(2), None], "item 2: expected an object, got NoneType"),
        (AUDIENCE, edits(2), "expected an object, got list"),
        (AUDIENCE, {"name": "vip"}, "ids: missing"),
        (AUDIENCE, Model(name="vip", ids=UNSET), "ids: missing"),
        (AUDIENCE, {"ids": []}, "ids: expected at least one item, got none"),
        (AUDIENCE, {"ids": "u1"}, "ids: expected a list, got str"),
        (AUDIENCE, {"ids": {"id": "u1"}}, "ids: expected a list, got dict"),
        (AUDIENCE, {"ids": edits(1), "name": float("inf")}, "name: an infinite number"),
        (CAMPAIGN, edits(2), "expected an object, got list"),
        (CAMPAIGN, "RUNNING", "expected an object, got str"),
        (UPDATE, Encoded(b"[]", 0, has_events=False), "expected at least one item"),
        (UPDATE, Encoded(b"[...]", 201, has_events=False), "got 201 items, but a call takes at most 200"),
    ],
)
async def test_what_cannot_be_right_is_said_before_sending(operation: Operation, body: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await prepare(operation, body)
    assert str(caught.value).startswith(message)


async def test_too_many_ids_for_a_replacement_are_not_to_be_split_over_replacements() -> None:
    with pytest.raises(InvalidInput, match=r"replace with the first of them, then add the rest with audiences\.update"):
        await prepare(OPERATIONS["audience_replace"], {"ids": edits(10_001)})


@pytest.mark.parametrize("kind", [list, tuple, deque, Window])
async def test_any_sequence_is_a_list(kind: Any) -> None:
    assert sent(await prepare(MASS_UPDATE, kind(edits(3)))) == edits(3)
    assert sent(await prepare(AUDIENCE, UserDict(ids=kind(edits(3))))) == {"ids": edits(3)}


async def test_without_a_body() -> None:
    assert await prepare(VIEW, None) == Prepared(None, 1, replayable=True, met=frozenset())


async def test_one_object_counts_as_one_item() -> None:
    body = {"id": "c1", "campaign": Model(name="x", state=UNSET)}
    prepared = await prepare(CAMPAIGN, body)
    assert prepared == Prepared(b'{"id":"c1","campaign":{"name":"x"}}', 1, replayable=True, met=frozenset())


async def test_the_callers_body_is_left_as_it_was() -> None:
    body = {"ids": edits(2), "name": "vip"}
    await prepare(AUDIENCE, body)
    assert body == {"ids": edits(2), "name": "vip"}
    assert list(body) == ["ids", "name"]


async def test_the_content_does_not_show() -> None:
    prepared = await prepare(UPDATE, [{"attributes": {"$email_address": "mila@example.org"}}])
    assert repr(prepared) == "Prepared(54 bytes, items=1, replayable=True)"


# --- may it be sent again, and what does it count against -------------------------------------------------------------


@pytest.mark.parametrize("wrap", [dict, UserDict, MappingProxyType, lambda fields: Model(**fields)])
@pytest.mark.parametrize("events", [[{"name": "seen"}], ({"name": "seen"},), Window([Model(name="seen")]), 0])
async def test_edits_with_events_may_not_be_sent_twice(wrap: Any, events: Any) -> None:
    body = [wrap(edit) for edit in edits(2 * SLICE)]
    assert (await prepare(MASS_UPDATE, body)).replayable
    body[SLICE + 3] = wrap({"events": events})
    assert not (await prepare(MASS_UPDATE, body)).replayable


@pytest.mark.parametrize("events", [[], (), None, Window([]), UserDict(), ""])
async def test_empty_events_are_none(events: Any) -> None:
    assert (await prepare(MASS_UPDATE, edits(2, events=events))).replayable


async def test_events_elsewhere_are_no_events() -> None:
    body = [{"attributes": {"events": ["rowing"]}, "identifiers": {"custom_id": '"events":[1]'}}]
    assert (await prepare(MASS_UPDATE, body)).replayable


@pytest.mark.parametrize("state", ["RUNNING", State.RUNNING, Text("RUNNING")])
@pytest.mark.parametrize("wrap", [dict, UserDict, lambda fields: Model(**fields)])
async def test_a_campaign_may_not_be_started_twice(state: Any, wrap: Any) -> None:
    assert not (await prepare(CAMPAIGN, wrap({"campaign": wrap({"state": state})}))).replayable


@pytest.mark.parametrize("campaign", [{"state": State.DRAFT}, {"state": ["RUNNING"]}, {"name": "RUNNING"}, None, []])
async def test_other_changes_of_a_campaign_may_be_sent_again(campaign: Any) -> None:
    assert (await prepare(CAMPAIGN, {"campaign": campaign})).replayable


async def test_what_may_never_be_sent_again_stays_so() -> None:
    assert not (await prepare(EXPORT, {"export_type": "ATTRIBUTES"})).replayable


@pytest.mark.parametrize(
    ("body", "met"),
    [
        ({"filter": {"segment": "vip"}}, {SEGMENT}),
        (Model(filter=Model(segment="vip")), {SEGMENT}),
        ({"filter": {"segment": ""}}, set()),
        ({"filter": None}, set()),
        ({}, set()),
        (Encoded(b"{}", 1, has_events=False), {SEGMENT}),
    ],
)
async def test_the_condition_of_a_limit_is_met_or_not(body: Any, met: set[Condition]) -> None:
    assert (await prepare(EXPORT, body)).met == met


async def test_a_condition_on_the_object_around_the_items() -> None:
    operation = AUDIENCE._replace(replay_unless=Condition(("mode",), equals="once"))
    assert (await prepare(operation, {"mode": "many", "ids": edits(1)})).replayable
    assert not (await prepare(operation, {"mode": "once", "ids": edits(1)})).replayable


async def test_a_condition_on_items_under_a_key() -> None:
    operation = AUDIENCE._replace(replay_unless=Condition(("ids", "*", "action"), equals="remove"))
    assert (await prepare(operation, {"ids": [{"action": "add"}]})).replayable
    assert not (await prepare(operation, {"ids": [{"action": "add"}, {"action": "remove"}]})).replayable


@pytest.mark.parametrize("has_events", [False, True])
async def test_encoded_is_sent_as_it_is_and_believed(has_events: bool) -> None:
    prepared = await prepare(MASS_UPDATE, Encoded(b'[{"a": NaN}]', 7, has_events))
    met = frozenset({NO_EVENTS} if has_events else ())
    assert prepared == Prepared(b'[{"a": NaN}]', 7, replayable=not has_events, met=met)


async def test_encoded_is_not_believed_about_what_it_does_not_say() -> None:
    assert not (await prepare(CAMPAIGN, Encoded(b"{}", 1, has_events=False))).replayable
