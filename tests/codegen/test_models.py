"""Models: lenient with what comes, exact with what goes."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_api import models
from batch_api._codec import UNSET, Unset, rfc3339, to_date, to_datetime, to_json
from codegen.generate.pipeline import Prepared
from codegen.generate.views import module_of

Json = dict[str, Any]
MODELS = [getattr(models, name) for name in models.__all__ if hasattr(getattr(models, name), "from_dict")]
UNIONS = {
    "AudienceChange": "action",
    "CampaignMessage": "channel_type",
    "ExportRequest": "export_type",
    "OrchestrationRow": "type",
    "ProfileIdentifiers": "",
    "ProfileUpdateResult": "code",
}


def union(name: str) -> Any:
    return getattr(import_module(f"batch_api._generated.cep.models.{module_of(name)}"), f"parse_{module_of(name)}")


# Samples


def samples(document: Json) -> Iterator[tuple[str, Json, Any]]:
    """Every example of a body or an answer: where it is, the schema there, and the value."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            holders = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for place, holder in holders.items():
                for media in holder.get("content", {}).values():
                    values = [media["example"]] if "example" in media else []
                    values += [example["value"] for example in media.get("examples", {}).values()]
                    yield from ((f"{method.upper()} {path} {place}", media["schema"], value) for value in values)


def read(schema: Json, value: Any) -> Any:
    """`value` through the model that the schema is."""
    if schema.get("type") == "array":
        return [read(schema["items"], item) for item in value]
    name = schema["$ref"].rsplit("/", 1)[1]
    target = getattr(models, name)
    if hasattr(target, "from_dict"):
        return target.from_dict(value)
    return union(name)(value) if name in UNIONS else value


def moments(value: Any) -> Any:
    """`value` with each date-time written as we do: milliseconds of 0 are left out."""
    if isinstance(value, dict):
        return {key: moments(item) for key, item in value.items()}
    if isinstance(value, list):
        return [moments(item) for item in value]
    read_as = to_datetime(value)
    return rfc3339(read_as) if isinstance(read_as, datetime.datetime) else value


def test_every_sample_survives_the_round_trip(prepared: Prepared) -> None:
    seen = 0
    for where, schema, value in samples(prepared.document):
        assert moments(to_json(read(schema, copy.deepcopy(value)))) == moments(value), where
        seen += 1
    assert seen > 150


def test_every_sample_is_valid_once_the_overlays_are_applied(prepared: Prepared) -> None:
    """As published, five of them are not (PROVENANCE, "Checks")."""
    for where, schema, value in samples(prepared.document):
        whole = {**schema, "components": prepared.document["components"]}
        problems = [problem.message for problem in jsonschema.Draft202012Validator(whole).iter_errors(value)]
        assert problems == [], where


# What comes


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just("2026-13-99"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def keys_of(model: Any) -> list[str]:
    return sorted(model.from_dict({}).__class__.__annotations__)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_that_comes_raises_or_is_lost(model: Any) -> None:
    # The names of the API: those of fields, without the underscore that keeps them apart from Python's words.
    names = [name.rstrip("_") for name in keys_of(model)] + ["$label", "$add", "$email_address"]

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(st.dictionaries(st.sampled_from(names) | st.text(max_size=4), ANYTHING, max_size=5))
    def check(data: Json) -> None:
        result = model.from_dict(data)
        assert isinstance(result, model)
        # A date-time may be written in another way, and a null in an answer is a field that is missing.
        kept = result.to_dict()
        for key, value in data.items():
            assert key in kept or value is None
        assert model.from_dict(kept).to_dict() == kept
        json.dumps(kept)

    check()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("value", [None, UNSET, "text", 5, [1], True])
def test_what_is_no_object_is_returned_as_it_came(model: Any, value: Any) -> None:
    assert model.from_dict(value) is value


@pytest.mark.parametrize(("name", "key"), UNIONS.items())
def test_branches_of_an_unknown_kind_stay_dicts(name: str, key: str) -> None:
    parse = union(name)
    answers: tuple[object, ...] = (None, "x", 5, [], {})
    for odd in answers:
        if not (name == "OrchestrationRow" and isinstance(odd, dict)):
            assert parse(odd) == odd
    for value in ("no such kind", 7, None, ["list"], {"a": 1}):
        data = {key or "email": value}
        result = parse(data)
        if name == "OrchestrationRow":  # whose second branch takes every other kind
            assert isinstance(result, models.OrchestrationSummary)
        else:
            assert result is data


def test_kinds_are_told_apart() -> None:
    assert isinstance(union("CampaignMessage")({"channel_type": "email"}), models.EmailMessage)
    assert isinstance(union("CampaignMessage")({"channel_type": "push"}), models.PushMessage)
    assert isinstance(union("AudienceChange")({"action": "remove"}), models.AudienceRemoveId)
    assert isinstance(union("OrchestrationRow")({"type": "campaign"}), models.CampaignSummary)
    assert isinstance(union("OrchestrationRow")({"type": "trigger"}), models.OrchestrationSummary)
    assert isinstance(union("ProfileIdentifiers")({"custom_id": "u"}), models.CustomIdIdentifier)
    assert isinstance(union("ProfileIdentifiers")({"installation": {}}), models.InstallationIdentifier)
    campaign = models.Campaign.from_dict(
        {"messages": [{"channel_type": "sms", "text": "hi"}, {"channel_type": "push"}]}
    )
    assert campaign.messages[0] == {"channel_type": "sms", "text": "hi"}  # type: ignore[comparison-overlap]
    assert isinstance(campaign.messages[1], models.PushMessage)


def test_unknown_values_of_enumerations_and_unknown_fields_are_kept() -> None:
    record = models.ExportRecord.from_dict({"status": "PAUSED", "scope": 5, "new": [1], "files": {"odd": 1}})
    assert record.status == "PAUSED"
    assert record.scope == 5  # type: ignore[comparison-overlap]
    assert record.files == {"odd": 1}  # type: ignore[comparison-overlap]
    assert record.additional_properties == {"new": [1]}
    assert record.to_dict() == {"status": "PAUSED", "scope": 5, "new": [1], "files": {"odd": 1}}


def test_missing_fields_are_none_in_answers_and_unset_in_requests() -> None:
    assert models.Audience.from_dict({}).name is None
    assert models.Audience.from_dict({}).to_dict() == {}
    edit: Any = models.EditProfile.from_dict({})
    assert edit.identifiers is UNSET
    assert models.EditProfile.from_dict({}).to_dict() == {}
    request: Any = models.ExportRecord.from_dict({"request": {"export_type": "EVENTS"}}).request
    assert isinstance(request, models.ExportEventsRequest)
    assert request.to is UNSET  # it can be sent as well


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("2026-01-05T08:00:00.250Z", datetime.datetime(2026, 1, 5, 8, 0, 0, 250_000, datetime.UTC)),
        ("2026-01-05t08:00:00z", datetime.datetime(2026, 1, 5, 8, tzinfo=datetime.UTC)),
        ("2026-01-05T08:00:00+02:00", datetime.datetime(2026, 1, 5, 6, tzinfo=datetime.UTC)),
        ("2026-01-05T08:00:00", datetime.datetime(2026, 1, 5, 8)),
        ("2026-01-05T08:00:00.123456789Z", datetime.datetime(2026, 1, 5, 8, 0, 0, 123_456, datetime.UTC)),
        ("20260105", "20260105"),
        ("2026-W01", "2026-W01"),
        ("2026-01-05", "2026-01-05"),
        ("2026-02-31T08:00:00Z", "2026-02-31T08:00:00Z"),
        ("now", "now"),
        (1767600000, 1767600000),
    ],
)
def test_date_times(text: Any, read_as: Any) -> None:
    assert to_datetime(text) == read_as


@pytest.mark.parametrize(
    ("text", "read_as"), [("2026-02-01", datetime.date(2026, 2, 1)), ("2026-02-31", "2026-02-31"), ("x", "x"), (5, 5)]
)
def test_dates(text: Any, read_as: Any) -> None:
    assert to_date(text) == read_as


# What goes

NEW_YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def edit() -> models.EditProfile:
    return models.EditProfile(
        identifiers=models.CustomIdIdentifier(custom_id="u1"),
        attributes=models.ProfileAttributes(
            email_address="a@b.c",
            region=None,
            topic_preferences=models.ArrayOperation(add=["x"]),
            additional_properties={
                "tier": "gold",
                "gone": None,
                "date(at)": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            },
        ),
        events=[models.ProfileEvent(name="seen", attributes=models.ProfileEventAttributes(label="l"))],
    )


EDIT = {
    "identifiers": {"custom_id": "u1"},
    "attributes": {
        "tier": "gold",
        "gone": None,
        "date(at)": "2026-01-01T00:00:00Z",
        "$email_address": "a@b.c",
        "$region": None,
        "$topic_preferences": {"$add": ["x"]},
    },
    "events": [{"name": "seen", "attributes": {"$label": "l"}}],
}


def test_to_dict_is_deep_and_ready_for_json() -> None:
    assert edit().to_dict() == EDIT


def test_null_is_sent_and_unset_is_not() -> None:
    sent = edit().to_dict()["attributes"]
    assert sent["$region"] is None
    assert "$language" not in sent


def test_the_hook_of_the_encoder_is_shallow() -> None:
    profile = edit()
    shallow = profile._json()
    assert list(shallow) == ["identifiers", "attributes", "events"]
    assert shallow["identifiers"] is profile.identifiers
    assert shallow["events"] is profile.events


def test_orjson_writes_models_through_the_hook() -> None:
    option = orjson.OPT_UTC_Z
    assert orjson.loads(orjson.dumps([edit()], default=lambda value: value._json(), option=option)) == [EDIT]


def test_a_kind_needs_not_be_repeated() -> None:
    message = models.EmailMessage(subject="s", sender_identity_id="1", html="<p>")
    assert message.to_dict()["channel_type"] == "email"
    assert models.AudienceAddId(id="u").to_dict() == {"action": "add", "id": "u"}


def test_fields_have_names_that_python_allows() -> None:
    request = models.ExportEventsRequest(
        events=["e"], from_=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), to="now"
    )
    assert request.to_dict() == {
        "events": ["e"],
        "from": "2026-01-01T00:00:00Z",
        "to": "now",
        "export_type": "EVENTS",
    }
    assert models.AudienceCreate(name="n", type_="custom_ids").to_dict() == {"name": "n", "type": "custom_ids"}


def test_a_zone_other_than_utc_is_converted() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert rfc3339(datetime.datetime(2026, 1, 1, 1, tzinfo=zone)) == "2025-12-31T23:00:00Z"
    assert to_json({"at": datetime.datetime(2026, 1, 1)}) == {"at": "2026-01-01T00:00:00"}, "no zone is made up"


# UNSET


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_unset_is_one(again: Any) -> None:
    assert again(UNSET) is UNSET
    assert Unset() is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    profile = again(models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id="u")))
    assert profile.attributes is UNSET
    assert profile.to_dict() == {"identifiers": {"custom_id": "u"}}


def test_unset_occurs_only_in_what_can_be_sent(prepared: Prepared) -> None:
    received = {"Audience", "AudiencePage", "Catalog", "ExportRecord", "ExportPage", "StatsDay", "Segment", "ErrorBody"}
    for model in MODELS:
        hints = " ".join(map(str, model.__annotations__.values()))
        if model.__name__ in received:
            assert "Unset" not in hints
            assert all(
                "None" in hint for name, hint in model.__annotations__.items() if name != "additional_properties"
            )
    assert "Unset" in str(models.CatalogFieldEdit.__annotations__["type_"])


# The package


def test_the_public_models_are_those_of_the_package() -> None:
    package = import_module("batch_api._generated.cep.models")
    assert sorted(package.__all__) == sorted(set(models.__all__) - {"UNSET", "Unset"})
    assert dir(package) == sorted(package.__all__)
    assert dir(models) == sorted(models.__all__)
    for name in package.__all__:
        assert getattr(package, name) is getattr(models, name)
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name)


@pytest.mark.parametrize("module", ["batch_api.models", "batch_api._generated.cep.models"])
def test_a_name_that_is_not_there(module: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'Nothing'"):
        _ = import_module(module).Nothing
