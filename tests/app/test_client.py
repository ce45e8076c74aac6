"""The client: set up, siblings, what is in force, and how it is imported."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest

from batch_api import (
    AuthenticationFailed,
    BadRequest,
    BatchAppClient,
    BatchClient,
    BatchError,
    ConfigurationError,
    Limit,
    NotFound,
    PermissionDenied,
    app_models,
)
from batch_api._generated.mep.registry import OPERATIONS
from batch_api.testing import FakeBatch, FakeBatchApp
from tests.app.conftest import NO_LIMITS

SEND: Any = {"group_id": "hello", "recipients": {"custom_ids": ["u1"]}, "message": {"body": "Hello"}}


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BATCH_REST_API_KEY", "BATCH_APP_KEY", "BATCH_APP_BASE_URL", "BATCH_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=r"BATCH_REST_API_KEY, BATCH_APP_KEY\."):
        BatchAppClient.from_env()
    monkeypatch.setenv("BATCH_REST_API_KEY", "rest")
    monkeypatch.setenv("BATCH_APP_KEY", "app_0123456789")
    monkeypatch.setenv("BATCH_BASE_URL", "https://other.example/2.11")  # the project-level API's
    assert repr(BatchAppClient.from_env()) == "<BatchAppClient of app …6789 at https://api.batch.com>"
    monkeypatch.setenv("BATCH_APP_BASE_URL", "https://apps.example/")
    assert repr(BatchAppClient.from_env()) == "<BatchAppClient of app …6789 at https://apps.example>"
    assert repr(BatchAppClient.from_env(base_url="https://b.example")).endswith("b.example>")


@pytest.mark.parametrize(
    "settings",
    [
        {"app_key": ""},
        {"rest_api_key": "a b"},
        {"base_url": "http://api.batch.com"},
        {"base_url": "api.batch.com"},
        {"limits": {"profile_update": []}},
        {"timeout": 0},
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        BatchAppClient(**{"rest_api_key": "rest", "app_key": "app", **settings})


def test_an_example_of_an_address_is_this_apis() -> None:
    with pytest.raises(ConfigurationError, match=r"such as https://api\.batch\.com\. "):
        BatchAppClient("rest", "app", base_url="x")
    with pytest.raises(ConfigurationError, match=r"such as https://api\.batch\.com/2"):
        BatchClient("rest", "project_a", base_url="x")


async def test_each_platform_is_an_app_of_its_own_on_the_same_pool() -> None:
    fake = FakeBatchApp(app_key=None, limits=False)
    async with fake.serve() as url, BatchAppClient(fake.rest_api_key, "ios", base_url=url, limits=NO_LIMITS) as client:
        android = client.for_app("android", app_alias="Android")
        for app in (client, android, android.with_options(deadline=5)):
            await app.transactional.send(SEND)
        assert android._engine._connections is client._engine._connections
        async with android:
            pass  # closing a sibling closes nothing
        await client.transactional.send(SEND)
        assert "Android" in repr(android)
        assert "Android" in repr(android.gdpr)
    assert (len(fake.app("ios").messages.sent), len(fake.app("android").messages.sent)) == (2, 2)


async def test_both_clients_live_side_by_side() -> None:
    projects, apps = FakeBatch(), FakeBatchApp()
    async with (
        BatchClient(projects.rest_api_key, projects.project_key, transport=projects.transport()) as client,
        BatchAppClient(apps.rest_api_key, apps.app_key, transport=apps.transport()) as app_client,
    ):
        await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}])
        await app_client.custom_data.set("u1", {"u.tier": "gold"})
    assert projects.project().profiles.by_id["u1"].attributes == {"tier": "gold"}
    assert apps.app().users.by_id["u1"] == {"u.tier": "gold"}


@pytest.mark.parametrize(
    ("status", "error", "code", "number"),
    [
        (400, BadRequest, "MALFORMED_PARAMETER", 31),
        (401, AuthenticationFailed, "AUTHENTICATION_INVALID", 10),
        (403, PermissionDenied, "API_MISUSE", 12),
        (404, NotFound, "ROUTE_NOT_FOUND", 20),
    ],
)
async def test_errors_are_known_by_status_and_name(
    fake: FakeBatchApp, served: BatchAppClient, status: int, error: type[BatchError], code: str, number: int
) -> None:
    fake.fail("gdpr_request_view", status, message="no")
    with pytest.raises(error) as caught:
        await served.gdpr.view("r1")
    found: Any = caught.value
    assert (found.status, found.error_code, found.error_message) == (status, code, "no")
    assert found.response.json()["code"] == number
    assert f"HTTP {status} {code} (GET /1.0/{{app_key}}/gdpr/request/{{request_id}})" in str(found)


@pytest.mark.parametrize("body", [{"code": 31}, {"code": "31", "type": 7, "message": []}, [], "x", None, 3])
async def test_errors_whose_body_says_little(fake: FakeBatchApp, client: BatchAppClient, body: Any) -> None:
    fake.respond("gdpr_request_view", 400, body)
    with pytest.raises(BadRequest) as caught:
        await client.gdpr.view("r1")
    assert caught.value.error_code is None


async def test_a_wrong_key_is_refused_and_a_dev_key_gets_no_figures() -> None:
    fake = FakeBatchApp(app_key=None, limits=False)
    async with BatchAppClient("wrong", "ios", transport=fake.transport(), limits=NO_LIMITS) as client:
        with pytest.raises(AuthenticationFailed):
            await client.transactional.send(SEND)
    async with BatchAppClient(fake.rest_api_key, "DEV1", transport=fake.transport(), limits=NO_LIMITS) as client:
        await client.transactional.send(SEND)
        with pytest.raises(PermissionDenied):
            await client.transactional.stats("hello", "2026-01-01")


async def test_limits_and_waiting(client: BatchAppClient) -> None:
    assert BatchAppClient("rest", "app").limits().keys() == OPERATIONS.keys()
    assert client.wait_time("transactional_send") == 0
    other = BatchAppClient("rest", "app", limits={"transactional_send": [Limit(8)]}, share=0.5)
    assert other.limits()["transactional_send"] == [Limit(4)]
    with pytest.raises(ConfigurationError):
        client.wait_time("profile_update")


async def test_operations_by_name_and_by_route(fake: FakeBatchApp, client: BatchAppClient) -> None:
    body = {"values": {"u.tier": "gold"}}
    await client.call("custom_data_set", body=body, params={"custom_user_id": "a/b"})
    await client.call("POST /1.0/{app_key}/data/users/{id}", body=body, params={"id": "c d"})
    assert fake.app().users.by_id == {"a/b": {"u.tier": "gold"}, "c d": {"u.tier": "gold"}}
    answer = await client.call("GET /1.1/{app_key}/campaigns/list", params={"limit": 5})
    assert (answer.operation, answer.json()) == ("push_campaign_list", [])
    with pytest.raises(ConfigurationError, match="the client fills it in") as caught:
        await client.call(f"GET /1.1/{fake.app_key}/campaigns/list")
    assert fake.app_key not in str(caught.value)
    with pytest.raises(NotFound):
        await client.call("POST /1.0/{app_key}/export/inapp-campaign/{token}/events", params={"token": "t"}, body={})


async def test_ids_are_one_segment_of_the_path(fake: FakeBatchApp, served: BatchAppClient) -> None:
    ids = ["a/b", "a b", "é@x.org", "100%", "a?b#c", "{app_key}", "+", "%2F", "日本"]
    for user_id in ids:
        await served.custom_data.set(user_id, {"u.a": 1})
    assert list(fake.app().users.by_id) == ids


def test_it_refuses_to_be_pickled() -> None:
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(BatchAppClient("rest", "app"))


@pytest.mark.parametrize(
    ("asked", "absent"),
    [
        ("batch_api", ("mep", "cep", "app_")),
        ("batch_api.BatchClient", ("mep", "app_", ".models.")),
        ("batch_api.BatchAppClient", ("cep", "app_resources", ".models.", "batch_api.client")),
        ("batch_api.BatchAppClient('a', 'b').transactional", ("cep", ".gdpr", ".app_data", "batch_api.client")),
    ],
)
def test_nothing_is_imported_that_is_not_asked_for(asked: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, batch_api; {asked}; print(*(name for name in sys.modules if name.startswith('batch_api')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    assert "batch_api" in loaded
    assert [name for name in loaded if any(part in name for part in absent)] == []


async def test_models_are_bodies(fake: FakeBatchApp, client: BatchAppClient) -> None:
    send = app_models.TransactionalSend(
        group_id="hello",
        recipients=app_models.TransactionalRecipients(custom_ids=["u1"]),
        message=app_models.TransactionalMessage(body="Hello", additional_properties={"sound": "ping"}),
        additional_properties={"skip_media_check": True},
    )
    await client.transactional.send(send)
    event = app_models.TriggerEvent(name="ue.bought", tags=["a"])
    await client.trigger_events.send("u1", [event])
    await client.trigger_events.bulk([app_models.TriggerEventBulkItem(id="u2", events=[event])])
    assert fake.app().messages.sent == [
        {**SEND, "message": {"body": "Hello", "sound": "ping"}, "skip_media_check": True}
    ]
    assert fake.app().users.events == [(user, {"name": "ue.bought", "tags": ["a"]}) for user in ("u1", "u2")]
