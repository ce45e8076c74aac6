"""Consent, GDPR requests, and the way out of 1.x."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batch_api import BatchAppClient
from batch_api.testing import FakeBatch, FakeBatchApp
from examples.cookbook import consent, gdpr, migrate_1x
from examples.cookbook.consent import Consent
from tests.cookbook.conftest import Connect

pytestmark = pytest.mark.virtual_time


async def test_consent_is_written_and_read_back(connect: Connect) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=1)
    choices = [
        Consent("ann", "email", "unsubscribed", "footer link"),
        Consent("ben", "email", "subscribed", "checkout"),
    ]
    async with connect() as client:
        for choice in choices:
            await consent.record(client, choice)
        assert [choice async for choice in consent.changes_since(client, begun)] == choices
        assert await consent.unsubscribed(client) == {"ann"}


async def test_one_gdpr_request_for_each_app(fake_batch_app: FakeBatchApp) -> None:
    fake = FakeBatchApp(rest_api_key=fake_batch_app.rest_api_key, app_key=None)
    apps = {"ios": "ios_0123456789", "android": "android_0123456789"}
    async with BatchAppClient(fake.rest_api_key, apps["ios"], transport=fake.transport()) as client:
        outcomes = await gdpr.request_everywhere(client, apps, "ann", "review")
        assert [(one.app, one.status) for one in outcomes] == [("ios", "done"), ("android", "done")]
        assert all(one.data_url for one in outcomes)
        fake.reset("gdpr_request_create", after_acceptance=True)
        outcomes = await gdpr.request_everywhere(client, apps, "ben", "remove")
    assert sorted(one.status for one in outcomes) == ["done", "failed, unknown"]


async def test_both_apis_are_written_to_and_what_is_missed_is_told(connect: Connect) -> None:
    old_fake = FakeBatchApp()
    async with (
        BatchAppClient(old_fake.rest_api_key, old_fake.app_key, transport=old_fake.transport()) as old,
        connect() as new,
    ):
        assert await migrate_1x.write_both(old, new, "ann", {"u.tier": "gold"}) == []
        (missed,) = await migrate_1x.write_both(old, new, "ann", {"u.tier": "gold", "u.Nickname": "A"})
    assert missed.startswith("values.u.Nickname")


async def test_a_history_is_carried_over(folder: Path, connect: Connect, fake_batch: FakeBatch) -> None:
    history = folder / "history.jsonl"
    bodies = [
        {"id": "u1", "update": {"values": {"u.tier": "gold", "u.Nickname": "A"}}},
        {"id": "u2", "update": {"values": {"u.tier": "free"}}},
    ]
    history.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    async with connect() as client:
        summary = await migrate_1x.backfill(client, history, folder / "report.txt")
    assert summary.delivered == 2
    assert (folder / "report.txt").read_text().startswith("line 1, values.u.Nickname")
    assert fake_batch.project().profiles.by_id["u2"].attributes == {"tier": "free"}
