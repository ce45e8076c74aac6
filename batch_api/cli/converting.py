"""The parts of an export as one file: JSON lines, or CSV with a row for each record."""

from __future__ import annotations

import csv
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import IO, Any, Literal

from batch_api.cli.safe import inert
from batch_api.ingest import private
from batch_api.resources.records import Record, records_of

Form = Literal["jsonl", "csv"]

_BLOCK = 1 << 18
_IDENTIFIERS = ("custom_id", "installation_id", "installation_ids")


async def convert(parts: Sequence[Path], form: Form, folder: Path) -> Path:
    """Write the records of all parts into `records.jsonl` or `records.csv`, and return its path.

    The file gets its name once it is complete, and replaces one of an earlier run. Only its owner can read it. Raises
    `TransportError` for a part that is not JSON, and `OSError`.
    """
    target = folder / f"records.{form}"
    private.check(target)
    unfinished = folder / f".{secrets.token_hex(8)}.part"
    try:
        with open(unfinished, "x", opener=private.new, encoding="utf-8", newline="") as file:  # noqa: ASYNC230
            await (_as_csv if form == "csv" else _as_lines)(parts, file)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return target


async def _as_lines(parts: Sequence[Path], file: IO[str]) -> None:
    async with aclosing(_records(parts)) as records:
        async for record in records:
            file.write(json.dumps(record) + "\n")


async def _as_csv(parts: Sequence[Path], file: IO[str]) -> None:
    """The parts are read twice, since only the last record may have the last column."""
    columns: dict[str, None] = {}
    async with aclosing(_records(parts)) as records:
        async for record in records:
            columns |= dict.fromkeys(row_of(record))
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(map(inert, columns))
    async with aclosing(_records(parts)) as records:
        async for record in records:
            row = row_of(record)
            writer.writerow(row.get(column, "") for column in columns)


async def _records(parts: Sequence[Path]) -> AsyncGenerator[Record, None]:
    for part in parts:
        async with aclosing(records_of(_blocks(part), part.name)) as records:
            async for record in records:
                yield record


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def row_of(record: Record) -> dict[str, Any]:
    """A record as cells: `{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}` as `custom_id, tier`.

    Other objects keep their path: `event.name`. Lists are JSON. No cell is one that a spreadsheet runs.
    """
    return dict(_cells(record, ""))


def _cells(fields: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        column = f"{path}{name}"
        if isinstance(value, dict):
            yield from _cells(value, f"{column}.")
        else:
            yield _shortened(column), _cell(value)


def _shortened(column: str) -> str:
    """The column without what an import puts around it, unless an attribute is called like an identifier."""
    kind, _, name = column.partition(".")
    is_plain = kind == "identifiers" or (kind == "attributes" and name not in _IDENTIFIERS)
    return name if is_plain and name else column


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    if value is None or isinstance(value, bool | list):
        return "" if value is None else inert(json.dumps(value, ensure_ascii=False))
    return value
