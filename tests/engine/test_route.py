"""Paths: what is filled in is one segment, arrives as it is, and leads nowhere else."""

from __future__ import annotations

import re
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_api.engine.errors import InvalidInput
from batch_api.engine.route import filled

ROUTE = "/1.0/{app_key}/data/users/{user_id}"


@given(st.text())
def test_a_value_arrives_as_it_is_or_is_refused(user_id: str) -> None:
    try:
        path = filled(ROUTE, {"user_id": user_id}, besides="app_key")
    except InvalidInput:
        assert not user_id or {".", ".."} & set(re.split(r"[/\\]", user_id)) or not encodes(user_id)
        return
    start, _, segment = path.rpartition("/")
    assert start == "/1.0/{app_key}/data/users"
    assert unquote(segment) == user_id
    # The library that sends it has no other idea of the path.
    sent = httpx.URL(f"https://api.example{path.replace('{app_key}', 'key')}").raw_path.decode()
    assert sent == path.replace("{app_key}", "key")


def encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("value", [None, 7, "", ".", "..", "../x", "a/..", "a\\..\\b", "\ud800"])
def test_what_would_lead_elsewhere_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput):
        filled("/things/{id}", {"id": value})  # type: ignore[dict-item]


def test_a_parameter_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput, match="user_id: expected a non-empty string"):
        filled(ROUTE, {}, besides="app_key")


def test_a_value_that_looks_like_a_parameter_is_none() -> None:
    assert filled("/{a}/{b}", {"a": "{b}", "b": "x"}) == "/%7Bb%7D/x"
    assert filled(ROUTE, {"user_id": "{app_key}"}, besides="app_key").endswith("/%7Bapp_key%7D")


def test_a_route_without_parameters_is_its_path() -> None:
    assert filled("/things/list", {}) == "/things/list"
