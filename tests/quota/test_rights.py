"""Redis that refuses: what the log and the errors say of it, how often, and which rights a user needs."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient
from batch_api.engine.limiter.shared.reason import reason_for
from batch_api.engine.limiter.shared.url import Address, secrets_of, shown
from batch_api.engine.limiter.shared.view import Viewer
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.quota.cluster import Process, played
from tests.quota.test_sharing import UPDATES
from tests.redis_server import RedisServer

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
GUIDE = Path(__file__).parents[2] / "docs/guides/shared-limits.md"
PASSWORD = "s3cr%2Ft"
SETUSER = next(line for line in GUIDE.read_text().splitlines() if line.startswith("ACL SETUSER "))
RIGHTS = [word[1:] for word in SETUSER.split() if word.startswith("+")]


def allow(redis: RedisServer, *, without: str = "") -> str:
    """Make the user as the guide says, and give the URL that it uses."""
    words = [word for word in SETUSER.split() if word != f"+{without}"]
    words = [">s3cr/t" if word.startswith(">") else word for word in words]
    assert redis.command(*words).startswith(b"+OK")
    return f"redis://{words[2]}:{PASSWORD}@127.0.0.1:{redis.port}/0"


async def call(url: str, *, seconds: float = 0.0) -> bool:
    """Two calls, some time apart; whether Redis was away after the last of them."""
    fake = FakeBatch(project_key=None)
    async with fake.serve(), BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url, quota=url) as client:
        await client.profiles.update([EDIT])
        await asyncio.sleep(seconds)
        await client.profiles.update([EDIT])
        link = client._engine._bind().link
        assert link is not None
        return link.away


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "shared limits" in record.getMessage()]


async def test_the_rights_in_the_guide_are_enough(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    url = allow(redis)
    assert not await call(url)
    viewer = Viewer(url)
    assert [limit.name for limit in (await viewer.view()).limits] == ["profile_update"]
    await viewer.aclose()
    assert lines(caplog) == []


@pytest.mark.parametrize("right", [right for right in RIGHTS if right not in ("hello", "scan")])
async def test_a_right_that_is_missing_is_named_in_the_log_once(
    right: str, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await call(allow(redis, without=right), seconds=0.4)
    (told,) = lines(caplog)
    assert re.search(rf"\b{right}\b", told, re.IGNORECASE)
    assert "the guide on shared limits lists the rights" in told
    assert "s3cr" not in caplog.text


async def test_keys_that_a_user_may_not_touch_are_told(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    url = allow(redis)
    redis.command("ACL", "SETUSER", "batch", "resetkeys", "~other:*")
    assert await call(url, seconds=0.4)
    (told,) = lines(caplog)
    assert "permissions to access" in told


async def test_who_may_not_look_is_told_why(redis: RedisServer) -> None:
    viewer = Viewer(allow(redis, without="scan"))
    with pytest.raises(ConnectionError, match="scan"):
        await viewer.view()
    await viewer.aclose()


async def test_a_key_of_another_type_is_told_and_calls_go_on(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await call(redis.url)
    names = redis.command("KEYS", "*:gate:*").decode().split("\r\n")
    (gate,) = [name for name in names if name.startswith("batch_api:")]
    redis.command("SET", gate, "nonsense")
    fake = FakeBatch(project_key=None)
    async with fake.serve():
        client = BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url, quota=redis.url)
        async with client:
            link = client._engine._bind().link
            assert link is not None
            key = f"{gate.partition('gate:')[0]}clock"
            link.lose(TimeoutError(), [key, gate])
            await asyncio.sleep(0.5)
            assert link.away
            redis.command("DEL", gate)
            for _ in range(100):
                await asyncio.sleep(0.02)
                if not link.away:
                    break
            assert not link.away
    assert [("WRONGTYPE" in told, "answers again" in told) for told in lines(caplog)] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip


def test_what_comes_and_goes_is_not_told_each_second(caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that answers the probe, and then nothing: ten minutes of it make a few lines."""

    async def main() -> int:
        loop = asyncio.get_running_loop()
        redis = played()
        process = Process(redis, 0, UPDATES, largest=200)
        answer, probes = redis.run, 0

        async def fickle(keys: Any, said: Any) -> dict[str, Any]:
            nonlocal probes
            if not said.get("probe"):
                raise ConnectionError("MISCONF Redis is configured to save RDB snapshots")
            probes += 1
            return await answer(keys, said)

        redis.run = fickle  # type: ignore[method-assign]
        while loop.time() < 600:
            await process.send()
            await asyncio.sleep(0.1)
        return probes

    with caplog.at_level(logging.INFO, logger="batch_api"):
        assert 30 < run(main()) < 120
    assert len(lines(caplog)) <= 4
    assert "MISCONF Redis is configured" in lines(caplog)[0]


def test_a_second_reason_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        redis = played()
        process = Process(redis, 0, UPDATES, largest=200)
        reasons = iter(["connection refused", "connection refused", "loading", "loading", "no permission"])

        async def failing(keys: Any, said: Any) -> dict[str, Any]:
            raise ConnectionError(next(reasons, "no permission"))

        redis.run = failing  # type: ignore[method-assign]
        await process.send()
        await asyncio.sleep(60)

    run(main())
    assert [text.partition("(")[2].partition(")")[0] for text in lines(caplog)] == [
        "ConnectionError: connection refused", "ConnectionError: loading", "ConnectionError: no permission",
    ]  # fmt: skip


URL = "redis+sentinel://u:p%40ss@h:26379,h2/mymaster/3?sentinel_password=hid%26den&ssl_ca_certs=x"


@pytest.mark.parametrize(
    "text",
    [
        "unknown command `AUTH`, with args beginning with: `u`, `p@ss`",
        "cannot connect as u:p%40ss",
        "the password p@ss is wrong\nand hid&den as well",
        "hid%26den",
    ],
)
def test_what_an_error_says_holds_no_password(text: str) -> None:
    told = reason_for(ConnectionError(text), URL)
    assert not any(secret in told for secret in ("p@ss", "p%40ss", "hid&den", "hid%26den"))
    assert "\n" not in told


def test_a_long_text_is_cut() -> None:
    assert len(reason_for(ConnectionError("x" * 9999), "redis://h")) < 400


@pytest.mark.parametrize(
    ("url", "kind", "hosts", "service", "options"),
    [
        ("redis://h:1/2", "server", (), "", "redis://h:1/2"),
        ("unix://u:p@/run/redis.sock", "server", (), "", "unix://u:p@/run/redis.sock"),
        ("redis+cluster://h", "cluster", (("h", 6379),), "", "redis://host/"),
        ("rediss+cluster://u:p@a:1,[::1]:2/?x=1", "cluster", (("a", 1), ("::1", 2)), "", "rediss://u:p@host/?x=1"),
        ("redis+sentinel://a,b:5/my%20m", "sentinel", (("a", 26379), ("b", 5)), "my m", "redis://host/"),
        ("rediss+sentinel://:p@a/m/3", "sentinel", (("a", 26379),), "m", "rediss://:p@host/3"),
    ],
)
def test_urls_are_read(url: str, kind: str, hosts: tuple[Any, ...], service: str, options: str) -> None:
    assert Address.of(url) == (kind, hosts, service, options)


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://", "redis+cluster://a,,b", "redis+cluster://a:0", "redis+cluster://a:x", "redis+sentinel://a",
        "redis+sentinel://a/", "redis+sentinel://a/m/db", "redis+cluster://a/name", "redis+other://a", "cluster://a",
        "redis+cluster://a:99999", "unix+cluster://a", "redis+cluster://a/0/1",
    ],
)  # fmt: skip
def test_malformed_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Address.of(url)


def test_what_is_shown_of_a_url_has_no_user_and_no_options() -> None:
    assert shown(URL) == "redis+sentinel://h:26379,h2/mymaster/3"
    assert secrets_of(URL) == {"p%40ss", "p@ss", "hid%26den", "hid&den"}
