"""Record batches of whatever speaks Arrow, of a bounded size where that can be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.source import WINDOW
from batch_api.ingest.sources.tables.arrow import ODD
from batch_api.ingest.sources.tables.names import repeated

BATCH: Final = 4_000
"""Rows of a batch, where there is a choice."""


def batches_of(table: Any) -> Iterator[Any]:
    """The record batches of a table, of at most `BATCH` rows; lists of mappings for those that Arrow cannot hold.

    Raises `InvalidInput` for a table that pyarrow cannot read.
    """
    for batch in _of_frame(table) if hasattr(table, "iloc") else _of_arrow(table):
        yield from (batch[start : start + BATCH] for start in range(0, len(batch), BATCH))


def _of_arrow(table: Any) -> Iterator[Any]:
    if hasattr(table, "to_arrow_reader"):  # a relation of DuckDB, whose own stream has batches of 131 072 rows
        return iter(table.to_arrow_reader(BATCH))
    if hasattr(table, "__arrow_c_stream__"):
        return _of_stream(table)
    return iter((pa.record_batch(table),))


def _of_stream(table: Any) -> Iterator[Any]:
    try:
        return iter(pa.RecordBatchReader.from_stream(table))
    except (pa.ArrowException, TypeError) as error:
        raise InvalidInput(f"pyarrow cannot read this {type(table).__name__}", path="source") from error


def _of_frame(frame: Any) -> Iterator[Any]:
    """A frame of pandas, slice by slice: converted as a whole it would be in memory twice.

    Its index is a column if it has a name. A slice with a column of several types, which Arrow does not know, comes as
    lists of mappings.
    """
    twice = repeated(map(str, frame.columns))
    if twice:
        raise InvalidInput(f"two columns have the name {twice[0]!r}: rename one", path="columns")
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        part = part.reset_index(drop=list(part.index.names) == [None])
        try:
            batches = list(pa.RecordBatchReader.from_stream(part))
        except (*ODD, TypeError):
            yield from (part.iloc[at : at + WINDOW].to_dict("records") for at in range(0, len(part), WINDOW))
        else:
            yield from batches
