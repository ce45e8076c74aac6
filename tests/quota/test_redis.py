"""Clients, a real Redis and the fake API: what `quota=` does, and what it shows to nobody."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError, DeadlineExceeded, Limit
from batch_api.testing import FakeBatch
from tests.redis_server import RedisServer, redis_server

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
PASSWORD = "a-very-secret-word"


@asynccontextmanager
async def two_clients(url: str, **settings: Any) -> AsyncIterator[tuple[FakeBatch, BatchClient, BatchClient]]:
    """Clients of two projects, and the fake API that both talk to."""
    fake = FakeBatch(project_key=None)
    async with fake.serve():
        one = BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url, quota=url, **settings)
        async with one:
            other = one.for_project("project_efgh")
            yield fake, one, other


async def test_the_keys_lie_in_one_slot_and_expire_and_show_no_project(redis: RedisServer) -> None:
    async with two_clients(redis.url) as (_, one, other):
        await one.profiles.update([EDIT])
        await other.profiles.update([EDIT])
    names = [word for word in redis.command("KEYS", "*").decode().split("\r\n") if word.startswith("batch_api:1:{")]
    assert len(names) == 6
    assert len({name[name.index("{") : name.index("}")] for name in names}) == 2
    assert not any("project" in name or "abcd" in name for name in names)
    assert all(0 < int(redis.command("TTL", name).strip(b":\r\n")) <= 86_500 for name in names)


async def test_a_cluster_takes_the_keys_of_each_script(tmp_path: Path) -> None:
    with redis_server("--cluster-enabled", "yes", "--dir", str(tmp_path)) as redis:
        redis.command("CLUSTER", "ADDSLOTS", *map(str, range(16_384)))
        while b"cluster_state:ok" not in redis.command("CLUSTER", "INFO"):
            await asyncio.sleep(0.05)
        async with two_clients(redis.url) as (fake, one, other):
            await one.catalogs.create("shoes", {"title": "string"})
            await one.catalogs.edit_items("shoes", [{"id": "i1", "action": "add", "attributes": {"title": "shoe"}}])
            await other.profiles.update([EDIT])
            assert fake.rejections == 0
        assert b"cmdstat_evalsha" in redis.command("INFO", "commandstats")


async def test_a_password_in_the_url_opens_and_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), redis_server(password=PASSWORD) as redis:
        async with two_clients(redis.url) as (_, one, _other):
            await one.profiles.update([EDIT])
            assert int(redis.command("DBSIZE").strip(b":\r\n")) > 0
            redis.kill()
            await one.profiles.update([EDIT])
            link = one._engine._bind().link
            assert "127.0.0.1" in repr(link)
            assert PASSWORD not in repr(link) + repr(one) + repr(vars(one))
    assert "no answer from redis://127.0.0.1" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize(
    "url", ["http://h", "redis://", f"redis://:{PASSWORD}@h:port/0", f":{PASSWORD}@h", "", 7, "redis://h:0"]
)
def test_what_is_no_redis_is_refused_without_being_quoted(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="Expected quota to be a URL") as refused:
        BatchClient("key", "project_abcd", quota=url)
    assert PASSWORD not in str(refused.value)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_api.engine.limiter.shared.url.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"install the extra \[redis\]"):
        BatchClient("key", "project_abcd", quota="redis://localhost")


def test_the_environment_may_say_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_REST_API_KEY", "key")
    monkeypatch.setenv("BATCH_PROJECT_KEY", "project_abcd")
    monkeypatch.setenv("BATCH_QUOTA_URL", "nonsense")
    with pytest.raises(ConfigurationError, match="Expected quota to be a URL"):
        BatchClient.from_env()
    assert BatchClient.from_env(quota="redis://localhost").limits()["profile_update"] == [
        Limit(300, unit="items", burst=1000)
    ]


async def test_a_redis_that_is_not_there_costs_no_call_and_leaves_no_task() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with two_clients(f"redis://127.0.0.1:{taken.getsockname()[1]}") as (fake, one, _):
            await one.profiles.update([EDIT])
            assert fake.stats["profile_update"].accepted == 1
        mine = [task for task in asyncio.all_tasks() if "shared" in repr(task.get_coro())]
        assert mine == []


async def test_a_stopped_redis_holds_up_nobody_beyond_the_deadline(redis: RedisServer) -> None:
    async with two_clients(redis.url) as (_, one, _other):
        await one.profiles.update([EDIT])
        redis.pause()
        loop = asyncio.get_running_loop()
        began = loop.time()
        hasty = one.with_options(deadline=0.3)
        results = await asyncio.gather(*(hasty.profiles.update([EDIT] * 200) for _ in range(5)), return_exceptions=True)
        assert all(result is None or not isinstance(result, BaseException) or isinstance(result, DeadlineExceeded)
                   for result in results)  # fmt: skip
        assert loop.time() - began < 1.5
        redis.resume()


async def test_closing_gives_back_what_was_leased(redis: RedisServer) -> None:
    async with two_clients(redis.url) as (_, one, _other):
        await asyncio.gather(*(one.profiles.update([EDIT]) for _ in range(40)))
    (name,) = [word for word in redis.command("KEYS", "*:limit:*").decode().split("\r\n") if ":limit:" in word]
    assert float(redis.command("HGET", name, "spent").split(b"\r\n")[1]) == 40
