"""The origin that serves the files of exports: another host, no credentials, links that expire.

It answers as object stores do: 403 to a link that is unknown or too old, 206 to a `Range`. A request that carries
`Authorization` or `X-Batch-Project` is refused with 400: the API warns against sending its credentials here.
"""

from __future__ import annotations

import hashlib
import re
import urllib.parse
from typing import TYPE_CHECKING, NamedTuple

from batch_api.testing.wire import Reply

if TYPE_CHECKING:
    from batch_api.testing.timing import Time
    from batch_api.testing.wire import Request

SECRETS = ("authorization", "x-batch-project")


class Link(NamedTuple):
    """What a presigned link gives access to, and until when."""

    content: bytes
    path: str
    expires: float


class Storage:
    """The files, by the signature of their links."""

    def __init__(self, time: Time, origin: str, link_seconds: float) -> None:
        self._time = time
        self._link_seconds = link_seconds
        self._links: dict[str, Link] = {}
        self.origin = origin
        """`http://host:port`, at which it is reached."""

    @property
    def host(self) -> str:
        """The host, and the port if there is one."""
        return self.origin.partition("://")[2]

    def link(self, file_id: str, content: bytes, signature: str) -> str:
        """A new link to a file."""
        expires = self._time.wall().timestamp() + self._link_seconds
        path = f"/exports/{file_id}.jsonl"
        self._links[signature] = Link(content, path, expires)
        return f"{self.origin}{path}?expires={int(expires)}&signature={signature}"

    def answer(self, request: Request) -> Reply:
        if any(name in request.headers for name in SECRETS):
            return _error(400, "CredentialsSent")
        if request.method not in ("GET", "HEAD"):
            return _error(405, "MethodNotAllowed")
        signature = urllib.parse.parse_qs(request.query).get("signature", [""])[0]
        link = self._links.get(signature)
        if link is None or link.path != request.path:
            return _error(403, "SignatureDoesNotMatch")
        if self._time.wall().timestamp() >= link.expires:
            return _error(403, "AccessDenied: the link has expired")
        return _content(link.content, request)


def _content(content: bytes, request: Request) -> Reply:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"content-type": "application/x-ndjson", "accept-ranges": "bytes", "etag": etag}
    status, start, end = 200, 0, len(content)
    wanted = request.headers.get("range")
    if wanted is not None and request.headers.get("if-range", etag) == etag:
        span = _span(wanted, len(content))
        if span is None:
            return _error(416, "InvalidRange", {"content-range": f"bytes */{len(content)}"})
        status, (start, end) = 206, span
        headers["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
    headers["content-length"] = str(end - start)
    return Reply(status, b"" if request.method == "HEAD" else content[start:end], headers)


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """Start and end of `bytes=a-b`, `bytes=a-` or `bytes=-n`; `None` if the range cannot be satisfied."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return (start, end) if start < end else None


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> Reply:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'.encode()
    return Reply(status, body, {"content-type": "application/xml", "content-length": str(len(body)), **(headers or {})})
