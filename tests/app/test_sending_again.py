"""What is sent twice, and what never is unasked: over sockets, with answers lost after they took effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from batch_api import (
    BatchAppClient,
    BatchError,
    ConfigurationError,
    Limit,
    Maintenance,
    RateLimited,
    ServerError,
    TransportError,
)
from batch_api._generated.mep.registry import OPERATIONS
from batch_api.testing import FakeBatchApp
from tests.app.test_operations import WAYS, bodies, made_current, prepared

SEND: Any = {"group_id": "hello", "recipients": {"custom_ids": ["u1"]}, "message": {"body": "Hello"}}
NEVER = {
    *("transactional_send", "push_campaign_create", "in_app_campaign_create", "trigger_event_send"),
    *("trigger_event_bulk", "gdpr_request_create", "app_export_campaign_ids", "app_export_campaign_events"),
}
"""What is never sent again unasked. An update of a push campaign is, if it stops the campaign."""


async def outcome_of(call: Awaitable[Any]) -> str:
    """What an error says that became of a call, or that it was taken."""
    try:
        await call
    except BatchError as error:
        return error.outcome
    return "taken"


async def test_a_reset_after_acceptance_on_a_send(fake: FakeBatchApp, served: BatchAppClient) -> None:
    """One send, and a typed error that says so."""
    fake.reset("transactional_send", after_acceptance=True)
    with pytest.raises(TransportError) as caught:
        await served.transactional.send(SEND)
    assert fake.app().messages.sent == [SEND]
    assert fake.stats["transactional_send"].requests == 1
    error = caught.value
    assert (error.outcome, error.stage, len(error.attempts)) == ("unknown", "receive", 1)
    assert str(error) == (
        "transactional_send: the last attempt failed at stage 'receive' (ReadError; POST "
        "/1.1/{app_key}/transactional/send). It may have been applied: check before you retry."
    )


async def test_it_is_sent_again_if_that_is_asked_for(fake: FakeBatchApp, served: BatchAppClient) -> None:
    fake.reset("transactional_send", after_acceptance=True)
    receipt = await served.with_options(resend_unsafe=True).transactional.send(SEND)
    assert receipt.token
    assert fake.app().messages.sent == [SEND, SEND]


@pytest.mark.parametrize("name", OPERATIONS)
async def test_what_may_be_sent_again(fake: FakeBatchApp, served: BatchAppClient, name: str) -> None:
    operation = OPERATIONS[name]
    at = await prepared(fake, served, operation)
    before = fake.stats[name].requests
    body = next((entry.values[1] for entry in bodies() if entry.values[0] is operation), None)
    fake.fail(name, 500, after_acceptance=True)
    outcome = await outcome_of(WAYS[name](served, made_current(body), at))
    once = name in NEVER or (name == "push_campaign_update" and (body or {}).get("live") is not False)
    assert fake.stats[name].requests - before == (1 if once else 2)
    assert not once or outcome == "unknown"


@pytest.mark.parametrize(
    ("changes", "requests"),
    [({"live": False}, 2), ({"live": True}, 1), ({"push_time": "now"}, 1), ({"name": "Other"}, 1)],
)
async def test_an_update_that_stops_a_campaign_is_sent_again(
    fake: FakeBatchApp, served: BatchAppClient, changes: Any, requests: int
) -> None:
    campaign: Any = {"name": "One", "live": True, "push_time": "now", "messages": [{"body": "x"}]}
    token = (await served.campaigns.create(campaign)).token
    assert token
    fake.fail("push_campaign_update", 500)
    outcome = await outcome_of(served.campaigns.update(token, changes))
    assert fake.stats["push_campaign_update"].requests == requests
    assert outcome == ("unknown" if requests == 1 else "taken")


CALLS: list[Callable[[BatchAppClient], Awaitable[Any]]] = [
    lambda client: client.transactional.send(SEND),
    lambda client: client.custom_data.set("u1", {"u.a": 1}),
]


@pytest.mark.virtual_time
@pytest.mark.parametrize("call", CALLS)
async def test_a_429_took_nothing_and_is_waited_out_for_5_seconds(
    fake: FakeBatchApp, client: BatchAppClient, call: Any
) -> None:
    fake.storm()
    began = asyncio.get_running_loop().time()
    await call(client)
    assert 5.0 <= asyncio.get_running_loop().time() - began < 6.0
    assert len(fake.app().messages.sent) + len(fake.app().users.by_id) == 1


@pytest.mark.virtual_time
async def test_the_pause_can_be_another(fake: FakeBatchApp) -> None:
    async with BatchAppClient(fake.rest_api_key, fake.app_key, transport=fake.transport(), pause=9) as client:
        fake.storm()
        began = asyncio.get_running_loop().time()
        await client.transactional.send(SEND)
        assert 9.0 <= asyncio.get_running_loop().time() - began < 11.0
        other = BatchAppClient(fake.rest_api_key, fake.app_key, transport=fake.transport())
        with pytest.raises(ConfigurationError, match="pause="):
            await other.transactional.send(SEND)
    with pytest.raises(ConfigurationError, match="pause: expected a number of seconds above 0, got 0"):
        BatchAppClient("rest", "app", pause=0)


@pytest.mark.virtual_time
async def test_the_pause_grows_and_a_retry_after_counts(fake: FakeBatchApp, client: BatchAppClient) -> None:
    fake.storm(retry_after=7)
    began = asyncio.get_running_loop().time()
    await client.transactional.send(SEND)
    assert 7.0 <= asyncio.get_running_loop().time() - began < 8.0
    fake.storm(times=None)
    with pytest.raises(RateLimited) as caught:
        await client.with_options(deadline=60).transactional.send(SEND)
    assert caught.value.outcome == "refused"
    assert caught.value.error_code == "TOO_MANY_REQUESTS"


@pytest.mark.virtual_time
async def test_maintenance_took_nothing_and_another_503_may_have(fake: FakeBatchApp, client: BatchAppClient) -> None:
    fake.fail("transactional_send", 503)
    await client.transactional.send(SEND)
    assert len(fake.app().messages.sent) == 1
    fake.fail("transactional_send", 503, times=None)
    with pytest.raises(Maintenance) as down:
        await client.with_options(deadline=20).transactional.send(SEND)
    assert down.value.outcome == "refused"
    fake.clear_faults()
    fake.fail("transactional_send", 503, html=True)
    with pytest.raises(ServerError) as unknown:
        await client.transactional.send(SEND)
    assert unknown.value.outcome == "unknown"
    assert not isinstance(unknown.value, Maintenance)


@pytest.mark.virtual_time
async def test_one_request_a_second_is_kept_to_unless_told_otherwise() -> None:
    fake = FakeBatchApp(app_key=None)
    now = asyncio.get_running_loop().time
    async with BatchAppClient(fake.rest_api_key, "one", transport=fake.transport()) as client:
        assert client.limits()["transactional_send"] == [Limit(1)]
        began = now()
        await asyncio.gather(*(client.transactional.send(SEND) for _ in range(4)))
        assert 3.0 <= now() - began < 3.5
        began = now()
        await asyncio.gather(*(client.for_app(key).transactional.send(SEND) for key in ("two", "three", "four")))
        assert now() - began < 0.1
    assert fake.rejections == 0
    limits = {"transactional_send": [Limit(100)]}
    async with BatchAppClient(fake.rest_api_key, "five", transport=fake.transport(), limits=limits) as client:
        assert client.limits()["transactional_send"] == [Limit(100)]
