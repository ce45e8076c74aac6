"""Files of exports: from links that expire, over connections that break, to bytes without a gap."""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urljoin

from batch_api._generated.cep.endpoints.exports import export_download
from batch_api.engine.engine import Engine
from batch_api.engine.errors import InvalidInput, Outcome, TransportError
from batch_api.engine.retry import MOST_FAULTS, backoff
from batch_api.engine.wire.download import Download
from batch_api.ingest import private

EXPIRED: Final = (400, 401, 403, 404, 410)
"""How a storage host turns away a link that is no longer valid. Links last 20 minutes."""
_PASSING: Final = (408, 429)
_ADDRESS = re.compile(r"[\x21-\x7e]+")
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_BLOCK: Final = 1 << 20


class Link(str):
    """A presigned link. Whoever has it has the file, so it does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<link>"


class FileStream:
    """The bytes of a file, to be read once: `async for chunk in stream`.

    A stream that breaks goes on where it stopped, with a new link where the old one has expired. It gives up after 4
    failures in a row without a new byte.
    """

    def __init__(self, engine: Engine, file_id: str) -> None:
        self._engine = engine
        self._file_id = file_id
        self._link: Link | None = None
        self._resources = AsyncExitStack()
        self._download: Download | None = None
        self._position = 0
        self._etag: str | None = None
        self._failures = 0
        self.status = 0
        """HTTP status of the storage's latest answer: 200, or 206 after a break."""
        self.size: int | None = None
        """Bytes in all; `None` where the storage does not say."""
        self.received = 0
        """Bytes given so far."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            download = await self.connect()
            try:
                async for chunk in download.aiter_bytes():
                    fresh = chunk[max(self.received - self._position, 0) :]  # after a restart some bytes come again
                    self._position += len(chunk)
                    if fresh:
                        self.received += len(fresh)
                        self._failures = 0
                        yield fresh
                self._check_end()
            except TransportError as error:
                await self._recover(error)
            else:
                return

    async def connect(self) -> Download:
        """The storage's answer, asked for until there is one that goes on where the last one stopped."""
        while self._download is None:
            link = self._link = self._link or await self._new_link()
            try:
                self._download = await self._fetch(link)
            except TransportError as error:
                await self._recover(error)
        return self._download

    async def aclose(self) -> None:
        """Give the connection back."""
        self._download = None
        await self._resources.aclose()

    async def _new_link(self) -> Link:
        answer = await export_download(self._engine, id=self._file_id)
        location = answer.response.headers.get("location", "")
        if not _ADDRESS.fullmatch(location):
            raise _failed("the API named no address for the file", "refused")
        try:
            return Link(urljoin(f"{self._engine.base_url}/exports/download", location))
        except ValueError:
            raise _failed("the API named no address for the file", "refused") from None

    async def _fetch(self, link: Link) -> Download:
        download = await self._resources.enter_async_context(self._engine.fetch(link, start=self.received))
        self.status = download.status
        if download.status in EXPIRED:
            self._link = None
        if download.status not in (200, 206):
            passing = download.status in _PASSING or download.status >= 500
            raise _failed(f"the storage answered HTTP {download.status}", "unknown" if passing else "refused")
        self._check_start(download)
        return download

    def _check_start(self, download: Download) -> None:
        """Whether the answer is of the same file, and from where on."""
        position, size = _extent(download)
        etag = download.headers.get("etag")
        if position > self.received:
            raise _failed("the storage left bytes out", "refused")
        if _differ(self._etag, etag) or _differ(self.size, size):
            raise _failed("the file changed while it was read", "refused")
        self._position = position
        self.size = size if self.size is None else self.size
        self._etag = etag if self._etag is None else self._etag

    def _check_end(self) -> None:
        if self._position < (self.received if self.size is None else self.size):
            raise _failed("the file ended too early", "unknown")

    async def _recover(self, error: TransportError) -> None:
        """Make ready to go on after a failure that may pass, or raise it."""
        await self.aclose()
        if self._failures == MOST_FAULTS or not (error.outcome == "unknown" or self._link is None):
            raise error
        self._failures += 1
        if self._link is not None:  # a new link is asked for at the pace of its own gate
            await asyncio.sleep(backoff(self._failures, random.Random()))

    def __repr__(self) -> str:
        return f"<FileStream, {self.received} of {self.size} bytes>"


@asynccontextmanager
async def opened(engine: Engine, file_id: str) -> AsyncIterator[FileStream]:
    """A stream that has begun, closed at the end."""
    stream = FileStream(engine, file_id)
    try:
        await stream.connect()
        yield stream
    finally:
        await stream.aclose()


async def save(
    engine: Engine, file_id: str, path: str | os.PathLike[str], on_progress: Callable[[int, int | None], object] | None
) -> Path:
    """Write a file under a name of its own beside `path`, and give it that name once it is whole."""
    target = _a_file(path)
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb", opener=private.new) as file:  # noqa: ASYNC230 (it is written in a thread)
            async with opened(engine, file_id) as stream:
                await _copy(stream, file, on_progress)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return target


def _a_file(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.is_dir():
        raise InvalidInput("a directory: name the file", path="path")
    return target


async def _copy(stream: FileStream, file: BinaryIO, on_progress: Callable[[int, int | None], object] | None) -> None:
    """Blocks are written in a thread: a disk may stall."""
    block = bytearray()
    async for chunk in stream:
        block += chunk
        if len(block) >= _BLOCK:
            await asyncio.to_thread(file.write, bytes(block))
            block.clear()
        if on_progress is not None:
            on_progress(stream.received, stream.size)
    await asyncio.to_thread(_finish, file, bytes(block))


def _finish(file: BinaryIO, block: bytes) -> None:
    file.write(block)
    file.flush()
    os.fsync(file.fileno())


def _extent(download: Download) -> tuple[int, int | None]:
    """At which byte the answer starts, and how many the whole file has."""
    if download.status == 206:
        span = _RANGE.fullmatch(download.headers.get("content-range", ""))
        if span is None:
            raise _failed("the storage did not say which bytes it sends", "refused")
        return int(span[1]), None if span[2] == "*" else int(span[2])
    length = download.headers.get("content-length", "")
    return 0, int(length) if length.isdecimal() else None


def _differ(before: object, now: object) -> bool:
    return before is not None and now is not None and before != now


def _failed(reason: str, outcome: Outcome) -> TransportError:
    return TransportError(f"exports.download: {reason}.", stage="download", outcome=outcome)
