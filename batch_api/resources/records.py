"""The records in a file of an export, whatever its form: JSON lines, a JSON array, objects over several lines, gzip.

The form is not documented, so it is seen from the content. One reader is
enough for all of them: values that follow each other, with white space between them or, in an array, commas. No more is
held in memory than some blocks, or one record.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from batch_api.engine.errors import TransportError
from batch_api.ingest.sources.signature import GZIP, foreign

if TYPE_CHECKING:
    from batch_api.models import ExportFile

LONGEST_RECORD: Final = 16 << 20
_BLOCK: Final = 1 << 16  # a millisecond of reading
_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_GZIP: Final = 16 + zlib.MAX_WBITS

Record = dict[str, Any]


def numbered(files: Sequence[ExportFile]) -> list[tuple[int, ExportFile]]:
    """The files in order, each with a number of its own: its part or, if those are not unique, its place."""
    ordered = sorted(files, key=lambda file: (file.part or 0, file.id or ""))
    numbers = [file.part for file in ordered if file.part is not None]
    if len(set(numbers)) < len(ordered):
        numbers = list(range(1, len(ordered) + 1))
    return list(zip(numbers, ordered, strict=True))


async def records_of(blocks: AsyncIterator[bytes], name: str) -> AsyncGenerator[Record, None]:
    """The records of a file, read as its bytes arrive. `name` is the file's, for errors.

    Raises `TransportError` for content that cannot be read, once all records before it were given.
    """
    packed, reader = _Unpacked(name), _Reader(name)
    async for block in blocks:
        for text in packed.feed(block):
            for record in reader.feed(text):
                yield record
            await asyncio.sleep(0)
    for text in packed.end():
        for record in reader.feed(text):
            yield record
    for record in reader.end():
        yield record


class _Unpacked:
    """Bytes as they arrive, unpacked if they are gzip."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head: bytes | None = b""
        self._gzip: zlib._Decompress | None = None

    def feed(self, block: bytes) -> Iterator[bytes]:
        if self._head is not None:
            block, self._head = self._head + block, None
            if len(block) < len(GZIP):
                self._head = block
                return
            if block.startswith(GZIP):
                self._gzip = zlib.decompressobj(_GZIP)
            elif other := foreign(block):
                raise broken(self._name, f"expected JSON, got {other.split(':')[0]}")
        if self._gzip is None:
            yield from (block[at : at + _BLOCK] for at in range(0, len(block), _BLOCK))
        else:
            yield from self._unpack(self._gzip, block)

    def _unpack(self, gzip: zlib._Decompress, block: bytes) -> Iterator[bytes]:
        while block:
            if gzip.eof:  # another member, or the zeros that pad the last block of a tape
                block = block.lstrip(b"\0")
                if not block:
                    return
                self._gzip = gzip = zlib.decompressobj(_GZIP)
            try:
                text = gzip.decompress(block, _BLOCK)
            except zlib.error:
                raise broken(self._name, "its gzip data is damaged") from None
            if text:
                yield text
            block = gzip.unconsumed_tail or gzip.unused_data

    def end(self) -> Iterator[bytes]:
        """What is left. Raises `TransportError` if more should have come."""
        if self._gzip is not None and not self._gzip.eof:
            raise broken(self._name, "its gzip data breaks off")
        if self._head:
            yield self._head


class _Reader:
    """JSON text as it arrives, as records."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._decode = json.JSONDecoder().raw_decode
        self._text = ""
        self._wanted = 0
        """How long the text must be before it is worth trying again: twice as long, so that no text is read often."""
        self._is_array: bool | None = None
        self._is_over = False

    def feed(self, block: bytes) -> Iterator[Record]:
        valid = True
        try:
            self._text += self._utf8.decode(block)
        except UnicodeDecodeError as error:
            self._text += error.object[: error.start].decode()
            valid = False
        if len(self._text) >= self._wanted or not valid:
            yield from self._read()
        if not valid:
            raise broken(self._name, "it is not UTF-8")

    def end(self) -> Iterator[Record]:
        """What is left. Raises `TransportError` if more should have come."""
        yield from self._read()
        if self._text or (self._is_array and not self._is_over) or self._utf8.getstate()[0]:
            raise broken(self._name, "its JSON breaks off, or is invalid")

    def _read(self) -> Iterator[Record]:
        text, at = self._text, 0
        self._wanted = 0
        while (at := self._next(text, at)) < len(text):
            try:
                record, end = self._decode(text, at)
            except (ValueError, RecursionError):  # it may go on in the next block
                self._wanted = 2 * (len(text) - at)
                break
            if type(record) is not dict:
                raise broken(self._name, "expected objects")
            at = end
            yield record
        self._text = text[at:]
        if len(self._text) > LONGEST_RECORD:
            raise broken(self._name, f"its JSON is invalid, or a record has more than {LONGEST_RECORD >> 20} MB")

    def _next(self, text: str, at: int) -> int:
        """Where the next value begins: behind white space and, in an array, commas."""
        while True:
            at = _end_of_space(text, at)
            mark = text[at : at + 1]
            if self._is_array is None and mark:
                self._is_array = mark == "["
                at += self._is_array
            elif self._is_over and mark:
                raise broken(self._name, "something follows its JSON array")
            elif self._is_array and mark and mark in ",]":
                self._is_over = mark == "]"
                at += 1
            else:
                return at


def broken(name: str, reason: str) -> TransportError:
    """The error about a file that cannot be read."""
    return TransportError(f"exports.records: {name}: {reason}.", stage="download", final=True, outcome="unknown")


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
