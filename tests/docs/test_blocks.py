"""Every piece of Python in the README and the docs runs, against the fake API and on virtual time.

A program runs as it stands, with no name that it does not make; a fragment after what docs/fragments.md tells readers
to paste, and after the blocks before it on its page.
"""

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

PROGRAMS = [page for page in PAGES if any(block.is_program or block.is_fragment for block in blocks(page))]
SUITES = [page for page in PAGES if any(block.is_test for block in blocks(page))]
EXAMPLES = [page for page in PAGES if any(block.example for block in blocks(page))]


PRELUDE = next(block for block in blocks(ROOT / "docs" / "fragments.md") if block.is_program)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a reader has who pasted the prelude. Every client goes to its fake, unless it says where it goes."""
    defaults: Any = FakeBatch.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "project_key", f"project_{request.node.callspec.id}")  # no page waits for another
    names: dict[str, Any] = {"__name__": "page"}
    exec(PRELUDE.code, names)
    fake: FakeBatch = names["fake"]
    stay_offline(monkeypatch, BatchClient, fake)
    stay_offline(monkeypatch, BatchAppClient, FakeBatchApp(rest_api_key=None, app_key=None))
    monkeypatch.setenv("BATCH_REST_API_KEY", fake.rest_api_key)
    monkeypatch.setenv("BATCH_PROJECT_KEY", fake.project_key)
    monkeypatch.setenv("BATCH_APP_KEY", "0123456789abcdef")
    monkeypatch.chdir(tmp_path)
    return names


def stay_offline(monkeypatch: pytest.MonkeyPatch, kind: type[Any], fake: Any) -> None:
    """Lead every client of this kind to the fake, unless it says where it goes."""
    original = kind.__init__

    @functools.wraps(original)
    def offline(self: Any, *arguments: Any, **settings: Any) -> None:
        elsewhere = settings.get("transport") or settings.get("base_url") or settings.get("proxy")
        original(self, *arguments, **(settings if elsewhere else settings | {"transport": fake.transport()}))

    monkeypatch.setattr(kind, "__init__", offline)


@pytest.mark.parametrize("page", PROGRAMS, ids=name_of)
def test_a_page_runs(page: Path, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    monkeypatch.setattr(asyncio, "run", functools.partial(virtual.run, clock=clock))
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(clock)) as runner:
        for block in blocks(page):
            if block.is_program:
                printed = run_program(block, page, names)
            elif block.is_fragment:
                printed = run_fragment(block, page, names, runner)
            else:
                continue
            assert block.output is None or printed == block.output


def run_program(block: Block, page: Path, names: dict[str, Any]) -> str:
    """Run a program, without any name but its own, and return what it prints. Fragments after it may use its names."""
    alone: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compiled(block, page), alone)
    names.update({name: value for name, value in alone.items() if not name.startswith("__")})
    return printed.getvalue()


def run_fragment(block: Block, page: Path, names: dict[str, Any], runner: asyncio.Runner) -> str:
    """Run a fragment, which may `await`, among the names of the page, and return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runner.run(inside(compiled(block, page, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names))
    return printed.getvalue()


def compiled(block: Block, page: Path, flags: int = 0) -> CodeType:
    """The code of a block. Tracebacks name the line of the page."""
    code: CodeType = compile("\n" * (block.line - 1) + block.code, page, "exec", flags=flags, dont_inherit=True)
    return code


async def inside(code: CodeType, names: dict[str, Any]) -> None:
    """Run what may be a coroutine, and may need a running loop without being one."""
    awaitable = eval(code, names)
    if awaitable is not None:
        await awaitable


@pytest.mark.parametrize("page", SUITES, ids=name_of)
def test_the_test_files_on_a_page_pass(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.is_test:
            (tmp_path / str(block.title)).write_text(block.code)
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


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_readme_run_as_a_stranger_runs_them(tmp_path: Path, number: int) -> None:
    """Each in a file of its own: the first by itself, the second with the fake in another terminal."""
    example = [block for block in blocks(ROOT / "README.md") if block.is_program][number]
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


@pytest.mark.parametrize("page", PROGRAMS, ids=name_of)
def test_a_page_with_fragments_says_where_they_are_explained(page: Path) -> None:
    text = page.read_text()
    if 'title="Fragment"' in text and page.name != "fragments.md":
        assert "fragments.md" in text
