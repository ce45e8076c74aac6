"""The client itself: how it is set up, what its siblings share, how it is closed, what it shows."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import platform
import subprocess
import sys
from typing import Any

import httpx
import pytest

import batch_api
from batch_api import Attempt, BatchAppClient, BatchClient, ConfigurationError, DeadlineExceeded, Limit, ServerError
from batch_api._generated.cep.document import DOCUMENT_SHA256, SERVER_URL, VERSION
from batch_api._generated.cep.registry import OPERATIONS
from batch_api.app.client import AppSettings
from batch_api.client import Settings
from batch_api.engine.engine import Engine
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect
from tests.facade.wire import KEY, PROJECT, Answer, Wire

EDIT: Any = {"identifiers": {"custom_id": "u1"}}
WITH_EVENT: Any = {**EDIT, "events": [{"name": "bought"}]}
CAMPAIGN: dict[str, Any] = {
    "name": "n",
    "state": "DRAFT",
    "when": {"start_time": "now"},
    "messages": [{"channel_type": "push", "platform_type": ["ios"], "body": "b"}],
}


# -- setting up --------------------------------------------------------------------------------------------------------


def test_the_default_address_is_that_of_the_document() -> None:
    assert SERVER_URL in repr(BatchClient(KEY, PROJECT))
    assert SERVER_URL.startswith("https://")
    assert SERVER_URL.endswith(f"/{VERSION}")


def settings_of(callable: Any) -> dict[str, Any]:
    """What may be said by keyword only, with its default."""
    parameters = inspect.signature(callable).parameters.values()
    return {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}


@pytest.mark.parametrize(
    ("client", "settings", "alias"),
    [(BatchClient, Settings, "project_alias"), (BatchAppClient, AppSettings, "app_alias")],
)
def test_every_setting_is_in_all_three_lists(client: Any, settings: Any, alias: str) -> None:
    own = settings_of(client)
    assert own.keys() == settings.__optional_keys__
    engines = {name.replace("project_alias", alias): default for name, default in settings_of(Engine).items()}
    assert own == {name: engines[name] for name in own}
    assert engines.keys() - own.keys() == {"api", "user_agent", "rng"}


async def test_the_pause_after_a_429_can_be_another(fake: FakeBatch, connect: Connect) -> None:
    async with connect(pause=9) as client:
        fake.storm("profile_update", times=1)
        began = asyncio.get_running_loop().time()
        await client.profiles.update([EDIT])
        assert 9.0 <= asyncio.get_running_loop().time() - began < 11.0
        with pytest.raises(ConfigurationError, match="pause="):
            await connect().profiles.update([EDIT])


@pytest.mark.parametrize(
    "settings",
    [
        {"rest_api_key": ""},
        {"rest_api_key": "rest_a\nb"},
        {"rest_api_key": "rest_é"},
        {"rest_api_key": None},
        {"project_key": ""},
        {"project_key": "project a"},
        {"base_url": "http://api.batch.com/2.11"},
        {"base_url": "api.batch.com"},
        {"timeout": 0},
        {"deadline": -1},
        {"deadline": "300"},
        {"share": 0},
        {"pause": 0},
        {"share": 1.5},
        {"limits": {"no_such_operation": []}},
        {"limits": {"audience_list": Limit(1)}},
        {"max_in_flight": 0},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BatchClient(**{"rest_api_key": KEY, "project_key": PROJECT, **settings})
    assert caught.value.outcome == "not_sent"
    assert not any(quoted in str(caught.value) for quoted in (KEY, PROJECT, "rest_a\n", "rest_é"))


@pytest.mark.parametrize("base_url", ["http://localhost:1/2.11", "http://127.0.0.1/2.11/", "http://[::1]:8/2.11"])
def test_plain_http_goes_to_loopback(base_url: str) -> None:
    assert base_url.rstrip("/") in repr(BatchClient(KEY, PROJECT, base_url=base_url))


def test_the_environment_sets_a_client_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_REST_API_KEY", KEY)
    monkeypatch.setenv("BATCH_PROJECT_KEY", PROJECT)
    monkeypatch.delenv("BATCH_BASE_URL", raising=False)
    assert SERVER_URL in repr(BatchClient.from_env())
    monkeypatch.setenv("BATCH_BASE_URL", "http://127.0.0.1:9/2.13")
    assert "http://127.0.0.1:9/2.13" in repr(BatchClient.from_env())
    assert "http://127.0.0.1:8/2.13" in repr(BatchClient.from_env(base_url="http://127.0.0.1:8/2.13"))
    assert BatchClient.from_env(share=0.5).limits()["audience_list"] == [Limit(0.5)]


@pytest.mark.parametrize("value", [None, ""])
def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    for name in ("BATCH_REST_API_KEY", "BATCH_PROJECT_KEY"):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="BATCH_REST_API_KEY, BATCH_PROJECT_KEY"):
        BatchClient.from_env()
    monkeypatch.setenv("BATCH_PROJECT_KEY", PROJECT)
    with pytest.raises(ConfigurationError, match="environment: BATCH_REST_API_KEY") as caught:
        BatchClient.from_env()
    assert "BATCH_PROJECT_KEY" not in str(caught.value)


async def test_a_key_may_be_a_callable_and_rotate(fake: FakeBatch, connect: Connect) -> None:
    keys = iter([fake.rest_api_key, "rest_another"])
    async with connect(rest_api_key=lambda: next(keys)) as client:
        await client.profiles.update([EDIT])
        with pytest.raises(batch_api.AuthenticationFailed):
            await client.profiles.update([EDIT])


async def test_any_object_of_the_seam_is_a_transport_and_sees_these_headers() -> None:
    wire = Wire(Answer(202, {"code": "SUCCESS"}))
    async with wire.client() as client:
        await client.profiles.update([EDIT])
    (request,) = wire.requests
    assert (request.method, request.url) == ("POST", f"{SERVER_URL}/profiles/update")
    headers = dict(request.headers)
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["X-Batch-Project"] == PROJECT
    assert headers["Content-Type"] == "application/json"
    python = ".".join(platform.python_version_tuple()[:2])
    about = f"document {VERSION}; sha256 {DOCUMENT_SHA256[:12]}; python {python}"
    assert headers["User-Agent"] == f"batch_api/{batch_api.__version__} ({about})"


# -- opening and closing -----------------------------------------------------------------------------------------------


async def test_a_client_works_without_async_with(connect: Connect) -> None:
    client = connect()
    await client.profiles.update([EDIT])
    await client.aclose()
    await client.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await client.profiles.update([EDIT])


async def test_leaving_the_block_closes_the_transport_and_siblings_do_not() -> None:
    wire = Wire(Answer(202, {"code": "SUCCESS"}))
    async with wire.client() as client:
        async with client.with_options(deadline=5) as sibling, client.for_project("project_b") as other:
            await sibling.profiles.update([EDIT])
        await other.aclose()
        assert not wire.closed
        await client.profiles.update([EDIT])
    assert wire.closed


async def test_siblings_close_with_their_parent(connect: Connect) -> None:
    async with connect() as client:
        sibling = client.with_options(deadline=5)
    with pytest.raises(ConfigurationError, match="closed"):
        await sibling.profiles.update([EDIT])


def test_a_client_serves_one_loop_after_another() -> None:
    from batch_api.testing.clock import run

    fake = FakeBatch()
    client = BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport())

    async def one() -> None:
        await client.profiles.update([EDIT])

    run(one())
    run(one())
    assert fake.stats["profile_update"].accepted == 2


# -- siblings and gates ------------------------------------------------------------------------------------------------


async def names(client: BatchClient, seconds: list[float]) -> None:
    [audience async for audience in client.audiences.list()]
    seconds.append(asyncio.get_running_loop().time())


async def test_a_sibling_waits_at_the_same_gate_and_another_project_does_not(fake: FakeBatch) -> None:
    fake = FakeBatch(project_key=None)
    began = asyncio.get_running_loop().time()
    same: list[float] = []
    other: list[float] = []
    async with BatchClient(fake.rest_api_key, PROJECT, transport=fake.transport()) as client:
        siblings = [client, client.with_options(deadline=60), client.with_options(timeout=5)]
        stranger = client.for_project("project_b")
        await asyncio.gather(*(names(each, same) for each in siblings), names(stranger, other))
    assert [round(each - began) for each in same] == [0, 1, 2]
    assert [round(each - began) for each in other] == [0]
    assert fake.rejections == 0


async def test_two_clients_of_one_project_share_one_set_of_gates(fake: FakeBatch, connect: Connect) -> None:
    seconds: list[float] = []
    async with connect() as one, connect() as two:
        await asyncio.gather(names(one, seconds), names(two, seconds), names(one, seconds))
    assert [round(each) for each in seconds] == [0, 1, 2]
    assert fake.rejections == 0


@pytest.mark.parametrize("other", [{"share": 0.5}, {"limits": {"audience_list": [Limit(3)]}}])
async def test_two_clients_that_disagree_are_refused(connect: Connect, other: dict[str, Any]) -> None:
    async with connect():
        with pytest.raises(ConfigurationError, match="limits= or another share="):
            await connect(**other).__aenter__()
        with pytest.raises(ConfigurationError, match="limits= or another share="):
            await connect(**other).profiles.update([EDIT])
        with pytest.raises(ConfigurationError, match="limits= or another share="):
            connect(**other).wait_time("audience_list")
    async with connect(**other) as client:
        await client.profiles.update([EDIT])


async def test_a_sibling_has_its_own_deadline(fake: FakeBatch, connect: Connect) -> None:
    async with connect() as client:
        await client.profiles.update([EDIT])
        fake.delay("profile_update", 10)
        with pytest.raises(DeadlineExceeded):
            await client.with_options(deadline=5).profiles.update([EDIT])
        await client.with_options(deadline=5).with_options(deadline=20).profiles.update([EDIT])


async def test_options_that_are_left_out_stay(fake: FakeBatch, connect: Connect) -> None:
    async with connect() as client:
        sibling = client.with_options(resend_unsafe=True).with_options(deadline=100)
        fake.fail("profile_update", 500)
        await sibling.profiles.update([WITH_EVENT])
        fake.fail("profile_update", 500)
        with pytest.raises(ServerError):
            await sibling.with_options(resend_unsafe=False).profiles.update([WITH_EVENT])


# -- limits ------------------------------------------------------------------------------------------------------------


def test_limits_are_told_by_operation() -> None:
    limits = BatchClient(KEY, PROJECT).limits()
    assert set(limits) == set(OPERATIONS)
    assert limits["audience_list"] == [Limit(1)]
    assert limits["profile_update"] == [Limit(300, unit="items", burst=1000)]
    assert limits["profile_mass_update"] == [Limit(10_000, unit="items")]
    assert limits["catalog_items_edit"] == [Limit(5), Limit(1000, unit="items")]


def test_limits_are_replaced_and_shared() -> None:
    own = {"catalog_items_edit": [Limit(10)], "audience_list": []}
    limits = BatchClient(KEY, PROJECT, limits=own, share=0.25).limits()
    assert limits["catalog_items_edit"] == [Limit(2.5)]
    assert limits["audience_list"] == []
    assert limits["profile_update"] == [Limit(75, unit="items", burst=250)]


async def test_wait_time_says_how_long_a_call_would_wait(client: BatchClient) -> None:
    assert client.wait_time("audience_list") < 0.01
    await names(client, [])
    assert client.wait_time("audience_list") == pytest.approx(1.02, abs=0.01)
    assert client.wait_time("segment_list") < 0.01
    assert client.wait_time("profile_update", 200) < client.wait_time("profile_update", cost=900)
    with pytest.raises(ConfigurationError, match=r"no operation 'audiences\.list'"):
        client.wait_time("audiences.list")


# -- what it shows -----------------------------------------------------------------------------------------------------


def test_neither_repr_nor_pickle_nor_a_copy_gives_a_key_away() -> None:
    client = BatchClient(KEY, PROJECT)
    for each in (client, client.for_project("project_zzz9876"), client.with_options(deadline=1), client.profiles):
        assert KEY not in repr(each)
        assert PROJECT not in repr(each)
        for refused in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match="pickled"):
                refused(each)
    assert repr(client) == f"<BatchClient of project …cdef at {SERVER_URL}>"
    assert "staging" in repr(BatchClient(KEY, PROJECT, project_alias="staging"))
    assert "b-side" in repr(client.for_project("project_b", project_alias="b-side"))


async def test_an_observer_sees_every_attempt(fake: FakeBatch, connect: Connect) -> None:
    seen: list[Attempt] = []
    fake.fail("profile_update", 500)
    fake.reset("profile_update")
    async with connect(observer=seen.append) as client:
        result = await client.profiles.update([EDIT, EDIT])
        await client.for_project(fake.project_key, project_alias="shop").profiles.update([EDIT])
    assert [attempt.outcome for attempt in seen] == ["unknown", "unknown", "taken", "taken"]
    assert [attempt.status for attempt in seen] == [500, None, 202, 202]
    assert [attempt.number for attempt in seen] == [1, 2, 3, 1]
    assert [attempt.project for attempt in seen] == ["…4r5s"] * 3 + ["shop"]
    assert {attempt.operation for attempt in seen} == {"profile_update"}
    assert seen[0].cost == 2
    assert result.response.attempts == tuple(seen[:3])


async def test_an_observer_that_raises_does_not_touch_the_call(connect: Connect) -> None:
    def observer(attempt: Attempt) -> None:
        raise RuntimeError

    async with connect(observer=observer) as client:
        assert (await client.profiles.update([EDIT])).errors == ()


# -- the package -------------------------------------------------------------------------------------------------------


def test_the_public_names_are_all_there() -> None:
    for name in batch_api.__all__:
        assert getattr(batch_api, name) is not None, name
    assert set(batch_api.__all__) <= set(dir(batch_api))
    namespace: dict[str, Any] = {}
    exec("from batch_api import *", namespace)
    assert set(batch_api.__all__) <= set(namespace)
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        batch_api.Nonsense  # type: ignore[attr-defined] # noqa: B018


def test_all_errors_are_public() -> None:
    from batch_api.engine import errors

    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert kinds <= set(batch_api.__all__)


def imported_by(code: str) -> set[str]:
    show = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    return set(subprocess.run([sys.executable, "-c", show], check=True, capture_output=True, text=True).stdout.split())


def test_the_package_alone_imports_no_http() -> None:
    assert not {"httpx", "attrs", "orjson", "asyncio"} & imported_by("import batch_api")


def test_a_client_imports_neither_resources_nor_models_nor_testing() -> None:
    names = imported_by(f"from batch_api import BatchClient\nBatchClient({KEY!r}, {PROJECT!r})")
    ours = {name for name in names if name.startswith("batch_api")}
    assert "batch_api.client" in ours
    unused = ("resources", "testing", "models", "types", "_generated.cep.endpoints", "_generated.cep.models")
    assert not [name for name in ours if name.startswith(tuple(f"batch_api.{part}" for part in unused))]


def test_profiles_import_no_other_area() -> None:
    names = imported_by(f"from batch_api import BatchClient\nBatchClient({KEY!r}, {PROJECT!r}).profiles")
    areas = {name for name in names if name.startswith("batch_api._generated.cep.endpoints.")}
    assert areas == {"batch_api._generated.cep.endpoints.profiles"}


def test_opening_a_client_imports_what_its_first_request_needs() -> None:
    opened = f"""
import asyncio
from batch_api import BatchClient
async def main():
    async with BatchClient({KEY!r}, {PROJECT!r}): pass
asyncio.run(main())
"""
    assert {"httpcore", "h11"} <= imported_by(opened)
    assert "httpcore" not in imported_by(f"from batch_api import BatchClient\nBatchClient({KEY!r}, {PROJECT!r})")


@pytest.mark.parametrize("kind", [httpx.AsyncClient, httpx.HTTPTransport, object])
def test_what_is_no_transport_is_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"transport: expected .* an httpx\.AsyncBaseTransport or an object"):
        BatchClient(KEY, PROJECT, transport=kind())
