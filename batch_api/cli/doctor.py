"""`doctor`: checks whether everything is set up correctly. It only reads."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from batch_api import (
    APIError,
    AuthenticationFailed,
    BatchClient,
    BatchError,
    ConfigurationError,
    NotFound,
    PermissionDenied,
    Response,
    TransportError,
    __version__,
)
from batch_api._generated.cep.document import SERVER_URL
from batch_api.cli.account import URL, Account, open_to_others

MOST_SKEW = 30.0
"""Seconds that our clock may differ from the API's: beyond that, it may refuse events as being in the future."""
_CONNECT = 10.0


class Finding(NamedTuple):
    """The result of one check."""

    subject: str
    is_good: bool
    text: str


async def examine(credentials: Path | None) -> list[Finding]:
    """Check the version, the keys, the connection to the API, its answer, and the clocks."""
    findings = [Finding("version", True, f"batch_api {__version__}, Python {platform.python_version()}")]
    try:
        account = Account.found(credentials)
        client = account.client()
    except ConfigurationError as error:
        return [*findings, Finding("credentials", False, _first_sentence(error))]
    findings += _credentials(account, credentials)
    async with client.with_options(deadline=30.0) as sibling, client:
        base_url = account.values.get(URL) or SERVER_URL
        reached = await _reach(base_url, client.proxy)
        findings.append(reached)
        if reached.is_good:
            findings += await _ask(sibling)
    return findings


def _credentials(account: Account, path: Path | None) -> Iterator[Finding]:
    yield Finding("credentials", True, f"from {account.origin}")
    said = None if path is None else open_to_others(path)
    if said is not None:
        yield Finding("credentials", False, said)


async def _reach(base_url: str, proxy: str | None) -> Finding:
    """Whether a connection to the host, or to the proxy in front of it, can be made at all."""
    address = urlsplit(proxy or base_url)
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 80)
    what = f"the proxy {proxy}" if proxy else address.netloc
    began = time.monotonic()
    try:
        async with asyncio.timeout(_CONNECT):
            _, writer = await asyncio.open_connection(address.hostname, port, ssl=(secure and not proxy) or None)
        writer.close()
    except TimeoutError:
        return Finding("network", False, f"no connection to {what} in {_CONNECT:.0f} s")
    except OSError as error:
        return Finding("network", False, f"no connection to {what}: {error.strerror or type(error).__name__}")
    took = f"reached in {(time.monotonic() - began) * 1000:.0f} ms"
    return Finding("network", True, f"{what} {took}, for {base_url}" if proxy else f"{base_url} {took}")


async def _ask(client: BatchClient) -> list[Finding]:
    """One page of the shortest list. It needs a key and a project, and changes nothing."""
    sent = time.time()
    try:
        page = await anext(aiter(client.segments.list(page_size=1).pages()))
    except BatchError as error:
        return [*_refusal(error), *_clock(getattr(error, "response", None), sent)]
    good = Finding("key", True, "accepted by the API"), Finding("project", True, "accessible with the key")
    return [*good, *_clock(page.response, sent)]


def _refusal(error: BatchError) -> list[Finding]:
    if isinstance(error, AuthenticationFailed):
        return [Finding("key", False, "refused by the API for this project (HTTP 401): check both keys")]
    if isinstance(error, PermissionDenied | NotFound):
        return [
            Finding("key", True, "accepted by the API"),
            Finding("project", False, f"not accessible with the key (HTTP {error.status})"),
        ]
    what = f"HTTP {error.status}" if isinstance(error, APIError) else _first_sentence(error)
    return [
        Finding("network" if isinstance(error, TransportError) else "API", False, f"could not list segments: {what}")
    ]


def _clock(response: Any, sent: float) -> Iterator[Finding]:
    """Compares the clocks by the `Date` of the answer, which is exact to a second."""
    header = response.headers.get("date") if isinstance(response, Response) else None
    try:
        theirs = parsedate_to_datetime(header or "")
    except ValueError:
        yield Finding("clock", True, "not compared: the answer has no Date header")
        return
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    ours = datetime.fromtimestamp((sent + time.time()) / 2, UTC)
    skew = (ours - theirs).total_seconds()
    if abs(skew) <= MOST_SKEW:
        yield Finding("clock", True, "agrees with the API's")
    else:
        yield Finding("clock", False, f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the API's")


def _first_sentence(error: BatchError) -> str:
    return str(error).removesuffix(" Nothing was sent.").removesuffix(".")
