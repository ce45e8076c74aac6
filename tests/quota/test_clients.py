"""Clients, the fake API, and what they share: a real Redis, or the file of this machine."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError, Limit
from batch_api.cli import main as command
from tests.quota.test_redis import EDIT, two_clients


@pytest.fixture(params=["redis", "machine"])
def quota(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What `quota=` takes."""
    return f"machine:{tmp_path}" if request.param == "machine" else str(request.getfixturevalue("redis").url)


async def test_clients_of_one_project_agree_on_the_quota(quota: str) -> None:
    async with two_clients(quota) as (fake, _, __):
        alone = BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url)
        with pytest.raises(ConfigurationError, match="quota="):
            await alone.profiles.update([EDIT])
        await alone.aclose()


async def test_another_process_leaves_its_part(quota: str) -> None:
    """One request a second: what another interpreter sent just now counts here."""
    async with two_clients(quota) as (fake, one, _):
        await one.audiences.create("a")
        program = (
            "import asyncio, sys, time\nfrom batch_api import BatchClient\n"
            "async def main():\n"
            "    async with BatchClient(sys.argv[1], 'project_abcd', base_url=sys.argv[2], quota=sys.argv[3]) as c:\n"
            "        for n in range(2): await c.audiences.create(f'b{n}')\n"
            "asyncio.run(main())"
        )
        assert fake.url is not None
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, fake.rest_api_key, fake.url, quota
        )
        assert await process.wait() == 0
        await one.audiences.create("c")
        assert fake.rejections == 0
        assert fake.stats["audience_create"].accepted == 4


def test_the_command_shows_limits_and_leases(
    quota: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BATCH_QUOTA_URL", quota)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["batch-api", "quota", *arguments])
        with pytest.raises(SystemExit) as ended:
            command()
        assert not ended.value.code
        return capsys.readouterr().out

    assert "No limits are shared there." in run("--once")

    async def send() -> dict[str, Any]:
        async with two_clients(quota) as (_, one, _other):
            await asyncio.gather(*(one.profiles.update([EDIT]) for _ in range(5)))
            return await asyncio.to_thread(lambda: json.loads(run("--json")))

    shown = asyncio.run(send())
    (limit,) = shown["limits"]
    assert (limit["project"], limit["name"], limit["limit"]) == ("…abcd", "profile_update", "300 items / 1 s")
    assert limit["spent"] >= 5
    assert shown["pauses"] == []
    assert "profile_update" in run("--once")


def test_the_limits_are_whole_and_the_share_is_for_the_time_without(quota: str) -> None:
    client = BatchClient("key", "project_abcd", quota=quota, share=0.25)
    assert client.limits()["profile_update"] == [Limit(300, unit="items", burst=1000)]
    assert client._engine._settings.share_alone == 0.25
    assert BatchClient("key", "p", quota=quota)._engine._settings.share_alone == 0.1
