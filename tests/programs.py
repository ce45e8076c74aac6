"""Python programs that run beside a test, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0
"""Seconds that a program may take on a busy machine. None of them needs a tenth of it."""


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
