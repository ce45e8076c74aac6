"""Where requests may go."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from batch_api.engine.errors import ConfigurationError

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")  # not `ipaddress`, whose import takes longer than all of this package's
_HOST = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.I)
_LONGEST: Final = 2000
"""Characters of a base address; ids and cursors still go behind it."""


def is_safe(url: str) -> bool:
    """Whether what is sent there stays unread on the way: https, or plain http that does not leave the machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(str(parts.hostname)))
    )


def checked(base_url: object, example: str) -> tuple[str, str]:
    """`base_url` without a trailing slash, and its origin.

    Raises `ConfigurationError` for what can be no address of an API. It shows an example, and nothing of `base_url`,
    which may hold a password.
    """
    fault = _fault(base_url)
    if fault is not None:
        raise ConfigurationError(f"base_url {fault}; it looks like {example}: a scheme, a host and a path.")
    parts = urlsplit(str(base_url))
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    return f"{origin}{parts.path}".rstrip("/"), origin


def _fault(base_url: object) -> str | None:
    """What is wrong with it."""
    if not isinstance(base_url, str):
        return f"is {type(base_url).__name__}, not a string"
    # `urlsplit` would pass over some of these without a word.
    if not base_url.isprintable() or " " in base_url or "\\" in base_url:
        return "holds a space, a backslash or a character that cannot be printed"
    if "?" in base_url or "#" in base_url:
        return "has a query or a fragment"
    if len(base_url) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    try:
        parts = urlsplit(base_url)
        if parts.scheme not in ("https", "http"):
            return "has no scheme"
        if "@" in parts.netloc:
            return "names a user or a password, which the API does not take"
        if parts.port == 0 or not _HOST.fullmatch(httpx.URL(base_url).raw_host.decode()):
            return "has a host or a port that cannot be one"
    except (ValueError, httpx.InvalidURL):
        return "has a host or a port that cannot be one"
    if not is_safe(base_url):
        return "is plain http: the REST API key only travels over https, or to loopback"
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
