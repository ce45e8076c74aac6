"""Where the shared limits are kept: the URL of a Redis server, a Redis Cluster, or the sentinels of a master."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from batch_api.engine.errors import ConfigurationError

_URL = re.compile(
    r"(?P<scheme>[a-z+]+)://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>.*))?"
)
_SERVER, _CLUSTER, _SENTINEL = ("redis", "rediss", "unix"), "+cluster", "+sentinel"
_PORT, _SENTINEL_PORT = 6379, 26379
_EXPECTED = (
    "Expected quota to be a URL such as redis://host:6379/0, redis+cluster://host:6379,host2:6379 or"
    " redis+sentinel://host:26379,host2:26379/mymaster/0; rediss for TLS, unix:///path for a Unix socket."
)


class Address(NamedTuple):
    """What the URL says."""

    kind: str
    """`"server"`, `"cluster"` or `"sentinel"`."""
    hosts: tuple[tuple[str, int], ...]
    """The nodes of the cluster, or the sentinels: those that are asked for the others."""
    service: str
    """The name by which sentinels know the master."""
    options: str
    """The URL of a single server, from which redis-py reads user, password, database and options."""

    @classmethod
    def of(cls, url: str) -> Address:
        """Raises `ValueError` for a malformed URL."""
        parts = _URL.fullmatch(url)
        if parts is None:
            raise ValueError(url)
        scheme, user, hosts, path, query = parts.group("scheme", "user", "hosts", "path", "query")
        if scheme in _SERVER:
            if not (hosts or path.strip("/")) or urlsplit(url).port == 0:
                raise ValueError(url)
            return cls("server", (), "", url)
        secure = "rediss" if scheme.startswith("rediss") else "redis"
        if scheme == secure + _CLUSTER:
            kind, port, service, database = "cluster", _PORT, "", path.strip("/")
        elif scheme == secure + _SENTINEL:
            kind, port = "sentinel", _SENTINEL_PORT
            service, _, database = path.strip("/").partition("/")
        else:
            raise ValueError(url)
        nodes = tuple(_host(host, port) for host in hosts.split(","))
        if (database and not database.isdecimal()) or bool(service) != (kind == "sentinel"):
            raise ValueError(url)
        login, rest = f"{user}@" if user is not None else "", f"?{query}" if query else ""
        return cls(kind, nodes, unquote(service), f"{secure}://{login}host/{database}{rest}")


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0:
        raise ValueError(text)
    return parts.hostname, parts.port or port


def checked(url: object) -> str:
    """`url`, if it can lead to a Redis. Raises `ConfigurationError` without quoting it: it may hold a password."""
    try:
        Address.of(url if isinstance(url, str) else "")
    except ValueError:
        raise ConfigurationError(_EXPECTED) from None
    if find_spec("redis") is None:
        raise ConfigurationError("quota= needs redis-py: install the extra [redis], as by pip install '.[redis]'.")
    assert isinstance(url, str)  # noqa: S101
    return url


def shown(url: str) -> str:
    """`url` as it may be shown: without user, password and options."""
    parts = _URL.fullmatch(url)
    return f"{parts['scheme']}://{parts['hosts']}{parts['path']}" if parts is not None else "Redis"


def secrets_of(url: str) -> set[str]:
    """The passwords in `url`, as they stand there and as they are meant."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return set()
    options = [option.partition("=") for option in (parts["query"] or "").split("&")]
    found = [value for name, _, value in options if "password" in name]
    found.append((parts["user"] or "").partition(":")[2])
    return {word for secret in found for word in (secret, unquote(secret)) if word}
