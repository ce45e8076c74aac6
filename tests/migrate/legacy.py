"""The legacy side, modelled from its documentation and from nothing of ours: what a body does to a user.

Fact sheet: MEP legacy, 5 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

KEY = re.compile(r"(u)\.(.*)|(date)\(u\.(.*)\)|(url)\(u\.(.*)\)|(ut)\.(.*)", re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """`date(u.since)` is a `date` named `since`."""

    kind: str
    name: str

    @property
    def in_profile(self) -> str:
        return f"{self.kind}({self.name})" if self.kind in ("date", "url") else self.name


def key_of(text: str) -> Key | None:
    found = KEY.fullmatch(text)
    if found is None:
        return None
    kind, name = (part for part in found.groups() if part is not None)
    return Key(kind, name)


def instant(value: Any) -> datetime:
    """A legacy date: UTC without a zone, or seconds."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return EPOCH + timedelta(seconds=value)


class User:
    """What the legacy API keeps of a user: attributes, and collections of tags, each with names of their own."""

    def __init__(self) -> None:
        self.attributes: dict[str, tuple[str, Any]] = {}
        self.tags: dict[str, frozenset[str]] = {}

    def write(self, values: Mapping[str, Any]) -> None:
        for text, value in values.items():
            key = key_of(text)
            assert key is not None
            if key.kind == "ut":
                self._write_tags(key.name, value)
            elif value is None:
                self.attributes.pop(key.name, None)
            else:
                self.attributes[key.name] = told_apart(key.kind, value)

    def _write_tags(self, name: str, value: Any) -> None:
        if isinstance(value, dict):
            tags = self.tags.get(name, frozenset()) | {*value.get("$add", ())}
            self.tags[name] = tags - {*value.get("$remove", ())}
        elif value is None:
            self.tags.pop(name, None)
        else:
            self.tags[name] = frozenset(value)


def told_apart(kind: str, value: Any) -> tuple[str, Any]:
    """A value with its type: `True` is not 1, and a date is a point in time however it is written."""
    if kind == "date":
        return "date", instant(value)
    return ("url", value) if kind == "url" else (type(value).__name__, value)


def edit_of(custom_id: str, user: User) -> dict[str, Any]:
    """A profile that holds the same. Collections without a tag are none."""
    attributes: dict[str, Any] = {}
    for name, (kind, value) in user.attributes.items():
        key = f"{kind}({name})" if kind in ("date", "url") else name
        attributes[key] = value.isoformat().replace("+00:00", "Z") if kind == "date" else value
    attributes |= {name: sorted(tags) for name, tags in user.tags.items() if tags}
    return {"identifiers": {"custom_id": custom_id}, "attributes": attributes}


def told_of_profile(attributes: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """What a profile holds, in the words of the legacy side."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if isinstance(value, list):
            if value:
                found[name] = ("tags", frozenset(value))
        elif kinds.get(name) == "date":
            found[name] = ("date", datetime.fromisoformat(value))
        else:
            found[name] = (kinds.get(name) or type(value).__name__, value)
    return found


def told_of_user(user: User) -> dict[str, set[Any]]:
    """What the user has under each name: two things, where an attribute and a collection share it."""
    found: dict[str, set[Any]] = {}
    for name, attribute in user.attributes.items():
        found.setdefault(name, set()).add(attribute)
    for name, tags in user.tags.items():
        if tags:
            found.setdefault(name, set()).add(("tags", tags))
    return found
