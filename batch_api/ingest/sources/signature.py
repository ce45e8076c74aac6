"""What a file really is, by its first bytes, whatever its name says."""

from __future__ import annotations

from typing import Final

GZIP: Final = b"\x1f\x8b"

_SAVE: Final = "save it as CSV or as JSON lines"
_UTF_8: Final = "save it as UTF-8, or name it by the option `encoding` if it is CSV"
_UNPACK: Final = "unpack it"

_BEGINNINGS: Final = (
    (GZIP, "gzip", "give it a name that ends in .gz"),
    (b"PAR1", "Parquet", "give it a name that ends in .parquet"),
    (b"\xff\xfe\x00\x00", "UTF-32", _UTF_8),
    (b"\x00\x00\xfe\xff", "UTF-32", _UTF_8),
    (b"\xff\xfe", "UTF-16", _UTF_8),
    (b"\xfe\xff", "UTF-16", _UTF_8),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", _SAVE),
    (b"\x28\xb5\x2f\xfd", "Zstandard", _UNPACK),
    (b"BZh", "bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "xz", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"ARROW1", "Arrow IPC (Feather)", _SAVE),
    (b"ORC", "ORC", _SAVE),
    (b"Obj\x01", "Avro", _SAVE),
    (b"SQLite format 3\x00", "an SQLite database", _SAVE),
    (b"%PDF-", "PDF", _SAVE),
)
_ZIP: Final = b"PK\x03\x04"
_MARKUP: Final = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "XML"))
_SAMPLE: Final = 512


def foreign(head: bytes) -> str | None:
    """What a file is and what to do about it, if it is none of lines in UTF-8 or a code page; `None` otherwise."""
    for beginning, what, cure in _BEGINNINGS:
        if head.startswith(beginning):
            return f"{what}: {cure}"
    if head.startswith(_ZIP):
        return f"an Excel workbook: {_SAVE}" if b"[Content_Types].xml" in head else f"a zip archive: {_UNPACK}"
    if _is_wide(head[:_SAMPLE]):
        return f"UTF-16 without a byte order mark: {_UTF_8}"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    return next((f"{what}: {_SAVE}" for beginning, what in _MARKUP if text.startswith(beginning)), None)


def _is_wide(sample: bytes) -> bool:
    """Whether most characters are two bytes, one of them NUL, as those of Western text in UTF-16 are."""
    nulls = sample[::2].count(0), sample[1::2].count(0)
    return max(nulls) > len(sample) // 4 and min(nulls) == 0
