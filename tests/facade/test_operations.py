"""Every operation through the facade, against the fake API and its state."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from batch_api import (
    BatchClient,
    CreatedCampaign,
    InvalidInput,
    NotFound,
    PermissionDenied,
    RemovalToken,
    models,
    types,
)
from batch_api.testing import FakeBatch
from codegen.diff.facade import methods
from codegen.layout import HERE

EDIT: types.EditProfile = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
CAMPAIGN: types.Campaign = {
    "name": "Weekend",
    "state": "DRAFT",
    "when": {"start_time": "2027-04-01T08:00:00Z"},
    "messages": [{"channel_type": "push", "platform_type": ["ios"], "body": "New items"}],
}


async def everything(client: BatchClient, folder: Any) -> None:
    """A day in the life: each operation once or more."""
    await client.profiles.update([EDIT])
    await client.profiles.mass_update([EDIT, {"identifiers": {"custom_id": "u2"}}])

    token = (await client.audiences.create("vip", display_name="VIP")).indexing_token
    await client.audiences.wait("vip", token)
    await client.audiences.update("vip", ["u1", {"action": "remove", "id": "u2"}])
    await client.audiences.replace("vip", ["u3", {"id": "u4", "attributes": {"tier": "gold"}}])
    assert [audience.name async for audience in client.audiences.list()] == ["vip"]
    assert (await client.audiences.view("vip")).nb_ids == 2
    await client.audiences.remove("vip")

    await client.catalogs.create("shoes", {"title": "string"})
    await client.catalogs.update("shoes", [{"action": "add", "name": "price", "type": "float"}])
    edit = await client.catalogs.edit_items("shoes", [{"id": "s1", "action": "add", "attributes": {"title": "Trail"}}])
    await client.catalogs.wait("shoes", edit.indexing_token)
    assert [catalog.name async for catalog in client.catalogs.list()] == ["shoes"]
    assert (await client.catalogs.view("shoes")).items == 1
    await client.catalogs.remove("shoes")

    id = (await client.campaigns.create(CAMPAIGN)).id
    assert id is not None
    await client.campaigns.update(id, {**CAMPAIGN, "name": "Later"})
    assert [row.name async for row in client.orchestrations.list()] == ["Later"]
    assert (await client.orchestrations.view(id)).name == "Later"
    today = datetime.now(UTC).date()
    assert (await client.orchestrations.stats(id, today, today)).id == id
    await client.campaigns.delete(id)

    codes = [segment.code async for segment in client.segments.list()]
    assert "DORMANT" in codes
    export = await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["tier"]})
    record = await client.exports.wait(export)
    assert [each.id async for each in client.exports.list()] == [record.id]
    assert record.files
    assert record.files[0].id
    await client.exports.download_to(record.files[0].id, folder / "tiers.json")


async def test_every_operation_answers(client: BatchClient, fake: FakeBatch, tmp_path: Any) -> None:
    await everything(client, tmp_path)
    answered = {name for name, stats in fake.stats.items() if stats.accepted}
    assert answered == methods(HERE).keys()  # a newer document may have more, without a method yet
    assert fake.rejections == 0
    assert b"gold" in (tmp_path / "tiers.json").read_bytes()


# -- profiles ----------------------------------------------------------------------------------------------------------


async def test_an_edit_is_applied_and_nothing_is_wrong(client: BatchClient, fake: FakeBatch) -> None:
    result = await client.profiles.update([EDIT])
    assert result.errors == ()
    assert result.code == "SUCCESS"
    assert result.response.status == 202
    assert fake.project().profiles.by_id["u1"].attributes == {"tier": "gold"}


@pytest.mark.parametrize("method", ["update", "mass_update"])
async def test_partial_errors_name_the_edit_and_the_attribute(client: BatchClient, method: str) -> None:
    bad = {"identifiers": {"custom_id": "u2"}, "attributes": {"tier": "x" * 301, "Not A Name": 1, "ok": 1}}
    result = await getattr(client.profiles, method)([EDIT, bad])
    assert [(error.index, error.attribute, error.category) for error in result.errors] == [
        (1, "tier", "attribute"),
        (1, "Not A Name", "attribute"),
    ]
    assert result.errors[0].reason
    assert result.code == "SUCCESS_WITH_PARTIAL_ERRORS"


async def test_models_and_dicts_are_taken_alike(client: BatchClient, fake: FakeBatch) -> None:
    now = datetime.now(UTC)
    edit = models.EditProfile(
        identifiers=models.CustomIdIdentifier(custom_id="u1"),
        attributes=models.ProfileAttributes(
            email_address="ann@example.org", additional_properties={"tier": "gold", "date(since)": now, "old": None}
        ),
        events=[models.ProfileEvent(name="bought", time=now)],
    )
    installation: types.InstallationIdentifier = {"installation": models.Installation(apikey="A", installation_id="i1")}
    result = await client.profiles.update([edit, {**EDIT, "identifiers": installation}])
    assert result.errors == ()
    profile = fake.project().profiles.by_id["u1"]
    assert profile.attributes["$email_address"] == "ann@example.org"
    assert profile.kinds == {"since": "date"}
    assert [event["name"] for event in profile.events] == ["bought"]


async def test_the_loop_goes_round_while_many_edits_are_checked(client: BatchClient) -> None:
    bad: Any = {}
    call = asyncio.create_task(client.profiles.mass_update([EDIT] * 9_999 + [bad]))
    turns = 0
    while not call.done():
        turns += 1
        await asyncio.sleep(0)
    with pytest.raises(InvalidInput, match="item 9999"):
        await call
    assert turns >= 10_000 / 500


async def test_edits_are_those_the_call_started_with(client: BatchClient, fake: FakeBatch) -> None:
    edits: Any = [EDIT] * 1000
    call = asyncio.create_task(client.profiles.mass_update(edits))
    await asyncio.sleep(0)
    edits.clear()
    await call
    assert fake.stats["profile_mass_update"].items == 1000


async def test_an_export_gives_its_id(client: BatchClient) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    request = models.ExportEventsRequest(export_type="EVENTS", from_=since, to="now", events=["bought"])
    id = await client.profiles.export(request)
    assert type(id) is str
    assert (await client.exports.view(id)).scope == "PROFILE_EVENTS"


# -- audiences ---------------------------------------------------------------------------------------------------------


async def test_plain_strings_mean_add(client: BatchClient, fake: FakeBatch) -> None:
    await client.audiences.create("vip", "emails")
    added = models.AudienceAddId(action="add", id="c", attributes=models.AudienceAttributes())
    await client.audiences.update("vip", ["a", "b", added])
    await client.audiences.update("vip", [{"action": "remove", "id": "a"}])
    assert list(fake.project().audiences.by_name["vip"].ids) == ["b", "c"]
    await client.audiences.replace("vip", ("x", {"action": "add", "id": "y"}))  # type: ignore[arg-type]  # the checked way is without
    assert list(fake.project().audiences.by_name["vip"].ids) == ["x", "y"]


async def test_every_write_gives_a_token_to_wait_for(client: BatchClient) -> None:
    created = await client.audiences.create("vip")
    results = [created, await client.audiences.update("vip", ["a"]), await client.audiences.replace("vip", ["a"])]
    assert all(isinstance(result.indexing_token, str) for result in results)
    seen = await client.audiences.wait("vip", results[-1].indexing_token)
    assert seen is not None
    assert seen.indexing_state == "APPLIED"


async def test_a_removal_gives_a_token_that_knows_it(client: BatchClient) -> None:
    await client.audiences.create("vip")
    token = (await client.audiences.remove("vip")).indexing_token
    assert isinstance(token, RemovalToken)
    assert isinstance(token, str)


# -- catalogs ----------------------------------------------------------------------------------------------------------


async def test_fields_come_as_a_mapping_as_dicts_or_as_models(client: BatchClient, fake: FakeBatch) -> None:
    await client.catalogs.create("a", {"title": "string", "price": "float"})
    await client.catalogs.create("b", [{"name": "title", "type": "string"}])
    await client.catalogs.create("c", [models.CatalogField(name="title", type_="string")])
    stored = fake.project().catalogs.by_name
    assert {name: catalog.fields for name, catalog in stored.items()} == {
        "a": {"title": "string", "price": "float"},
        "b": {"title": "string"},
        "c": {"title": "string"},
    }


async def test_a_catalog_changes_its_fields_and_goes(client: BatchClient, fake: FakeBatch) -> None:
    await client.catalogs.create("a", {"title": "string"})
    done = await client.catalogs.update(
        "a", [{"action": "add", "name": "b", "type": "bool"}, {"action": "remove", "name": "title"}]
    )
    assert done.response.status == 202
    assert fake.project().catalogs.by_name["a"].fields == {"b": "bool"}
    await client.catalogs.remove("a")
    with pytest.raises(NotFound):
        await client.catalogs.view("a")


# -- campaigns and orchestrations --------------------------------------------------------------------------------------


async def test_a_campaign_as_a_model(client: BatchClient) -> None:
    message = models.EmailMessage(subject="Hi", sender_identity_id="7788", html="<p>Hi</p>")
    campaign = models.Campaign(
        name="Spring", state="DRAFT", when=models.CampaignSchedule(start_time="now"), messages=[message]
    )
    created = await client.campaigns.create(campaign)
    assert isinstance(created, CreatedCampaign)
    assert created.id
    done = await client.campaigns.update(created.id, campaign)
    assert done.response.status == 200
    assert (await client.campaigns.delete(created.id)).response.status == 204


async def test_orchestrations_are_filtered_by_one_word_or_several(client: BatchClient, fake: FakeBatch) -> None:
    states: dict[str, types.CampaignState] = {"a": "DRAFT", "b": "STOPPED", "c": "RUNNING"}
    for name, state in states.items():
        await client.campaigns.create({**CAMPAIGN, "name": name, "state": state})
    fake.project().orchestrations.add({"name": "d", "state": "STOPPED"}, type="trigger")

    async def names(**filters: Any) -> list[str | None]:
        return [row.name async for row in client.orchestrations.list(**filters)]

    assert await names() == ["a", "b", "c", "d"]
    assert await names(status="draft") == ["a"]
    assert await names(status=["draft", "stopped"]) == ["a", "b", "d"]
    assert await names(type="trigger") == ["d"]
    assert await names(type=("campaign",), status="stopped", channels=["push", "sms"]) == ["b"]


async def test_stats_take_days_as_dates_datetimes_and_text(client: BatchClient, fake: FakeBatch) -> None:
    id = fake.project().orchestrations.add({**CAMPAIGN, "state": "RUNNING", "when": {"start_time": "now"}}).id
    today = datetime.now(UTC)
    for first, last in (
        (today.date(), today.date()),
        (today, today),
        (today.date().isoformat(), today.date()),
    ):
        stats = await client.orchestrations.stats(id, first, last)
        assert [day.date for day in stats.details or []] == [today.date()]
    split = await client.orchestrations.stats(id, from_=today, to=today, include_platforms=True)
    assert [day.platform for day in split.details or []] == ["ios", "android", "web"]


async def test_only_push_campaigns_can_be_viewed(client: BatchClient, fake: FakeBatch) -> None:
    id = fake.project().orchestrations.add({}, type="trigger").id
    with pytest.raises(PermissionDenied) as caught:
        await client.orchestrations.view(id)
    assert caught.value.error_code == "API_MISUSE"
    assert (await client.orchestrations.stats(id, date(2026, 11, 1), date(2026, 11, 2))).id == id
