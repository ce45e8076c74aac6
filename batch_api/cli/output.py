"""Output: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from batch_api import BatchError, InvalidInput, Limit
from batch_api.cli.safe import inert, visible, visible_cell, visible_json


class SafeConsole(Console):
    """A console that shows text as it is: no markup, no emoji codes, and no character that a terminal obeys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


out = SafeConsole(soft_wrap=True)
"""For results."""
err = SafeConsole(stderr=True, soft_wrap=True)
"""For everything else: progress, notes and errors."""

Row = Mapping[str, Any]


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def plain(value: Any) -> Any:
    """A model, or whatever the API sent in its place, as JSON-ready data."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def rows(found: Sequence[Row], columns: Sequence[str], form: Format) -> None:
    """Several things of one kind. JSON has all their fields, tables and CSV have `columns`."""
    if form is Format.JSON:
        json_of(list(found))
    elif form is Format.CSV:
        _csv(found, columns)
    else:
        table = Table(*columns, box=None, pad_edge=False)
        for row in found:
            table.add_row(*(cell(row.get(column)) for column in columns))
        _print(table)


def one(found: Any, form: Format) -> None:
    """One thing, with all its fields."""
    if not isinstance(found, Mapping) or form is Format.JSON:
        json_of(found)
    elif form is Format.CSV:
        _csv([found], list(found))
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, value in found.items():
            table.add_row(visible_cell(name), cell(value))
        _print(table)


def _print(table: Table) -> None:
    """In full width: an id that is cut off is useless."""
    needed = Measurement.get(out, out.options.update(max_width=10_000), table).maximum
    SafeConsole(width=max(needed, out.width)).print(table)


def json_of(value: Any) -> None:
    """Anything, as JSON."""
    sys.stdout.write(visible_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)) + "\n")


def told(error: Exception) -> str:
    """An error in a sentence."""
    if isinstance(error, InvalidInput):
        where = f"{error.path}: " if error.path else ""
        return f"{where}{error.reason}.{' Nothing was sent.' if error.outcome == 'not_sent' else ''}"
    if isinstance(error, BatchError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}."
    return f"{type(error).__name__}: {error}."


def cell(value: Any) -> str:
    """A value in a form for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, Mapping):
        return ", ".join(f"{visible_cell(str(name))}: {cell(inner)}" for name, inner in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return (
            "; ".join(map(cell, value))
            if any(isinstance(inner, Mapping) for inner in value)
            else ", ".join(map(cell, value))
        )
    return visible_cell(str(value))


def _csv(found: Sequence[Row], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    for row in found:
        writer.writerow(_csv_cell(row.get(column)) for column in columns)


def _csv_cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return inert(visible_cell(str(value)))


def counted(number: int, what: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def seconds(value: float) -> str:
    """A duration in a form for people."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def share(part: float) -> str:
    """Part of the limit. A job's first requests may be sent at once, so a short job would seem to exceed the limit."""
    return f"{min(part, 1.0):.0%} of the limit"


def limit(given: Limit) -> str:
    """A limit as the documentation states it."""
    period = {1: "second", 3600: "hour"}.get(int(given.per), f"{given.per:g} s")
    burst = "" if given.burst is None else f", burst {_number(given.burst)}"
    unit = given.unit.removesuffix("s") if given.rate == 1 else given.unit
    return f"{_number(given.rate)} {unit} a{'n' if period == 'hour' else ''} {period}{burst}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
