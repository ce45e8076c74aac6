"""The network side of a client: opened in the loop that uses it, shared by all its siblings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.loop import running_loop
from batch_api.engine.transport import Pools, Transport, as_transport

if TYPE_CHECKING:
    from batch_api.engine.shared.link import Link


class Connections:
    """The transport, and how many requests may be in flight on it at once."""

    def __init__(self, given: object | None, *, secure: bool, max_in_flight: int) -> None:
        if isinstance(max_in_flight, bool) or not isinstance(max_in_flight, int) or not 1 <= max_in_flight <= 1000:
            raise ConfigurationError("max_in_flight is a whole number from 1 to 1000.")
        self._given = None if given is None else as_transport(given)
        self._secure = secure
        self._max_in_flight = max_in_flight
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._open: list[Transport] = []
        self._link: Link | None = None

    def bind(self) -> asyncio.AbstractEventLoop:
        """Make ready for the running loop, if that is not done."""
        if self._closed:
            raise ConfigurationError("The client is closed: make a new one, or use it inside its `async with`.")
        loop = running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise ConfigurationError("A client belongs to one event loop at a time: make one client for each.")
            self._loop = loop
            self._open = []
            self.slots = asyncio.Semaphore(self._max_in_flight)
            self.api = self._given or self._opened(Pools(secure=self._secure))
            # Files come from another host, and may be slow: they take no connection from the API's.
            self.storage = self._given or self._opened(Pools(secure=True))
        return loop

    def reopen(self) -> None:
        """A client may be entered again after it was closed."""
        self._closed = False

    def share_by(self, link: Link) -> None:
        """Limits are shared with other processes: hold that link, too."""
        self._link = link
        link.use(self)

    def make_ready(self) -> None:
        """Do now what would hold up the first request, if the transport is ours."""
        if isinstance(self.api, Pools):
            self.api.make_ready()

    async def aclose(self) -> None:
        self._closed = True
        opened = [*self._open, *([self._given] if self._given is not None else [])]
        same_loop = self._loop is running_loop()
        link, self._link, self._loop, self._open = self._link, None, None, []
        if link is not None and same_loop:
            await link.leave(self)
        for transport in opened if same_loop else []:
            await transport.aclose()

    def _opened(self, transport: Transport) -> Transport:
        self._open.append(transport)
        return transport
