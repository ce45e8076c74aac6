"""A receiver of webhooks answers at once, also while the API is down."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from httpx import AsyncClient, Response

from batch_api import Holding
from batch_api.testing import FakeBatch
from examples.cookbook import webhook
from tests.cookbook.conftest import Connect, running

pytestmark = pytest.mark.virtual_time

SECRET = "of the shop"
ORDER = {"id": 9041, "customer_id": "ann", "total": 59.9, "status": "shipped"}


async def post(http: AsyncClient, content: Any, secret: str = SECRET) -> Response:
    body = json.dumps(content).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return await http.post("/webhook", content=body, headers={"X-Signature": signature})


async def test_an_order_becomes_an_event(connect: Connect, fake_batch: FakeBatch) -> None:
    async with running(webhook.create_app(connect, SECRET)) as http:
        assert (await post(http, ORDER)).status_code == 202
        assert (await post(http, ORDER, "of a stranger")).status_code == 401
        assert (await post(http, {"id": 1})).status_code == 422
        assert (await post(http, [])).status_code == 422
    (event,) = fake_batch.project().profiles.by_id["ann"].events
    assert event["attributes"] == {"order_id": "9041", "total": 59.9, "$label": "shipped"}


async def test_what_was_accepted_while_the_api_was_down_is_sent_by_the_next_process(
    connect: Connect, fake_batch: FakeBatch
) -> None:
    down = fake_batch.fail("profile_update", 503, times=None)  # MAINTENANCE_ERROR
    async with running(webhook.create_app(lambda: connect(deadline=0.5), SECRET)) as http:
        assert (await post(http, ORDER)).status_code == 202
    assert fake_batch.project().profiles.by_id == {}
    down.stop()
    async with running(webhook.create_app(connect, SECRET)):
        pass
    assert len(fake_batch.project().profiles.by_id["ann"].events) == 1


async def test_when_it_is_full_the_sender_comes_again(
    connect: Connect, fake_batch: FakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "HOLDING", Holding(most_items=1, when_full="raise"))
    fake_batch.fail("profile_update", 503, times=None)
    async with running(webhook.create_app(lambda: connect(deadline=0.5), SECRET)) as http:
        assert (await post(http, ORDER)).status_code == 202
        answer = await post(http, ORDER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
