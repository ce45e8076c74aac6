"""Record batches of whatever speaks Arrow, of a bounded size where that can be had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.tables.arrow import ODD, pa

BATCH: Final = 10_000
"""Rows of a batch, where there is a choice."""


def batches_of(table: Any) -> Iterator[Any]:
    """The record batches of a table. Raises `InvalidInput` for one that pyarrow cannot read."""
    if hasattr(table, "iloc"):
        return _of_frame(table)
    if hasattr(table, "fetch_record_batch"):  # DuckDB's own stream has batches of a million rows
        return iter(table.fetch_record_batch(BATCH))
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
    mappings.
    """
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        part = part.reset_index(drop=list(part.index.names) == [None])
        try:
            yield from pa.RecordBatchReader.from_stream(part)
        except ODD + (TypeError,):
            yield from _mappings(part)


def _mappings(frame: Any) -> Iterator[Any]:
    ...
