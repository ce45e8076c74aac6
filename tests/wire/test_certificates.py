"""Own certificates: what cannot be read is told at construction, or when the client is entered."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from batch_api import BatchClient, ConfigurationError, TransportError
from batch_api.engine.wire.aiohttp import AiohttpTransport
from batch_api.engine.wire.http import HttpxTransport
from tests.wire.certificates import Certificates
from tests.wire.conftest import KEY, PROJECT, MakeClient, edit
from tests.wire.server import Server


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_path_that_is_not_there(
    make_client: MakeClient, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match=f"{variable}.*nowhere"):
        make_client("https://api.test")
    make_client("http://127.0.0.1:8080")  # needs no certificates
    make_client("https://api.test", trust_env=False)


def test_a_file_where_a_folder_belongs(
    make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        make_client("https://api.test")
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "file"))
    with pytest.raises(ConfigurationError, match="SSL_CERT_DIR"):
        make_client("https://api.test")


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\x00\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
async def test_a_file_that_holds_no_certificate(
    make_client: MakeClient, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        async with make_client("https://api.test"):
            pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read(
    make_client: MakeClient, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(certificates.ca.read_bytes())
    path.chmod(0)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        async with make_client("https://api.test"):
            pass


async def test_a_folder_of_certificates(
    make_client: MakeClient, certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates.hashed(tmp_path)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    async with Server(tls=certificates.server()) as server, make_client(server.url) as client:
        await client.profiles.update([edit()])


async def test_without_the_variables_only_public_authorities_are_trusted(
    make_client: MakeClient, certificates: Certificates, trusted: Path
) -> None:
    async with Server(tls=certificates.server()) as server:
        async with make_client(server.url) as client:
            await client.profiles.update([edit()])
        async with make_client(server.url, trust_env=False) as client:
            with pytest.raises(TransportError) as caught:
                await client.profiles.update([edit()])
            assert (caught.value.stage, caught.value.retry) == ("tls", "never")


@pytest.mark.parametrize("kind", [HttpxTransport, AiohttpTransport])
async def test_a_context_of_ones_own_with_a_client_certificate(
    certificates: Certificates, kind: type[HttpxTransport] | type[AiohttpTransport]
) -> None:
    asks = certificates.server()
    asks.load_verify_locations(certificates.ca)
    asks.verify_mode = ssl.CERT_REQUIRED
    context = ssl.create_default_context(cafile=certificates.ca)
    async with Server(tls=asks) as server:
        context.load_cert_chain(*certificates.files("DNS:client.test"))
        transport = kind(ssl_context=context)
        async with BatchClient(KEY, PROJECT, base_url=server.url, transport=transport) as client:
            await client.profiles.update([edit()])
        assert len(server.requests) == 1
