"""Tables as sources of items, in pieces of a few hundred rows however large their batches are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from attrs import evolve

from batch_api.engine.errors import ConfigurationError, InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.open import JSON_LINES, form_of
from batch_api.ingest.sources.source import WINDOW, WINDOW_BYTES, Plain, Source, Stream
from batch_api.ingest.sources.tables.jsonrows import JsonRows
from batch_api.ingest.sources.tables.plan import Item, Plan, warn
from batch_api.ingest.sources.tables.rows import Rows
from batch_api.ingest.threads import OneThread


def open_rows(
    rows: Rows, item_type: ItemType, *, doubt: Callable[[str], object] = warn, with_lines: bool = False
) -> Source:
    """A table as a source of items of `item_type`.

    Args:
        rows: The table.
        item_type: What the items are.
        doubt: Told of columns that are probably meant otherwise.
        with_lines: Yield each item of a file together with its `Line`.

    Raises `InvalidInput`, `ConfigurationError` where pyarrow is needed and missing, and `OSError` for a path.
    """
    given = rows.source
    if isinstance(given, str | os.PathLike | CsvFile):
        return _open_file(rows, item_type, doubt, with_lines=with_lines)
    plan = Plan(rows, item_type, doubt)
    if hasattr(given, "__arrow_c_stream__"):
        need_pyarrow()
        return Table(given, plan)
    reader = Reader(plan)
    if isinstance(given, AsyncIterable):
        return Stream(reader.each_of(given))
    if isinstance(given, bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidInput(
            f"expected a table, an iterable of rows or a path, got {type(given).__name__}", path="source"
        )
    source = Plain(reader.each(given))
    if isinstance(given, Sequence) and not any(map(_is_table, given[:1])):
        source.total = len(given)
    return source


def _open_file(rows: Rows, item_type: ItemType, doubt: Callable[[str], object], *, with_lines: bool) -> FileSource:
    file = rows.source
    if isinstance(file, CsvFile):
        plan = Plan(evolve(rows, zone=rows.zone or file.zone), item_type, doubt)
        return CsvSource(file, item_type, plan)
    path, plan = Path(file), Plan(rows, item_type, doubt)
    if path.suffix.lower() == ".parquet":
        need_pyarrow()
        from batch_api.ingest.sources.tables.parquet import ParquetSource

        return ParquetSource(path, plan, with_lines=with_lines)
    if form_of(path) in JSON_LINES:
        return JsonRows(path, plan, with_lines=with_lines)
    return CsvSource(CsvFile(path, with_lines=with_lines), item_type, plan)


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
        self.plan = plan
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
        return (self.plan.row(row),)

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
                yield Mappings(self.plan, batch)
                continue
            if self._layout is None or not self._layout.schema.equals(batch.schema):
                self._layout = Layout(batch.schema, self.plan)
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

    def __init__(self, plan: Plan, rows: list[Mapping[Any, Any]]) -> None:
        self._plan = plan
        self._mappings = rows
        self.rows = len(rows)

    def items(self, start: int, count: int) -> list[Any]:
        """See `Batch`."""
        return [self._plan.row(row) for row in self._mappings[start : start + count]]


def step_of(batch: Batch, size: int) -> int:
    """How many rows to read at once: `size`, or fewer where they are large."""
    return max(min(size, WINDOW_BYTES * batch.rows // max(batch.size, 1)), 1)


def _is_table(row: Any) -> bool:
    return hasattr(row, "__arrow_c_array__") or hasattr(row, "__arrow_c_stream__")
