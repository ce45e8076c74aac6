"""The fake and the document agree: it takes every example, and gives nothing that the document does not describe."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import VERSION
from batch_api._generated.cep.registry import OPERATIONS
from batch_api._operation import Operation
from batch_api.testing import FakeBatch
from batch_api.testing.document import answer_schema, body_schema, document, operation_in_document, resolve
from batch_api.testing.sample import sample
from batch_api.testing.validation import compile_schema

NO_OFFSET = {"orchestration_list"}
"""Its dates have no offset, in the documented samples as here, though the schema calls them date-times."""


def examples(content: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
    media = (content or {}).get("application/json", {})
    if "example" in media:
        yield "", media["example"]
    for name, example in media.get("examples", {}).items():
        yield name, example["value"]


def request_examples() -> Iterator[Any]:
    for operation in OPERATIONS.values():
        body = operation_in_document(operation).get("requestBody")
        for name, value in examples(resolve(body)["content"] if body else None):
            yield pytest.param(operation, value, id=f"{operation.name} {name}")


def success_examples() -> Iterator[Any]:
    for operation in OPERATIONS.values():
        for status, response in operation_in_document(operation)["responses"].items():
            if int(status) < 300:
                for name, value in examples(resolve(response).get("content")):
                    yield pytest.param(operation, int(status), value, id=f"{operation.name} {status} {name}")


def is_valid(schema: dict[str, Any] | None, value: Any, *, formats: bool = True) -> bool:
    assert schema is not None
    return compile_schema(schema, formats=formats).is_valid(value)


async def prepared(api: httpx.AsyncClient) -> str:
    """What the examples speak of: an audience, a catalog with a field to remove, a segment. Gives a campaign's id."""
    await api.post("/audiences/create", json={"name": "vip_2026", "type": "custom_ids"})
    fields = [{"name": name, "type": "array"} for name in ("sizes", "title")]
    await api.post("/catalogs/create", json={"name": "shoes", "fields": fields})
    content = {"channel_type": "push", "platform_type": ["ios"], "body": "Hello"}
    campaign = {"name": "x", "state": "DRAFT", "when": {"start_time": "now"}, "messages": [content]}
    return str((await api.post("/campaigns/create", json=campaign)).json()["id"])


def made_current(value: Any, campaign: str) -> Any:
    """An example with the dates that the API compares with today, and the id of a campaign that exists."""
    recently = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    if isinstance(value, list):
        return [made_current(inner, campaign) for inner in value]
    if isinstance(value, dict):
        current = {"time": recently, "from": recently, "id": campaign}
        is_id = str(value.get("id", "")).startswith("orchestration_")
        return {
            key: current[key] if key in ("time", "from") or (key == "id" and is_id) else made_current(inner, campaign)
            for key, inner in value.items()
        }
    return value


@pytest.mark.parametrize(("operation", "body"), [*request_examples()])
async def test_every_example_of_a_request_is_taken(
    fake: FakeBatch, api: httpx.AsyncClient, operation: Operation, body: Any
) -> None:
    assert is_valid(body_schema(operation), body)
    campaign = await prepared(api)
    if operation.name in ("audience_create", "catalog_create"):
        await api.post(operation.path.replace("create", "remove"), json={"name": body["name"]})
    answer = await api.post(operation.path, json=made_current(body, campaign))
    assert answer.status_code in operation.success, answer.text
    assert "errors" not in (answer.json() if answer.content else {}), answer.text


@pytest.mark.parametrize(("operation", "status", "value"), [*success_examples()])
def test_every_example_of_a_success_is_valid(operation: Operation, status: int, value: Any) -> None:
    assert is_valid(answer_schema(operation, status), value, formats=operation.name not in NO_OFFSET)


class Recorder(httpx.AsyncBaseTransport):
    """Keeps every answer that passes."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.seen: list[tuple[httpx.Request, httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        await response.aread()
        self.seen.append((request, response))
        return response


@pytest.mark.virtual_time
async def test_every_answer_is_valid(fake: FakeBatch, connect: Any) -> None:
    recorder = Recorder(fake.transport())
    await use_everything(connect(fake, transport=recorder))
    used = set()
    for request, response in recorder.seen:
        operation = asked(request)
        used.add((operation.name, response.is_error))
        schema = answer_schema(operation, response.status_code)
        if schema is None:
            assert response.status_code in (204, 307), f"{operation.name} does not declare {response.status_code}"
            assert response.content == b""
        else:
            formats = operation.name not in NO_OFFSET
            assert is_valid(schema, response.json(), formats=formats), (operation.name, response.text)
    implemented = FakeBatch().project().handlers.keys()
    assert used >= {(name, False) for name in OPERATIONS}
    assert {name for name, is_error in used if is_error} >= implemented


def asked(request: httpx.Request) -> Operation:
    """The operation that a request is for."""
    ours = [one for one in OPERATIONS.values() if one.method == request.method]
    path = request.url.path.removeprefix(f"/{VERSION}")
    return next(one for one in ours if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path))


async def call_as_documented(api: httpx.AsyncClient, operation: Operation) -> httpx.Response:
    """A call that has what the document requires, and no more."""
    stated = operation_in_document(operation).get("parameters", [])
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for one in (one for one in stated if one.get("required")):
        values[one["in"]][one["name"]] = sample(one["schema"], "cep")
    body = body_schema(operation)
    content = {} if body is None else {"json": sample(body, "cep")}
    return await api.request(
        operation.method, operation.path.format(**values["path"]), params=values["query"], **content
    )


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_an_operation_without_a_handler_is_answered_as_documented(
    fake: FakeBatch, api: httpx.AsyncClient, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = fake.project()
    monkeypatch.setattr(project, "handlers", {})
    answer = await call_as_documented(api, operation)
    assert answer.status_code in operation.success, answer.text
    schema = answer_schema(operation, answer.status_code)
    if schema is not None and answer.content:
        assert is_valid(schema, answer.json(), formats=operation.name not in NO_OFFSET)
    assert fake.stats[operation.name].accepted == 1


async def use_everything(api: httpx.AsyncClient) -> None:
    """Call every operation so that it succeeds, with its variants, and so that it fails."""
    campaign = await prepared(api)
    edits = [{"identifiers": {"custom_id": "a"}, "attributes": {"tier": "gold", "BAD": 1}}]
    for path in ("/profiles/update", "/profiles/mass-update"):
        await api.post(path, json=edits)
        await api.post(path, json=edits[0]["identifiers"])
    ids = {"name": "vip_2026", "ids": [{"action": "add", "id": "a"}]}
    tokens = [
        (await api.post("/audiences/update", json=ids)).json()["indexing_token"],
        (await api.post("/audiences/replace", json={"name": "vip_2026", "ids": [{"id": "b"}]})).json()[
            "indexing_token"
        ],
    ]
    items = {"name": "shoes", "items": [{"id": "a", "action": "add", "attributes": {"title": "A", "n": 1}}]}
    tokens.append((await api.post("/catalogs/items/edit", json=items)).json()["indexing_token"])
    await api.post("/catalogs/update", json={"name": "shoes", "fields": [{"action": "remove", "name": "sizes"}]})
    now = datetime.now(UTC)
    period = {"from": now.isoformat(), "to": "now"}
    for request in (
        {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]},
        {"export_type": "EVENTS", "events": ["visit"], **period},
        {"export_type": "REACHABILITY", "channels": ["email"], **period},
    ):
        export = (await api.post("/profiles/export", json=request)).json()
        for _ in range(4):
            record = (await api.get("/exports/view", params=export)).json()
            await asyncio.sleep(1)
    await api.get("/exports/download", params={"id": record["files"][0]["id"]})
    for token in tokens[:2]:
        await api.get("/audiences/view", params={"name": "vip_2026", "indexing_token": token})
    await api.get("/catalogs/view", params={"name": "shoes", "indexing_token": tokens[2]})
    await api.get("/catalogs/view", params={"name": "shoes"})
    body = {
        "name": "Mail",
        "state": "RUNNING",
        "when": {"start_time": "now"},
        "messages": [{"channel_type": "email", "subject": "Hi", "sender_identity_id": "1", "html": "<p>Hi</p>"}],
    }
    mail = (await api.post("/campaigns/create", json=body)).json()["id"]
    await api.post("/campaigns/update", json={"id": mail, "campaign": body})
    await api.post("/campaigns/update", json={"id": campaign, "campaign": body | {"state": "DRAFT"}})
    push = await prepared(api)
    days = {"from": str(now.date()), "to": str(now.date())}
    for name in (mail, push):
        await api.get("/orchestrations/view", params={"orchestration_id": name})
        await api.get("/orchestrations/stats", params={"orchestration_id": name, **days})
        await api.get("/orchestrations/stats", params={"orchestration_id": name, "include_platforms": "true", **days})
    for area in ("audiences", "catalogs", "orchestrations", "exports", "segments"):
        first = (await api.get(f"/{area}/list", params={"limit": 1})).json()
        if first["has_more"]:
            await api.get(f"/{area}/list", params={"limit": 1, "from": first["next_from"]})
        await api.get(f"/{area}/list", params={"limit": 0})
    for path in ("/campaigns/delete", "/campaigns/delete"):
        await api.post(path, json={"id": mail})
    for area, name in (("audiences", "vip_2026"), ("catalogs", "shoes")):
        await api.post(f"/{area}/remove", json={"name": name})
        await api.post(f"/{area}/remove", json={"name": name})
        await api.get(f"/{area}/view", params={"name": name})
    for operation in OPERATIONS.values():
        if operation.name not in FakeBatch().project().handlers:
            await call_as_documented(api, operation)
    for operation in OPERATIONS.values():
        if operation.method == "POST":
            await api.post(operation.path, json={"name": "unknown"})
        else:
            await api.get(operation.path, params={"unknown": "x"})


def test_every_operation_of_the_document_is_known() -> None:
    declared = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert {(one.method, one.path) for one in OPERATIONS.values()} == declared
    assert FakeBatch().project().handlers.keys() <= OPERATIONS.keys()
