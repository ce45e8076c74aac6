"""What callers are told when things go wrong, and what they are not told when things only look odd."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batch_api import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    BatchClient,
    BatchError,
    DeadlineExceeded,
    Maintenance,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    TransportError,
    types,
)
from batch_api._generated.cep.registry import API, OPERATIONS
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect
from tests.facade.wire import Answer, Wire

EDIT: types.EditProfile = {"identifiers": {"custom_id": "u1"}}
WITH_EVENT: types.EditProfile = {**EDIT, "events": [{"name": "bought"}]}
CAMPAIGN: types.Campaign = {
    "name": "n",
    "state": "DRAFT",
    "when": {"start_time": "now"},
    "messages": [{"channel_type": "push", "platform_type": ["ios"], "body": "b"}],
}
EXPORT: Any = {"export_type": "ATTRIBUTES", "attributes": ["tier"]}


# -- one class for each status -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "outcome", "attempts"),
    [
        (400, BadRequest, "refused", 1),
        (401, AuthenticationFailed, "refused", 1),
        (403, PermissionDenied, "refused", 1),
        (404, NotFound, "refused", 1),
        (409, APIError, "refused", 1),
        (302, APIError, "unknown", 1),
        (408, ServerError, "unknown", 5),
        (500, ServerError, "unknown", 5),
        (502, ServerError, "unknown", 5),
    ],
)
async def test_each_status_has_its_error(
    client: BatchClient, fake: FakeBatch, status: int, kind: type[APIError], outcome: str, attempts: int
) -> None:
    fake.fail("audience_view", status, code="SOME_CODE", message="in words", times=None)
    with pytest.raises(APIError) as caught:
        await client.audiences.view("vip")
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.outcome, len(error.attempts)) == (status, outcome, attempts)
    assert (error.operation, error.error_code, error.error_message) == ("audience_view", "SOME_CODE", "in words")
    assert error.response is not None
    assert error.response.json() == {"error_code": "SOME_CODE", "error_message": "in words"}
    assert isinstance(error, BatchError)
    assert "SOME_CODE" in str(error)
    assert "in words" not in str(error)


async def test_a_page_instead_of_json_hides_nothing(client: BatchClient, fake: FakeBatch) -> None:
    fake.fail("campaign_create", 503, html=True)
    with pytest.raises(ServerError) as caught:
        await client.campaigns.create(CAMPAIGN)
    assert type(caught.value) is ServerError, "no word of maintenance"
    assert (caught.value.error_code, caught.value.error_message) == (None, None)
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, Maintenance)])
async def test_refusals_that_pass_are_waited_out_until_the_deadline(
    connect: Connect, fake: FakeBatch, status: int, kind: type[APIError]
) -> None:
    fake.fail("campaign_create", status, seconds=30)
    async with connect(deadline=20) as client:
        with pytest.raises(kind) as caught:
            await client.campaigns.create(CAMPAIGN)
        assert caught.value.outcome == "refused"
        assert len(caught.value.attempts) >= 2
        assert "last attempt" in str(caught.value)
        created = await client.with_options(deadline=300).campaigns.create(CAMPAIGN)
    assert created.id
    assert fake.stats["campaign_create"].accepted == 1


def test_errors_can_be_pickled_and_leave_the_words_behind() -> None:
    from batch_api.engine.response import Headers, Response

    response = Response(API, OPERATIONS["audience_view"], 404, Headers([]), b'{"error_message": "no mila@example.org"}')
    error = APIError.of(response, outcome="refused", attempts=())
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), copied.status, copied.outcome, str(copied)) == (NotFound, 404, "refused", str(error))
    assert b"mila" not in pickle.dumps(error)


# -- what may have been taken ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "operation"),
    [
        (lambda c, id: c.campaigns.create(CAMPAIGN), "campaign_create"),
        (lambda c, id: c.profiles.export(EXPORT), "profile_export"),
        (lambda c, id: c.profiles.update([EDIT, WITH_EVENT]), "profile_update"),
        (lambda c, id: c.profiles.mass_update([WITH_EVENT]), "profile_mass_update"),
        (lambda c, id: c.campaigns.update(id, {**CAMPAIGN, "state": "RUNNING"}), "campaign_update"),
    ],
)
@pytest.mark.parametrize("failure", ["500", "reset before", "reset after", "408"])
async def test_what_would_happen_twice_is_not_sent_again(
    client: BatchClient, fake: FakeBatch, use: Callable[[BatchClient, str], Any], operation: str, failure: str
) -> None:
    id = fake.project().orchestrations.add({**CAMPAIGN, "state": "DRAFT"}).id
    if failure.isdigit():
        fake.fail(operation, int(failure), after_acceptance=True)
    else:
        fake.reset(operation, after_acceptance=failure == "reset after")
    with pytest.raises((ServerError, TransportError)) as caught:
        await use(client, id)
    assert caught.value.outcome == "unknown"
    assert "may have been applied" in str(caught.value)
    assert fake.stats[operation].requests == 1


@pytest.mark.parametrize(
    ("use", "operation"),
    [
        (lambda c: c.profiles.update([EDIT]), "profile_update"),
        (lambda c: c.audiences.create("vip"), "audience_create"),
        (lambda c: c.catalogs.create("shoes", {"a": "url"}), "catalog_create"),
        (lambda c: c.exports.list().__aiter__().__anext__(), "export_list"),
    ],
)
async def test_what_may_be_sent_again_is(
    client: BatchClient, fake: FakeBatch, use: Callable[[BatchClient], Any], operation: str
) -> None:
    await client.profiles.export(EXPORT)
    fake.fail(operation, 500, times=2)
    fake.reset(operation)
    await use(client)
    assert fake.stats[operation].requests == 4


async def test_a_campaign_refused_then_perhaps_taken_does_not_look_safe(client: BatchClient, fake: FakeBatch) -> None:
    fake.storm("campaign_create", times=2)
    fake.reset("campaign_create", after_acceptance=True)
    with pytest.raises(TransportError) as caught:
        await client.campaigns.create(CAMPAIGN)
    assert [attempt.outcome for attempt in caught.value.attempts] == ["refused", "refused", "unknown"]
    assert caught.value.outcome == "unknown"
    assert "Nothing was" not in str(caught.value)
    assert len(fake.project().orchestrations.by_id) == 1


@pytest.mark.parametrize("last", [400, 429, 503])
async def test_a_campaign_perhaps_taken_then_refused_does_not_look_safe(
    connect: Connect, fake: FakeBatch, last: int
) -> None:
    fake.fail("campaign_create", 500, after_acceptance=True)
    fake.fail("campaign_create", last, times=None)
    async with connect(deadline=20) as client:
        with pytest.raises(APIError) as caught:
            await client.with_options(resend_unsafe=True).campaigns.create(CAMPAIGN)
    assert caught.value.status == last
    assert caught.value.attempts[0].outcome == "unknown"
    assert caught.value.attempts[-1].outcome == "refused"
    assert caught.value.outcome == "unknown"
    assert "Nothing was" not in str(caught.value)


async def test_a_replay_that_meets_its_own_effect_stays_unknown(client: BatchClient, fake: FakeBatch) -> None:
    fake.reset("audience_create", after_acceptance=True)
    with pytest.raises(BadRequest) as exists:
        await client.audiences.create("vip")
    assert exists.value.outcome == "unknown"
    fake.reset("audience_remove", after_acceptance=True)
    with pytest.raises(NotFound) as gone:
        await client.audiences.remove("vip")
    assert gone.value.outcome == "unknown"
    id = (await client.campaigns.create(CAMPAIGN)).id
    assert id
    fake.fail("campaign_delete", 500, after_acceptance=True)
    with pytest.raises(NotFound) as deleted:
        await client.campaigns.delete(id)
    assert deleted.value.outcome == "unknown"
    with pytest.raises(NotFound) as never:
        await client.campaigns.delete(id)
    assert never.value.outcome == "refused"


async def test_resending_is_the_callers_choice(connect: Connect, fake: FakeBatch) -> None:
    fake.fail("campaign_create", 500, after_acceptance=True)
    async with connect() as client:
        created = await client.with_options(resend_unsafe=True).campaigns.create(CAMPAIGN)
    assert created.id
    assert len(fake.project().orchestrations.by_id) == 2, "that is what unsafe means"


class Deaf(httpx.AsyncBaseTransport):
    """A transport that fails without ever reading the body, as those of tests do."""

    def __init__(self, error: type[httpx.TransportError]) -> None:
        self.error = error
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        raise self.error("as it was asked to", request=request)


@pytest.mark.parametrize(
    ("error", "calls", "outcome"),
    [
        (httpx.ConnectError, 5, "not_sent"),
        (httpx.ConnectTimeout, 5, "not_sent"),
        (httpx.PoolTimeout, 5, "not_sent"),
        (httpx.ReadTimeout, 1, "unknown"),
        (httpx.ReadError, 1, "unknown"),
        (httpx.WriteError, 1, "unknown"),
        (httpx.WriteTimeout, 1, "unknown"),
        (httpx.RemoteProtocolError, 1, "unknown"),
    ],
)
async def test_only_what_cannot_have_left_is_sent_again(
    connect: Connect, error: type[httpx.TransportError], calls: int, outcome: str
) -> None:
    deaf = Deaf(error)
    async with connect(transport=deaf) as client:
        with pytest.raises(TransportError) as caught:
            await client.campaigns.create(CAMPAIGN)
    assert (deaf.calls, caught.value.outcome) == (calls, outcome)


async def test_an_unclear_update_of_a_campaign_is_sent_again_unless_it_starts_it(
    client: BatchClient, fake: FakeBatch
) -> None:
    id = (await client.campaigns.create(CAMPAIGN)).id
    assert id
    fake.fail("campaign_update", 500, after_acceptance=True)
    await client.campaigns.update(id, {**CAMPAIGN, "state": "STOPPED"})
    assert fake.stats["campaign_update"].requests == 2


# -- deadlines ---------------------------------------------------------------------------------------------------------


async def test_a_turn_that_comes_too_late_fails_at_once(connect: Connect, fake: FakeBatch) -> None:
    async with connect(deadline=2.5) as client:
        began = asyncio.get_running_loop().time()
        results = await asyncio.gather(*(client.audiences.create(f"a{i}") for i in range(10)), return_exceptions=True)
    late = [result for result in results if isinstance(result, DeadlineExceeded)]
    assert len(late) == 7
    assert {error.outcome for error in late} == {"not_sent"}
    assert not any(error.attempts for error in late)
    assert all(isinstance(error, TimeoutError) for error in late)
    assert asyncio.get_running_loop().time() - began == pytest.approx(2.04, abs=0.01)
    assert fake.stats["audience_create"].requests == 3


async def test_a_deadline_that_passes_on_the_wire_leaves_all_open(connect: Connect, fake: FakeBatch) -> None:
    fake.storm("audience_create")
    fake.delay("audience_create", 20, skip=1)
    async with connect(deadline=10) as client:
        began = asyncio.get_running_loop().time()
        with pytest.raises(DeadlineExceeded) as caught:
            await client.audiences.create("vip")
    assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=0.01)
    assert caught.value.outcome == "unknown"
    assert [attempt.outcome for attempt in caught.value.attempts] == ["refused", "unknown"]


async def test_cancelling_a_call_frees_its_place(client: BatchClient, fake: FakeBatch) -> None:
    calls = [asyncio.create_task(client.audiences.create(f"a{i}")) for i in range(4)]
    await asyncio.sleep(0.5)
    calls[1].cancel()
    calls[2].cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert list(fake.project().audiences.by_name) == ["a0", "a3"]
    assert asyncio.get_running_loop().time() == pytest.approx(1.02, abs=0.01)


# -- odd answers to calls that succeeded -------------------------------------------------------------------------------


async def test_unknown_fields_and_words_are_kept(client: BatchClient, fake: FakeBatch) -> None:
    fake.extend(times=None, enums="ADDED_LATER")
    result = await client.profiles.update([EDIT])
    assert (result.errors, result.code) == ((), "ADDED_LATER")
    await client.audiences.create("vip")
    audience = await client.audiences.view("vip")
    assert audience.name == "vip"
    assert audience.indexing_state == "ADDED_LATER"
    assert audience.additional_properties == {"added_later": {"by": "a new version"}}
    assert [each.name async for each in client.audiences.list()] == ["vip"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS"}', [(None, None, None)]),
        (b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": []}', [(None, None, None)]),
        (b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": "many"}', [(None, None, None)]),
        (b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [null, {"bulk_index": "3"}]}', [(None, None, None)] * 2),
        (b'{"errors": [{"bulk_index": 3, "attribute": "tier"}]}', [(3, "tier", None)]),
        (b'{"code": "SUCCESS", "errors": [{"bulk_index": true, "category": 7}]}', [(None, None, None)]),
        (b'{"code": ["SUCCESS"]}', []),
        (b'["SUCCESS"]', []),
        (b"", []),
        (b'\xef\xbb\xbf{"errors": [{"bulk_index": 3}]}', [(3, None, None)]),
    ],
)
async def test_partial_errors_are_never_hidden(body: bytes, errors: list[Any]) -> None:
    async with Wire(Answer(202, body)).client() as client:
        result = await client.profiles.update([EDIT])
    assert [(error.index, error.attribute, error.category) for error in result.errors] == errors
