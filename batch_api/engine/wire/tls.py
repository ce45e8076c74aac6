"""How certificates are checked."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from batch_api.engine.errors import ConfigurationError

KEEP_ALIVE = 15.0
"""Seconds that an idle connection is kept."""
_FILE, _FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"


def check_environment() -> None:
    """Raises `ConfigurationError` where `SSL_CERT_FILE` or `SSL_CERT_DIR` names nothing that is there."""
    for name, is_there in ((_FILE, Path.is_file), (_FOLDER, Path.is_dir)):
        path = os.environ.get(name)
        if path and not is_there(Path(path)):
            what = "file" if name == _FILE else "folder"
            raise ConfigurationError(f"{name} names a {what} that does not exist: {path}.")


def tls_context(*, trust_env: bool) -> ssl.SSLContext:
    """The CAs that certifi brings, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`. Raises `ConfigurationError`."""
    import httpx

    if trust_env:
        check_environment()
    try:
        return httpx.create_ssl_context(trust_env=trust_env)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The certificates of {_FILE} or {_FOLDER} cannot be read: {error.strerror or type(error).__name__}."
        ) from None
