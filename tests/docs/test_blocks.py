"""Every piece of Python in the README and the docs runs, against the fake API and on virtual time."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import functools
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from batch_api import BatchAppClient, BatchClient
from batch_api.testing import FakeBatch, FakeBatchApp, VirtualClock, VirtualTimeLoop
from batch_api.testing import clock as virtual
from tests.docs.blocks import PAGES, ROOT, Block, blocks, name_of

PROGRAMS = [page for page in PAGES if any(block.title is None for block in blocks(page))]
SUITES = [page for page in PAGES if any(block.title and not block.example for block in blocks(page))]
EXAMPLES = [page for page in PAGES if any(block.example for block in blocks(page))]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> FakeBatch:
    """Where every client of a page goes, whatever its keys, unless it says where."""
    fake = FakeBatch(rest_api_key=None, project_key=None)
    fake.project_key = f"project_{request.node.callspec.id}"
    stay_offline(monkeypatch, BatchClient, fake)
    stay_offline(monkeypatch, BatchAppClient, FakeBatchApp(rest_api_key=None, app_key=None))
    monkeypatch.setenv("BATCH_REST_API_KEY", "rest_of_the_docs")
    monkeypatch.setenv("BATCH_PROJECT_KEY", fake.project_key)
    monkeypatch.setenv("BATCH_APP_KEY", "0123456789abcdef")
    monkeypatch.chdir(tmp_path)
    return fake


def stay_offline(monkeypatch: pytest.MonkeyPatch, kind: type[Any], fake: Any) -> None:
    """Lead every client of this kind to the fake, unless it says where it goes."""
    original = kind.__init__

    @functools.wraps(original)
    def offline(self: Any, *arguments: Any, **settings: Any) -> None:
        elsewhere = settings.get("transport") or settings.get("base_url") or settings.get("proxy")
        original(self, *arguments, **(settings if elsewhere else settings | {"transport": fake.transport()}))

    monkeypatch.setattr(kind, "__init__", offline)


@pytest.mark.parametrize("page", PROGRAMS, ids=name_of)
def test_a_page_runs_as_one_program(page: Path, fake: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a block uses `client` or `fake` without making them, they are an open client and the API it talks to."""
    clock = VirtualClock()
    monkeypatch.setattr(asyncio, "run", functools.partial(virtual.run, clock=clock))
    names: dict[str, Any] = {"__name__": "page", "fake": fake, "client": BatchClient.from_env()}
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        for block in blocks(page):
            if block.title is None:
                printed = run(block, page, names, runner)
                assert block.output is None or printed == block.output


def run(block: Block, page: Path, names: dict[str, Any], runner: asyncio.Runner) -> str:
    """Run a block, which may `await`, and return what it prints. Tracebacks name the line of the page."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile("\n" * (block.line - 1) + block.code, str(page), "exec", flags=flags, dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        if "asyncio.run(" in block.code:
            exec(code, names)
        else:
            runner.run(inside(code, names))
    return printed.getvalue()


async def inside(code: CodeType, names: dict[str, Any]) -> None:
    """Run what may be a coroutine, and may need a running loop without being one."""
    awaitable = eval(code, names)
    if awaitable is not None:
        await awaitable


@pytest.mark.parametrize("page", SUITES, ids=name_of)
def test_the_test_files_on_a_page_pass(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.title and not block.example:
            (tmp_path / block.title).write_text(block.code)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_the_examples_on_a_page_are_the_files_that_they_name(page: Path) -> None:
    """Those files have tests of their own."""
    for block in blocks(page):
        if block.example:
            assert block.code == block.example.read_text(), block.title


def test_the_example_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    """As a stranger runs it: the fake in one terminal, the example in another."""
    example = next(block for block in blocks(ROOT / "README.md") if "asyncio.run(" in block.code)
    assert len(example.code.strip().splitlines()) <= 20
    (tmp_path / "example.py").write_text(example.code)
    with served() as url:
        keys = {"BATCH_REST_API_KEY": "any", "BATCH_PROJECT_KEY": "project_any", "BATCH_BASE_URL": url}
        ran = subprocess.run(
            [sys.executable, "example.py"],
            cwd=tmp_path,
            env=environment() | keys,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.stdout, ran.stderr) == (example.output, "")


@contextlib.contextmanager
def served() -> Iterator[str]:
    command = [sys.executable, "-m", "batch_api.testing"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not re.match("COV|PYTEST|BATCH_", name)}
    return kept | {"PYTHONPATH": str(ROOT)}


def test_no_block_is_overlooked() -> None:
    """Each line that opens a fence of Python belongs to a block that was found."""
    for page in PAGES:
        opened = len(re.findall(r"^ *```(?:python|py|pycon)\b", page.read_text(), re.MULTILINE))
        hidden = page.read_text().count("<!-- python\n")
        assert len(list(blocks(page))) == opened + hidden, name_of(page)
