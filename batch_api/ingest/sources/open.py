"""Paths as sources: the suffix of a file says what is in it."""

from __future__ import annotations

import os
from pathlib import Path

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sources.csvfile import CsvFile
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.jsonlines import JsonLines

JSON_LINES = (".jsonl", ".ndjson")


def open_source(
    given: str | os.PathLike[str] | CsvFile, item_type: ItemType, *, with_lines: bool = False
) -> JsonLines | CsvSource:
    """A file as a source of items of `item_type`.

    Args:
        given: A path whose suffix says what it is: `.jsonl` (or `.ndjson`), an object on each line, or `.csv`, a header
            and then a line for each item; followed by `.gz` if it is compressed. Or a `CsvFile`.
        item_type: What the items are.
        with_lines: Yield each item of a path together with its `Line`, which becomes the `ref` of its fate. An
            unreadable item of a CSV file always comes with its line.

    Raises `InvalidInput` for an unknown suffix or an unusable header, and `OSError`.
    """
    if isinstance(given, CsvFile):
        return CsvSource(given, item_type)
    path = Path(given)
    if form_of(path) in JSON_LINES:
        return JsonLines(path, with_lines=with_lines)
    return CsvSource(CsvFile(path, with_lines=with_lines), item_type)


def form_of(path: Path) -> str:
    """What a file is, by its suffix: `.jsonl`, `.ndjson` or `.csv`. Raises `InvalidInput` for any other."""
    unpacked = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    form = unpacked.suffix.lower()
    if form == ".parquet":
        raise InvalidInput(
            "expected a file of lines, got Parquet: Rows(path) makes an item of each row", path=str(path)
        )
    if form not in (*JSON_LINES, ".csv"):
        raise InvalidInput("expected a name that ends in .jsonl, .ndjson or .csv, optionally with .gz", path=str(path))
    return form
