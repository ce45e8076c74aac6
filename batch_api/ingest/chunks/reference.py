"""Chunks of a source that lie in a file, and references to them that are small enough for any queue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from attrs import asdict, fields, frozen

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.jsonlines import COMMENT

_POSITIONS = b"#positions "
"""How a chunk's first line begins, which says where in the source its items were. To other readers it is a comment."""


@frozen
class ChunkReference:
    """Where a chunk lies: a range of a file, and nothing of what is in it. `split` makes them.

    The chunks of one `partition` follow each other: chunk `number` may be sent once all before it have their fates.
    """

    path: str
    """The file: JSON lines."""
    start: int
    """Its first byte."""
    stop: int
    """The byte after its last."""
    sha256: str
    """Of these bytes: they are refused if they changed."""
    items: int
    """How many items there are."""
    partition: int
    """All changes of one profile are in one partition."""
    number: int
    """Its place in its partition, from 0."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ChunkReference:
        """What `to_dict` wrote. Raises `InvalidInput` for anything else."""
        for field in fields(cls):
            wanted = str if field.name in ("path", "sha256") else int
            if type(data.get(field.name)) is not wanted:
                raise InvalidInput(f"a reference has a {wanted.__name__} here", path=field.name)
        return cls(**{field.name: data[field.name] for field in fields(cls)})

    def read(self) -> bytes:
        """The chunk itself, for `send_chunk` where the file cannot be read. Raises `InvalidInput`, and `OSError`."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            content = file.read(self.stop - self.start)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise InvalidInput("the file changed since it was split", path=self.path)
        return content


class Lines(NamedTuple):
    """A chunk as it was read."""

    raw: bytes
    """JSON lines, without comments and empty lines."""
    positions: Sequence[int] | None
    """Where in the source each of them was; `None` where they are the source."""


def written(lines: Sequence[bytes], positions: Sequence[int]) -> bytes:
    """A chunk as it is in a file. Within JSON, line ends are nothing but space."""
    plain = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]
    return _POSITIONS + b" ".join(b"%d" % position for position in positions) + b"\n" + b"\n".join(plain) + b"\n"


def lines_of(content: bytes) -> Lines:
    """JSON lines, with or without their positions before them. Raises `InvalidInput` for those of something else."""
    first, _, rest = content.partition(b"\n")
    if not first.startswith(_POSITIONS):
        kept = [line for line in content.split(b"\n") if line.strip() and not line.startswith(COMMENT)]
        return Lines(b"\n".join(kept), None)
    raw = rest.removesuffix(b"\n")
    try:
        positions = [int(position) for position in first.removeprefix(_POSITIONS).split()]
    except ValueError:
        positions = []
    if len(positions) != raw.count(b"\n") + 1:
        raise InvalidInput("its first line does not say where its items were: it is no whole chunk", path="chunk")
    return Lines(raw, positions)
