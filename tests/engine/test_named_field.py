"""The field that an error names: keys of the document and positions, never what was sent."""

from __future__ import annotations

import pickle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_api import BadRequest, BatchClient
from batch_api._generated.cep.keys import KEYS
from batch_api._generated.mep.keys import KEYS as APP_KEYS
from batch_api.engine.named_field import named_field
from tests.facade.wire import Answer, Wire

EMAIL = "mila@example.org"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("0.identifiers.custom_id: is not a string", "0.identifiers.custom_id"),
        ("[12].events[3].name is missing", "events.3.name"),
        ("12.events[3].name is missing", "12.events.3.name"),
        (f"custom_id {EMAIL} is too long", "custom_id"),
        (f"invalid $email_address: {EMAIL}", "$email_address"),
        ("'name' is required", "name"),
        ('the body: "events" is a required property', "events"),
        ("state: expected DRAFT", "state"),
        ("messages.0: body is missing", "messages"),
        ("expected a name from 1 to 25", None),
        (f"{EMAIL} is not known", None),
        (f"custom_id.{EMAIL}", None),
        ("custom_id.4711", "custom_id"),
        ("tier: too long", None),
        ("", None),
    ],
)
def test_what_is_named(message: str, field: str | None) -> None:
    assert named_field(message, KEYS) == field


def test_each_api_has_its_own_words() -> None:
    assert named_field("push_time is in the past", APP_KEYS) == "push_time"
    assert named_field("push_time is in the past", KEYS) is None


@given(st.text())
def test_nothing_else_is_ever_repeated(message: str) -> None:
    known = {name for keys in KEYS.values() for name in keys.names}
    named = named_field(message, KEYS) or "name"
    assert all(part in known or (part.isdecimal() and len(part) <= 5) for part in named.split("."))


def client_that_meets(message: str) -> BatchClient:
    return Wire(Answer(400, {"error_code": "MALFORMED_PARAMETER", "error_message": message})).client()


async def test_the_text_of_a_400_names_it_and_nothing_of_anyone() -> None:
    message = f"0.identifiers.custom_id: '{EMAIL}' is too long"
    async with client_that_meets(message) as client:
        with pytest.raises(BadRequest) as caught:
            await client.profiles.update([{"identifiers": {"custom_id": EMAIL}}])
    error = caught.value
    assert error.field == "0.identifiers.custom_id"
    assert "It names the field `0.identifiers.custom_id`." in str(error)
    assert EMAIL not in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert copy.field == error.field
    assert EMAIL.encode() not in orjson.dumps(str(copy))


async def test_it_says_nothing_where_the_api_names_nothing() -> None:
    async with client_that_meets(f"{EMAIL} is not accepted") as client:
        with pytest.raises(BadRequest) as caught:
            await client.audiences.view("vip")
    assert caught.value.field is None
    assert "names the field" not in str(caught.value)
