"""The fake as a plain ASGI application, driven by the protocol alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import VERSION
from batch_api.testing import FakeBatch
from batch_api.testing.wire import ConnectionLost


def client(fake: FakeBatch) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {fake.rest_api_key}", "X-Batch-Project": fake.project_key}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(fake.asgi), base_url=f"http://fake/{VERSION}", headers=headers
    )


async def test_it_runs_under_an_asgi_server(fake: FakeBatch) -> None:
    api = client(fake)
    edits = [{"identifiers": {"custom_id": "u1"}, "attributes": {"naïve": 1}}]
    answer = await api.post("/profiles/update", json=edits)
    assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
    assert answer.json()["errors"][0]["attribute"] == "naïve"
    assert (await api.get("/segments/list", params={"limit": 1})).json()["has_more"] is True
    assert (await api.post("/campaigns/delete", json={"id": "x"})).status_code == 404


async def test_a_body_may_come_in_pieces(fake: FakeBatch) -> None:
    pieces = [b'[{"identifiers":', b'{"custom_id":"u1"}}', b"]"]
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request"})
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [
        (b"Authorization", f"Bearer {fake.rest_api_key}".encode()),
        (b"x-batch-project", fake.project_key.encode()),
        (b"content-type", b"application/json; charset=utf-8"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/{VERSION}/profiles/update",
        "query_string": b"",
        "headers": headers,
    }
    await fake.asgi(scope, receive, send)
    assert sent[0]["status"] == 202
    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * 2]
    assert list(fake.project().profiles.by_id) == ["u1"]


async def test_a_cut_connection_is_an_exception(fake: FakeBatch) -> None:
    fake.reset("segment_list")
    with pytest.raises(ConnectionLost):
        await client(fake).get("/segments/list")


async def test_the_lifespan_protocol(fake: FakeBatch) -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await fake.asgi({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
