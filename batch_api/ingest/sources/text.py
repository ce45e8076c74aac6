"""The text of a file as bytes in UTF-8: unpacked, and decoded where it has another encoding."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.signature import GZIP, foreign

UTF_8: Final = "utf-8"
DAMAGE: Final = (EOFError, zlib.error, gzip.BadGzipFile)
"""What the standard library raises for a gzip file that is not whole."""

_HEAD: Final = 1 << 16
_BLOCK: Final = 1 << 16
_WIDE: Final = ("utf-16", "utf-32")
_BROKEN: Final = "batch_api.broken"


def _kept(error: UnicodeError) -> tuple[str, int]:
    """Bytes that cannot be decoded as lone surrogates, which no UTF-8 has."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 | byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_BROKEN, _kept)


class Readable(Protocol):
    """What is needed of a file."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, /) -> object: ...


class Text(NamedTuple):
    """An open file: its text, from which is read, and itself, which knows how far that has come."""

    file: Readable
    raw: IO[bytes]


@contextmanager
def opened(path: Path, encoding: str = UTF_8) -> Iterator[Text]:
    """The text of a file. Its `read` raises `DAMAGE` and `OSError`."""
    with path.open("rb") as raw:
        file: Readable = gzip.GzipFile(fileobj=raw) if is_packed(path) else raw
        yield Text(file if encoding == UTF_8 else _Decoded(file, encoding), raw)


def is_packed(path: Path) -> bool:
    """Whether a file has to be unpacked. Its name says so; `check_head` says whether that is true."""
    return path.suffix.lower() == ".gz"


def head_of(path: Path, encoding: str = UTF_8) -> bytes:
    """The beginning of the text, some KB. Raises `InvalidInput` if the file is something else, and `OSError`."""
    with path.open("rb") as raw:
        beginning = raw.read(_HEAD)
        if is_packed(path):
            if not beginning.startswith(GZIP):
                raise _refused(path, f"gzip, as its name says, got {_named(beginning)}")
            beginning = _unpacked_head(path)
    other = foreign(beginning)
    if other and not (other.startswith("UTF") and encoding.startswith(_WIDE)):
        raise _refused(path, f"text, got {other}")
    with opened(path, encoding) as text:
        return text.file.read(_HEAD)


def _unpacked_head(path: Path) -> bytes:
    with opened(path) as text:
        try:
            return text.file.read(_HEAD)
        except DAMAGE:
            check_whole(path)
            raise


def marks_before(text: bytes) -> int:
    """The length of the byte order marks before a text. Some tools write one before what already has one."""
    length = 0
    while text.startswith(codecs.BOM_UTF8, length):
        length += len(codecs.BOM_UTF8)
    return length


def check_whole(path: Path) -> None:
    """Unpack a file to its end, if it is packed. Raises `InvalidInput`, with the last whole line, if it is damaged."""
    if not is_packed(path):
        return
    lines = 0
    with path.open("rb") as raw, gzip.open(raw) as file:
        try:
            while block := file.read1(_BLOCK):  # gives all that comes before a fault
                lines += block.count(b"\n")
        except DAMAGE as error:
            raise damaged(path, error, lines) from None


def damaged(path: Path, error: Exception, lines: int) -> InvalidInput:
    """The error about a gzip file, of which so many lines could be read."""
    if isinstance(error, EOFError):
        reason = f"the file breaks off after line {lines}, so it is incomplete: fetch it again"
    elif str(error).startswith("Not a gzipped file"):
        reason = f"after line {lines} comes something that is not gzip: fetch the file again"
    else:
        reason = (
            f"the file is damaged, which shows after line {lines}, and what comes before may be wrong, too: fetch it"
            " again"
        )
    return InvalidInput(reason, path=str(path))


class _Decoded:
    """A file in another encoding, as if it were in UTF-8.

    What cannot be decoded becomes a byte sequence that is invalid in UTF-8, too, so that the line it is in is set aside
    as any other such line. A byte order mark of UTF-8 overrides the encoding: dead letters begin with one.
    """

    def __init__(self, file: Readable, encoding: str) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder(encoding)(_BROKEN)
        self._is_begun = False
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        text, self._rest = self._rest, b""
        while not text:
            block = self._file.read(size)
            if not self._is_begun and block.startswith(codecs.BOM_UTF8):
                self._decoder = None
            self._is_begun = True
            text = block if self._decoder is None else self._decoded(self._decoder, block)
            if not block:
                break
        return text

    def _decoded(self, decoder: codecs.IncrementalDecoder, block: bytes) -> bytes:
        return decoder.decode(block, final=not block).encode(errors="surrogatepass")

    def seek(self, offset: int, /) -> None:
        """Go to an offset of the text, from its beginning, by reading all before it."""
        while offset > 0 and (text := self.read(_BLOCK)):
            self._rest = text[offset:]
            offset -= len(text)


def _named(beginning: bytes) -> str:
    return (foreign(beginning) or "plain text").split(":")[0] if beginning else "an empty file"


def _refused(path: Path, expected: str) -> InvalidInput:
    return InvalidInput(f"expected {expected}", path=str(path))
