"""Certificates for tests, made by the command `openssl`."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_CA = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


class Certificates:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca = folder / "ca.pem"
        """What a client must trust."""
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=authority of tests", *_CA,
                 "-keyout", folder / "ca.key", "-out", self.ca)  # fmt: skip

    def server(self, name: str = "IP:127.0.0.1,DNS:localhost", *, days: int = 2) -> ssl.SSLContext:
        """The TLS of a server that is called so; with `days=0` its certificate has expired."""
        return _context(*self.files(name, days=days))

    def files(self, name: str, *, days: int = 2) -> tuple[Path, Path]:
        """A certificate and its key."""
        stem = f"{name.replace(':', '-')}.{days}"
        key, request, certificate, extensions = (self._folder / f"{stem}.{end}" for end in ("key", "csr", "pem", "ext"))
        if not certificate.exists():
            _openssl("req", "-new", *_NEW_KEY, "-subj", "/CN=tests", "-keyout", key, "-out", request)
            extensions.write_text(f"subjectAltName={name}\nauthorityKeyIdentifier=keyid\n")
            _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._folder / "ca.key",
                     "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)  # fmt: skip
        return certificate, key

    def hashed(self, folder: Path) -> None:
        """Put the authority into a folder under the name by which OpenSSL looks for it."""
        told = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", self.ca], check=True, capture_output=True)
        (folder / f"{told.stdout.decode().strip()}.0").write_bytes(self.ca.read_bytes())

    def self_signed(self) -> ssl.SSLContext:
        key, certificate = self._folder / "self.key", self._folder / "self.pem"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=127.0.0.1",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)  # fmt: skip
        return _context(certificate, key)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
