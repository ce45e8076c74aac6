"""Files of exports, streamed from the host that stores them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from batch_api.engine.address import is_safe
from batch_api.engine.errors import TransportError
from batch_api.engine.response import Headers
from batch_api.engine.wire.transport import Fault, Request, Transport, WireResponse, fault_of


class Download:
    """A file being downloaded: `status`, `headers`, and the bytes. Shows no address: the link is a secret."""

    def __init__(self, wire: WireResponse, request: Request) -> None:
        self._wire = wire
        self._request = request

    @property
    def status(self) -> int:
        return self._wire.status

    @property
    def headers(self) -> Headers:
        return self._wire.headers

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The bytes, as they arrive. Raises `TransportError` at stage `download` if the download breaks off."""
        fault: Fault | None = None
        chunks = aiter(self._wire.aiter_bytes())
        while True:
            try:
                chunk = await anext(chunks, None)
            except Exception as error:
                fault = _network_fault(error, self._request)
                break
            if chunk is None:
                return
            yield chunk
        raise _broken(fault)

    def __repr__(self) -> str:
        return f"<Download {self.status}>"


@asynccontextmanager
async def fetch(transport: Transport, url: str, *, start: int, timeout: float) -> AsyncIterator[Download]:
    """Request a presigned link. Neither the key nor the project is sent along, and nothing logs the address."""
    if not is_safe(url):
        raise TransportError("Expected an https link to the file, got another.", stage="download", outcome="not_sent")
    headers = [("Accept", "*/*"), ("Accept-Encoding", "identity")]
    if start:
        headers.append(("Range", f"bytes={start}-"))
    request = Request("GET", url, headers, timeout=timeout)
    fault: Fault | None = None
    wire: WireResponse | None = None
    try:
        wire = await transport.send(request)
    except Exception as error:
        fault = _network_fault(error, request)
    if wire is None:
        raise _broken(fault)
    try:
        yield Download(wire, request)
    finally:
        await wire.aclose()


def _network_fault(error: Exception, request: Request) -> Fault:
    fault = fault_of(error, request)
    if fault is None:
        raise error
    return fault


def _broken(fault: Fault | None) -> TransportError:
    """To be raised where no error is being handled: the HTTP library's own error may hold a secret."""
    kind = "" if fault is None else f" ({fault.kind})"
    if fault is not None and fault.final:
        said = f"The certificate of the file's host could not be verified{kind}."
        return TransportError(said, stage="tls", final=True, outcome="not_sent")
    return TransportError(f"The download of the file failed{kind}.", stage="download", outcome="unknown")
