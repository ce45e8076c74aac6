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
"""Characters of a base address; ids and cursors are appended to it."""


def is_safe(url: str) -> bool:
    """Whether nobody can read on the way what is sent there: https, or plain http that stays on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(str(parts.hostname)))
    )


def checked(base_url: object, example: str) -> tuple[str, str]:
    """`base_url` without a trailing slash, and its origin.

    Raises `ConfigurationError` for what cannot be the address of an API. It shows an example, but nothing of
    `base_url`, which may hold a password.
    """
    fault = _fault(base_url)
    if fault is not None:
        raise ConfigurationError(f"base_url {fault}: expected a scheme, a host and a path, such as {example}.")
    parts = urlsplit(str(base_url))
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    return f"{origin}{parts.path}".rstrip("/"), origin


def _fault(base_url: object) -> str | None:
    """What is wrong with it."""
    if not isinstance(base_url, str):
        return f"is not a string but {type(base_url).__name__}"
    # `urlsplit` silently drops some of these.
    if not base_url.isprintable() or " " in base_url or "\\" in base_url:
        return "contains a space, a backslash or an unprintable character"
    if "?" in base_url or "#" in base_url:
        return "has a query or a fragment"
    if len(base_url) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    try:
        parts = urlsplit(base_url)
        if parts.scheme not in ("https", "http"):
            return "has no scheme"
        if "@" in parts.netloc:
            return "contains a user name or a password, which the API does not use"
        if parts.port == 0 or not _HOST.fullmatch(httpx.URL(base_url).raw_host.decode()):
            return "has an invalid host or port"
    except (ValueError, httpx.InvalidURL):
        return "has an invalid host or port"
    if not is_safe(base_url):
        return "is plain http, but the REST API key is sent over https only, or to this machine"
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
