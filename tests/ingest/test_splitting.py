"""A source cut into chunks: nothing is lost, the order of each profile is kept, and memory stays small."""

from __future__ import annotations

import asyncio
import math
import stat
import tracemalloc
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batch_api.ingest
from batch_api import ChunkReference, Invalid, InvalidInput, split
from batch_api.ingest.chunks.reference import lines_of
from tests.ingest.world import edit


async def references_of(source: Any, folder: Path, **choices: Any) -> list[ChunkReference]:
    return [reference async for reference in split(source, folder, **choices)]


def edits_of(reference: ChunkReference) -> list[tuple[int, Any]]:
    """The edits of a chunk, each with its position in the source."""
    lines = lines_of(reference.read())
    assert lines.positions is not None
    return list(zip(lines.positions, map(orjson.loads, lines.raw.split(b"\n")), strict=True))


@given(st.lists(st.integers(0, 12), max_size=120), st.integers(1, 5), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_all_is_there_once_and_in_order_and_no_id_is_twice_in_a_chunk(
    tmp_path_factory: pytest.TempPathFactory, names: list[int], partitions: int, chunk_size: int
) -> None:
    source = [edit(name, place=place) for place, name in enumerate(names)]
    folder = tmp_path_factory.mktemp("spool")
    references = asyncio.run(references_of(source, folder, partitions=partitions, chunk_size=chunk_size))
    by_partition: dict[int, list[ChunkReference]] = defaultdict(list)
    for reference in references:
        by_partition[reference.partition].append(reference)
    found: dict[int, Any] = {}
    homes: dict[str, int] = {}
    for partition, chunks in by_partition.items():
        assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
        latest: dict[str, int] = {}
        for chunk in chunks:
            edits = edits_of(chunk)
            ids = [each["identifiers"]["custom_id"] for _, each in edits]
            assert 0 < len(edits) == chunk.items <= chunk_size
            assert len(set(ids)) == len(ids)
            for (place, each), name in zip(edits, ids, strict=True):
                assert latest.get(name, -1) < place
                latest[name] = place
                assert homes.setdefault(name, partition) == partition
                found[place] = each
    assert found == dict(enumerate(source))


async def test_a_hot_profile_does_not_fill_memory_or_lose_its_order(tmp_path: Path) -> None:
    source = [edit("hot" if number % 2 else number, n=number) for number in range(300)]
    references = await references_of(source, tmp_path / "spool", partitions=1, chunk_size=10)
    hot = [
        place for each in references for place, found in edits_of(each) if found["identifiers"]["custom_id"] == "uhot"
    ]
    assert hot == list(range(1, 300, 2))


async def test_files_and_iterators_are_split_alike(tmp_path: Path) -> None:
    edits = [edit(number, tier="gold") for number in range(50)]
    lines = tmp_path / "some.jsonl"
    lines.write_bytes(b"# for people\n" + b"\n".join(map(orjson.dumps, edits)))
    table = tmp_path / "some.csv"
    table.write_text("custom_id,tier\n" + "".join(f"u{number},gold\n" for number in range(50)))

    async def stream() -> Any:
        for each in edits:
            yield each

    sources: list[Any] = [edits, stream(), lines, str(table)]
    split_up = [
        [edits_of(reference) for reference in await references_of(source, tmp_path / str(number), chunk_size=20)]
        for number, source in enumerate(sources)
    ]
    assert split_up[0] == split_up[1] == split_up[2] == split_up[3]


async def test_json_that_spans_lines_stands_on_one(tmp_path: Path) -> None:
    pretty = orjson.dumps(edit(1, text="a\nb"), option=orjson.OPT_INDENT_2)
    (reference,) = await references_of([pretty], tmp_path / "spool")
    assert edits_of(reference) == [(0, edit(1, text="a\nb"))]


async def test_catalogs_and_audiences_are_split_by_their_ids(tmp_path: Path) -> None:
    items = [{"id": f"SKU-{number % 4}", "action": "add", "attributes": {"n": number}} for number in range(12)]
    references = await references_of(items, tmp_path / "items", of="catalog", partitions=2)
    assert sum(reference.items for reference in references) == 12
    ids = await references_of(["a", "b", "a"], tmp_path / "ids", of="audience", partitions=1)
    assert [[found for _, found in edits_of(each)] for each in ids] == [
        [{"action": "add", "id": "a"}, {"action": "add", "id": "b"}],
        [{"action": "add", "id": "a"}],
    ]


async def test_what_cannot_be_right_is_told_and_in_no_chunk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source: list[Any] = [edit(0), edit(1, n=math.nan), {"identifiers": {}}, b"{broken", edit(4)]
    told: list[Invalid] = []
    references = await references_of(source, tmp_path / "told", on_trouble=told.append, partitions=1)
    assert [fate.index for fate in told] == [1, 2, 3]
    assert [place for each in references for place, _ in edits_of(each)] == [0, 4]
    await references_of(source, tmp_path / "logged", partitions=1)
    assert [record.getMessage() for record in caplog.records] == [
        f"item {place} of the source is invalid, and is in no chunk" for place in (1, 2, 3)
    ]


async def test_the_files_are_their_owners_and_are_never_overwritten(tmp_path: Path) -> None:
    references = await references_of([edit(1)], tmp_path / "a" / "spool")
    assert stat.S_IMODE(Path(references[0].path).stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        await references_of([edit(2)], tmp_path / "a" / "spool")


async def test_a_chunk_is_on_disk_before_its_reference_is_given(tmp_path: Path) -> None:
    chunks = split((edit(number) for number in range(10**9)), tmp_path / "spool", chunk_size=100)
    reference = await anext(chunks)
    assert len(edits_of(reference)) == 100
    await chunks.aclose()


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_source(tmp_path: Path) -> None:
    peaks = []
    for count in (4_000, 20_000):
        source = (edit(number, text="x" * 100) for number in range(count))
        tracemalloc.start()
        async for _ in split(source, tmp_path / str(count), partitions=4, chunk_size=200):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] < 2_000_000


@pytest.mark.parametrize("choice", [{"of": "segments"}, {"partitions": 0}, {"chunk_size": True}, {"chunk_size": 1.5}])
def test_choices_that_cannot_be_are_refused_at_once(tmp_path: Path, choice: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(choice))):
        split([], tmp_path, **choice)


async def test_a_reference_comes_back_from_json(tmp_path: Path) -> None:
    (reference,) = await references_of([edit(1)], tmp_path)
    assert ChunkReference.from_dict(orjson.loads(orjson.dumps(reference.to_dict()))) == reference
    with pytest.raises(InvalidInput, match="sha256"):
        ChunkReference.from_dict({**reference.to_dict(), "sha256": None})


async def test_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    (reference,) = await references_of([edit(1, tier="gold")], tmp_path)
    path = Path(reference.path)
    path.write_bytes(path.read_bytes().replace(b"gold", b"lead"))
    with pytest.raises(InvalidInput, match="changed") as refused:
        reference.read()
    assert refused.value.retry == "never"


def test_it_is_where_ingest_is_too() -> None:
    assert batch_api.ingest.split is split
    with pytest.raises(AttributeError):
        batch_api.ingest.merge  # type: ignore[attr-defined] # noqa: B018
