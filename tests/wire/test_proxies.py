"""Proxies: who names them, where they are not used, what they do, and that passwords show nowhere."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from batch_api import BatchClient, ConfigurationError, TransportError
from batch_api.engine.wire.proxies import Proxies
from tests.wire import leaks
from tests.wire.certificates import Certificates
from tests.wire.conftest import MakeClient, edit
from tests.wire.proxy import NAME, ProxyServer
from tests.wire.server import Server

PASSWORD = "pass word/@:ü"
QUOTED = "pass%20word%2F%40%3A%C3%BC"


@pytest.fixture
def api(certificates: Certificates, trusted: object) -> Server:
    """An https server by a name that only the proxy can resolve."""
    return Server(tls=certificates.server(f"DNS:{NAME}"), host=NAME)


# -- through the proxy -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
async def test_https_goes_through_the_proxy_of_the_environment(
    make_client: MakeClient, api: Server, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api, ProxyServer() as proxy:
        monkeypatch.setenv(variable, proxy.origin)
        async with make_client(api.url) as client:
            for _ in range(20):
                await client.profiles.update([edit()])
            assert leaks.in_use(client) == 0
        assert proxy.asked == [f"CONNECT {NAME}:{api.port} HTTP/1.1"], "one tunnel for all calls"
        assert len(api.requests) == 20
        assert "Proxy-Authorization" not in api.requests[0].head


async def test_a_proxy_that_the_caller_names(make_client: MakeClient, api: Server) -> None:
    async with api, ProxyServer() as proxy, make_client(api.url, proxy=proxy.origin) as client:
        await client.profiles.update([edit()])
        assert len(proxy.asked) == 1


async def test_the_callers_proxy_goes_before_that_of_the_environment(
    make_client: MakeClient, api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    async with api, ProxyServer() as proxy, make_client(api.url, proxy=proxy.origin) as client:
        await client.profiles.update([edit()])
        assert len(proxy.asked) == 1


async def test_user_and_password_reach_the_proxy_and_nobody_else(
    make_client: MakeClient, api: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with api, ProxyServer(user="us er", password=PASSWORD) as proxy:
        url = proxy.origin.replace("//", f"//us%20er:{QUOTED}@")
        async with make_client(api.url, proxy=url) as client:
            await client.profiles.update([edit()])
            shown = f"{client!r} {client._engine!r} {client._engine._connections.transport!r}"
        assert len(api.requests) == 1
        assert "proxy-authorization" not in api.requests[0].head.lower()
    assert_hidden(shown + caplog.text)


async def test_a_wrong_password_is_told_and_not_shown(
    make_client: MakeClient, api: Server, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with api, ProxyServer(user="user", password="another") as proxy:
        url = proxy.origin.replace("//", f"//user:{QUOTED}@")
        async with make_client(api.url, proxy=url) as client:
            with pytest.raises(TransportError) as caught:
                await client.profiles.update([edit()])
    assert (caught.value.stage, caught.value.outcome) == ("connect", "not_sent")
    assert_hidden(f"{caught.value} {caught.value!r} {caught.value.attempts} {caught.value.__cause__!r} {caplog.text}")


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "503 Service Unavailable", "403 No"])
async def test_a_proxy_that_refuses(make_client: MakeClient, api: Server, quick: None, status: str) -> None:
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    async with api, ProxyServer(answer=answer) as proxy, make_client(api.url, proxy=proxy.origin) as client:
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([edit(events=[{"name": "bought"}])])
        error = caught.value
        is_final = status.startswith("407")  # the user and password do not become right by themselves
        assert (error.stage, error.outcome, error.retry) == ("connect", "not_sent", "never" if is_final else "later")
        assert len(error.attempts) == (1 if is_final else 5)
        assert "proxy" in str(error).lower(), "it says who refused"
        assert leaks.in_use(client) == 0


async def test_a_proxy_that_is_not_there(make_client: MakeClient, api: Server, quick: None) -> None:
    async with ProxyServer() as proxy:
        dead = proxy.origin
    async with api, make_client(api.url, proxy=dead) as client:
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([edit(events=[{"name": "bought"}])])
        assert (caught.value.stage, caught.value.outcome) == ("connect", "not_sent")
        assert api.connections == 0


async def test_a_certificate_that_fails_behind_the_proxy(
    make_client: MakeClient, certificates: Certificates, trusted: object
) -> None:
    async with (
        Server(tls=certificates.server("DNS:other.test"), host=NAME) as api,
        ProxyServer() as proxy,
        make_client(api.url, proxy=proxy.origin) as client,
    ):
        with pytest.raises(TransportError) as caught:
            await client.profiles.update([edit()])
        error = caught.value
        assert (error.stage, error.outcome, error.retry, len(error.attempts)) == ("tls", "not_sent", "never", 1)


async def test_plain_http_on_this_machine_through_a_proxy_on_it(make_client: MakeClient) -> None:
    async with Server() as api, ProxyServer(user="user", password=PASSWORD) as proxy:
        async with make_client(api.url, proxy=proxy.origin.replace("//", f"//user:{QUOTED}@")) as client:
            for _ in range(3):
                await client.profiles.update([edit()])
        assert proxy.asked == [f"POST {api.url}/profiles/update HTTP/1.1"]
        assert len(api.requests) == 3


async def test_plain_http_goes_through_no_proxy_elsewhere(make_client: MakeClient) -> None:
    """It would see the key."""
    with pytest.raises(ConfigurationError, match="proxy="):
        make_client("http://127.0.0.1:8080/2.11", proxy="http://proxy.test:3128")


# -- past the proxy --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
async def test_loopback_is_reached_without_a_proxy_of_the_environment(
    make_client: MakeClient, tls: ssl.SSLContext | None, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for host in ("127.0.0.1", "localhost"):
        async with Server(tls=tls, host=host) as api, make_client(api.url) as client:
            await client.profiles.update([edit()])
            assert len(api.requests) == 1


async def test_trust_env_false_means_none(
    make_client: MakeClient, api: Server, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ProxyServer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        async with make_client("https://api.invalid/2.11", trust_env=False) as client:
            with pytest.raises(TransportError) as caught:
                await client.profiles.update([edit()])
            assert caught.value.stage == "connect"
        assert proxy.asked == []


@pytest.mark.parametrize(
    ("excepted", "url", "direct"),
    [
        ("*", "https://api.test", True),
        ("api.test", "https://api.test", True),
        ("API.Test", "https://api.test", True),
        ("test", "https://api.test", True),
        (".test", "https://api.test", True),
        ("*.test", "https://api.test", True),
        (" other.test , api.test ", "https://api.test", True),
        ("api.test:443", "https://api.test", True),
        ("api.test:8443", "https://api.test:8443", True),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("2001:db8::1", "https://[2001:db8::1]", True),
        ("[2001:db8::1]", "https://[2001:db8::1]", True),
        ("[2001:db8::1]:443", "https://[2001:db8::1]", True),
        ("2001:db8::/32", "https://[2001:db8::1]", True),
        ("", "https://api.test", False),
        ("pi.test", "https://api.test", False),
        ("api.test.example", "https://api.test", False),
        ("api.test:8443", "https://api.test", False),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://api.test", False),
        ("2001:db8::/32", "https://10.1.2.3", False),
        ("2001:db8::2", "https://[2001:db8::1]", False),
        ("not/a/network", "https://api.test", False),
        (",,", "https://api.test", False),
        (".", "https://api.test", False),
    ],
)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_the_forms_of_no_proxy(variable: str, excepted: str, url: str, direct: bool) -> None:
    proxies = Proxies(None, trust_env=True, environ={"HTTPS_PROXY": "http://proxy.test:3128", variable: excepted})
    assert (proxies.of(url) is None) == direct


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1"}, "https://api.test", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1", "ALL_PROXY": "http://b:1"}, "https://api.test", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1"}, "https://api.test", None),
        ({"HTTP_PROXY": "http://a:1"}, "http://api.test", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, "http://api.test", None),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://api.test", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy"}, "https://api.test", "http://proxy:80"),
        ({"HTTPS_PROXY": "https://proxy"}, "https://api.test", "https://proxy:443"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "https://api.test", "http://[2001:db8::1]:3128"),
        ({"HTTPS_PROXY": ""}, "https://api.test", None),
    ],
)
def test_which_variable_counts(environ: dict[str, str], url: str, proxy: str | None) -> None:
    found = Proxies(None, trust_env=True, environ=environ).of(url)
    assert (None if found is None else found.shown) == proxy


# -- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://user:{}@",
        "http://user:{}@proxy:port",
        "http://user:{}@proxy:99999",
        "ftp://user:{}@proxy",
        "http://user:{}@pro xy",
        "http://user:{}@proxy\n",
        "http://user:{}@[::1",
        "",
        "://",
    ],
)
def test_what_is_no_proxy_is_refused_at_construction(url: str, transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = url.format("s3cret")
    with refused("proxy=") as told:
        BatchClient("key", "project_1", transport=transport, proxy=url)
    assert "s3cret" not in told[0]
    if url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        with refused("HTTPS_PROXY") as told:
            BatchClient("key", "project_1", transport=transport)
        assert "s3cret" not in told[0]


@pytest.mark.parametrize("value", [5, b"http://proxy", True])
def test_a_proxy_is_a_text(value: object) -> None:
    with refused("proxy="):
        BatchClient("key", "project_1", proxy=value)  # type: ignore[arg-type]


@pytest.mark.skipif(find_spec("socksio") is not None, reason="for installations without socksio")
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_socks_without_its_package(scheme: str, transport: str) -> None:
    with refused("proxy=") as told:
        BatchClient("key", "project_1", transport=transport, proxy=f"{scheme}://user:s3cret@proxy:1080")
    assert "socks" in told[0].lower()
    assert "s3cret" not in told[0]


def test_a_proxy_and_a_transport_of_ones_own_exclude_each_other() -> None:
    class Mine:
        async def send(self, request: object) -> object: ...

        async def aclose(self) -> None: ...

    with refused("proxy="):
        BatchClient("key", "project_1", transport=Mine(), proxy="http://proxy:3128")


@contextmanager
def refused(named: str) -> Iterator[list[str]]:
    """Refused by an error of ours that says what is at fault."""
    told: list[str] = []
    with pytest.raises(ConfigurationError) as caught:
        yield told
    told.append(f"{caught.value} {caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}")
    assert named in told[0]


def assert_hidden(text: str) -> None:
    for secret in (PASSWORD, QUOTED, "pass word", "pass%20word"):
        assert secret not in text
