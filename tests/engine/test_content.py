"""What answers are decoded from, and that no small one becomes a large one."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_api.engine.content import MOST_BYTES, decoded

PLAIN = b'{"code":"SUCCESS"}' * 10


def raw_deflate(plain: bytes) -> bytes:
    return zlib.compress(plain)[2:-4]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        (" , identity", PLAIN),
        ("gzip", gzip.compress(PLAIN)),
        ("GZIP", gzip.compress(PLAIN)),
        ("x-gzip", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", raw_deflate(PLAIN)),
        ("deflate, gzip", gzip.compress(zlib.compress(PLAIN))),
        ("identity, gzip", gzip.compress(PLAIN)),
    ],
)
def test_what_is_whole_is_decoded(encoding: str, content: bytes) -> None:
    assert decoded(content, encoding) == PLAIN


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, br, gzip"])
def test_nothing_stays_nothing(encoding: str) -> None:
    assert decoded(b"", encoding) == b""


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("br", PLAIN),
        ("gzip, br", gzip.compress(PLAIN)),
        ("gzip", PLAIN),
        ("deflate", PLAIN),
        ("gzip", zlib.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN) + b"x"),
        ("gzip", gzip.compress(PLAIN) + gzip.compress(PLAIN, mtime=0)),
        ("gzip, gzip", gzip.compress(PLAIN)),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(PLAIN)))),
    ],
)
def test_what_cannot_be_decoded_is_told(encoding: str, content: bytes) -> None:
    assert decoded(content, encoding) is None


@given(st.binary(), st.sampled_from(["gzip", "deflate"]), st.data())
def test_what_breaks_off_is_never_taken_for_whole(plain: bytes, encoding: str, data: st.DataObject) -> None:
    content = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    kept = data.draw(st.integers(1, len(content) - 1))
    assert decoded(content[:kept], encoding) is None


@given(st.binary(), st.sampled_from(["gzip", "deflate", "gzip, deflate"]))
def test_any_bytes_are_decoded_or_told(content: bytes, encoding: str) -> None:
    found = decoded(content, encoding)
    assert found is None or isinstance(found, bytes)


def test_it_is_bounded() -> None:
    assert decoded(gzip.compress(bytes(1000)), "gzip", most=1000) == bytes(1000)
    assert decoded(gzip.compress(bytes(1001)), "gzip", most=1000) is None
    bomb = gzip.compress(bytes(20 * MOST_BYTES), 1)
    tracemalloc.start()
    try:
        assert decoded(bomb, "gzip") is None
        assert tracemalloc.get_traced_memory()[1] < 3 * MOST_BYTES
    finally:
        tracemalloc.stop()
