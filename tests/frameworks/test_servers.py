"""Web applications behind the servers that people run them on, and eight requests at once."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from batch_api.testing import FakeBatch
from examples.frameworks.aiohttp_app import create_app
from tests.frameworks.servers import put_at_once, serving

EIGHT = [f"u{number}" for number in range(8)]
UVICORN = ["-m", "uvicorn", "--fd", "{fd}", "--log-level", "warning"]
GUNICORN = [
    *("-W", "ignore::ResourceWarning:gunicorn.arbiter"),  # it leaves the socket that it was given to the collector
    *("-m", "gunicorn", "--bind", "fd://{fd}", "--preload", "--workers", "2", "--no-control-socket"),
]
UNDER_GUNICORN = ["--worker-class", "uvicorn_worker.UvicornWorker"]

SERVERS = {
    "FastAPI": [*UVICORN, "examples.frameworks.fastapi_app:app"],
    "FastAPI, uvloop": [*UVICORN, "--loop", "uvloop", "examples.frameworks.fastapi_app:app"],
    "FastAPI, gunicorn": [*GUNICORN, *UNDER_GUNICORN, "examples.frameworks.fastapi_app:app"],
    "Starlette": [*UVICORN, "examples.frameworks.starlette_app:app"],
    "Django, ASGI": [*UVICORN, "examples.frameworks.django_asgi:application"],
    "Django, WSGI": [*GUNICORN, "--threads", "8", "examples.frameworks.django_wsgi:application"],
}


def tiers(fake: FakeBatch) -> dict[str, object]:
    """What the API has come to know, by customer."""
    return {id: profile.attributes["tier"] for id, profile in fake.project().profiles.by_id.items()}


@pytest.mark.parametrize("command", SERVERS.values(), ids=list(SERVERS))
def test_eight_requests_at_once_succeed_and_the_server_stops_without_a_warning(
    command: list[str], served_api: FakeBatch
) -> None:
    with serving(*command) as url:
        put_at_once(url, [f"customers/{id}/tier/gold" for id in EIGHT])
    assert tiers(served_api) == dict.fromkeys(EIGHT, "gold")


@pytest.mark.parametrize("server", ["FastAPI", "Django, ASGI"])
def test_views_that_are_no_coroutines_call_in_the_loop_that_serves(server: str, served_api: FakeBatch) -> None:
    with serving(*SERVERS[server]) as url:
        put_at_once(url, [f"customers/{id}/{edit}" for id in EIGHT[:4] for edit in ("tier/gold", "city/Lyon")])
    profiles = served_api.project().profiles.by_id
    assert [profiles[id].attributes for id in EIGHT[:4]] == [{"tier": "gold", "city": "Lyon"}] * 4


async def test_aiohttp_opens_the_client_with_the_application(served_api: FakeBatch) -> None:
    async with TestClient(TestServer(create_app())) as web:
        answers = await asyncio.gather(*(web.put(f"/customers/{id}/tier/gold") for id in EIGHT))
        assert [await answer.json() for answer in answers] == [{"refused": 0}] * 8
    assert tiers(served_api) == dict.fromkeys(EIGHT, "gold")
