"""How the file of an import is read, as the options say."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from batch_api import BatchClient, CsvFile, InvalidInput, Rows
from batch_api.cli.jobs import Target
from batch_api.ingest.sources.csvsource import CsvSource
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.open import JSON_LINES, form_of, open_source
from batch_api.ingest.sources.tables.names import Names
from batch_api.ingest.sources.tables.opening import open_rows

PARQUET = ".parquet"


class Table(NamedTuple):
    """What the columns of a table are, where that is said."""

    id: str | None = None
    columns: tuple[tuple[str, str | None], ...] = ()
    """What columns become; `None` for those that are left out."""
    names: Names = "as-written"
    events: bool = False


class Reading(NamedTuple):
    """How a file is read."""

    null: tuple[str, ...]
    text: tuple[str, ...]
    zone: ZoneInfo
    delimiter: str
    decimal: str
    encoding: str
    trim: bool
    header: bool
    table: Table = Table()

    def source(self, path: Path, target: Target) -> FileSource:
        """The file as a source, each item with its line."""
        if path.suffix.lower() == PARQUET or self.table != Table():
            return self._rows(path, target)
        if form_of(path) in JSON_LINES:
            return open_source(path, target.item_type, with_lines=True)
        return open_source(self._csv(path), target.item_type)

    def _csv(self, path: Path) -> CsvFile:
        options = self._asdict()
        del options["table"]
        return CsvFile(path, **options, with_lines=True)

    def _rows(self, path: Path, target: Target) -> FileSource:
        is_csv = path.suffix.lower() != PARQUET and form_of(path) not in JSON_LINES
        of_profiles = target.item_type.operation.name.startswith("profile")
        rows = Rows(
            self._csv(path) if is_csv else path,
            id=self.table.id or ("custom_id" if of_profiles else "id"),
            columns=dict(self.table.columns),
            names=self.table.names,
            zone=self.zone,
            events=self.table.events,
        )
        source = open_rows(rows, target.item_type, doubt=_refuse, with_lines=True)
        assert isinstance(source, FileSource)  # noqa: S101
        return source

    async def fitting_source(self, path: Path, target: Target, client: BatchClient) -> FileSource:
        """The same, with the columns that the API knows to be text read as text."""
        source = self.source(path, target)
        texts = await target.texts(client)
        if isinstance(source, CsvSource) and texts:
            known = [name for name, key in source.layout.keys.items() if key in texts]
            source = self._replace(text=(*self.text, *known)).source(path, target)
        return source


def _refuse(reason: str) -> None:
    raise InvalidInput(reason, path="columns")
