"""What a stream is made of: profile edits, catalog items or audience ids, and how each is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import orjson

from batch_api._generated.cep.registry import (
    AUDIENCE_REPLACE,
    AUDIENCE_UPDATE,
    CATALOG_ITEMS_EDIT,
    PROFILE_MASS_UPDATE,
    PROFILE_UPDATE,
)
from batch_api._operation import Operation
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import fields, is_object, text
from batch_api.ingest.lines import AUDIENCE_IDS, CATALOG_ITEMS, EDITS, LineReader

MOST_EVENTS = 15
"""Events in one edit (fact sheet: profiles and audiences, 1.5)."""


class Seen(NamedTuple):
    """What must be known of an item to send it."""

    id: str
    has_events: bool


class Glance(NamedTuple):
    """The same of many items at once."""

    ids: list[str]
    has_events: bool


class Kind(Protocol):
    """One kind of item, and the request that carries it."""

    operation: Operation
    path: Mapping[str, str]
    """What goes into the path of the request."""
    prefix: bytes
    suffix: bytes
    lines: LineReader | None
    """How to read JSON lines that may go out as they are; `None` where they must be rewritten."""

    @property
    def about(self) -> str:
        """What tells a job from others of its operation, in words that may be shown."""
        ...

    def look(self, item: dict[str, Any]) -> Seen:
        """Check an item. Raises `InvalidInput` for what is certainly wrong."""
        ...

    def glance(self, items: list[dict[str, Any]]) -> Glance | None:
        """As `look`, for many at once and four times as fast; `None` if one of them may be wrong, or is unusual."""
        ...

    def plain(self, item: object) -> dict[str, Any]:
        """An item as its fields."""
        ...

    def without_events(self, part: bytes) -> bytes | None:
        """An item without what must not be done twice; `None` if nothing is left."""
        ...


NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})
"""Nothing for the path."""


class ProfileEdits:
    """Edits for `profiles.update` or `profiles.mass_update`."""

    path: Mapping[str, str] = NOWHERE
    prefix, suffix = b"[", b"]"
    about = "["
    lines: LineReader | None = EDITS

    def __init__(self, endpoint: str) -> None:
        if endpoint not in ("update", "mass-update"):
            raise InvalidInput("update or mass-update?", path="endpoint")
        self.operation = PROFILE_UPDATE if endpoint == "update" else PROFILE_MASS_UPDATE

    def plain(self, item: object) -> dict[str, Any]:
        return fields(item)

    def look(self, item: dict[str, Any]) -> Seen:
        return look_at_edit(item)

    def glance(self, items: list[dict[str, Any]]) -> Glance | None:
        try:
            identifiers = list(map(_IDENTIFIERS, items))
            ids = list(map(_CUSTOM_ID, identifiers))
        except (KeyError, TypeError):
            return None
        if set(map(len, identifiers)) != {1} or not _are_texts(ids):
            return None
        events = _glance_at_events(items)
        return None if events is None else Glance(ids, events)

    def without_events(self, part: bytes) -> bytes | None:
        edit = orjson.loads(part)
        if not edit.pop("events", None):
            return part
        return orjson.dumps(edit) if edit.get("attributes") else None


_IDENTIFIERS, _CUSTOM_ID, _NAME, _ID, _ACTION = map(itemgetter, ("identifiers", "custom_id", "name", "id", "action"))


def _are_texts(values: list[Any]) -> bool:
    """Whether all are `str` and none is empty."""
    return set(map(type, values)) == {str} and all(values)


def _glance_at_events(edits: list[dict[str, Any]]) -> bool | None:
    """Whether there are any; `None` if they may be wrong."""
    given = [events for edit in edits if "events" in edit and (events := edit["events"])]
    if not given:
        return False
    if set(map(type, given)) != {list} or max(map(len, given)) > MOST_EVENTS:
        return None
    events = list(chain.from_iterable(given))
    try:
        names = list(map(_NAME, events))
    except (KeyError, TypeError):
        return None
    return True if set(map(type, events)) == {dict} and _are_texts(names) else None


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
    path: Mapping[str, str] = NOWHERE
    lines: LineReader | None
    suffix = b"]}"

    def __init__(self, name: str, key: str) -> None:
        self.prefix = b'{"name":%b,"%b":[' % (orjson.dumps(text(name, "name")), key.encode())

    @property
    def about(self) -> str:
        return self.prefix.decode()

    def look(self, item: dict[str, Any]) -> Seen:
        name, action = item.get("id"), item.get("action")
        if not isinstance(name, str) or not name:
            raise InvalidInput("a string that is not empty is due", path="id")
        if not isinstance(action, str) or not action:
            raise InvalidInput("missing: add or remove?", path="action")
        return Seen(name, False)

    def glance(self, items: list[dict[str, Any]]) -> Glance | None:
        try:
            ids, actions = list(map(_ID, items)), list(map(_ACTION, items))
        except (KeyError, TypeError):
            return None
        return Glance(ids, False) if _are_texts(ids) and _are_texts(actions) else None

    def plain(self, item: object) -> dict[str, Any]:
        return fields(item)

    def without_events(self, part: bytes) -> bytes | None:
        return part


class CatalogItems(_WithIds):
    """Items for `catalogs.edit_items`."""

    operation = CATALOG_ITEMS_EDIT
    lines: LineReader | None = CATALOG_ITEMS

    def __init__(self, name: str) -> None:
        super().__init__(name, "items")


class AudienceChanges(_WithIds):
    """Ids to add to an audience, or to take out of it. A plain string is added."""

    operation = AUDIENCE_UPDATE
    lines: LineReader | None = AUDIENCE_IDS

    def __init__(self, name: str) -> None:
        super().__init__(name, "ids")

    def plain(self, item: object) -> dict[str, Any]:
        return {"action": "add", "id": item} if isinstance(item, str) else fields(item)


class AudienceMembers(AudienceChanges):
    """The ids that make up an audience from now on. They are written as additions: all but the first are sent so."""

    lines: LineReader | None = None

    def plain(self, item: object) -> dict[str, Any]:
        given = super().plain(item)
        if given.get("action", "add") != "add":
            raise InvalidInput("replace only adds: leave the action out", path="action")
        return {**given, "action": "add"}

    def glance(self, items: list[dict[str, Any]]) -> Glance | None:
        found = super().glance(items)
        return found if found is not None and set(map(_ACTION, items)) == {"add"} else None


class AudienceContent(AudienceMembers):
    """The same in a request of `audiences.replace`, which knows no action."""

    operation = AUDIENCE_REPLACE

    @staticmethod
    def of(additions: list[bytes]) -> list[bytes]:
        """Additions as members."""
        members = [orjson.loads(addition) for addition in additions]
        for member in members:
            del member["action"]
        return [orjson.dumps(member) for member in members]


def is_item(value: object) -> bool:
    """Whether a value can be an item at all, rather than a pair of an item and what the caller attached."""
    return is_object(value) or isinstance(value, str | bytes | InvalidInput)
