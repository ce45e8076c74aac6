"""Tables as sources of items, in pieces of a few hundred rows however large their batches are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from batch_api.engine.errors import ConfigurationError, InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.source import WINDOW, WINDOW_BYTES, Plain, Source, Stream
from batch_api.ingest.sources.tables.faces import PYTHON, Face
from batch_api.ingest.sources.tables.plan import Item, Plan
from batch_api.ingest.sources.tables.rows import Rows
from batch_api.ingest.threads import OneThread


def open_rows(rows: Rows, item_type: ItemType, face: Face = PYTHON) -> Source:
    """A table as a source of items of `item_type`. Raises `InvalidInput`, and `OSError` for a path."""
    given, plan = rows.source, Plan(rows, item_type, face)
    if isinstance(given, str | os.PathLike):
        return _open_file(Path(given), plan)
    if hasattr(given, "__arrow_c_stream__"):
        need_pyarrow()
        return Table(given, plan)
    reader = Reader(plan)
    if isinstance(given, AsyncIterable):
        return Stream(reader.each_of(given))
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidInput(
            f"expected a table, an iterable of rows or a path, got {type(given).__name__}", path="source"
        )
    source = Plain(reader.each(given))
    if isinstance(given, Sequence) and not any(map(_is_table, given[:1])):
        source.total = len(given)
    return source


def _open_file(path: Path, plan: Plan) -> FileSource:
    if path.suffix.lower() == ".parquet":
        need_pyarrow()
        from batch_api.ingest.sources.tables.parquet import ParquetSource

        return ParquetSource(path, plan)
    raise InvalidInput("expected a name that ends in .parquet", path=str(path))


def need_pyarrow() -> None:
    """Raises `ConfigurationError` where it is missing."""
    if find_spec("pyarrow") is None:
        raise ConfigurationError(
            "reading tables needs pyarrow: install the extra [tables], as by pip install '.[tables]'."
        )


class Table:
    """A table that speaks Arrow. It is read in a thread: what makes its batches may take long, and is no Python."""

    def __init__(self, table: Any, plan: Plan) -> None:
        self._table = table
        self._reader = Reader(plan)
        self.total = getattr(table, "num_rows", None) or (len(table) if hasattr(table, "__len__") else None)
        """How many rows it has; `None` if that is not known."""

    async def windows(self, size: int) -> AsyncGenerator[list[Any], None]:
        """See `Source`."""
        batches = self._reader.batches(self._table)
        with OneThread() as thread:
            while isinstance(batch := await thread.run(next, batches, None), Batch):
                for start in range(0, batch.rows, step := step_of(batch, size)):
                    yield batch.items(start, step)
                    await asyncio.sleep(0)


class Reader:
    """Reads rows as they come: mappings, record batches, tables."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._layout: Any = None

    def each(self, rows: Iterable[Any]) -> Generator[Item | InvalidInput, None, None]:
        """The item of each row."""
        try:
            for row in rows:
                yield from self.items(row)
        finally:
            if isinstance(rows, Generator):
                rows.close()

    async def each_of(self, rows: AsyncIterable[Any]) -> AsyncGenerator[Item | InvalidInput, None]:
        """The item of each row."""
        try:
            async for row in rows:
                for item in self.items(row):
                    yield item
        finally:
            if isinstance(rows, AsyncGenerator):
                await rows.aclose()

    def items(self, row: Any) -> Iterable[Item | InvalidInput]:
        """The item of a row, or those of a table."""
        if _is_table(row):
            return self._of_table(row)
        fields = fields_of(row)
        if fields is None:
            return (InvalidInput(f"expected a row with names of columns, got {type(row).__name__}"),)
        return (self.item(fields),)

    def item(self, row: Mapping[Any, Any]) -> Item | InvalidInput:
        """The item of a mapping."""
        self._plan.look_at(row)
        return self._plan.item(row)

    def _of_table(self, table: Any) -> Iterator[Item | InvalidInput]:
        for batch in self.batches(table):
            for start in range(0, batch.rows, step := step_of(batch, WINDOW)):
                yield from batch.items(start, step)

    def batches(self, table: Any) -> Iterator[Batch]:
        """The batches of a table."""
        need_pyarrow()
        from batch_api.ingest.sources.tables.arrow import Layout
        from batch_api.ingest.sources.tables.batches import batches_of

        for batch in batches_of(table):
            if isinstance(batch, list):
                yield Mappings(self, batch)
                continue
            if self._layout is None or not self._layout.schema.equals(batch.schema):
                self._layout = Layout(batch.schema, self._plan)
            yield self._layout.ready(batch)


@runtime_checkable
class Batch(Protocol):
    """Rows that are read piece by piece."""

    rows: int
    size: int
    """Bytes, approximately."""

    def items(self, start: int, count: int) -> list[Any]:
        """The items of some rows."""
        ...


class Mappings:
    """A batch of mappings: rows with a value that Arrow does not know."""

    size = 0  # not known

    def __init__(self, reader: Reader, rows: list[Mapping[Any, Any]]) -> None:
        self._reader = reader
        self._mappings = rows
        self.rows = len(rows)

    def items(self, start: int, count: int) -> list[Any]:
        """See `Batch`."""
        return [self._reader.item(row) for row in self._mappings[start : start + count]]


def step_of(batch: Batch, size: int) -> int:
    """How many rows to read at once: `size`, or fewer where they are large."""
    return max(min(size, WINDOW_BYTES * batch.rows // max(batch.size, 1)), 1)


def fields_of(row: Any) -> Mapping[Any, Any] | None:
    """A row as a mapping; `None` if it has no names. Each driver of a database has rows of its own."""
    if isinstance(row, Mapping):
        return row
    if hasattr(row, "_mapping"):  # SQLAlchemy
        inner: Mapping[Any, Any] = row._mapping
        return inner
    if hasattr(row, "keys"):  # asyncpg, sqlite3
        return dict(row)
    named: Mapping[Any, Any] | None = row._asdict() if hasattr(row, "_asdict") else None
    return named


def _is_table(row: Any) -> bool:
    return hasattr(row, "__arrow_c_array__") or hasattr(row, "__arrow_c_stream__")
