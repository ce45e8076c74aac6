"""Two brands, and what a caller is told when Batch is in trouble."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from batch_api.testing import FakeBatch
from examples.cookbook.fastapi_tenants import Settings, create_app
from tests.cookbook.conftest import running

pytestmark = pytest.mark.virtual_time

PROJECTS = {"shop": "project_of_the_shop", "club": "project_of_the_club"}


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(project_key=None)  # any project: each has state and limits of its own


def application(fake: FakeBatch) -> FastAPI:
    settings = Settings(rest_api_key=SecretStr(fake.rest_api_key), projects=PROJECTS)
    return create_app(settings, transport=fake.transport())


async def test_each_brand_writes_into_its_project(fake: FakeBatch) -> None:
    async with running(application(fake)) as http:
        assert (await http.put("/shop/customers/ann/tier/gold")).json() == {"refused": 0}
        assert (await http.put("/club/customers/ann/tier/free")).status_code == 202
    tiers = {brand: fake.project(key).profiles.by_id["ann"].attributes["tier"] for brand, key in PROJECTS.items()}
    assert tiers == {"shop": "gold", "club": "free"}


async def test_there_are_no_other_brands(fake: FakeBatch) -> None:
    async with running(application(fake)) as http:
        assert (await http.put("/bank/customers/ann/tier/gold")).status_code == 404


async def test_a_wrong_key_is_our_fault(fake: FakeBatch) -> None:
    fake.fail("profile_update", 401)
    async with running(application(fake)) as http:
        answer = await http.put("/shop/customers/ann/tier/gold")
    assert (answer.status_code, answer.json()) == (500, {"outcome": "refused"})


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_REST_API_KEY", "a-key")
    monkeypatch.setenv("BATCH_PROJECTS", '{"shop": "project_1"}')
    settings = Settings.model_validate({})
    assert settings.projects == {"shop": "project_1"}
    assert "a-key" not in repr(settings)
