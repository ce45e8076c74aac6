"""What a stream is made of: profile edits, catalog items or audience ids, and how each is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson

from batch_api._generated.cep.registry import (
    AUDIENCE_REPLACE,
    AUDIENCE_UPDATE,
    CATALOG_ITEMS_EDIT,
    PROFILE_MASS_UPDATE,
    PROFILE_UPDATE,
)
from batch_api._generated.runtime import Operation
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import fields, is_object

MOST_EVENTS = 15
"""Events in one edit (fact sheet: profiles and audiences, 1.5)."""


class Seen(NamedTuple):
    """What must be known of an item to send it."""

    id: str
    has_events: bool


class Kind(Protocol):
    """One kind of item, and the request that carries it."""

    operation: Operation
    prefix: bytes
    suffix: bytes

    def look(self, item: dict[str, Any]) -> Seen:
        """Check an item. Raises `InvalidInput` for what is certainly wrong."""
        ...

    def plain(self, item: object) -> dict[str, Any]:
        """An item as its fields."""
        ...

    def lines(self) -> Callable[[bytes], list[Any]]:
        """A reader of JSON lines that checks their syntax and reads no more than `look` needs."""
        ...

    def look_at_line(self, line: Any) -> Seen:
        """As `look`, for what that reader returns."""
        ...

    def without_events(self, part: bytes) -> bytes | None:
        """An item without what must not be done twice; `None` if nothing is left."""
        ...


class ProfileEdits:
    """Edits for `profiles.update` or `profiles.mass_update`."""

    prefix, suffix = b"[", b"]"

    def __init__(self, endpoint: str) -> None:
        if endpoint not in ("update", "mass-update"):
            raise InvalidInput("update or mass-update?", path="endpoint")
        self.operation = PROFILE_UPDATE if endpoint == "update" else PROFILE_MASS_UPDATE

    def plain(self, item: object) -> dict[str, Any]:
        return fields(item)

    def look(self, item: dict[str, Any]) -> Seen:
        return look_at_edit(item)

    def lines(self) -> Callable[[bytes], list[Any]]:
        from batch_api.ingest.lines import edits

        return edits

    def look_at_line(self, line: Any) -> Seen:
        identifiers, events = line.identifiers, line.events
        if identifiers.installation is not None:
            if identifiers.custom_id is not None:
                raise InvalidInput("exactly one of custom_id and installation is due", path="identifiers")
            return Seen(bytes(identifiers.installation).decode(), bool(events))
        if not identifiers.custom_id:
            raise InvalidInput("a string that is not empty is due", path="identifiers.custom_id")
        if events is not None and len(events) > MOST_EVENTS:
            raise InvalidInput(f"{len(events)} events, but an edit takes at most {MOST_EVENTS}", path="events")
        return Seen(identifiers.custom_id, bool(events))

    def without_events(self, part: bytes) -> bytes | None:
        edit = orjson.loads(part)
        if not edit.pop("events", None):
            return part
        return orjson.dumps(edit) if edit.get("attributes") else None


def look_at_edit(edit: Mapping[str, Any]) -> Seen:
    """Whom an edit is about, if it addresses one profile and its events have names."""
    identifiers = edit.get("identifiers")
    if type(identifiers) is dict and len(identifiers) == 1:
        name = identifiers.get("custom_id")
        if type(name) is str and name:
            events = edit.get("events")
            if events:
                _check_events(events)
                return Seen(name, True)
            return Seen(name, False)
    events = edit.get("events")
    if events:
        _check_events(events)
    return Seen(_identity(identifiers), bool(events))


def _identity(identifiers: object) -> str:
    if identifiers is None:
        raise InvalidInput("missing: which profile is it?", path="identifiers")
    given = fields(identifiers, path="identifiers")
    if ("custom_id" in given) == ("installation" in given):
        raise InvalidInput("exactly one of custom_id and installation is due", path="identifiers")
    if "installation" in given:
        installation = fields(given["installation"], path="identifiers.installation")
        return f"{installation.get('apikey')}/{installation.get('installation_id')}"
    name = given["custom_id"]
    if not isinstance(name, str) or not name:
        raise InvalidInput("a string that is not empty is due", path="identifiers.custom_id")
    return name


def _check_events(events: object) -> None:
    if not isinstance(events, Sequence) or isinstance(events, str | bytes):
        raise InvalidInput("a list is due", path="events")
    if len(events) > MOST_EVENTS:
        raise InvalidInput(f"{len(events)} events, but an edit takes at most {MOST_EVENTS}", path="events")
    for number, event in enumerate(events):
        name = fields(event, path=f"events[{number}]").get("name")
        if not isinstance(name, str) or not name:
            raise InvalidInput("a string that is not empty is due", path=f"events[{number}].name")


class _WithIds:
    """Items that carry their `id` themselves, in a list below the name of what they belong to."""

    operation: Operation
    suffix = b"]}"

    def __init__(self, name: str, key: str) -> None:
        self.prefix = b'{"name":%b,"%b":[' % (orjson.dumps(name), key.encode())

    def lines(self) -> Callable[[bytes], list[Any]]:
        from batch_api.ingest.lines import items

        return items

    def look_at_line(self, line: Any) -> Seen:
        return self._seen(line.id, line.action)

    def look(self, item: dict[str, Any]) -> Seen:
        return self._seen(item.get("id"), item.get("action"))

    def plain(self, item: object) -> dict[str, Any]:
        return fields(item)

    def without_events(self, part: bytes) -> bytes | None:
        return part

    def _seen(self, name: object, action: object) -> Seen:
        if not isinstance(name, str) or not name:
            raise InvalidInput("a string that is not empty is due", path="id")
        return Seen(name, False)


class CatalogItems(_WithIds):
    """Items for `catalogs.edit_items`."""

    operation = CATALOG_ITEMS_EDIT

    def __init__(self, name: str) -> None:
        super().__init__(name, "items")

    def _seen(self, name: object, action: object) -> Seen:
        if not isinstance(action, str) or not action:
            raise InvalidInput("missing: add or remove?", path="action")
        return super()._seen(name, action)


class AudienceChanges(_WithIds):
    """Ids to add to an audience, or to take out of it. A plain string is added."""

    operation = AUDIENCE_UPDATE

    def __init__(self, name: str) -> None:
        super().__init__(name, "ids")

    def plain(self, item: object) -> dict[str, Any]:
        return {"action": "add", "id": item} if isinstance(item, str) else fields(item)

    def _seen(self, name: object, action: object) -> Seen:
        if not isinstance(action, str) or not action:
            raise InvalidInput("missing: add or remove?", path="action")
        return super()._seen(name, action)


class AudienceMembers(_WithIds):
    """The ids that make up an audience from now on, as `audiences.replace` takes them."""

    operation = AUDIENCE_REPLACE

    def __init__(self, name: str) -> None:
        super().__init__(name, "ids")

    def plain(self, item: object) -> dict[str, Any]:
        return {"id": item} if isinstance(item, str) else fields(item)


def is_item(value: object) -> bool:
    """Whether a value can be an item at all, rather than a pair of an item and what the caller attached."""
    return is_object(value) or isinstance(value, str | bytes)
