"""Where the shared limits are kept."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from batch_api.engine.errors import ConfigurationError

_SCHEMES = ("redis", "rediss", "unix")


def checked(url: object) -> str:
    """`url`, if it can lead to a Redis. Raises `ConfigurationError` without quoting it: it may hold a password."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        good = parts is not None and parts.scheme in _SCHEMES and bool(parts.hostname or parts.path.strip("/"))
        good = good and (parts is None or parts.port != 0)
    except ValueError:
        good = False
    if not good or not isinstance(url, str):
        raise ConfigurationError("quota looks like redis://host:6379/0; rediss:// is with TLS, unix:// a socket.")
    if find_spec("redis") is None:
        raise ConfigurationError("quota needs the extra `redis`: pip install 'batch-api[redis]'.")
    return url


def shown(url: str) -> str:
    """`url` as it may be shown: without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
