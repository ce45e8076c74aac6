"""CSV as all sorts of programs write it: whatever the dialect, the same items come out, also from the middle on."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_api import CsvFile
from batch_api.ingest.items.item_types import ProfileEdits
from batch_api.ingest.sources import files
from batch_api.ingest.sources.csvlayout import is_blank
from batch_api.ingest.sources.open import open_source

PROFILES = ProfileEdits("update")
HEADER = ["custom_id", "n"]


class Dialect(NamedTuple):
    """How a program writes CSV."""

    delimiter: str
    end: str
    quotes_all: bool
    says_delimiter: bool
    """By a first line `sep=;`."""
    encoding: str
    marks: int
    """Byte order marks."""
    padding: int
    """Delimiters at the end of each row, header included."""
    packed: bool

    def row(self, cells: list[str]) -> str:
        return self.delimiter.join(map(self._quoted, cells)) + self.delimiter * self.padding + self.end

    def _quoted(self, cell: str) -> str:
        if self.quotes_all or any(special in cell for special in (self.delimiter, '"', "\r", "\n")):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def written(self, rows: list[str]) -> bytes:
        sep = f"sep={self.delimiter}{self.end}" if self.says_delimiter else ""
        mark = "\ufeff" * self.marks if self.encoding == "utf-8" else ""
        content = (mark + sep + "".join(rows)).encode(self.encoding)
        return gzip.compress(content, 1) if self.packed else content

    def file(self, path: Path) -> CsvFile:
        delimiter = "," if self.says_delimiter else self.delimiter
        return CsvFile(path, delimiter=delimiter, encoding=self.encoding, text=["n"], with_lines=True)


_dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes_all=st.booleans(),
    says_delimiter=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8", "cp1252", "utf-16", "utf-16-le"]),
    marks=st.integers(0, 2),
    padding=st.integers(0, 2),
    packed=st.booleans(),
)
_cells = st.text(alphabet=st.sampled_from('ab1é€,;\t|"\n\r \x0b\x85'), max_size=5)
_rows = st.tuples(_cells.filter(lambda name: bool(name.strip())), _cells).map(list)
_blanks = st.sampled_from(["", " ", "{0}", "{0}{0}{0}", ' {0}""'])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    dialect=_dialects,
    written=st.lists(st.one_of(_rows, _blanks, st.just(HEADER)), max_size=12),
    block=st.integers(1, 50),
    at=st.integers(0, 12),
)
async def test_every_dialect_says_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dialect: Dialect,
    written: list[Any],
    block: int,
    at: int,
) -> None:
    lines = [
        row.format(dialect.delimiter) + dialect.end if isinstance(row, str) else dialect.row(row) for row in written
    ]
    encodable = [line.encode(dialect.encoding, "ignore").decode(dialect.encoding, "ignore") for line in lines]
    if encodable != lines:
        dialect = dialect._replace(encoding="utf-8")
    path = tmp_path / ("a.csv.gz" if dialect.packed else "a.csv")
    path.write_bytes(dialect.written([dialect.row(HEADER), *lines]))
    with monkeypatch.context() as patched:
        patched.setattr(files, "BLOCK", block)
        patched.setattr(files, "PACKED_BLOCK", block)
        source = open_source(dialect.file(path), PROFILES)
        items: list[Any] = [item async for window in source.windows(3) for item in window]
        mark = source.mark(at)
        other = open_source(dialect.file(path), PROFILES)
        other.start_at(mark)
        rest: list[Any] = [item async for window in other.windows(2) for item in window]
    rows = [row for row in written if isinstance(row, list) and row != HEADER and not is_blank(row)]
    assert [[item["identifiers"]["custom_id"], item.get("attributes", {}).get("n", "")] for item, _ in items] == rows
    assert mark.index <= at
    assert [(item, line.number) for item, line in rest] == [(item, line.number) for item, line in items[mark.index :]]
