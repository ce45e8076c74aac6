"""What the columns of a file become, as a dry run shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from batch_api import InvalidInput
from batch_api.ingest.sources.files import FileSource
from batch_api.ingest.sources.tables import names
from batch_api.ingest.sources.tables.plan import Column, Plan

SHOWN = ("column", "sent as", "type", "filled", "refused")

_TYPES = {str: "text", bool: "boolean", int: "integer", float: "float", list: "list", dict: "object"}
_HEADS = {"id": "the id", names.EVENT_NAME: "the event's name", names.EVENT_TIME: "the event's time"}


class Columns:
    """Counts the values of each attribute, and the cells that cannot be sent."""

    def __init__(self, source: FileSource) -> None:
        self._plan: Plan | None = source.plan
        self._rows = 0
        self._filled: Counter[str] = Counter()
        self._types: dict[str, Counter[str]] = {}

    def count(self, items: Iterable[Any]) -> None:
        """Count what is in some items."""
        if self._plan is None:
            return
        for given in items:
            item = given[0] if isinstance(given, tuple) else given
            if not isinstance(item, InvalidInput):
                self._rows += 1
                for key, value in _attributes(item).items():
                    self._filled[key] += 1
                    self._types.setdefault(key, Counter())[_type(key, value)] += 1

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each column."""
        if self._plan is None:
            return
        for name, column in self._plan.columns.items():
            key = None if column is None else self._key(column)
            yield {
                "column": name,
                "sent as": "left out" if key is None else _HEADS.get(key, key),
                "type": ", ".join(sorted(self._types.get(key or "", ()))),
                "filled": self._rows if key == "id" else self._filled[key or ""] if key else None,
                "refused": self._plan.refused[name] or None,
            }

    def _key(self, column: Column) -> str:
        date = names.dated(column.key)
        return date if date in self._types and column.place is None else column.key


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an item, or of its event and what that has beside them."""
    if "events" not in item:
        found: dict[str, Any] = item.get("attributes", {})
        return found
    event = item["events"][0]
    heads = {names.EVENT_NAME: event["name"]} | ({names.EVENT_TIME: event["time"]} if "time" in event else {})
    return {**heads, **event.get("attributes", {})}


def _type(key: str, value: Any) -> str:
    if value is None:
        return "deleted"
    return "date" if names.is_date(key) or key == names.EVENT_TIME else _TYPES.get(type(value), "text")
