"""The network side of a client: opened in the loop that uses it, shared by all its siblings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.loop import running_loop
from batch_api.engine.wire import tls
from batch_api.engine.wire.proxies import Proxies, Proxy

if TYPE_CHECKING:
    from batch_api.engine.shared.link import Link
    from batch_api.engine.transport import Transport


class Wire(NamedTuple):
    """What the caller chose: a transport by name or of its own, or the proxy of ours. Raises `ConfigurationError`."""

    transport: object | None = None
    proxy: str | None = None
    trust_env: bool = True

    def check(self, base_url: str) -> None:
        """Find out at construction what can be."""
        if isinstance(self.transport, str) and self.transport not in ("httpx", "aiohttp"):
            raise ConfigurationError(f"transport: expected 'httpx' or 'aiohttp', got {self.transport!r}.")
        if not isinstance(self.trust_env, bool):
            raise ConfigurationError(f"trust_env: expected True or False, got {type(self.trust_env).__name__}.")
        if self.proxy is not None and not self.is_ours:
            raise ConfigurationError(
                "proxy= and a transport of your own exclude each other: give the transport its proxy."
            )
        if self.is_ours:
            self.proxy_of(base_url)
            if self.trust_env and base_url.startswith("https:"):
                tls.check_environment()

    @property
    def is_ours(self) -> bool:
        return self.transport is None or isinstance(self.transport, str)

    def proxy_of(self, url: str) -> Proxy | None:
        """The proxy that requests to `url` go through, as far as it is ours to choose."""
        return Proxies(self.proxy, trust_env=self.trust_env).of(url) if self.is_ours else None

    def open(self) -> Transport:
        """A transport; httpx and aiohttp are imported only now."""
        if not self.is_ours:
            from batch_api.engine.wire.given import as_transport

            return as_transport(self.transport)
        if self.transport == "aiohttp":
            from batch_api.engine.wire.aiohttp import AiohttpTransport

            return AiohttpTransport(proxy=self.proxy, trust_env=self.trust_env)
        from batch_api.engine.wire.http import HttpxTransport

        return HttpxTransport(proxy=self.proxy, trust_env=self.trust_env)


class Connections:
    """The transport, and the link to the other processes that share the limits, if there is one."""

    def __init__(self, wire: Wire, base_url: str) -> None:
        wire.check(base_url)
        self._wire = wire
        self._base_url = base_url
        self._given = None if wire.is_ours else wire.open()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
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
            # Files come from another host, but over the same transport: no connection there waits for another.
            self.transport = self._given or self._wire.open()
        return loop

    @property
    def proxy(self) -> str | None:
        """The proxy to the API, without user and password."""
        proxy = self._wire.proxy_of(self._base_url)
        return None if proxy is None else proxy.shown

    def reopen(self) -> None:
        """A client may be entered again after it was closed."""
        self._closed = False

    def share_by(self, link: Link) -> None:
        """Limits are shared with other processes: hold that link, too."""
        self._link = link
        link.use(self)

    def make_ready(self) -> None:
        """Do now what would hold up the first request, if the transport is ours."""
        if self._given is None:
            self.transport.make_ready(self._base_url)  # type: ignore[attr-defined]

    async def aclose(self) -> None:
        self._closed = True
        same_loop = self._loop is running_loop()
        link, self._link, self._loop = self._link, None, None
        if link is not None and same_loop:
            await link.leave(self)
        if same_loop:
            await self.transport.aclose()
        elif self._given is not None:
            await self._given.aclose()
