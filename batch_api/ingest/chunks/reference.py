"""Chunks of a source that are stored in a file, and references to them that are small enough for any queue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from attrs import asdict, fields, frozen

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.jsonlines import COMMENT

_POSITIONS = b"#positions "
"""The start of a chunk's first line, which gives its items' positions in the source. For other readers, a comment."""


@frozen
class ChunkReference:
    """Where a chunk is stored: a range of a file, without its content. `split` makes them.

    The chunks of one `partition` must be sent in order: chunk `number` may be sent once all before it have their fates.
    """

    path: str
    """The file: JSON lines."""
    start: int
    """Its first byte."""
    stop: int
    """The byte after its last one."""
    sha256: str
    """The digest of these bytes: they are refused if it no longer matches."""
    items: int
    """The number of items."""
    partition: int
    """The partition; all edits of one profile are in the same one."""
    number: int
    """The position in the partition, from 0."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChunkReference:
        """What `to_dict` wrote. Raises `InvalidInput` for anything else."""
        for field in fields(cls):
            wanted = str if field.name in ("path", "sha256") else int
            came = type(data.get(field.name))
            if came is not wanted:
                raise InvalidInput(f"expected {wanted.__name__}, got {came.__name__}", path=field.name)
        return cls(**{field.name: data[field.name] for field in fields(cls)})

    def read(self) -> bytes:
        """The chunk itself, for a `send_chunk` that cannot read the file. Raises `InvalidInput` and `OSError`."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            content = file.read(self.stop - self.start)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise InvalidInput("the file has changed since it was split: split the source again", path=self.path)
        return content


class Lines(NamedTuple):
    """A chunk as it was read."""

    raw: bytes
    """JSON lines, without comments and empty lines."""
    positions: Sequence[int] | None
    """The position of each in the source; `None` if the lines are the source."""


def written(lines: Sequence[bytes], positions: Sequence[int]) -> bytes:
    """A chunk as it is stored in a file. Line ends within JSON are insignificant white space."""
    plain = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]
    return _POSITIONS + b" ".join(b"%d" % position for position in positions) + b"\n" + b"\n".join(plain) + b"\n"


def lines_of(content: bytes) -> Lines:
    """JSON lines, with or without their positions in front. Raises `InvalidInput` if the two do not match."""
    first, _, rest = content.partition(b"\n")
    if not first.startswith(_POSITIONS):
        kept = [line for line in content.split(b"\n") if line.strip() and not line.startswith(COMMENT)]
        return Lines(b"\n".join(kept), None)
    raw = rest.removesuffix(b"\n")
    try:
        positions = [int(position) for position in first.removeprefix(_POSITIONS).split()]
    except ValueError:
        positions = []
    items = raw.count(b"\n") + 1
    if len(positions) != items:
        reason = f"expected {items} positions in its first line, got {len(positions)}: it is not a complete chunk"
        raise InvalidInput(reason, path="chunk")
    return Lines(raw, positions)
