"""A fake in a thread of its own, and the command as users run it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner, Result

from batch_api import BatchClient
from batch_api.cli.app import app
from batch_api.testing import FakeBatch
from tests.serving import served

KEY, PROJECT = "rest_of_the_command_line", "project_of_the_command_line"

Command = Callable[..., Result]
T = TypeVar("T")


def ask(fake: FakeBatch, what: Callable[[BatchClient], Awaitable[T]]) -> T:
    """Have something in the fake that the command does not make."""

    async def asked() -> T:
        async with BatchClient(KEY, PROJECT, base_url=fake.url) as client:
            return await what(client)

    return asyncio.run(asked())


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatch]:
    """Served on loopback, without limits, and named in the environment."""
    fake = FakeBatch(rest_api_key=KEY, project_key=PROJECT, limits=False, index_seconds=0.0, export_seconds=0.0)
    with served(fake):
        monkeypatch.setenv("BATCH_REST_API_KEY", KEY)
        monkeypatch.setenv("BATCH_PROJECT_KEY", PROJECT)
        monkeypatch.setenv("BATCH_BASE_URL", fake.url or "")
        yield fake


@pytest.fixture
def batch_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert KEY not in result.output
        return result

    return run
