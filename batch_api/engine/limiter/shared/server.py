"""Redis as redis-py reaches it: one server, a cluster, or the master that sentinels name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from batch_api.engine.limiter.shared.url import Address

_CLOSING = 0.5

logger = logging.getLogger("batch_api")


class Server:
    """A client of redis-py, and what must be closed with it. Each connects when it is first used.

    Nothing is tried again here, and no time is kept: that is up to the caller. (redis-py would keep it by
    `asyncio.wait_for`, which can swallow a cancellation in CPython 3.11.)
    """

    def __init__(self, address: Address, hosts: Sequence[tuple[str, int]]) -> None:
        self._address = address
        self._hosts = hosts
        self._others: list[Any] = []
        make = {"server": self._server, "cluster": self._cluster, "sentinel": self._sentinel}[address.kind]
        self.redis: Any = make()

    async def run(self, *words: Any, **options: Any) -> Any:
        """One command. Raises what redis-py raises."""
        return await self.redis.execute_command(*words, **options)

    async def time_at(self, key: str) -> float:
        """The clock of the server that has `key`, in seconds."""
        where = {"target_nodes": self.redis.get_node_from_key(key)} if self._address.kind == "cluster" else {}
        seconds, micros = await self.run("TIME", **where)
        return float(seconds) + float(micros) / 1e6

    def nodes(self) -> list[tuple[str, int]]:
        """The nodes of the cluster that are known by now; of anything else, none."""
        if self._address.kind != "cluster":
            return []
        return [(node.host, int(node.port)) for node in self.redis.get_nodes()]

    async def close(self) -> None:
        """Close all connections. An old connection may say anything when it is closed: that is no error."""
        # redis-py 5.0.0 has no `aclose`, and leaves the pool of a master open.
        closings = [
            client.aclose if hasattr(client, "aclose") else client.close for client in (self.redis, *self._others)
        ]
        if self._address.kind == "cluster":
            # A RedisCluster that failed closes nothing, as it counts as not yet opened.
            nodes = self.redis.nodes_manager
            closings += [node.disconnect for node in (*nodes.nodes_cache.values(), *nodes.startup_nodes.values())]
        elif self._address.kind == "sentinel":
            closings.append(self.redis.connection_pool.disconnect)
        for close in closings:
            try:
                async with asyncio.timeout(_CLOSING):
                    await close()
            except Exception as error:
                logger.debug("closing the old connection: %s", type(error).__name__)

    def _server(self) -> Any:
        from redis.asyncio import Redis

        return Redis.from_url(self._address.options, **_patient())

    def _cluster(self) -> Any:
        from redis.asyncio.cluster import ClusterNode, RedisCluster

        options = {**_patient(), **self._options()}
        nodes = [ClusterNode(host, port) for host, port in self._hosts]
        # A slot that nobody serves is no reason to refuse the others.
        return RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)

    def _sentinel(self) -> Any:
        from redis.asyncio.sentinel import Sentinel

        options = self._options()
        prefix = "sentinel_"
        own = {name.removeprefix(prefix): options.pop(name) for name in list(options) if name.startswith(prefix)}
        secure = {name: value for name, value in options.items() if name.startswith("ssl")}
        sentinels: Any = Sentinel(  # type: ignore[no-untyped-call, unused-ignore]
            self._hosts, sentinel_kwargs={**_patient(), **secure, **own}
        )
        self._others = list(sentinels.sentinels)
        return sentinels.master_for(self._address.service, **{**_patient(), **options})

    def _options(self) -> dict[str, Any]:
        """What the URL says beside the hosts, as keyword arguments."""
        from redis.asyncio.connection import SSLConnection, parse_url

        options: dict[str, Any] = dict(parse_url(self._address.options))
        del options["host"]
        if options.pop("connection_class", None) is SSLConnection:
            options["ssl"] = True
        return options


def _patient() -> dict[str, Any]:
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return {"socket_timeout": None, "socket_connect_timeout": None, "retry": Retry(NoBackoff(), 0)}
