"""The web backend, against a fake: what its callers are told when something goes wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import httpx
import pytest

from batch_api.testing import FakeBatch
from examples.fastapi_app import LATER, WEB_DEADLINE, create_app
from tests.examples.conftest import Connect


@pytest.fixture
async def web(connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the backend, as long as that is up."""
    app = create_app(connect)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://backend.test") as web,
    ):
        yield web


async def test_attributes_of_a_customer_are_set(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    answer = await web.put("/customers/u1", json={"tier": "gold", "visits": 7})
    assert (answer.status_code, answer.json()) == (202, {"refused": []})
    assert fake.project().profiles.by_id["u1"].attributes == {"tier": "gold", "visits": 7}


async def test_an_event_is_tracked(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    event = {"name": "order_placed", "attributes": {"total": 59.5, "date(due)": "2030-01-02T03:04:05Z"}}
    answer = await web.post("/customers/u1/events", json=event)
    assert answer.status_code == 202
    [tracked] = fake.project().profiles.by_id["u1"].events
    assert (tracked["name"], tracked["attributes"]) == ("order_placed", event["attributes"])


async def test_values_that_were_refused_are_named_without_the_words_of_the_api(web: httpx.AsyncClient) -> None:
    answer = await web.put("/customers/u1", json={"tier": "gold", "$email_address": "not an address"})
    assert answer.status_code == 422
    assert answer.json() == {"refused": [{"attribute": "$email_address", "category": "attribute"}]}


async def test_what_cannot_be_right_is_never_sent(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    answer = await web.put("/customers/u1", json={"score": 2**65})
    assert answer.status_code == 422
    assert "attributes.score" in answer.json()["detail"]
    assert (await web.post("/customers/u1/events", json={"name": "Not A Name"})).status_code == 422
    assert fake.stats["profile_update"].requests == 0


async def test_a_refusal_is_the_callers_to_mend(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    fake.fail("profile_update", 400)
    assert (await web.put("/customers/u1", json={"tier": "gold"})).status_code == 422


async def test_in_maintenance_the_caller_may_come_again(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    fake.fail("profile_update", 503, retry_after=60)
    now = asyncio.get_running_loop().time
    began = now()
    answer = await web.post("/customers/u1/events", json={"name": "order_placed"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) == LATER
    assert now() - began < 0.01
    await asyncio.sleep(70)
    assert fake.edits == deque()


async def test_over_the_limit_one_is_late_and_the_others_may_come_again(
    fake: FakeBatch, web: httpx.AsyncClient
) -> None:
    """What met the limit goes out when it is over, however long its caller waited."""
    fake.storm("profile_update", retry_after=60)
    first = await web.post("/customers/u1/events", json={"name": "order_placed"})
    assert first.status_code == 502
    second = await web.post("/customers/u2/events", json={"name": "order_placed"})
    assert second.status_code == 503
    await asyncio.sleep(70)
    assert list(fake.project().profiles.by_id) == ["u1"]


async def test_a_thousand_requests_at_once_are_a_few_calls(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(web.put(f"/customers/u{number}", json={"vip": True}) for number in range(700)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(fake.project().profiles.by_id) == 700
    assert fake.stats["profile_update"].accepted <= 8


async def test_more_than_leaves_in_time_is_turned_away(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(web.put(f"/customers/u{number}", json={"vip": True}) for number in range(2000)))
    assert {answer.status_code for answer in answers} == {202, 503}
    assert len(fake.project().profiles.by_id) == sum(answer.status_code == 202 for answer in answers) >= 800


async def test_nobody_is_made_to_wait_for_minutes(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    fake.delay("profile_update", 60)
    now = asyncio.get_running_loop().time
    began = now()
    answer = await web.put("/customers/u1", json={"tier": "gold"})
    assert answer.status_code == 502
    assert now() - began == pytest.approx(WEB_DEADLINE, abs=0.01)


async def test_an_event_that_may_have_been_taken_is_no_case_for_another_try(
    fake: FakeBatch, web: httpx.AsyncClient
) -> None:
    fake.reset("profile_update", after_acceptance=True)
    answer = await web.post("/customers/u1/events", json={"name": "order_placed"})
    assert answer.status_code == 502
    assert "retry-after" not in answer.headers
    assert len(fake.project().profiles.by_id["u1"].events) == 1


async def test_a_wrong_key_is_our_fault_and_not_the_callers(fake: FakeBatch, web: httpx.AsyncClient) -> None:
    fake.fail("profile_update", 401)
    assert (await web.put("/customers/u1", json={"tier": "gold"})).status_code == 500
