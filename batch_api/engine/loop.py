"""The event loop that all of this runs on."""

from __future__ import annotations

import asyncio

from batch_api.engine.errors import ConfigurationError


def running_loop() -> asyncio.AbstractEventLoop:
    """The running loop. Raises `ConfigurationError` where there is none, as in plain code and under trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("batch_api needs a running asyncio event loop; trio is not supported.") from None
