"""Mistakes that are certain: caught before anything is sent, with the place, never with a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from batch_api import BatchClient, InvalidInput, models
from batch_api.testing import FakeBatch

Use = Callable[[BatchClient], Any]

SECRET = "mila@example.org"
ID = {"custom_id": "u1"}
CAMPAIGN: dict[str, Any] = {"name": "n", "state": "DRAFT", "when": {"start_time": "now"}, "messages": [{}]}
DAY = "2026-11-01"


def edit(**changes: Any) -> dict[str, Any]:
    return {"identifiers": ID, **changes}


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


MISTAKES: dict[str, tuple[Use, str]] = {
    # profiles
    "an edit without its list": (lambda c: c.profiles.update(edit()), "a list is due: put the edit into one"),
    "a model without its list": (
        lambda c: c.profiles.mass_update(models.EditProfile(identifiers=ID)),
        "a list is due: put the edit into one",
    ),
    "a text": (lambda c: c.profiles.update(SECRET), "a list is due"),
    "a generator": (lambda c: c.profiles.update(edit() for _ in range(3)), "a list is due, not generator"),
    "bytes": (lambda c: c.profiles.update(b"[]"), "a list is due, not bytes"),
    "nothing": (lambda c: c.profiles.update(None), "a list is due, not nothing"),
    "no edits": (lambda c: c.profiles.update([]), "no items"),
    "too many edits": (lambda c: c.profiles.update([edit()] * 201), "201 items, but one call takes at most 200"),
    "far too many edits": (lambda c: c.profiles.mass_update([edit()] * 10_001), "10001 items"),
    "an edit that is none": (lambda c: c.profiles.update([edit(), SECRET]), "item 1: an object is due, not str"),
    "no identifiers": (lambda c: c.profiles.update([{"attributes": {}}]), "item 0, identifiers: missing"),
    "an identifier that is none": (
        lambda c: c.profiles.update([edit(), {"identifiers": SECRET}]),
        "item 1, identifiers: an object is due, not str",
    ),
    "two identifiers": (
        lambda c: c.profiles.update([{"identifiers": {**ID, "installation": {}}}]),
        "item 0, identifiers: exactly one of custom_id and installation is due",
    ),
    "another identifier": (
        lambda c: c.profiles.update([{"identifiers": {"email": SECRET}}]),
        "item 0, identifiers: exactly one of custom_id and installation is due",
    ),
    "an empty id": (
        lambda c: c.profiles.mass_update([edit()] * 700 + [{"identifiers": {"custom_id": ""}}]),
        "item 700, identifiers.custom_id: a string that is not empty is due",
    ),
    "a number as id": (
        lambda c: c.profiles.update([{"identifiers": {"custom_id": 7}}]),
        "item 0, identifiers.custom_id: a string",
    ),
    "a number as id of a model": (
        lambda c: c.profiles.update([models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id=7))]),
        "item 0, identifiers.custom_id: a string",
    ),
    "a text as installation": (
        lambda c: c.profiles.update([{"identifiers": {"installation": SECRET}}]),
        "item 0, identifiers.installation: an object is due",
    ),
    "events that are no list": (lambda c: c.profiles.update([edit(events="e")]), "item 0, events: a list is due"),
    "too many events": (
        lambda c: c.profiles.update([edit(events=[{"name": "e"}] * 16)]),
        "item 0, events: 16 events, but an edit takes at most 15",
    ),
    "an event that is none": (
        lambda c: c.profiles.update([edit(events=[{"name": "e"}, SECRET])]),
        r"item 0, events\[1\]: an object is due, not str",
    ),
    "an event without a name": (
        lambda c: c.profiles.update([edit(events=[{"time": "now"}])]),
        r"item 0, events\[0\].name: a string",
    ),
    "not a number": (
        lambda c: c.profiles.update([edit(), edit(attributes={"score": float("nan")})]),
        "item 1, attributes.score: NaN would be sent as null",
    ),
    "an export that is none": (lambda c: c.profiles.export("ATTRIBUTES"), "request: an object is due, not str"),
    "an export of no type": (lambda c: c.profiles.export({"attributes": []}), "export_type: a string is due"),
    # audiences
    "a bad name": (lambda c: c.audiences.create("no spaces"), "name: 1 to 255 letters, digits"),
    "a name with a newline": (lambda c: c.audiences.create("vip\n"), "name: 1 to 255 letters, digits"),
    "a long name": (lambda c: c.audiences.create("a" * 256), "name: 1 to 255 letters, digits"),
    "an empty name": (lambda c: c.audiences.view(""), "name: empty"),
    "a name that is none": (lambda c: c.audiences.remove(None), "name: a string is due, not nothing"),
    "an empty type": (lambda c: c.audiences.create("vip", ""), "type: empty"),
    "an id without its list": (lambda c: c.audiences.update("vip", SECRET), r"ids: a list is due.*\[id\]"),
    "a set of ids": (lambda c: c.audiences.update("vip", {"a"}), "ids: a list is due, not set"),
    "no ids": (lambda c: c.audiences.replace("vip", []), "ids: no items"),
    "too many ids": (lambda c: c.audiences.update("vip", ["a"] * 10_001), "ids: 10001 items"),
    "an empty id of an audience": (lambda c: c.audiences.update("vip", ["a", ""]), "item 1, id: an id is a string"),
    "numbers as ids": (lambda c: c.audiences.replace("vip", [1, 2]), "item 0: an object is due, not int"),
    "an id object without id": (lambda c: c.audiences.replace("vip", [{"ID": "a"}]), "item 0, id: an id is a string"),
    "an id object without action": (
        lambda c: c.audiences.update("vip", ["a", {"id": "b"}]),
        "item 1, action: missing: add or remove",
    ),
    "a replacement that removes": (
        lambda c: c.audiences.replace("vip", [{"action": "remove", "id": "a"}]),
        "item 0, action: replace only adds",
    ),
    "a wait without a name": (lambda c: c.audiences.wait("", "t"), "name: empty"),
    "a wait without time": (lambda c: c.audiences.wait("vip", "t", timeout=0), "timeout: a number of seconds"),
    "a wait in text": (lambda c: c.audiences.wait("vip", "t", timeout="5"), "timeout: a number of seconds"),
    # catalogs
    "no fields": (lambda c: c.catalogs.create("shoes", {}), "fields: no fields"),
    "no changes": (lambda c: c.catalogs.update("shoes", []), "fields: no fields"),
    "too many fields": (
        lambda c: c.catalogs.create("shoes", {f"f{i}": "string" for i in range(26)}),
        "fields: 26 fields, but a catalog has at most 25",
    ),
    "a field without its list": (
        lambda c: c.catalogs.update("shoes", {"action": "add", "name": "a", "type": "string"}),
        r"fields: a list is due.*\[field\]",
    ),
    "a field without a type": (
        lambda c: c.catalogs.create("shoes", [{"name": "a", "type": "string"}, {"name": "b"}]),
        "item 1, type: missing",
    ),
    "a new field without a type": (
        lambda c: c.catalogs.update("shoes", [{"action": "add", "name": "a"}]),
        "item 0, type: missing",
    ),
    "a change of no kind": (
        lambda c: c.catalogs.update("shoes", [{"name": "a", "type": "url"}]),
        "item 0, action: missing",
    ),
    "a catalog without a name": (lambda c: c.catalogs.remove(""), "name: empty"),
    "no catalog items": (lambda c: c.catalogs.edit_items("shoes", []), "items: no items"),
    "too many catalog items": (
        lambda c: c.catalogs.edit_items("shoes", [{"id": "a", "action": "add"}] * 201),
        "items: 201 items, but one call takes at most 200",
    ),
    "an item without an id": (
        lambda c: c.catalogs.edit_items("shoes", [{"id": "a", "action": "add"}, {"action": "add"}]),
        "item 1, id: a string",
    ),
    "a wait for no edit": (lambda c: c.catalogs.wait("shoes", None), "token: a string is due, not nothing"),
    # campaigns
    "a campaign that is none": (lambda c: c.campaigns.create([CAMPAIGN]), "campaign: an object is due, not list"),
    "no message": (lambda c: c.campaigns.create({**CAMPAIGN, "messages": []}), "messages: a list of exactly one"),
    "two messages": (
        lambda c: c.campaigns.update("id", {**CAMPAIGN, "messages": [{}, {}]}),
        "campaign.messages: a list of exactly one",
    ),
    "a blank state": (lambda c: c.campaigns.create({**CAMPAIGN, "state": ""}), "state: empty"),
    **{
        f"a campaign without {name}": (
            lambda c, name=name: c.campaigns.create(without(CAMPAIGN, name)),  # type: ignore[misc]
            f"{name}: missing",
        )
        for name in CAMPAIGN
    },
    "a campaign without an id": (lambda c: c.campaigns.update("", CAMPAIGN), "id: empty"),
    "nothing to delete": (lambda c: c.campaigns.delete(None), "id: a string is due, not nothing"),
    # orchestrations
    "no state to look for": (
        lambda c: c.orchestrations.list(status=[]),
        "status: an empty list would match everything",
    ),
    "a number to look for": (lambda c: c.orchestrations.list(type=[1]), "type: a string is due"),
    "a set to look for": (lambda c: c.orchestrations.list(channels={"push"}), "channels: a list is due, not set"),
    "no orchestration": (lambda c: c.orchestrations.view(""), "orchestration_id: empty"),
    "a day that is none": (lambda c: c.orchestrations.stats("o", "November", DAY), "from_: a day is due"),
    "no day": (lambda c: c.orchestrations.stats("o", DAY, None), "to: a string is due"),
    "days in reverse": (lambda c: c.orchestrations.stats("o", DAY, "2026-10-31"), "to: the last day comes before"),
    # exports
    "no export": (lambda c: c.exports.wait(""), "id: empty"),
    "no export to view": (lambda c: c.exports.view(None), "id: a string is due"),
    "no file": (lambda c: c.exports.download(""), "file_id: empty"),
    "no file to save": (lambda c: c.exports.download_to("", "x"), "file_id: empty"),
    "a record that names no file": (lambda c: c.exports.download(None), "file_id: a string is due, not nothing"),
    "a record that names none to save": (lambda c: c.exports.download_to(None, "x"), "file_id: a string is due"),
    "a folder as file": (lambda c: c.exports.download_to("file_1", "."), "path: a directory"),
    # lists
    "a page of nothing": (lambda c: c.segments.list(page_size=0), "page_size: a whole number from 1 to 100"),
    "a page too large": (lambda c: c.exports.list(page_size=101), "page_size: a whole number from 1 to 100"),
    "half a page": (lambda c: c.catalogs.list(page_size=0.5), "page_size: a whole number from 1 to 100"),
    "a page of True": (lambda c: c.audiences.list(page_size=True), "page_size: a whole number from 1 to 100"),
    "an empty cursor": (lambda c: c.audiences.list(cursor=""), "cursor: empty"),
}


async def called(use: Use, client: BatchClient) -> None:
    result = use(client)
    if isinstance(result, Awaitable):
        await result


@pytest.mark.parametrize(("use", "says"), MISTAKES.values(), ids=MISTAKES)
async def test_a_mistake_is_told_and_nothing_is_sent(client: BatchClient, fake: FakeBatch, use: Use, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        await called(use, client)
    assert caught.value.outcome == "not_sent"
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert sum(stats.requests for stats in fake.stats.values()) == 0


async def test_the_error_has_the_place_in_parts(client: BatchClient) -> None:
    with pytest.raises(InvalidInput) as caught:
        await client.profiles.update([edit(), edit(events=[{"name": ""}])])
    assert (caught.value.index, caught.value.path) == (1, "events[0].name")


async def test_what_is_not_certain_is_left_to_the_api(client: BatchClient, fake: FakeBatch) -> None:
    """An attribute the API will refuse, an identifier of a later version, an action not known yet."""
    result = await client.profiles.update([edit(attributes={"UPPER": 1}), {"identifiers": {**ID, "later": "x"}}])
    assert fake.stats["profile_update"].requests == 1
    assert result.response.attempts
