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
    "an edit without its list": (
        lambda c: c.profiles.update(edit()),
        r"expected a list, got \w+: put the edit into one",
    ),
    "a model without its list": (
        lambda c: c.profiles.mass_update(models.EditProfile(identifiers=ID)),
        r"expected a list, got \w+: put the edit into one",
    ),
    "a text": (lambda c: c.profiles.update(SECRET), "expected a list, got str"),
    "a generator": (lambda c: c.profiles.update(edit() for _ in range(3)), "expected a list, got generator"),
    "bytes": (lambda c: c.profiles.update(b"[]"), "expected a list, got bytes"),
    "nothing": (lambda c: c.profiles.update(None), "expected a list, got None"),
    "no edits": (lambda c: c.profiles.update([]), "expected at least one item"),
    "too many edits": (lambda c: c.profiles.update([edit()] * 201), "201 items, but a call takes at most 200"),
    "far too many edits": (lambda c: c.profiles.mass_update([edit()] * 10_001), "10001 items"),
    "an edit that is none": (lambda c: c.profiles.update([edit(), SECRET]), "item 1: expected an object, got str"),
    "no identifiers": (
        lambda c: c.profiles.update([{"attributes": {}}]),
        "item 0, identifiers: expected an object, got None",
    ),
    "an identifier that is none": (
        lambda c: c.profiles.update([edit(), {"identifiers": SECRET}]),
        "item 1, identifiers: expected an object, got str",
    ),
    "two identifiers": (
        lambda c: c.profiles.update([{"identifiers": {**ID, "installation": {}}}]),
        "item 0, identifiers: expected exactly one of custom_id and installation, got both",
    ),
    "another identifier": (
        lambda c: c.profiles.update([{"identifiers": {"email": SECRET}}]),
        "item 0, identifiers.email: unknown key: expected `custom_id` or `installation`",
    ),
    "a misspelt key of an edit": (
        lambda c: c.profiles.update([edit(), {"identifiers": ID, "attribute": {"tier": SECRET}}]),
        "item 1, attribute: unknown key: did you mean `attributes`?",
    ),
    "a misspelt key of an event": (
        lambda c: c.profiles.mass_update(
            [edit(), {"identifiers": ID, "events": [{"name": "a"}, {"name": "b", "nam": SECRET}]}]
        ),
        r"item 1, events\[1\].nam: unknown key: did you mean `name`?",
    ),
    "a misspelt key of an installation": (
        lambda c: c.profiles.update([{"identifiers": {"installation": {"apiKey": SECRET, "installation_id": "i"}}}]),
        "item 0, identifiers.installation.apiKey: unknown key: did you mean `apikey`?",
    ),
    "a key that belongs one level down": (
        lambda c: c.profiles.update([{"identifiers": ID, "custom_id": SECRET}]),
        "item 0, custom_id: unknown key: did you mean `identifiers.custom_id`?",
    ),
    "a misspelt key of a catalog item": (
        lambda c: c.catalogs.edit_items("shoes", [{"id": "a", "action": "add", "atributes": {"a": SECRET}}]),
        "item 0, atributes: unknown key: did you mean `attributes`?",
    ),
    "a misspelt key of a field": (
        lambda c: c.catalogs.create("shoes", [{"name": "a", "type": "string", "typ": SECRET}]),
        "item 0, typ: unknown key: did you mean `type`?",
    ),
    "a misspelt key of a changed field": (
        lambda c: c.catalogs.update("shoes", [{"name": "a", "acton": "remove"}]),
        "item 0, acton: unknown key: did you mean `action`?",
    ),
    "a misspelt key of an id": (
        lambda c: c.audiences.update("vip", ["a", {"id": "b", "action": "add", "attribute": {"a": SECRET}}]),
        "item 1, attribute: unknown key: did you mean `attributes`?",
    ),
    "an empty id": (
        lambda c: c.profiles.mass_update([edit()] * 700 + [{"identifiers": {"custom_id": ""}}]),
        "item 700, identifiers.custom_id: expected a non-empty string, got an empty one",
    ),
    "a number as id": (
        lambda c: c.profiles.update([{"identifiers": {"custom_id": 7}}]),
        "item 0, identifiers.custom_id: expected a non-empty string, got int",
    ),
    "a number as id of a model": (
        lambda c: c.profiles.update([models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id=7))]),
        "item 0, identifiers.custom_id: expected a non-empty string, got int",
    ),
    "a text as installation": (
        lambda c: c.profiles.update([{"identifiers": {"installation": SECRET}}]),
        "item 0, identifiers.installation: expected an object, got str",
    ),
    "events that are no list": (
        lambda c: c.profiles.update([edit(events="e")]),
        "item 0, events: expected a list, got str",
    ),
    "too many events": (
        lambda c: c.profiles.update([edit(events=[{"name": "e"}] * 16)]),
        "item 0, events: expected at most 15 events in an edit, got 16",
    ),
    "an event that is none": (
        lambda c: c.profiles.update([edit(events=[{"name": "e"}, SECRET])]),
        r"item 0, events\[1\]: expected an object, got str",
    ),
    "an event without a name": (
        lambda c: c.profiles.update([edit(events=[{"time": "now"}])]),
        r"item 0, events\[0\].name: expected a non-empty string, got None",
    ),
    "not a number": (
        lambda c: c.profiles.update([edit(), edit(attributes={"score": float("nan")})]),
        "item 1, attributes.score: NaN would be sent as null",
    ),
    "an export that is none": (lambda c: c.profiles.export("ATTRIBUTES"), "request: expected an object, got str"),
    "an export of no type": (
        lambda c: c.profiles.export({"attributes": []}),
        "export_type: expected a non-empty string, got None",
    ),
    # audiences
    "a bad name": (lambda c: c.audiences.create("no spaces"), "name: expected 1 to 255 letters, digits"),
    "a name with a newline": (lambda c: c.audiences.create("vip\n"), "name: expected 1 to 255 letters, digits"),
    "a long name": (lambda c: c.audiences.create("a" * 256), "name: expected 1 to 255 letters, digits"),
    "an empty name": (lambda c: c.audiences.view(""), "name: expected a non-empty string, got an empty one"),
    "a name that is none": (lambda c: c.audiences.remove(None), "name: expected a non-empty string, got None"),
    "an empty type": (
        lambda c: c.audiences.create("vip", ""),
        "type: expected a non-empty string, got an empty one",
    ),
    "an id without its list": (lambda c: c.audiences.update("vip", SECRET), r"ids: expected a list, got str.*\[id\]"),
    "a set of ids": (lambda c: c.audiences.update("vip", {"a"}), "ids: expected a list, got set"),
    "no ids": (lambda c: c.audiences.replace("vip", []), "ids: expected at least one item"),
    "too many ids": (lambda c: c.audiences.update("vip", ["a"] * 10_001), "ids: got 10001 items"),
    "an empty id of an audience": (
        lambda c: c.audiences.update("vip", ["a", ""]),
        "item 1, id: expected a non-empty string, got an empty one",
    ),
    "numbers as ids": (lambda c: c.audiences.replace("vip", [1, 2]), "item 0: expected an object, got int"),
    "an id object without id": (
        lambda c: c.audiences.replace("vip", [{"ID": "a"}]),
        "item 0, ID: unknown key: did you mean `id`?",
    ),
    "an id object without action": (
        lambda c: c.audiences.update("vip", ["a", {"id": "b"}]),
        "item 1, action: expected 'add' or 'remove', got None",
    ),
    "a replacement that removes": (
        lambda c: c.audiences.replace("vip", [{"action": "remove", "id": "a"}]),
        "item 0, action: expected no action but 'add'",
    ),
    "a wait without a name": (
        lambda c: c.audiences.wait("", "t"),
        "name: expected a non-empty string, got an empty one",
    ),
    "a wait without time": (
        lambda c: c.audiences.wait("vip", "t", timeout=0),
        "timeout: expected a number of seconds above 0, got 0",
    ),
    "a wait in text": (
        lambda c: c.audiences.wait("vip", "t", timeout="5"),
        "timeout: expected a number of seconds above 0, got str",
    ),
    # catalogs
    "no fields": (lambda c: c.catalogs.create("shoes", {}), "fields: expected one field or more, got an empty object"),
    "no changes": (lambda c: c.catalogs.update("shoes", []), "fields: expected one field or more, got an empty object"),
    "too many fields": (
        lambda c: c.catalogs.create("shoes", {f"f{i}": "string" for i in range(26)}),
        "fields: expected at most 25 fields, got 26",
    ),
    "a field without its list": (
        lambda c: c.catalogs.update("shoes", {"action": "add", "name": "a", "type": "string"}),
        r"fields: expected a list, got dict.*\[field\]",
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
    "a catalog without a name": (
        lambda c: c.catalogs.remove(""),
        "name: expected a non-empty string, got an empty one",
    ),
    "no catalog items": (lambda c: c.catalogs.edit_items("shoes", []), "items: expected at least one item"),
    "too many catalog items": (
        lambda c: c.catalogs.edit_items("shoes", [{"id": "a", "action": "add"}] * 201),
        "items: got 201 items, but a call takes at most 200",
    ),
    "an item without an id": (
        lambda c: c.catalogs.edit_items("shoes", [{"id": "a", "action": "add"}, {"action": "add"}]),
        "item 1, id: expected a non-empty string, got None",
    ),
    "a wait for no edit": (lambda c: c.catalogs.wait("shoes", None), "token: expected a non-empty string, got None"),
    # campaigns
    "a campaign that is none": (lambda c: c.campaigns.create([CAMPAIGN]), "campaign: expected an object, got list"),
    "a misspelt key of a campaign": (
        lambda c: c.campaigns.create({**CAMPAIGN, "label": [SECRET]}),
        "label: unknown key: did you mean `labels`?",
    ),
    "a misspelt key of a schedule": (
        lambda c: c.campaigns.update("id", {**CAMPAIGN, "when": {"start_time": "now", "localtime": True}}),
        "campaign.when.localtime: unknown key: did you mean `local_time`?",
    ),
    "a misspelt key of an email": (
        lambda c: c.campaigns.create({**CAMPAIGN, "messages": [{"channel_type": "email", "subjet": SECRET}]}),
        r"messages\[0\].subjet: unknown key: did you mean `subject`?",
    ),
    "a misspelt key of an export": (
        lambda c: c.profiles.export({"export_type": "ATTRIBUTES", "attribute": [SECRET]}),
        "attribute: unknown key: did you mean `attributes`?",
    ),
    "no message": (
        lambda c: c.campaigns.create({**CAMPAIGN, "messages": []}),
        "messages: expected exactly one message, got 0",
    ),
    "two messages": (
        lambda c: c.campaigns.update("id", {**CAMPAIGN, "messages": [{}, {}]}),
        "campaign.messages: expected exactly one message, got 2",
    ),
    "a blank state": (
        lambda c: c.campaigns.create({**CAMPAIGN, "state": ""}),
        "state: expected a non-empty string, got an empty one",
    ),
    **{
        f"a campaign without {name}": (
            lambda c, name=name: c.campaigns.create(without(CAMPAIGN, name)),  # type: ignore[misc]
            f"{name}: missing",
        )
        for name in CAMPAIGN
    },
    "a campaign without an id": (
        lambda c: c.campaigns.update("", CAMPAIGN),
        "id: expected a non-empty string, got an empty one",
    ),
    "nothing to delete": (lambda c: c.campaigns.delete(None), "id: expected a non-empty string, got None"),
    # orchestrations
    "no state to look for": (
        lambda c: c.orchestrations.list(status=[]),
        "status: expected at least one value, got an empty list",
    ),
    "a number to look for": (lambda c: c.orchestrations.list(type=[1]), "type: expected a non-empty string, got int"),
    "a set to look for": (lambda c: c.orchestrations.list(channels={"push"}), "channels: expected a list, got set"),
    "no orchestration": (
        lambda c: c.orchestrations.view(""),
        "orchestration_id: expected a non-empty string, got an empty one",
    ),
    "a day that is none": (lambda c: c.orchestrations.stats("o", "November", DAY), "from_: expected a day"),
    "no day": (lambda c: c.orchestrations.stats("o", DAY, None), "to: expected a non-empty string, got None"),
    "days in reverse": (
        lambda c: c.orchestrations.stats("o", DAY, "2026-10-31"),
        "to: expected a day that is not before",
    ),
    # exports
    "no export": (lambda c: c.exports.wait(""), "id: expected a non-empty string, got an empty one"),
    "no export to view": (lambda c: c.exports.view(None), "id: expected a non-empty string, got None"),
    "no file": (lambda c: c.exports.download(""), "file_id: expected a non-empty string, got an empty one"),
    "no file to save": (
        lambda c: c.exports.download_to("", "x"),
        "file_id: expected a non-empty string, got an empty one",
    ),
    "a record that names no file": (
        lambda c: c.exports.download(None),
        "file_id: expected a non-empty string, got None",
    ),
    "a record that names none to save": (
        lambda c: c.exports.download_to(None, "x"),
        "file_id: expected a non-empty string, got None",
    ),
    "a folder as file": (lambda c: c.exports.download_to("file_1", "."), "path: a directory"),
    # lists
    "a page of nothing": (lambda c: c.segments.list(page_size=0), "page_size: expected a whole number from 1 to 100"),
    "a page too large": (lambda c: c.exports.list(page_size=101), "page_size: expected a whole number from 1 to 100"),
    "half a page": (lambda c: c.catalogs.list(page_size=0.5), "page_size: expected a whole number from 1 to 100"),
    "a page of True": (lambda c: c.audiences.list(page_size=True), "page_size: expected a whole number from 1 to 100"),
    "an empty cursor": (
        lambda c: c.audiences.list(cursor=""),
        "cursor: expected a non-empty string, got an empty one",
    ),
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
    """An attribute that the API will refuse, an action not known yet."""
    result = await client.profiles.update([edit(attributes={"UPPER": 1})])
    assert fake.stats["profile_update"].requests == 1
    assert result.response.attempts
