"""Which proxy a request goes through, if any."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

from batch_api.engine.address import is_loopback
from batch_api.engine.errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Proxy:
    """One proxy. Its user and password show nowhere."""

    def __init__(self, url: str, named_by: str) -> None:
        """`named_by`: the variable or parameter that the URL is from. Raises `ConfigurationError`."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except (ValueError, TypeError):
            host, port, parts = None, None, urlsplit("")
        if not host or parts.scheme not in _SCHEMES or not url.isprintable() or " " in url:
            raise ConfigurationError(
                f"{named_by}: expected the URL of a proxy such as http://proxy:3128 (http, https, socks5 or socks5h)."
            )
        self.named_by = named_by
        self.host = host
        self.is_secure = parts.scheme == "https"
        self.is_socks = parts.scheme.startswith("socks")
        if self.is_socks and find_spec("socksio") is None:
            raise ConfigurationError(f"{named_by}: SOCKS needs the package socksio, which comes with httpx[socks].")
        self._scheme = parts.scheme
        self._port = port or _PORTS[parts.scheme]
        self._auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None

    @property
    def shown(self) -> str:
        """The URL as it may be shown: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._scheme}://{host}:{self._port}"

    @property
    def headers(self) -> dict[str, str]:
        """What the proxy must be told: user and password, if there are any."""
        if self._auth is None:
            return {}
        return {"Proxy-Authorization": f"Basic {b64encode(':'.join(self._auth).encode()).decode()}"}

    def connection(self, ssl_context: Any, network: Any) -> Any:
        """A pool of httpcore's for a single connection through this proxy."""
        import httpcore

        auth = None if self._auth is None else tuple(part.encode() for part in self._auth)
        kwargs: dict[str, Any] = {
            "proxy_url": self.shown.replace("socks5h://", "socks5://", 1),
            "proxy_auth": auth,
            "ssl_context": ssl_context,
            "max_connections": 1,
            "network_backend": network,
        }
        if self.is_socks:
            return httpcore.AsyncSOCKSProxy(**kwargs)
        proxy_context = ssl_context if self.is_secure else None
        return httpcore.AsyncHTTPProxy(**kwargs, proxy_ssl_context=proxy_context)

    def __repr__(self) -> str:
        return f"<Proxy {self.shown} of {self.named_by}>"


class Proxies:
    """What `proxy=` names, or what the environment says.

    Loopback is never reached through a proxy of the environment. Raises `ConfigurationError` for what is no proxy.
    """

    def __init__(self, proxy: str | None, *, trust_env: bool, environ: Mapping[str, str] | None = None) -> None:
        self._given = None if proxy is None else Proxy(proxy, "proxy=")
        self._by_scheme: dict[str, Proxy] = {}
        self._except: list[str] = []
        if proxy is None and trust_env:
            self._read(os.environ if environ is None else environ)

    def of(self, url: str) -> Proxy | None:
        """The proxy for a URL. Raises `ConfigurationError` where the key would leave the machine unencrypted."""
        if self._given is None and not self._by_scheme:
            return None
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self._given is not None:
            if parts.scheme == "http" and not is_loopback(self._given.host):
                raise ConfigurationError(
                    "proxy=: plain http can only go through a proxy on this machine. Use an https base_url."
                )
            return self._given
        if is_loopback(host) or self._is_excepted(host, parts.port or (443 if parts.scheme == "https" else 80)):
            return None
        return self._by_scheme.get(parts.scheme) or self._by_scheme.get("all")

    def refuse_socks(self) -> None:
        """Raises `ConfigurationError` for a SOCKS proxy, which aiohttp cannot use."""
        for proxy in (self._given, *self._by_scheme.values()):
            if proxy is not None and proxy.is_socks:
                raise ConfigurationError(
                    f"{proxy.named_by}: transport='aiohttp' does not support SOCKS proxies; transport='httpx' does."
                )

    def _read(self, environ: Mapping[str, str]) -> None:
        for scheme in ("https", "http", "all"):
            name = f"{scheme}_proxy"
            # In a CGI script HTTP_PROXY is whatever the caller's header `Proxy` says.
            upper = "" if scheme == "http" and "REQUEST_METHOD" in environ else name.upper()
            used = next((key for key in (name, upper) if environ.get(key)), None)
            if used is not None:
                self._by_scheme[scheme] = Proxy(environ[used], used)
        excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        self._except = [one for entry in excepted.split(",") if (one := entry.strip().lower())]

    def _is_excepted(self, host: str, port: int) -> bool:
        return any(_matches(entry, host.lower(), port) for entry in self._except)


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `NO_PROXY` means a host: `*`, a name and all below it, either with a port, or a network."""
    if entry == "*":
        return True
    if "/" in entry:
        return _is_in_network(host, entry)
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").removeprefix(".")
    return host == entry or host.endswith(f".{entry}")


def _is_in_network(host: str, network: str) -> bool:
    import ipaddress  # here alone: it takes long to import

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
