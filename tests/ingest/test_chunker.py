"""Chunks: full, never too heavy, never two of one profile, always in order."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.sending.chunker import Chunker


def rows_of(names: list[int], start: int, weight: int = 10) -> EncodedItems:
    body = b",".join(
        orjson.dumps({"id": str(name), "at": at, "x": "x" * weight}) for at, name in enumerate(names, start)
    )
    return EncodedItems(
        range(start, start + len(names)), [str(name) for name in names], None, (body,), has_events=False
    )


@settings(max_examples=200)
@given(
    windows=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8), max_size=12),
    most_items=st.integers(1, 9),
    most_bytes=st.integers(40, 2000),
    answers=st.randoms(use_true_random=False),
)
def test_whatever_comes_goes_once_and_in_order(
    windows: list[list[int]], most_items: int, most_bytes: int, answers: object
) -> None:
    chunker = Chunker(most_items=most_items, most_bytes=most_bytes)
    out: list[EncodedItems] = []
    unanswered: list[EncodedItems] = []
    count = 0

    def take(chunk: EncodedItems) -> None:
        busy = {name for other in unanswered for name in other.ids}
        assert len(set(chunk.ids)) == len(chunk), "two of one profile in a chunk"
        assert busy.isdisjoint(chunk.ids), "an earlier one is unanswered"
        assert len(chunk) <= most_items
        assert chunk.weight <= most_bytes + 1 or len(chunk) == 1
        assert [part["at"] for part in map(orjson.loads, chunk.parts())] == list(chunk.indexes)
        assert orjson.loads(chunk.between(b"[", b"]")) == [orjson.loads(part) for part in chunk.parts()]
        out.append(chunk)
        unanswered.append(chunk)

    def answer() -> None:
        if unanswered:
            chunker.answered(unanswered.pop(answers.randrange(len(unanswered))))  # type: ignore[attr-defined]

    for names in windows:
        for chunk in chunker.feed(rows_of(names, count)):
            take(chunk)
        count += len(names)
        if answers.random() < 0.4:  # type: ignore[attr-defined]
            answer()
    while True:
        for chunk in chunker.flush():
            take(chunk)
        if not chunker.waits:
            break
        answer()
    assert sorted(index for chunk in out for index in chunk.indexes) == list(range(count))
    for name in range(31):
        seen = [index for chunk in out for index, one in zip(chunk.indexes, chunk.ids, strict=True) if one == str(name)]
        assert seen == sorted(seen)


def test_chunks_are_filled_to_the_last_place() -> None:
    chunker = Chunker(most_items=10, most_bytes=10_000)
    chunks = [
        chunk for start in range(0, 70, 7) for chunk in chunker.feed(rows_of(list(range(start, start + 7)), start))
    ]
    assert [len(chunk) for chunk in chunks] == [10] * 7
    assert next(chunk.indexes for chunk in chunks) == range(10)


def test_a_chunk_that_has_outgrown_its_size_is_closed() -> None:
    """Chunks are halved while rejections persist, this one too."""
    chunker = Chunker(most_items=10, most_bytes=10_000)
    chunks = list(chunker.feed(rows_of(list(range(8)), 0)))
    chunker.most_items = 5
    chunks += chunker.feed(rows_of(list(range(8, 20)), 8))
    chunks += chunker.flush()
    assert [len(chunk) for chunk in chunks] == [8, 5, 5, 2]
