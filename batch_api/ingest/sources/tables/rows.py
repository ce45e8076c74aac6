"""A table as a source: which of its columns are what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from batch_api.engine.arguments import choice, text, wrong
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.sources.tables.names import Names, repeated


def _zone(given: tzinfo | str | None) -> tzinfo | None:
    if given is None or isinstance(given, tzinfo):
        return given
    try:
        return ZoneInfo(given)
    except (KeyError, ValueError, OSError, TypeError):
        raise InvalidInput("expected a time zone, such as Europe/Paris", path="zone") from None


def _columns(given: Mapping[str, str | None] | None) -> Mapping[str, str | None]:
    columns = {} if given is None else given
    if not isinstance(columns, Mapping):
        raise wrong("a mapping of columns to attributes", columns, "columns")
    for key in columns.values():
        if key is not None:
            text(key, "columns")
    twice = repeated(key for key in columns.values() if key is not None)
    if twice:
        raise InvalidInput(f"two columns become {twice[0]}: leave one out, by None", path="columns")
    return dict(columns)


def _delete(given: Collection[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise InvalidInput("expected a list of columns, got str: put the name into a list", path="delete")
    return frozenset(given)


@frozen(eq=False)
class Rows:
    """Rows of a table as a source of `profiles.ingest`, `catalogs.ingest` and `split`: an item for each row.

        client.profiles.ingest(Rows(frame, id="user_id", columns={"Tier Level": "tier", "notes": None}))

    A cell without a value leaves its attribute alone. Days and moments become dates, decimals the nearest float. A row
    with a value that cannot be sent ends `Invalid`, with all that is wrong with it. The guide on tables says more.

    `ingest` raises `InvalidInput` for columns that cannot be right, before anything is sent, and `ConfigurationError`
    where pyarrow is needed and missing (extra `tables`). It warns (`UserWarning`) of columns that look like Cloud
    Sync's, or like events, and are not read as such.
    """

    source: Any = field(repr=False)
    """Anything with `__arrow_c_stream__` (pandas, polars, pyarrow, DuckDB); an iterable or async iterable of mappings
    or of record batches; a `CsvFile`; or a path to `.parquet`, `.csv` or `.jsonl`, the last two also with `.gz`."""
    id: str = field(default="custom_id", kw_only=True)
    """The column of the ids: text, whole numbers or UUIDs."""
    columns: Mapping[str, str | None] = field(default=None, kw_only=True, converter=_columns)
    """The attributes that columns become, such as `{"mail": "$email_address"}`; `None` leaves a column out. Others keep
    their names."""
    names: Names = field(default="as-written", kw_only=True)
    """`cloud-sync` for tables made for Batch's Cloud Sync: `date__x` is `date(x)`, `url__x` is `url(x)`, `batch__x` is
    `$x`, text that is a JSON array is an array, and `last_updated_at` is not sent."""
    zone: tzinfo | None = field(default=None, kw_only=True, converter=_zone)
    """The time zone of moments that have none, or its name. Without it such a moment makes its row `Invalid`. A day is
    its midnight there, or in UTC."""
    delete: Collection[str] = field(default=(), kw_only=True, converter=_delete)
    """Columns in which a cell without a value deletes the attribute."""
    events: bool = field(default=False, kw_only=True)
    """Each row is an event: `event_name`, `event_time` (RFC 3339; by default now), and its attributes."""

    def __attrs_post_init__(self) -> None:
        text(self.id, "id")
        choice(self.names, "names", "as-written", "cloud-sync")
