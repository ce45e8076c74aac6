"""Where requests may go."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from batch_api.engine.errors import ConfigurationError

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")  # not `ipaddress`, whose import takes longer than all of this package's


def is_safe(url: str) -> bool:
    """Whether what is sent there stays unread on the way: https, or plain http that does not leave the machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(str(parts.hostname)))
    )


def checked(base_url: str, example: str) -> tuple[str, str]:
    """`base_url` without a trailing slash, and its origin. Raises `ConfigurationError`, which shows an example."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ConfigurationError(f"base_url looks like {example}: a scheme, a host and no more than that has.")
    if not is_safe(base_url):
        raise ConfigurationError("base_url is plain http: the REST API key only travels over https, or to loopback.")
    return base_url.rstrip("/"), f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
