"""The examples of the old document are carried, and the limits are those of the new one."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import Any

import orjson
import pytest

from batch_api import app_models
from batch_api.ingest.buffer.stamps import MOST_AGE
from batch_api.ingest.items.lines import MOST_EVENTS
from batch_api.ingest.sending.coalesce import MOST_ATTRIBUTES, MOST_IN_ARRAY
from batch_api.migrate import events, profile_edits, values
from batch_api.testing import FakeBatch
from batch_api.testing import values as judge
from tests.ingest.world import a_client

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def bodies(method: str, path: str) -> list[Any]:
    """The examples of a request of the old API."""
    document = orjson.loads(resources.files("batch_api._generated.mep").joinpath("openapi.json").read_bytes())
    content = document["paths"][f"/1.0/{{app_key}}/{path}"][method]["requestBody"]["content"]["application/json"]
    return [content["example"]] if "example" in content else [one["value"] for one in content["examples"].values()]


def written() -> list[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """Custom data and events, as the examples have them."""
    sets = bodies("post", "data/users/{custom_user_id}")
    sends = bodies("post", "events/users/{custom_user_id}")
    set_in_bulk = [item["update"] for body in bodies("post", "data/users") for item in body]
    sent_in_bulk = [item["events"] for body in bodies("post", "events/users") for item in body]
    return [(one, []) for one in sets + set_in_bulk] + [
        (None, one) for one in [body["events"] for body in sends] + sent_in_bulk
    ]


@pytest.mark.parametrize(("custom_data", "tracked"), written())
def test_examples_of_the_old_document_are_carried(custom_data: Any, tracked: list[dict[str, Any]]) -> None:
    migrated = profile_edits("u1", custom_data, tracked, now=NOW)
    assert len(migrated.edits) == 1
    overwrites = custom_data is not None and custom_data.get("overwrite")
    assert [left.path for left in migrated.not_carried] == (["overwrite"] if overwrites else [])


@pytest.mark.parametrize(("custom_data", "tracked"), written())
def test_models_are_the_same_bodies(custom_data: Any, tracked: list[dict[str, Any]]) -> None:
    update = None if custom_data is None else app_models.CustomDataUpdate.from_dict(custom_data)
    models = [app_models.TriggerEvent.from_dict(event) for event in tracked]
    assert profile_edits("u1", update, models, now=NOW) == profile_edits("u1", custom_data, tracked, now=NOW)


@pytest.mark.virtual_time
async def test_the_new_api_takes_them() -> None:
    fake = FakeBatch()
    edits: Any = [edit for one, tracked in written() for edit in profile_edits("u1", one, tracked, now=NOW).edits]
    recent = fake.time.wall().isoformat(timespec="seconds").replace("+00:00", "Z")
    for event in [event for edit in edits for event in edit.get("events", []) if "time" in event]:
        event["time"] = recent
    async with a_client(fake) as client:
        result = await client.profiles.update(edits)
    assert result.errors == ()


def test_limits_are_those_of_the_new_document() -> None:
    document = orjson.loads(resources.files("batch_api._generated.cep").joinpath("openapi.json").read_bytes())
    schemas = document["components"]["schemas"]
    edit, attribute = schemas["EditProfile"]["properties"], schemas["ProfileAttributes"]["patternProperties"]
    assert edit["events"]["maxItems"] == MOST_EVENTS
    assert f"^{values.NAME.pattern}$" in attribute
    text = next(one for one in schemas["ProfileAttributeValue"]["anyOf"] if one.get("type") == "string")
    assert (text["minLength"], text["maxLength"]) == (1, values.MOST_CHARACTERS)
    assert {one["maxLength"] for one in attribute.values() if "maxLength" in one} == {values.MOST_IN_URL}


def test_limits_that_the_document_has_in_prose_are_those_of_the_fake() -> None:
    assert (judge.MAX_ATTRIBUTES, judge.MAX_ARRAY) == (MOST_ATTRIBUTES, MOST_IN_ARRAY)
    assert (judge.MAX_EVENT_ATTRIBUTES, judge.MAX_EVENT_BYTES) == (
        events.MOST_EVENT_ATTRIBUTES,
        events.MOST_EVENT_BYTES,
    )
    assert judge.EVENT_AGE == MOST_AGE
