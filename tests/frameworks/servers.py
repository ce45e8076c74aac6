"""Web servers that run beside the tests, and many requests to them at once."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.programs import PATIENCE, program


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
