"""`make spec-pull`: the vendor's document, fetched, checked in every way, and only then put in place of the old one."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import httpx

from codegen import document, opening, yamlfile
from codegen.errors import CodegenError
from codegen.layout import Layout

MOST_BYTES = 20_000_000
MOST_SECONDS = 60.0
_REMEDY = "Nothing was changed."


class Stamp(NamedTuple):
    """What identifies a version of a document on a server, for conditional requests."""

    etag: str = ""
    modified: str = ""

    def question(self) -> dict[str, str]:
        """The headers of a conditional request; none without a stamp."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {header: value for header, value in asked.items() if value}


class Answer(NamedTuple):
    """The answer of a source: `content` is `None` if it has not changed."""

    content: bytes | None
    stamp: Stamp


def pull(layout: Layout, url: str = "") -> str:
    """Fetch from `url`, or from the source in the lock file. Returns what happened, in one line."""
    lock = yamlfile.load_table(layout.lock)
    source = url or str(lock.get("source", ""))
    answer = fetch(source, _known(layout, lock, source))
    if answer.content is None:
        return f"{source} has not changed"
    sha256 = hashlib.sha256(answer.content).hexdigest()
    found = checked(answer.content, layout, source)
    version = document.server(found)[1]
    entry = {
        "source": source,
        "date": datetime.now(UTC).date().isoformat(),
        "sha256": sha256,
        "etag": answer.stamp.etag,
        "last-modified": answer.stamp.modified,
        "openapi": str(found["openapi"]),
        "info.version": str(found["info"]["version"]),
        "server.version.default": version,
    }
    _replace(layout, answer.content, entry)
    return f"{source}: version {version}, {len(answer.content)} bytes, sha256 {sha256[:12]}"


def _known(layout: Layout, lock: dict[str, Any], source: str) -> Stamp:
    """The stamp of our copy from `source`; empty if we do not have the bytes that it identifies."""
    here = layout.document.is_file() and document.sha256(layout.document) == lock.get("sha256")
    if source != lock.get("source") or not here:
        return Stamp()
    return Stamp(str(lock.get("etag") or ""), str(lock.get("last-modified") or ""))


def fetch(source: str, known: Stamp = Stamp()) -> Answer:  # noqa: B008 (immutable)
    """The bytes at a URL of http, https or file, within the limits of size and time."""
    try:
        parts = urlsplit(source)
    except ValueError as error:
        raise CodegenError(source, f"is not a valid URL: {error}", _REMEDY) from None
    if parts.scheme == "file":
        return Answer(_read(Path(unquote(parts.path)), parts.netloc, source), Stamp())
    if parts.scheme not in ("http", "https"):
        raise CodegenError(source or "URL", "is not a URL of http, https or file", f"Pass URL=file:… {_REMEDY}")
    if parts.username or parts.password:
        raise CodegenError("URL", "contains a password, which the lock file would show", _REMEDY)
    try:
        return asyncio.run(_fetch_in_time(source, known))
    except TimeoutError:
        raise CodegenError(source, f"took more than {MOST_SECONDS:g} s", _REMEDY) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise CodegenError(source, f"could not be fetched: {type(error).__name__} {error}", _REMEDY) from None


async def _fetch_in_time(source: str, known: Stamp) -> Answer:
    """One time limit for the whole transfer, so that a server that trickles bytes is given up, too."""

    async def stays_safe(request: httpx.Request) -> None:
        if source.startswith("https:") and request.url.scheme != "https":
            raise CodegenError(source, f"redirects to {request.url.scheme}, where anyone could change it", _REMEDY)

    client = httpx.AsyncClient(
        timeout=MOST_SECONDS, follow_redirects=True, max_redirects=5, event_hooks={"request": [stays_safe]}
    )
    # Not compressed: a few bytes could stand for gigabytes.
    headers = {"Accept-Encoding": "identity", **known.question()}
    async with asyncio.timeout(MOST_SECONDS), client, client.stream("GET", source, headers=headers) as response:
        if response.status_code == 304 and known.question():
            return Answer(None, known)
        if response.status_code != 200:
            raise CodegenError(source, f"answered with HTTP {response.status_code}", _REMEDY)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise CodegenError(source, "sent compressed content, though asked not to", _REMEDY)
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MOST_BYTES:
                raise CodegenError(source, f"sent more than {MOST_BYTES} bytes", _REMEDY)
    stamp = Stamp(response.headers.get("etag", ""), response.headers.get("last-modified", ""))
    return Answer(bytes(content), stamp)


def _read(path: Path, host: str, source: str) -> bytes:
    if host not in ("", "localhost"):
        raise CodegenError(source, "is a file on another machine", _REMEDY)
    try:
        if path.exists() and not path.is_file():
            raise CodegenError(source, "is not a regular file", _REMEDY)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CodegenError(source, f"cannot be read: {getattr(error, 'strerror', None) or error}", _REMEDY) from None
    if len(content) > MOST_BYTES:
        raise CodegenError(source, f"has more than {MOST_BYTES} bytes", _REMEDY)
    return content


def checked(content: bytes, layout: Layout, source: str) -> dict[str, Any]:
    """The document in `content`. Refuses unsafe YAML, OpenAPI older than 3.0, and what is not valid."""
    if content.lstrip()[:1] == b"<":
        raise CodegenError(source, "is a web page, not a document", _REMEDY)
    found = opening.opened(yamlfile.parse_untrusted(content, source), layout, source).document
    document.server(found)
    return found


def _replace(layout: Layout, content: bytes, entry: dict[str, str]) -> None:
    """Document first, then lock; if the second cannot be written, the first is put back."""
    head = f"# What `{layout.document.name}` is, and where it comes from. Written by `make spec-pull`.\n"
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
    """Atomically: a reader sees the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
