"""Keys and ids are in the paths of this API: no address shows anywhere, the route template does.

Over real connections, at DEBUG, on all loggers, as the scan of the other client does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from batch_api import APIError, BatchAppClient, BatchError
from batch_api._generated.mep.registry import OPERATIONS
from batch_api.testing import FakeBatchApp
from tests.facade.test_secrets import Scan, fails
from tests.facade.test_secrets import scan as scan

KEY = "rest_q7w8e9r0t1y2u3i4o5p6"
APP = "LIVE5E1F0A9B7C3D4E2F8A6B1C0D9E"
USER = "mila.verstraete@example.org"
TOKEN = "7c1e90b2d4f84a6fb3052e9d17a8c640"
SECRETS = (KEY, APP, USER, TOKEN)

Main = Callable[[BatchAppClient, FakeBatchApp], Awaitable[None]]


def run(scan: Scan, main: Main) -> FakeBatchApp:
    """Run `main` over loopback, on real time, with the limits lifted, in asyncio's debug mode."""
    fake = FakeBatchApp(rest_api_key=KEY, app_key=APP, limits=False)

    async def serve() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.001
        options: dict[str, Any] = {"limits": dict.fromkeys(OPERATIONS, ()), "observer": scan.show}
        async with fake.serve() as url, BatchAppClient(KEY, APP, base_url=url, **options) as client:
            scan.show(client, client.custom_data, client._engine, client.campaigns.list())
            await main(client, fake)

    asyncio.run(serve(), debug=True)
    return fake


def test_a_day_of_work_shows_nothing(scan: Scan) -> None:
    async def main(client: BatchAppClient, fake: FakeBatchApp) -> None:
        fake.app().campaigns.by_token[TOKEN] = {"campaign_token": TOKEN, "from_api": True, "live": True}
        scan.show(await client.custom_data.set(USER, {"u.tier": "gold"}))
        scan.show(await client.custom_data.bulk([{"id": USER, "update": {"values": {"u.mail": USER}}}]))
        scan.show(await client.custom_data.delete(USER), await client.custom_data.bulk_delete([USER]))
        scan.show(await client.trigger_events.send(USER, [{"name": "ue.bought"}]))
        scan.show(await client.campaigns.update(TOKEN, {"live": False}), await client.campaigns.delete(TOKEN))
        send: Any = {"group_id": "welcome", "recipients": {"custom_ids": [USER]}, "message": {"body": USER}}
        scan.show(await client.transactional.send(send))
        scan.show(
            await client.call("POST /1.0/{app_key}/data/users/{id}", params={"id": USER}, body={"values": {"u.a": 1}})
        )

    fake = run(scan, main)
    assert len(scan.logged_by("batch_api")) >= 9, "or the calls were not logged, and nothing was scanned"
    assert scan.finds(*SECRETS) == []
    assert fake.app().users.by_id
    for operation in ("custom_data_set", "push_campaign_update", "transactional_send"):
        assert f"{OPERATIONS[operation].method} {OPERATIONS[operation].path}" in scan.text.getvalue()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_errors_show_the_route_and_no_address(scan: Scan, status: int) -> None:
    async def main(client: BatchAppClient, fake: FakeBatchApp) -> None:
        fake.fail("custom_data_set", status, echo=True, times=None)
        fake.fail("trigger_event_send", status, echo=True, times=None)
        sibling = client.with_options(deadline=0.5)
        with pytest.raises(APIError) as caught:
            await sibling.custom_data.set(USER, {"u.mail": USER})
        assert "(POST /1.0/{app_key}/data/users/{custom_user_id})" in str(caught.value)
        assert caught.value.attempts[0].route == "POST /1.0/{app_key}/data/users/{custom_user_id}"
        scan.error(caught.value)
        await fails(scan, sibling.trigger_events.send(USER, [{"name": "ue.a", "label": USER}]))

    run(scan, main)
    assert scan.finds(*SECRETS) == []
    assert scan.finds_in_locals(KEY, APP) == []


def test_lost_connections_and_bad_input_show_nothing(scan: Scan) -> None:
    async def main(client: BatchAppClient, fake: FakeBatchApp) -> None:
        fake.reset("trigger_event_send")
        await fails(scan, client.trigger_events.send(USER, [{"name": "ue.a"}]))
        fake.truncate("trigger_event_bulk", keep=0.0)
        fake.delay("custom_data_set", 5)
        await fails(scan, client.with_options(deadline=0.2).custom_data.set(USER, {"u.a": 1}))
        for bad in ("", "..", f"../{USER}", "\ud800"):
            await fails(scan, client.custom_data.set(bad, {"u.mail": USER}))
        await fails(scan, client.custom_data.set(USER, {"u.a": float("nan")}))

    run(scan, main)
    assert scan.finds(*SECRETS) == []
    assert scan.finds_in_locals(KEY, APP) == []


@pytest.mark.parametrize("key", [f"{APP}\n", f"{APP}é", ""])
def test_app_keys_that_cannot_be_sent_are_not_quoted(scan: Scan, key: str) -> None:
    with pytest.raises(BatchError, match="Expected the app key to be visible ASCII characters") as caught:
        BatchAppClient(KEY, key)
    scan.error(caught.value, deep=False)
    assert scan.finds(KEY, APP) == []


@contextlib.asynccontextmanager
async def redirecting(heard: list[bytes], location: str) -> AsyncIterator[str]:
    """A server that keeps the heads of requests, and sends all who come elsewhere."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_the_key_follows_no_redirect(scan: Scan) -> None:
    first: list[bytes] = []
    second: list[bytes] = []
    async with (
        redirecting(second, "http://127.0.0.1:1/") as elsewhere,
        redirecting(first, f"{elsewhere}/file?signature=0123456789") as url,
        BatchAppClient(KEY, APP, base_url=url) as client,
    ):
        for call in (
            client.exports.view("e1"),
            client.transactional.send({"group_id": "g", "recipients": {"tokens": ["t"]}}),
        ):
            with pytest.raises(APIError) as caught:
                await call
            assert caught.value.status == 302
            scan.error(caught.value)
    assert len(first) == 2
    assert all(f"x-authorization: {KEY}".encode() in head.lower() for head in first)
    assert second == []
    assert scan.finds(KEY, APP, "0123456789") == []


async def test_a_transport_of_httpx_is_not_made_to_follow_either() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"location": "https://files.example.org/x"})

    async with BatchAppClient(KEY, APP, transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(APIError):
            await client.gdpr.view("r1")
    assert [request.url.host for request in seen] == ["api.batch.com"]


def test_the_loggers_of_the_http_libraries_are_back_afterwards(scan: Scan) -> None:
    async def main(client: BatchAppClient, fake: FakeBatchApp) -> None:
        await client.custom_data.set(USER, {"u.a": 1})

    run(scan, main)
    logging.getLogger("httpx").debug("someone else's")
    assert "someone else's" in scan.text.getvalue()
