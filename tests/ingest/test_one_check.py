"""One check of an edit: however it is handed in, it is taken, or refused for the same reason at the same place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, Delivered, Invalid, InvalidInput
from batch_api.engine.check import TOO_DEEP
from batch_api.ingest.items.lines import MOST_EVENTS
from batch_api.testing.clock import VirtualTimeLoop
from tests.facade.wire import Answer, Wire

Verdict = tuple[str, str] | None
"""Reason and path of what was refused; `None` for what was taken."""

NAIVE = datetime(2026, 5, 4, 3, 2, 1)
NOW = datetime.now(UTC)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


NO_TEXT = st.sampled_from([None, "", 7, True, ["u1"], {"a": 1}, b"u1"])
ODD = st.sampled_from([None, "", "u1", 7, 0, [], ["u1"], {}, {"a": 1}, (), {1}, b"x", NAIVE, object()])
VALUES = st.sampled_from(
    [1, "a", None, True, 1.5, ["a"], [], float("nan"), float("inf"), NAIVE, NOW, {1}, 2**70, deep(260), "\ud800", b"a"]
)
NAMES = st.sampled_from(["tier", "date(since)", "url(site)", "$language", "Ünicode", ""])
INSTALLATION = {"apikey": "a", "installation_id": "i"}
IDENTIFIERS = st.one_of(
    st.just({"custom_id": "u1"}),
    st.fixed_dictionaries({}, optional={"custom_id": st.just("u1") | NO_TEXT, "installation": ODD}),
    st.fixed_dictionaries({"custom_id": NO_TEXT, "installation": st.just(INSTALLATION)}),
    st.sampled_from([{"custom_id": "u1", "other": 1}, {"custom_id": "u1", "installation": None}]),
    ODD,
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=2) | ODD
EVENT = st.one_of(
    st.just({"name": "bought"}),
    st.fixed_dictionaries(
        {}, optional={"name": st.just("bought") | NO_TEXT, "time": st.just(NOW) | ODD, "attributes": ATTRIBUTES}
    ),
    ODD,
)
EVENTS = st.one_of(
    st.lists(EVENT, max_size=3),
    st.integers(MOST_EVENTS - 1, MOST_EVENTS + 1).map(lambda count: [{"name": "bought"}] * count),
    st.just(({"name": "bought"},)),
    ODD,
)
FIELDS = {"attributes": ATTRIBUTES, "events": EVENTS, "other": VALUES}
EDITS = st.one_of(
    st.fixed_dictionaries({"identifiers": st.just({"custom_id": "u1"})}, optional=FIELDS),
    st.fixed_dictionaries({}, optional={"identifiers": IDENTIFIERS, **FIELDS}),
)


async def updated(client: BatchClient, edit: Any) -> Verdict:
    return await _called(lambda: client.profiles.update([edit]))


async def mass_updated(client: BatchClient, edit: Any) -> Verdict:
    return await _called(lambda: client.profiles.mass_update([edit]))


async def ingested(client: BatchClient, edit: Any) -> Verdict:
    async with client.profiles.ingest([edit]) as job:
        (fate,) = [fate async for fate in job]
    return _fate(fate)


async def ingested_among_others(client: BatchClient, edit: Any) -> Verdict:
    """As the last of several, which may be checked together."""
    others = [{"identifiers": {"custom_id": f"other {number}"}} for number in range(3)]
    async with client.profiles.ingest([*others, edit]) as job:
        return _fate([fate async for fate in job if fate.index == 3][0])  # noqa: RUF015


async def sent_as_a_chunk(client: BatchClient, edit: Any) -> Verdict:
    summary = await client.profiles.send_chunk([edit])
    return _fate(summary.troubles[0]) if summary.troubles else None


async def ingested_as_a_line(client: BatchClient, line: bytes) -> Verdict:
    return await ingested(client, line)


async def sent_as_a_chunk_of_lines(client: BatchClient, lines: bytes) -> Verdict:
    summary = await client.profiles.send_chunk(lines)
    return _fate(summary.troubles[0]) if summary.troubles else None


async def buffered(client: BatchClient, edit: Any) -> Verdict:
    async with client.profiles.buffer() as buffer:
        return _fate(await buffer.update(edit))


WAYS = [updated, mass_updated, ingested, ingested_among_others, sent_as_a_chunk, buffered]
WAYS_OF_LINES = [ingested_as_a_line, sent_as_a_chunk_of_lines]


async def _called(call: Callable[[], Any]) -> Verdict:
    try:
        await call()
    except InvalidInput as error:
        return error.reason, error.path
    return None


def _fate(fate: Any) -> Verdict:
    if isinstance(fate, Invalid):
        return fate.error.reason, fate.error.path
    assert isinstance(fate, Delivered), fate
    return None


def line_of(edit: Any) -> bytes | None:
    """The edit as a JSON line; `None` where JSON would say something else: of datetimes, bytes, NaN, large integers."""
    try:
        line = json.dumps(edit, allow_nan=False).encode()
        read = orjson.loads(line)
    except (TypeError, ValueError):
        return None
    return line if read == edit and json.dumps(read) == json.dumps(edit) else None


async def verdicts(edit: Any) -> dict[str, Verdict]:
    wire = Wire(Answer(202, {"code": "SUCCESS"}))
    line = line_of(edit)
    async with wire.client(limits={"profile_update": [], "profile_mass_update": []}) as client:
        found = {way.__name__: await way(client, edit) for way in WAYS}
        of_lines = {} if line is None else {way.__name__: await way(client, line) for way in WAYS_OF_LINES}
    return found | of_lines


def told(edit: Any) -> Verdict:
    """What all ways say. Fails where they do not agree."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        found = runner.run(verdicts(edit))
    assert len(set(found.values())) == 1, found
    return found["updated"]


@settings(max_examples=300, deadline=None)
@given(EDITS | ODD.filter(lambda edit: not isinstance(edit, bytes | tuple)))
def test_all_ways_in_agree(edit: Any) -> None:
    told(edit)


def an_edit(**fields: Any) -> dict[str, Any]:
    return {"identifiers": {"custom_id": "u1"}, **fields}


@pytest.mark.parametrize(
    "edit",
    [
        an_edit(),
        an_edit(attributes={"tier": None}, events=[{"name": "bought"}] * MOST_EVENTS),
        an_edit(identifiers={"custom_id": "u1", "installation": None}),
        an_edit(identifiers={"custom_id": None, "installation": INSTALLATION}),
        an_edit(events=[]),
        an_edit(events=None),
        an_edit(attributes=deep(252)),
    ],
)
def test_what_is_taken(edit: Any) -> None:
    assert told(edit) is None


TEXT = "expected a non-empty string, got"
ONE_OF = "expected exactly one of custom_id and installation, got"


@pytest.mark.parametrize(
    ("edit", "reason", "path"),
    [
        (7, "expected an object, got int", ""),
        ({}, "expected an object, got None", "identifiers"),
        (an_edit(identifiers="u1"), "expected an object, got str", "identifiers"),
        (an_edit(identifiers={}), f"{ONE_OF} neither", "identifiers"),
        (an_edit(identifiers={"custom_id": None}), f"{ONE_OF} neither", "identifiers"),
        (an_edit(identifiers={"custom_id": "u1", "installation": {}}), f"{ONE_OF} both", "identifiers"),
        (an_edit(identifiers={"custom_id": ""}), f"{TEXT} an empty one", "identifiers.custom_id"),
        (an_edit(identifiers={"custom_id": 4711}), f"{TEXT} int", "identifiers.custom_id"),
        (an_edit(identifiers={"installation": "i"}), "expected an object, got str", "identifiers.installation"),
        (an_edit(events={"name": "a"}), "expected a list, got dict", "events"),
        (an_edit(events=[{"name": "a"}] * 16), "expected at most 15 events in an edit, got 16", "events"),
        (an_edit(events=[{"name": "a"}, {}]), f"{TEXT} None", "events[1].name"),
        (an_edit(events=[{"name": "a"}, "b"]), "expected an object, got str", "events[1]"),
        (an_edit(attributes={"a": float("nan")}), "NaN would be sent as null and delete the attribute", "attributes.a"),
        (an_edit(attributes=deep(253)), TOO_DEEP, f"attributes{'[0]' * 252}"[:200] + "…"),
        (an_edit(attribute={}), "unknown key: did you mean `attributes`?", "attribute"),
        (an_edit(event={"name": "a"}), "unknown key: did you mean `events`?", "event"),
        (an_edit(identifiers={"customId": "u1"}), "unknown key: did you mean `custom_id`?", "identifiers.customId"),
        (an_edit(events=[{"name": "a"}, {"nme": "a"}]), "unknown key: did you mean `name`?", "events[1].nme"),
        (an_edit(x=1), "unknown key: expected `attributes`, `events` or `identifiers`", "x"),
    ],
)
def test_what_is_refused(edit: Any, reason: str, path: str) -> None:
    assert told(edit) == (reason, path)


def test_a_line_of_many_is_checked_as_well() -> None:
    """Blocks of lines are decoded together: one bad name among them is found, and the others go out."""

    async def fates() -> AsyncIterator[Any]:
        lines = [orjson.dumps(an_edit(identifiers={"custom_id": f"u{n}"}, events=[{"name": "e"}])) for n in range(100)]
        lines[70] = orjson.dumps(an_edit(events=[{"name": "e"}, {"time": "2026-05-04T00:00:00Z"}]))
        wire = Wire(Answer(202, {"code": "SUCCESS"}))
        async with wire.client() as client, client.profiles.ingest(lines) as job:
            async for fate in job:
                yield fate

    async def wrong() -> list[Any]:
        return [fate async for fate in fates() if not isinstance(fate, Delivered)]

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        (fate,) = runner.run(wrong())
    assert (fate.index, fate.error.path, fate.error.reason) == (70, "events[1].name", f"{TEXT} None")


OTHER_KINDS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any], list[Any]]] = {
    "catalog items": (
        lambda client, item: client.catalogs.edit_items("shoes", [item]),
        lambda client, item: client.catalogs.ingest("shoes", [item]),
        [{"id": "i", "action": "add"}, {"id": "i"}, {"action": "add"}, {"id": 7, "action": "add"}, 7, None, "i"],
    ),
    "changes of an audience": (
        lambda client, item: client.audiences.update("vip", [item]),
        lambda client, item: client.audiences.ingest("vip", [item]),
        [
            "u",
            "",
            {"id": "u", "action": "remove"},
            {"id": "u"},
            {"id": "", "action": "add"},
            {"action": "add"},
            7,
            None,
        ],
    ),
    "members of an audience": (
        lambda client, item: client.audiences.replace("vip", [item]),
        lambda client, item: client.audiences.ingest("vip", [item], mode="replace"),
        ["u", "", {"id": "u"}, {"id": "u", "action": "add"}, {"id": "u", "action": "remove"}, {"id": 7}, {}, None],
    ),
}


@pytest.mark.virtual_time
@pytest.mark.parametrize("kind", OTHER_KINDS)
async def test_other_items_are_checked_once_too(kind: str) -> None:
    call, stream, items = OTHER_KINDS[kind]
    indexed = {"indexing_token": "t", "indexing_state": "APPLIED", "code": "SUCCESS"}
    async with Wire(Answer(202, indexed)).client() as client:
        for item in items:
            async with stream(client, item) as job:
                (fate,) = [fate async for fate in job]
            assert await _called(lambda item=item: call(client, item)) == _fate(fate), item  # type: ignore[misc]
            if item == items[0]:
                assert isinstance(fate, Delivered)


async def test_what_replaces_an_audience_is_sent_without_actions() -> None:
    wire = Wire(Answer(202, {"indexing_token": "t"}))
    async with wire.client() as client:
        members: Any = ["u1", {"id": "u2", "action": "add", "attributes": {"tier": "gold"}}]
        await client.audiences.replace("vip", members)
    members = [{"id": "u1"}, {"id": "u2", "attributes": {"tier": "gold"}}]
    assert orjson.loads(wire.requests[0].content or b"") == {"name": "vip", "ids": members}
