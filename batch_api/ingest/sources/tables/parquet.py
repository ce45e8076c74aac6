"""Parquet files as sources: read a batch at a time, and from the row where an earlier run stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.files import FileSource, Mark
from batch_api.ingest.sources.tables.arrow import ArrowBatch, Layout, RowLine
from batch_api.ingest.sources.tables.batches import BATCH
from batch_api.ingest.sources.tables.opening import step_of
from batch_api.ingest.sources.tables.plan import Plan
from batch_api.ingest.threads import OneThread

BUFFER: Final = 1 << 18
"""Bytes of each column that are read at once. Without it, whole columns of a row group are."""


class ParquetSource(FileSource):
    """The rows of a Parquet file. A row group is decoded a batch at a time, in a thread, however large it is."""

    def __init__(self, path: Path, plan: Plan, *, with_lines: bool) -> None:
        super().__init__(path, with_lines=with_lines)
        self.plan = plan
        with self._parquet() as file:
            self._layout = Layout(file.schema_arrow, plan)
            self._rows_before = _starts(file.metadata)
        self.total = self._rows = self._rows_before[-1]
        self._start = 0
        self._line = 1

    def start_at(self, mark: Mark) -> None:
        """See `FileSource`. A mark is the number of a row."""
        self._start = mark.index

    def mark(self, index: int) -> Mark:
        """See `FileSource`."""
        return Mark(index, 0, index + 1)

    async def windows(self, size: int) -> AsyncGenerator[list[Any], None]:
        """See `FileSource`. Raises `InvalidInput` where the file turns out to be damaged."""
        done = self._start
        with OneThread() as thread:
            file = await thread.run(self._parquet)
            try:
                batches = self._batches(file)
                while isinstance(batch := await thread.run(next, batches, None), ArrowBatch):
                    for start in range(0, batch.rows, step := step_of(batch, size)):
                        items = batch.items(start, step)
                        yield self._numbered(items, batch, start, done) if self._with_lines else items
                        self.position = self.size * min(done + start + step, self._rows) // self._rows
                        await asyncio.sleep(0)
                    done += batch.rows
            finally:
                file.close()
        self.position = self.size

    @property
    def line(self) -> int:
        """See `FileSource`."""
        return self._line

    def _numbered(self, items: list[Any], batch: ArrowBatch, start: int, done: int) -> list[Any]:
        self._line = done + start + 1
        return [(item, RowLine(done + row + 1, batch, row)) for row, item in enumerate(items, start)]

    def _batches(self, file: Any) -> Iterator[ArrowBatch]:
        """The batches from the first row on that is wanted. Earlier row groups are not read."""
        first = next((group for group, rows in enumerate(self._rows_before[1:]) if rows > self._start), 0)
        skip = self._start - self._rows_before[first]
        groups = range(first, file.num_row_groups)
        try:
            for batch in file.iter_batches(BATCH, row_groups=groups, use_threads=False):
                if skip < batch.num_rows:
                    yield self._layout.ready(batch.slice(skip))
                skip = max(skip - batch.num_rows, 0)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None

    def _parquet(self) -> Any:
        try:
            return pq.ParquetFile(self.path, pre_buffer=False, buffer_size=BUFFER)
        except pa.ArrowException as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> InvalidInput:
        return InvalidInput("it is not a Parquet file, or it is damaged", path=str(self.path))


def _starts(metadata: Any) -> list[int]:
    """How many rows are before each row group; at last, how many there are in all."""
    starts = [0]
    for group in range(metadata.num_row_groups):
        starts.append(starts[-1] + metadata.row_group(group).num_rows)
    return starts
