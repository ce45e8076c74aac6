"""The network side of a client: opened in the loop that uses it, shared by all its siblings."""

from __future__ import annotations

import asyncio
import os
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from batch_api.engine.errors import ConfigurationError
from batch_api.engine.loop import running_loop

if TYPE_CHECKING:
    from batch_api.engine.gate import Ticket
    from batch_api.engine.limiter.shared.link import Link
    from batch_api.engine.wire.proxies import Proxy
    from batch_api.engine.wire.transport import Transport


# Looked for here, so that what reads them is imported by those alone who set them.
_NAMES_OF_PROXIES = ("https_proxy", "http_proxy", "all_proxy")
_NAMES_OF_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


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
                "proxy= cannot be combined with a transport of your own: give the proxy to that transport."
            )
        if self.is_ours:
            self.proxy_of(base_url)
            if self.trust_env and base_url.startswith("https:") and any(map(os.environ.get, _NAMES_OF_CERTIFICATES)):
                from batch_api.engine.wire.tls import check_environment

                check_environment()

    @property
    def is_ours(self) -> bool:
        return self.transport is None or isinstance(self.transport, str)

    def proxy_of(self, url: str) -> Proxy | None:
        """The proxy that requests to `url` go through, as far as it is ours to choose."""
        is_named = self.proxy is not None or (
            self.trust_env and any(name.lower() in _NAMES_OF_PROXIES for name in os.environ)
        )
        if not (self.is_ours and is_named):
            return None
        from batch_api.engine.wire.proxies import Proxies

        return Proxies(self.proxy, trust_env=self.trust_env).of(url)

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
    """The transport, and the link to the other processes that share the limits, if there is one.

    They belong to the event loop and the process that opened them.
    """

    def __init__(self, wire: Wire, base_url: str) -> None:
        wire.check(base_url)
        self._wire = wire
        self._base_url = base_url
        self._given = None if wire.is_ours else wire.open()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = os.getpid()
        self._transport: Transport | None = self._given
        self._link: Link | None = None
        self.calls: set[Ticket] = set()
        """Those that wait for their turn."""
        self.is_closed = False

    def bind(self) -> asyncio.AbstractEventLoop:
        """Make ready for the running loop, if that is not done."""
        if self.is_closed:
            raise ConfigurationError("The client is closed: make a new one, or use it inside its `async with`.")
        loop = running_loop()
        if self._loop is not loop or self._process != os.getpid():
            self._rebind(loop)
        return loop

    def _rebind(self, loop: asyncio.AbstractEventLoop) -> None:
        is_forked = self._process != os.getpid()
        if is_forked and self._loop is loop:
            raise ConfigurationError(
                "This event loop was made before a fork: parent and child would read each other's answers. Run a new"
                " loop in the child, such as by asyncio.run."
            )
        if is_forked:
            # Never closed here: that would end the parent's connections.
            _of_parents.append((self._transport, self._link, self._loop))
            self._process, self._link = os.getpid(), None
        elif self._loop is not None and not self._loop.is_closed():
            raise ConfigurationError("A client belongs to one event loop at a time: make one client for each.")
        self._loop = loop
        self.calls = set()
        # Files come from another host, but over the same transport: no connection there waits for another.
        self._transport = self._given or self._wire.open()

    @property
    def transport(self) -> Transport:
        """What carries the requests of the running loop. Raises `ConfigurationError` once it is closed."""
        if self.is_closed or self._transport is None:
            raise ConfigurationError("The client was closed.")
        return self._transport

    @property
    def proxy(self) -> str | None:
        """The proxy to the API, without user and password."""
        proxy = self._wire.proxy_of(self._base_url)
        return None if proxy is None else proxy.shown

    def reopen(self) -> None:
        """A client may be entered again after it was closed."""
        self.is_closed = False

    def share_by(self, link: Link) -> None:
        """Limits are shared with other processes: hold that link, too."""
        self._link = link
        link.use(self)

    def make_ready(self) -> None:
        """Do now what would hold up the first request, if the transport is ours."""
        if self._given is None:
            self.transport.make_ready(self._base_url)  # type: ignore[attr-defined]

    async def aclose(self) -> None:
        """Calls that wait end now; those on the wire lose their connections."""
        self.is_closed = True
        is_ours_to_close = self._loop is running_loop() and self._process == os.getpid()
        transport, link = self._transport, self._link
        self._link = self._loop = None
        self._transport = self._given
        for call in list(self.calls):
            call.withdraw()
        if is_ours_to_close and link is not None:
            await link.leave(self)
        if is_ours_to_close and transport is not None:
            await transport.aclose()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        loop = getattr(self, "_loop", None)
        if loop is None or loop.is_closed() or self._process != os.getpid() or self._given is not None:
            return
        if getattr(self._transport, "has_connections", False):
            _warn(
                "unclosed BatchClient or BatchAppClient: use `async with`, or call aclose()",
                ResourceWarning,
                source=self,
            )


_of_parents: list[object] = []
"""What processes inherited by a fork: kept, so that nothing of it is ever closed."""
