"""The running event loop, or an error that says what is missing."""

from __future__ import annotations

import asyncio

from batch_api.engine.errors import ConfigurationError


def running_loop() -> asyncio.AbstractEventLoop:
    """The running loop. Raises `ConfigurationError` if there is none, as in synchronous code and under trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("batch_api needs a running asyncio event loop; trio is not supported.") from None
