"""Redis Cluster and Sentinel, as real servers on loopback: limits are shared there, and no trouble stops calls."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient
from batch_api.cli import main as command
from batch_api.engine.limiter.shared.limiter import Place
from batch_api.engine.limiter.shared.view import Viewer
from batch_api.testing import FakeBatch
from tests.quota.test_rights import GUIDE, SETUSER
from tests.redis_server import Cluster, RedisServer, redis_cluster, redis_sentinel, redis_server

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
LONGEST_CALL = 0.9
"""Redis may hold up a call for half a second; the rest is for a busy machine."""


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """For tests that leave it as it was."""
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def keys_of(fake: FakeBatch, project: str) -> str:
    """What the keys of a project begin with. All of them have one slot."""
    assert fake.url is not None
    return Place(fake.url.rpartition("/")[0], project, "").prefix


def project_on(cluster: Cluster, node: RedisServer, fake: FakeBatch) -> str:
    """A project key whose limits are kept on that node."""
    names = (f"project_{n:04}" for n in range(1000))
    return next(name for name in names if cluster.owner(keys_of(fake, name)) is node)


@asynccontextmanager
async def served() -> AsyncIterator[FakeBatch]:
    fake = FakeBatch(project_key=None)
    async with fake.serve():
        yield fake


def client_of(fake: FakeBatch, project: str, url: str) -> BatchClient:
    return BatchClient(fake.rest_api_key, project, base_url=fake.url, quota=url)


def is_away(client: BatchClient) -> bool:
    link = client._engine._bind().link
    assert link is not None
    return link.away


async def until(condition: Callable[[], bool], client: BatchClient, seconds: float = 8.0) -> None:
    """Call until `condition` holds. None of the calls fails, or takes long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, "not in time"
        began = loop.time()
        await client.profiles.update([EDIT])
        assert loop.time() - began < LONGEST_CALL
        await asyncio.sleep(0.02)


def shown_by_the_command(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    monkeypatch.setenv("BATCH_QUOTA_URL", url)
    monkeypatch.setattr(sys, "argv", ["batch-api", "quota", "--json"])
    with pytest.raises(SystemExit) as ended:
        command()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


# -- cluster ---------------------------------------------------------------------------------------------------------


async def test_projects_share_through_whichever_node_has_their_keys(shared_cluster: Cluster) -> None:
    async with served() as fake:
        for node in shared_cluster.nodes:
            project = project_on(shared_cluster, node, fake)
            async with client_of(fake, project, shared_cluster.url) as client:
                await client.profiles.update([EDIT])
                assert not is_away(client)
            assert b"batch_api:1:" in node.command("KEYS", f"{keys_of(fake, project)}*")


async def test_a_node_that_says_nothing_is_passed_over(shared_cluster: Cluster) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"redis+cluster://127.0.0.1:{deaf.getsockname()[1]},127.0.0.1:{shared_cluster.nodes[1].port}"
        async with served() as fake, client_of(fake, "project_abcd", url) as client:
            began = asyncio.get_running_loop().time()
            await client.profiles.update([EDIT])
            assert asyncio.get_running_loop().time() - began < LONGEST_CALL
            await until(lambda: not is_away(client), client)


async def test_a_slot_that_moves_is_followed(shared_cluster: Cluster) -> None:
    old, new, _ = shared_cluster.nodes
    async with served() as fake:
        project = project_on(shared_cluster, old, fake)
        prefix = keys_of(fake, project)
        async with client_of(fake, project, shared_cluster.url) as client:
            await client.profiles.update([EDIT])
            assert not is_away(client)
            shared_cluster.move(prefix, new)
            await client.profiles.update([EDIT])
            await until(lambda: not is_away(client), client)
        assert b"limit" in new.command("KEYS", f"{prefix}*")
        assert b"limit" not in old.command("KEYS", f"{prefix}*")
        assert fake.rejections == 0


async def test_while_a_node_is_down_calls_go_on_and_come_back(
    shared_cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    node = shared_cluster.nodes[0]
    async with served() as fake:
        async with client_of(fake, project_on(shared_cluster, node, fake), shared_cluster.url) as client:
            await client.profiles.update([EDIT])
            node.kill()
            await until(lambda: is_away(client), client)
            await asyncio.sleep(0.5)
            await client.profiles.update([EDIT])
            node.start()
            await until(lambda: not is_away(client), client)
        assert fake.rejections == 0
    told = [record.getMessage() for record in caplog.records if "shared limits" in record.getMessage()]
    assert sum("answers again" in text for text in told) == 1
    assert told[-1].endswith("answers again")


def test_the_command_shows_the_limits_on_all_nodes(
    shared_cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def send() -> set[str]:
        async with served() as fake:
            projects = [project_on(shared_cluster, node, fake) for node in shared_cluster.nodes]
            for project in projects:
                async with client_of(fake, project, shared_cluster.url) as client:
                    await client.profiles.update([EDIT])
            return {f"…{project[-4:]}" for project in projects}

    projects = asyncio.run(send())
    code, out, _ = shown_by_the_command(shared_cluster.url, monkeypatch, capsys)
    assert code == 0
    assert {limit["project"] for limit in json.loads(out)["limits"]} >= projects


async def test_the_url_of_a_server_does_not_do_for_a_cluster_and_the_log_says_so_once(
    shared_cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    wrong, right = shared_cluster.nodes[0], shared_cluster.nodes[1]
    async with served() as fake:
        project = project_on(shared_cluster, right, fake)
        async with client_of(fake, project, f"redis://127.0.0.1:{wrong.port}/0") as client:
            await client.profiles.update([EDIT])
            await asyncio.sleep(1.5)
            await client.profiles.update([EDIT])
    (told,) = [record.getMessage() for record in caplog.records if "shared limits" in record.getMessage()]
    assert f"this is a node of a Redis Cluster: use redis+cluster://127.0.0.1:{wrong.port}" in told


def test_the_command_says_that_a_server_is_a_node_of_a_cluster(
    shared_cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = shared_cluster.nodes[0].port
    code, _, err = shown_by_the_command(f"redis://127.0.0.1:{port}/0", monkeypatch, capsys)
    assert code == 1
    assert f"this is a node of a Redis Cluster: use redis+cluster://127.0.0.1:{port}" in err


# -- sentinel --------------------------------------------------------------------------------------------------------


async def test_after_a_failover_the_new_master_is_found(tmp_path: Path) -> None:
    with redis_sentinel(tmp_path) as (sentinel, master, replica):
        async with served() as fake, client_of(fake, "project_abcd", sentinel.url) as client:
            await client.profiles.update([EDIT])
            assert not is_away(client)
            assert b"batch_api:1:" in master.command("KEYS", "*")
            master.kill()
            await until(lambda: is_away(client), client)
            await until(lambda: not is_away(client), client)
            await client.profiles.update([EDIT])
            assert b"role:master" in replica.command("INFO", "replication")
            assert int(replica.command("DBSIZE").strip(b":\r\n")) >= 3
            assert fake.rejections == 0


async def test_the_url_of_a_server_does_not_do_for_a_sentinel_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with redis_sentinel(tmp_path) as (sentinel, _, _):
        url = f"redis://127.0.0.1:{sentinel.port}/0"
        async with served() as fake, client_of(fake, "project_abcd", url) as client:
            await client.profiles.update([EDIT])
    assert f"use redis+sentinel://127.0.0.1:{sentinel.port}/NAME-OF-THE-MASTER/0" in caplog.text


def test_the_command_finds_the_master_and_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_sentinel(tmp_path) as (sentinel, _, _):

        async def send() -> None:
            async with served() as fake, client_of(fake, "project_abcd", sentinel.url) as client:
                await client.profiles.update([EDIT])

        asyncio.run(send())
        code, out, _ = shown_by_the_command(sentinel.url, monkeypatch, capsys)
        assert code == 0
        assert json.loads(out)["limits"][0]["project"] == "…abcd"
        code, _, err = shown_by_the_command(sentinel.url.replace("mymaster", "other"), monkeypatch, capsys)
        assert code == 1
        assert "No master found for 'other'" in err
        code, _, err = shown_by_the_command(f"redis://127.0.0.1:{sentinel.port}/0", monkeypatch, capsys)
        assert code == 1
        assert "for a Redis Sentinel use redis+sentinel://" in err


@pytest.mark.parametrize("kind", ["cluster", "sentinel"])
async def test_a_single_server_is_no_cluster_and_no_sentinel(
    kind: str, redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    path = "/mymaster" if kind == "sentinel" else ""
    url = f"redis+{kind}://127.0.0.1:{redis.port}{path}"
    async with served() as fake, client_of(fake, "project_abcd", url) as client:
        await client.profiles.update([EDIT])
    assert f"this is no {kind}, or the user may not ask it; for a single server use redis://host:port/0" in caplog.text


@pytest.mark.parametrize("kind", ["cluster", "sentinel"])
async def test_passwords_open_and_show_nowhere(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The servers ask for one, the client brings the wrong one: what is refused is told, not what was brought."""
    wrong, shown_url = "wr%40ng-one", "127.0.0.1"
    with redis_server("--cluster-enabled", "yes", "--dir", str(tmp_path), password="right-one") as server:
        path = "/mymaster" if kind == "sentinel" else ""
        urls = [f"redis+{kind}://:{word}@127.0.0.1:{server.port}{path}" for word in (wrong, "right-one")]
        with caplog.at_level(logging.DEBUG):
            for url in urls:
                async with served() as fake, client_of(fake, "project_abcd", url) as client:
                    await client.profiles.update([EDIT])
    assert shown_url in caplog.text
    for secret in (wrong, "wr@ng-one", "right-one"):
        assert secret not in caplog.text


async def test_the_rights_in_the_guide_are_enough_in_a_cluster(
    shared_cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    more = re.search(r"with `(\+cluster.*?)` as well", GUIDE.read_text(), re.DOTALL)
    assert more is not None
    rights = [*SETUSER.split()[3:], *more[1].split()]
    for node in shared_cluster.nodes:
        assert node.command("ACL", "SETUSER", "batch", *rights).startswith(b"+OK")
    url = shared_cluster.url.replace("//", "//batch:a-password@")
    async with served() as fake, client_of(fake, "project_abcd", url) as client:
        await client.profiles.update([EDIT])
        assert not is_away(client)
    viewer = Viewer(url)
    assert (await viewer.view()).limits
    await viewer.aclose()
    assert caplog.text == ""
