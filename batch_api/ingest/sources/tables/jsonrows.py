"""JSON lines that are rows: objects whose keys are columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.csvfile import Line
from batch_api.ingest.sources.files import Mark
from batch_api.ingest.sources.jsonlines import JsonLines
from batch_api.ingest.sources.tables.plan import Plan


class JsonRows(JsonLines):
    """A row on each line, as BigQuery exports them."""

    def __init__(self, path: Path, plan: Plan, *, with_lines: bool) -> None:
        super().__init__(path, with_lines=True)
        self.plan = plan
        self._row = plan.row
        self._shows_lines = with_lines

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[list[Any]]:
        lines: Any
        for lines in super()._items(blocks, start, size):
            yield [self._item(line) for _, line in lines]

    def _item(self, line: Line) -> Any:
        try:
            row = orjson.loads(line.text)
        except orjson.JSONDecodeError:
            item: Any = InvalidInput("the line is not valid JSON")
        else:
            item = self._row(row)
        return (item, line) if self._shows_lines or isinstance(item, InvalidInput) else item
