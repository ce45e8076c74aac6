"""A fake API on a socket, and programs that run beside the tests and find it by their environment."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from batch_api.testing import FakeBatch
from tests.serving import served

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds that a program may take on a busy machine. None of them needs a tenth of it."""


@pytest.fixture
def api(fake_batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatch]:
    """A fake on loopback, to which `BatchClient.from_env()` leads, here and in programs that are started."""
    with served(fake_batch) as fake:
        monkeypatch.setenv("BATCH_REST_API_KEY", fake.rest_api_key)
        monkeypatch.setenv("BATCH_PROJECT_KEY", fake.project_key)
        monkeypatch.setenv("BATCH_BASE_URL", fake.url)
        yield fake


class Program:
    """A Python program in a process of its own. It shows every `ResourceWarning` on stderr."""

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None, listener: int | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if not re.match("COV|PYTEST", name)}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "always::ResourceWarning", *arguments],
            cwd=ROOT,
            env={**kept, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=() if listener is None else (listener,),
            start_new_session=True,
        )

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait_until_stopped(self) -> None:
        """Return when it has stopped itself, as by `SIGSTOP`."""
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds. The program must be running all the while."""
        until = time.monotonic() + PATIENCE
        while not condition():
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)

    def sockets(self) -> int:
        """How many it has open."""
        return sum(os.readlink(held).startswith("socket:") for held in Path(f"/proc/{self._process.pid}/fd").iterdir())

    def output(self, *statuses: int) -> str:
        """What it printed, once it has ended well (or with one of `statuses`), and without any complaint."""
        printed, errors = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode in (statuses or (0,)), errors
        assert not re.search("ResourceWarning|RuntimeWarning|Traceback|Exception ignored", errors), errors
        return printed

    def kill(self) -> None:
        """End it, and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@contextlib.contextmanager
def program(*arguments: str, env: Mapping[str, str] | None = None, listener: int | None = None) -> Iterator[Program]:
    """A program that does not outlive the block."""
    started = Program(*arguments, env=env, listener=listener)
    try:
        yield started
    finally:
        started.kill()


def run(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end, and return what it printed."""
    with program(*arguments, env=env) as started:
        return started.output()


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A web server that takes over an open socket, `{fd}` in its arguments, so that nobody waits until it is up.

    At the end it is asked to stop, and must have done so without complaint.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://{}:{}".format(*listener.getsockname())
        command = [argument.format(fd=listener.fileno()) for argument in arguments]
        with program(*command, listener=listener.fileno()) as server:
            yield url
            server.signal(signal.SIGTERM)
            server.output(0, -signal.SIGTERM)


def put_at_once(url: str, paths: Sequence[str]) -> None:
    """Put them all at the same time; each must succeed, with nothing refused."""

    def put(path: str) -> httpx.Response:
        return httpx.put(f"{url}/{path}", timeout=PATIENCE, trust_env=False)

    with ThreadPoolExecutor(len(paths)) as threads:
        answers = list(threads.map(put, paths))
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"refused": 0})] * len(paths)
