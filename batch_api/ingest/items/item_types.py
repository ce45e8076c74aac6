"""What a stream is made of: profile edits, catalog items or audience ids, and how each is sent."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import orjson

from batch_api._generated.cep.keys import KEYS
from batch_api._generated.cep.registry import (
    AUDIENCE_REPLACE,
    AUDIENCE_UPDATE,
    CATALOG_ITEMS_EDIT,
    PROFILE_MASS_UPDATE,
    PROFILE_UPDATE,
)
from batch_api._operation import Operation
from batch_api.engine.arguments import choice, fields, is_list, is_object, text, wrong
from batch_api.engine.errors import InvalidInput
from batch_api.engine.keys import Known
from batch_api.ingest.items.lines import EDITS, MOST_EVENTS, LineReader, by_id


class Checked(NamedTuple):
    """What must be known of an item to send it."""

    id: str
    has_events: bool


class CheckedItems(NamedTuple):
    """The same of many items at once."""

    ids: list[str]
    has_events: bool


class ItemType(Protocol):
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

    def check_one(self, item: dict[str, Any]) -> Checked:
        """Check an item. Raises `InvalidInput` for what is certainly wrong."""
        ...

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        """As `check_one`, for many at once, four times as fast; `None` if one of them may be wrong, or is unusual."""
        ...

    def plain(self, item: object) -> dict[str, Any]:
        """An item as its fields. Raises `InvalidInput` for a key that it cannot have."""
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
        choice(endpoint, "endpoint", "update", "mass-update")
        self.operation = PROFILE_UPDATE if endpoint == "update" else PROFILE_MASS_UPDATE

    def plain(self, item: object) -> dict[str, Any]:
        return known_fields(item, _EDIT)

    def check_one(self, item: dict[str, Any]) -> Checked:
        return _check_edit(item)

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        try:
            identifiers = list(map(_IDENTIFIERS, items))
            ids = list(map(_CUSTOM_ID, identifiers))
        except (KeyError, TypeError):
            return None
        keys = _keys_of(items)
        if _keys_of(identifiers) != {"custom_id"} or not _are_texts(ids) or not keys <= _EDIT_KEYS:
            return None
        events = _check_many_events(items) if "events" in keys else False
        return None if events is None else CheckedItems(ids, events)

    def without_events(self, part: bytes) -> bytes | None:
        edit = orjson.loads(part)
        if not edit.pop("events", None):
            return part
        return orjson.dumps(edit) if edit.get("attributes") else None


_EDIT = Known(KEYS, ("EditProfile",))
_EDIT_KEYS, _EVENT_KEYS = KEYS["EditProfile"].names, KEYS["ProfileEvent"].names
_IDENTIFIERS, _CUSTOM_ID = itemgetter("identifiers"), itemgetter("custom_id")
_EVENTS, _NAME = itemgetter("events"), itemgetter("name")
_ID, _ACTION = itemgetter("id"), itemgetter("action")


def _are_texts(values: list[Any]) -> bool:
    """Whether all are `str` and none is empty."""
    return set(map(type, values)) == {str} and all(values)


def _keys_of(items: list[dict[str, Any]]) -> set[str]:
    """The keys that one item or more has."""
    return set().union(*items)


def known_fields(item: object, known: Known) -> dict[str, Any]:
    """The fields of an item. Raises `InvalidInput` for a key that is not known."""
    found = fields(item)
    known.check(item)
    return found


def _check_many_events(edits: list[dict[str, Any]]) -> bool | None:
    """Whether there are any; `None` if they may be wrong."""
    try:
        given = list(filter(None, map(_EVENTS, edits)))
    except KeyError:  # not all have some
        given = [events for edit in edits if "events" in edit and (events := edit["events"])]
    if not given:
        return False
    try:
        events = list(chain.from_iterable(given))
        names, keys = list(map(_NAME, events)), _keys_of(events)
        if len(events) > len(given) and max(map(len, given)) > MOST_EVENTS:
            return None
    except (KeyError, TypeError):
        return None
    return True if _are_texts(names) and keys <= _EVENT_KEYS else None


def _check_edit(edit: Mapping[str, Any]) -> Checked:
    """Whom an edit is about, if it addresses one profile and its events have names."""
    name = _whom(edit.get("identifiers"))
    events = edit.get("events")
    if events:
        _check_events(events)
    return Checked(name, bool(events))


def _whom(identifiers: object) -> str:
    """A text that tells profiles apart. An identifier that is `None` is none: what came from a database may have it."""
    given = {name: value for name, value in fields(identifiers, path="identifiers").items() if value is not None}
    if ("custom_id" in given) == ("installation" in given):
        came = "both" if "custom_id" in given else "neither"
        raise InvalidInput(f"expected exactly one of custom_id and installation, got {came}", path="identifiers")
    if "custom_id" in given:
        return text(given["custom_id"], "identifiers.custom_id")
    installation = fields(given["installation"], path="identifiers.installation")
    return f"{installation.get('apikey')}/{installation.get('installation_id')}"


def _check_events(events: object) -> None:
    if not is_list(events):
        raise wrong("a list", events, "events")
    if len(events) > MOST_EVENTS:
        raise InvalidInput(f"expected at most {MOST_EVENTS} events in an edit, got {len(events)}", path="events")
    for number, event in enumerate(events):
        text(fields(event, path=f"events[{number}]").get("name"), f"events[{number}].name")


class _WithIds:
    """Items that carry their `id` themselves, in a list below the name of what they belong to."""

    operation: Operation
    path: Mapping[str, str] = NOWHERE
    lines: LineReader | None
    known: Known
    """The keys that an item may have."""
    suffix = b"]}"

    def __init__(self, name: str, key: str) -> None:
        self.prefix = b'{"name":%b,"%b":[' % (orjson.dumps(text(name, "name")), key.encode())

    @property
    def about(self) -> str:
        return self.prefix.decode()

    def check_one(self, item: dict[str, Any]) -> Checked:
        name = text(item.get("id"), "id")
        action = item.get("action")
        if not isinstance(action, str) or not action:
            raise wrong("'add' or 'remove'", action, "action")
        return Checked(name, False)

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        try:
            ids, actions = list(map(_ID, items)), list(map(_ACTION, items))
        except (KeyError, TypeError):
            return None
        is_right = _are_texts(ids) and _are_texts(actions) and _keys_of(items) <= self.known.names
        return CheckedItems(ids, False) if is_right else None

    def plain(self, item: object) -> dict[str, Any]:
        return known_fields(item, self.known)

    def without_events(self, part: bytes) -> bytes | None:
        return part


class CatalogItems(_WithIds):
    """Items for `catalogs.edit_items`."""

    operation = CATALOG_ITEMS_EDIT
    known = Known(KEYS, ("CatalogItemEdit",))
    lines: LineReader | None = by_id(KEYS["CatalogItemEdit"])

    def __init__(self, name: str) -> None:
        super().__init__(name, "items")


class AudienceChanges(_WithIds):
    """Ids to add to an audience, or to take out of it. A plain string is added."""

    operation = AUDIENCE_UPDATE
    known = Known(KEYS, ("AudienceAddId", "AudienceRemoveId"))
    lines: LineReader | None = by_id(KEYS["AudienceAddId"])

    def __init__(self, name: str) -> None:
        super().__init__(name, "ids")

    def plain(self, item: object) -> dict[str, Any]:
        return {"action": "add", "id": item} if isinstance(item, str) else super().plain(item)


class AudienceMembers(AudienceChanges):
    """The ids that make up an audience from now on. They are written as additions: all but the first are sent so."""

    lines: LineReader | None = None

    def plain(self, item: object) -> dict[str, Any]:
        given = super().plain(item)
        if given.get("action") not in (None, "add"):
            raise InvalidInput("expected no action but 'add', since replace only adds", path="action")
        return {**given, "action": "add"}

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        found = super().check_many(items)
        return found if found is not None and set(map(_ACTION, items)) == {"add"} else None


class AudienceContent(AudienceMembers):
    """The same in a request of `audiences.replace`, which knows no action."""

    operation = AUDIENCE_REPLACE

    def plain(self, item: object) -> dict[str, Any]:
        member = super().plain(item)
        del member["action"]
        return member

    def check_one(self, item: dict[str, Any]) -> Checked:
        return Checked(text(item.get("id"), "id"), False)

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        return None  # each must be rewritten

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
