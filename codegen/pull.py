"""`make spec-pull`: the vendor's document, fetched, checked in every way, and only then put in place of the old one."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import httpx

from . import document, yamlfile
from .errors import CodegenError
from .layout import Layout

MOST_BYTES = 20_000_000
MOST_SECONDS = 60.0
_REMEDY = "Nothing was changed."


class Answer(NamedTuple):
    """What a source gave: `content` is `None` if it is what we have already."""

    content: bytes | None
    etag: str


def pull(layout: Layout, url: str = "") -> str:
    """Fetch from `url`, or from the source in the lock file. Returns what happened, in one line."""
    lock = yamlfile.load_table(layout.lock)
    source = url or str(lock.get("source", ""))
    known = str(lock.get("etag") or "") if source == lock.get("source") else ""
    # An etag stands for the bytes in the lock: if they are not here, they must be fetched.
    if known and (not layout.document.is_file() or document.sha256(layout.document) != lock.get("sha256")):
        known = ""
    answer = fetch(source, known)
    if answer.content is None:
        return f"{source} has not changed"
    sha256 = hashlib.sha256(answer.content).hexdigest()
    found = checked(answer.content, source)
    entry = {
        "source": source,
        "date": datetime.now(UTC).date().isoformat(),
        "sha256": sha256,
        "etag": answer.etag,
        "openapi": str(found["openapi"]),
        "info.version": str(found["info"]["version"]),
        "server.version.default": document.server(found)[1],
    }
    _replace(layout, answer.content, entry)
    version = entry["server.version.default"]
    return f"{source}: version {version}, {len(answer.content)} bytes, sha256 {sha256[:12]}"


def fetch(source: str, etag: str = "") -> Answer:
    """The bytes at a URL of http, https or file, within the limits of size and time."""
    parts = urlsplit(source)
    if parts.scheme == "file":
        return Answer(_read(Path(unquote(parts.path)), source), "")
    if parts.scheme not in ("http", "https"):
        raise CodegenError(source or "URL", "is no address of http, https or file", _REMEDY)
    until = time.monotonic() + MOST_SECONDS
    try:
        with (
            httpx.Client(timeout=min(20.0, MOST_SECONDS), follow_redirects=True, max_redirects=5) as client,
            client.stream("GET", source, headers={"If-None-Match": etag} if etag else {}) as response,
        ):
            if response.status_code == 304 and etag:
                return Answer(None, etag)
            if response.status_code != 200:
                raise CodegenError(source, f"answered HTTP {response.status_code}", _REMEDY)
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise CodegenError(source, f"sends more than {MOST_BYTES} bytes", _REMEDY)
                if time.monotonic() > until:
                    raise CodegenError(source, f"takes more than {MOST_SECONDS:g} s", _REMEDY)
            return Answer(bytes(content), response.headers.get("etag", ""))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CodegenError(source, f"cannot be fetched: {type(error).__name__} {error}", _REMEDY) from None


def _read(path: Path, source: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CodegenError(source, f"cannot be read: {error.strerror}", _REMEDY) from None
    if len(content) > MOST_BYTES:
        raise CodegenError(source, f"has more than {MOST_BYTES} bytes", _REMEDY)
    return content


def checked(content: bytes, source: str) -> dict[str, Any]:
    """The document in `content`. Refuses unsafe YAML, OpenAPI other than 3.1, and what is not valid."""
    found = yamlfile.parse_untrusted(content, source)
    version = str(found.get("openapi") or found.get("swagger") or "")
    if version.startswith("3.0."):
        raise CodegenError(source, f"is OpenAPI {version}: 3.1 is needed", "Convert it to 3.1 first, then URL=file:…")
    document.validate(found, source)
    document.server(found)
    return found


def _replace(layout: Layout, content: bytes, entry: dict[str, str]) -> None:
    """Document first, then lock; if the second cannot be written, the first is put back."""
    head = "# What `batch-api.yaml` is, and where it comes from. Written by `make spec-pull`.\n"
    lines = "".join(f"{key}: {yamlfile.quoted(value)}\n" for key, value in entry.items())
    before = layout.document.read_bytes() if layout.document.is_file() else None
    _write(layout.document, content)
    try:
        _write(layout.lock, (head + lines).encode())
    except BaseException:
        if before is None:
            layout.document.unlink(missing_ok=True)
        else:
            _write(layout.document, before)
        raise


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
