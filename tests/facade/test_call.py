"""`client.call`: operations by name or by path, with all policy, and nowhere but at the API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from batch_api import (
    APIError,
    Attempt,
    BatchClient,
    ConfigurationError,
    InvalidInput,
    NotFound,
    ServerError,
    TransportError,
    models,
)
from batch_api._generated.cep.registry import API
from batch_api._operation import LimitFact, Operation
from batch_api.engine.calling import target
from batch_api.engine.route import filled
from batch_api.testing import FakeBatch, server  # noqa: F401 (not to be imported by a running loop)
from tests.facade.wire import KEY, PROJECT, Answer, Wire

EDIT = {"identifiers": {"custom_id": "u1"}}
WITH_EVENT = {**EDIT, "events": [{"name": "bought"}]}


def now() -> float:
    return asyncio.get_running_loop().time()


# -- operations of the document ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["profile_update", "POST /profiles/update", "post /profiles/update"])
async def test_an_operation_has_a_name_and_a_path(fake: FakeBatch, client: BatchClient, wanted: str) -> None:
    answer = await client.call(wanted, body=[EDIT])
    assert (answer.status, answer.json()["code"]) == (202, "SUCCESS")
    assert answer.operation == "profile_update"
    assert answer.attempts[0].cost == 1
    assert [edit.edit for edit in fake.edits] == [EDIT]


async def test_a_get_takes_params(client: BatchClient) -> None:
    await client.audiences.create("vip")
    answer = await client.call("audience_list", params={"limit": 1, "from": None})
    assert [audience["name"] for audience in answer.json()["audiences"]] == ["vip"]


async def test_models_are_bodies_too(client: BatchClient) -> None:
    body = models.AudienceCreate(name="vip", type_="custom_ids")
    assert (await client.call("audience_create", body=body)).status == 202


async def test_it_waits_its_turn_among_the_calls_of_the_method(fake: FakeBatch, client: BatchClient) -> None:
    began, ended = now(), []

    async def one(turn: Any) -> None:
        await turn
        ended.append(round(now() - began))

    calls: list[Any] = [
        client.call("audience_list"),
        client.call("GET /audiences/list"),
        client.audiences.list().pages(),
    ]
    await asyncio.gather(one(calls[0]), one(calls[1]), one(anext(calls[2])))
    assert ended == [0, 1, 2]
    assert fake.rejections == 0


async def test_items_count_and_are_capped(client: BatchClient) -> None:
    assert client.wait_time("profile_update", 200) < client.wait_time("profile_update", 900)
    answer = await client.call("profile_update", body=[EDIT] * 200)
    assert answer.attempts[0].cost == 200
    with pytest.raises(InvalidInput, match="got 201 items, but a call takes at most 200"):
        await client.call("POST /profiles/update", body=[EDIT] * 201)
    with pytest.raises(InvalidInput, match="expected a list, got"):
        await client.call("profile_update")


async def test_what_may_be_sent_again_is_what_the_method_may(fake: FakeBatch, client: BatchClient) -> None:
    fake.fail("profile_update", 500)
    assert len((await client.call("profile_update", body=[EDIT])).attempts) == 2
    fake.fail("profile_update", 500)
    with pytest.raises(ServerError) as caught:
        await client.call("profile_update", body=[WITH_EVENT])
    assert (caught.value.outcome, len(caught.value.attempts)) == ("unknown", 1)
    fake.fail("profile_update", 500)
    await client.with_options(resend_unsafe=True).call("profile_update", body=[WITH_EVENT])


async def test_a_download_is_answered_by_its_link(fake: FakeBatch, client: BatchClient) -> None:
    export = await client.profiles.export({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]})
    record = await client.exports.wait(export)
    assert record.files
    answer = await client.call("export_download", params={"id": record.files[0].id})
    assert answer.status == 307
    assert answer.headers["location"].startswith("https://files.batch.invalid/")
    assert fake.storage_requests == []
    assert answer.headers["location"] not in repr(answer) + repr(answer.headers)


async def test_what_is_not_there_raises_as_ever(client: BatchClient) -> None:
    with pytest.raises(NotFound) as caught:
        await client.call("audience_view", params={"name": "nobody"})
    assert (caught.value.operation, caught.value.outcome) == ("audience_view", "refused")


# -- operations that the document does not have ------------------------------------------------------------------------


async def test_params_fill_the_path_and_then_the_query() -> None:
    wire = Wire(Answer(200, {"ok": True}))
    async with wire.client() as client:
        params: dict[str, Any] = {
            "name": "a/b c?é",
            "kind": ["x", "y&z"],
            "big": True,
            "at": datetime(2026, 2, 1, tzinfo=UTC),
            "day": date(2026, 2, 1),
            "none": None,
            "n": 2,
        }
        answer = await client.call("GET /things/{name}/parts/{n}", params=params)
    assert answer.json() == {"ok": True}
    (request,) = wire.requests
    url = urlsplit(request.url)
    assert f"{url.scheme}://{url.netloc}{url.path}".removeprefix(API.server_url) == "/things/a%2Fb%20c%3F%C3%A9/parts/2"
    expected = {"kind": ["x", "y&z"], "big": ["true"], "at": ["2026-02-01T00:00:00Z"], "day": ["2026-02-01"]}
    assert parse_qs(url.query) == expected


@pytest.mark.parametrize("body", [{"a": 1}, [1, "two", None], [], [EDIT] * 300, "text"])
async def test_any_json_is_a_body(body: Any) -> None:
    wire = Wire(Answer(201))
    async with wire.client() as client:
        assert (await client.call("POST /things", body=body)).json() is None
    assert orjson.loads(wire.requests[0].content) == body
    assert ("Content-Type", "application/json") in wire.requests[0].headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_body_may_be_left_out(method: str) -> None:
    wire = Wire(Answer(204))
    async with wire.client() as client:
        assert (await client.call(f"{method} /things/{{id}}", params={"id": 1})).status == 204
    assert (wire.requests[0].method, wire.requests[0].content) == (method, b"")


async def test_one_request_a_second_over_all_of_them() -> None:
    """An id in a path makes no operation of its own, and no bucket either."""
    wire = Wire(Answer(200))
    async with wire.client() as client:
        began = now()
        await asyncio.gather(*(client.call(f"GET /things/{number}") for number in range(3)), client.call("POST /x"))
        assert now() - began == pytest.approx(3 * 1.02, abs=0.02)
        await asyncio.gather(client.call("audience_list"), client.catalogs.remove("shoes"))
        assert now() - began == pytest.approx(3 * 1.02, abs=0.04)
        other = client.for_project("project_b")
        await other.call("GET /things/1")
        assert now() - began == pytest.approx(3 * 1.02, abs=0.05)


async def test_share_and_429_hold_for_them_too() -> None:
    wire = Wire(Answer(429), Answer(200))
    async with wire.client(share=0.5) as client:
        began = now()
        answer = await client.call("POST /things", body={})
        assert [attempt.status for attempt in answer.attempts] == [429, 200]
        assert 2 <= now() - began < 3, "its share of the limit comes back as slowly"
        began = now()
        await client.call("POST /things", body={})
        assert now() - began > 2


@pytest.mark.parametrize(("wanted", "attempts"), [("GET /things", 2), ("POST /things", 1), ("DELETE /things/1", 1)])
async def test_reads_are_sent_again_and_nothing_else_is(wanted: str, attempts: int) -> None:
    wire = Wire(Answer(500), Answer(200))
    async with wire.client() as client:
        if attempts == 2:
            assert len((await client.call(wanted)).attempts) == 2
        else:
            with pytest.raises(ServerError) as caught:
                await client.call(wanted)
            assert caught.value.outcome == "unknown"
    assert len(wire.requests) == attempts


async def test_a_post_whose_answer_is_lost_is_not_sent_again() -> None:
    import httpx

    wire = Wire(httpx.ReadError("gone"), Answer(200))
    async with wire.client() as client:
        with pytest.raises(TransportError) as caught:
            await client.call("POST /things", body={"a": 1})
        assert caught.value.outcome == "unknown"
        await client.with_options(resend_unsafe=True).call("POST /things", body={"a": 1})


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 404, 410])
async def test_all_but_success_raises_and_no_redirect_is_followed(status: int) -> None:
    wire = Wire(Answer(status, headers={"location": "https://elsewhere.example/"}))
    async with wire.client() as client:
        with pytest.raises(APIError) as caught:
            await client.call("GET /things")
    assert (caught.value.status, caught.value.operation, len(wire.requests)) == (status, "GET /things", 1)
    assert "elsewhere" not in str(caught.value)


async def test_values_do_not_show(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[Attempt] = []
    wire = Wire(Answer(400, {"error_code": "X", "error_message": "jane@example.org is odd"}))
    async with wire.client(observer=seen.append) as client:
        with pytest.raises(APIError) as caught:
            await client.call("POST /people/{who}", params={"who": "jane@example.org", "q": "jane"}, body={"a": "jane"})
    assert seen[0].operation == "POST /people/{who}"
    assert "jane" not in caplog.text + str(caught.value) + repr(caught.value) + repr(seen)


# -- what is refused, before anything is sent --------------------------------------------------------------------------

BAD_OPERATIONS: list[Any] = [
    "",
    "nonsense",
    "profiles.update",
    "profile_updat",
    "/segments/list",
    "GET",
    "GET ",
    "GET segments/list",
    "GET  /segments/list",
    "FETCH /segments/list",
    "CONNECT /x",
    "GET https://evil.example/x",
    "GET http://127.0.0.1/x",
    "GET //evil.example/x",
    "GET /..//evil.example",
    "GET /../2.10/segments/list",
    "GET /a/../b",
    "GET /a/./b",
    "GET /.",
    "GET /a/%2e%2e/b",
    "GET /a%2f..%2fb",
    "GET /a\\..\\b",
    "GET /a?limit=1",
    "GET /a#b",
    "GET /a b",
    "GET /a\r\nX-Evil: 1",
    "GET /a\n",
    "GET /a/",
    "GET /",
    "GET /é",
    "GET /{}",
    "GET /{a",
    "GET /{a b}",
    "get /a\x00",
    None,
    7,
    b"GET /a",
    ("GET", "/a"),
]


@pytest.mark.parametrize("wanted", BAD_OPERATIONS, ids=repr)
async def test_what_is_no_operation_is_refused(wanted: Any) -> None:
    wire = Wire(Answer(200))
    async with wire.client() as client:
        with pytest.raises(ConfigurationError) as caught:
            await client.call(wanted)
    assert wire.requests == []
    assert "evil" not in str(caught.value)


async def test_a_near_name_is_proposed(client: BatchClient) -> None:
    with pytest.raises(ConfigurationError, match=r"'profiles\.update'; the closest name is 'profile_update'"):
        await client.call("profiles.update")
    with pytest.raises(ConfigurationError, match="Expected one of the names in limits"):
        await client.call("zzz")


BAD_PARAMS: list[Any] = [
    {},
    {"id": None},
    {"id": ""},
    {"id": "."},
    {"id": ".."},
    {"id": "../../x"},
    {"id": "a/../b"},
    {"id": "..\\x"},
    {"id": ["a"]},
    {"id": {"a": 1}},
    {"id": b"a"},
    {"id": float("nan")},
    {"id": "\ud800"},
    {"id": 1, "q": object()},
    {"id": 1, "q": {"a": 1}},
    {"id": 1, "q": [[1]]},
    {"id": 1, "q": float("inf")},
    {"id": 1, "q": datetime(2026, 1, 1)},
    {"id": 1, 2: 3},
    [("id", 1)],
]


@pytest.mark.parametrize("params", BAD_PARAMS)
async def test_params_that_cannot_be_right_are_refused(params: Any) -> None:
    wire = Wire(Answer(200))
    async with wire.client() as client:
        with pytest.raises(InvalidInput):
            await client.call("GET /things/{id}", params=params)
    assert wire.requests == []


async def test_two_holes_in_a_segment_are_looked_at_together() -> None:
    wire = Wire(Answer(200))
    async with wire.client() as client:
        with pytest.raises(InvalidInput, match="lead to another path"):
            await client.call("GET /x/{a}{b}", params={"a": ".", "b": "."})
        await client.call("GET /x/{a}.{b}", params={"a": "1", "b": "{a}"})
    assert [request.url for request in wire.requests] == [f"{API.server_url}/x/1.%7Ba%7D"]


@pytest.mark.parametrize("wanted", ["audience_list", "GET /things", "HEAD /things"])
async def test_a_read_has_no_body(client: BatchClient, wanted: str) -> None:
    with pytest.raises(InvalidInput, match="takes no body"):
        await client.call(wanted, body={})


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": datetime(2026, 1, 1)}, b"{}", {1: 2}, object(), [{1, 2}]])
async def test_bodies_are_checked_as_ever(body: Any) -> None:
    wire = Wire(Answer(200))
    async with wire.client() as client:
        with pytest.raises(InvalidInput):
            await client.call("POST /things", body=body)
    assert wire.requests == []


# -- paths with parameters in the registry -----------------------------------------------------------------------------

LIST = Operation("thing_list", "GET", "/v1/things/list", (200,), (LimitFact(1),), replay=True)
VIEW = Operation("thing_view", "GET", "/v1/things/{id}", (200,), (LimitFact(9),), replay=True)
OTHERS = Operation("", "", "", (), (LimitFact(1, group="undocumented"),))
REGISTRY = {one.name: one for one in (VIEW, LIST)}


@pytest.mark.parametrize(
    ("wanted", "params", "name", "path"),
    [
        ("thing_view", {"id": "a b"}, "thing_view", "/v1/things/a%20b"),
        ("GET /v1/things/{id}", {"id": 7}, "thing_view", "/v1/things/7"),
        ("GET /v1/things/{token}", {"token": 7}, "thing_view", "/v1/things/7"),
        ("GET /v1/things/7", {}, "thing_view", "/v1/things/7"),
        ("GET /v1/things/list", {}, "thing_list", "/v1/things/list"),
        ("POST /v1/things/7", {}, "POST /v1/things/7", "/v1/things/7"),
        ("GET /v1/things/7/x", {}, "GET /v1/things/7/x", "/v1/things/7/x"),
    ],
)
def test_a_path_is_recognised_by_its_template(wanted: str, params: dict[str, Any], name: str, path: str) -> None:
    found = target(API._replace(operations=REGISTRY, undocumented=OTHERS), wanted, None, params)
    assert (found.operation.name, filled(found.operation.path, found.path), found.query) == (name, path, {})


# -- over sockets ------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def listening(heard: list[bytes], *answers: bytes) -> AsyncIterator[str]:
    """A server that keeps the heads of requests and answers by a script."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length")
                )
                heard.append(head + await reader.readexactly(length))
                writer.write(answers[min(len(heard), len(answers)) - 1])
                await writer.drain()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as listener:
        host, port = listener.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}/2.11"
        await asyncio.sleep(0.1)  # until the connections are closed


def raw(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_what_goes_over_the_wire() -> None:
    heard: list[bytes] = []
    async with (
        listening(heard, raw(200, b'{"a":1}', "X-Extra: yes"), raw(307, b"", "Location: http://127.0.0.1:9/")) as url,
        BatchClient(KEY, PROJECT, base_url=url) as client,
    ):
        answer = await client.call("POST /things/{id}/edit", body={"x": [1]}, params={"id": "a/b%2e", "dry": True})
        assert (answer.status, answer.headers["x-extra"], answer.json()) == (200, "yes", {"a": 1})
        with pytest.raises(APIError):
            await client.call("GET /things")
    first, second = heard
    assert first.startswith(b"POST /2.11/things/a%2Fb%252e/edit?dry=true HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}".encode() in first
    assert first.endswith(b'\r\n\r\n{"x":[1]}')
    assert second.startswith(b"GET /2.11/things HTTP/1.1\r\n")


async def test_the_fake_over_sockets(fake: FakeBatch) -> None:
    async with fake.serve() as url, BatchClient(fake.rest_api_key, fake.project_key, base_url=url) as client:
        assert (await client.call("profile_update", body=[EDIT])).status == 202
        with pytest.raises(NotFound):
            await client.call("GET /no/such/operation", params={"name": "x"})


async def test_addresses_that_are_posted_to_are_not_kept_for_ever() -> None:
    from batch_api.engine.wire.http import _MOST_ADDRESSES, HttpxTransport
    from batch_api.engine.wire.transport import Request

    transport = HttpxTransport()
    for number in range(2 * _MOST_ADDRESSES):
        transport._address(Request("POST", f"https://api.batch.com/2.11/things/{number}", [], timeout=1))
    assert len(transport._addresses) <= _MOST_ADDRESSES
