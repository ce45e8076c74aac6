"""Clients on real sockets of loopback, over both transports, http and https."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from typing import Any, Protocol

import pytest

from batch_api import BatchClient
from batch_api._generated.cep.registry import API
from batch_api.engine import retry
from batch_api.ingest.sending import delivery
from tests.wire.certificates import Certificates

KEY = "rest_0123456789abcdef"
PROJECT = "project_0123456789abcdef"
UNLIMITED: dict[str, list[Any]] = {name: [] for name in API.operations}


class MakeClient(Protocol):
    def __call__(self, base_url: str, **options: Any) -> BatchClient: ...


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl")
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority of the tests is the only one that is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    return certificates.ca


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent again is sent again soon."""
    monkeypatch.setattr(retry, "FIRST_BACKOFF", 0.002)
    monkeypatch.setattr(delivery, "_LONGEST_BACKOFF", 0.01)


@pytest.fixture(params=["httpx", "aiohttp"])
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def make_client(transport: str) -> MakeClient:
    """Makes clients without limits, on one transport after the other."""

    def make(base_url: str, **options: Any) -> BatchClient:
        return BatchClient(
            KEY, PROJECT, **{"base_url": base_url, "limits": UNLIMITED, "transport": transport, **options}
        )

    return make


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest) -> ssl.SSLContext | None:
    """The TLS of a server whose clients trust it, or none."""
    if request.param == "http":
        return None
    request.getfixturevalue("trusted")
    certificates: Certificates = request.getfixturevalue("certificates")
    return certificates.server()


def edit(name: str = "u1", **more: Any) -> Any:
    return {"identifiers": {"custom_id": name}, "attributes": {"a": 1}, **more}
