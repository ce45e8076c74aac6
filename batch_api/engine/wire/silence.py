"""Keeps the HTTP libraries from logging what passes through this package."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# At DEBUG these write headers: a `Location` with a presigned link, over HTTP/2 even the key.
_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
)
_ours: ContextVar[bool] = ContextVar("batch_api_request", default=False)


def _not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()


@contextmanager
def no_logging() -> Iterator[None]:
    """Inside, the HTTP libraries log nothing; other users of the same libraries are not affected."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def install_filter() -> None:
    """Install the filter. May be called again."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_not_ours)
