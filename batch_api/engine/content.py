"""The content of an answer, decoded as its `Content-Encoding` says."""

from __future__ import annotations

import zlib
from typing import Final

MOST_BYTES: Final = 16 << 20
"""An answer is not decoded to more than this: a small one may hold gigabytes of zeros."""

_MOST_CODINGS: Final = 2  # no honest server applies more, and each one costs time
_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
_FORMATS: Final = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}  # some servers omit zlib's header


def decoded(content: bytes, encoding: str, *, most: int = MOST_BYTES) -> bytes | None:
    """The bytes that `content` stands for under a `Content-Encoding`.

    `None` for a coding that is not known, for content that is damaged or breaks off, and for more than `most` bytes.
    """
    codings = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if not content or not codings:
        return content
    if len(codings) > _MOST_CODINGS or not _FORMATS.keys() >= set(codings):
        return None
    for coding in reversed(codings):
        tries = (_inflated(content, window, most) for window in _FORMATS[coding])
        found = next((plain for plain in tries if plain is not None), None)
        if found is None:
            return None
        content = found
    return content


def _inflated(content: bytes, window: int, most: int) -> bytes | None:
    """One complete stream, with nothing after it; `None` for anything else."""
    stream = zlib.decompressobj(window)
    try:
        plain = stream.decompress(content, most + 1)
    except zlib.error:
        return None
    return plain if stream.eof and not stream.unused_data and len(plain) <= most else None
