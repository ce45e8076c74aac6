"""The items of streams into the legacy API: recipients, users, events and ids, and how each is sent.

Sources: fact sheet: MEP legacy, 1.6, 2.1, 5, 6 and 7.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

from batch_api._generated.mep.keys import KEYS
from batch_api._generated.mep.registry import (
    CUSTOM_AUDIENCE_UPDATE,
    CUSTOM_DATA_BULK,
    CUSTOM_DATA_BULK_DELETE,
    INSTALL_AUDIENCE_REPLACE,
    INSTALL_AUDIENCE_UPDATE,
    TRANSACTIONAL_SEND,
    TRIGGER_EVENT_BULK,
)
from batch_api._operation import Operation
from batch_api.app import item_checks as app_checks
from batch_api.engine import arguments
from batch_api.engine.encode import encode_items
from batch_api.engine.errors import InvalidInput
from batch_api.engine.keys import Known
from batch_api.ingest.items.item_types import (
    NOWHERE,
    AudienceChanges,
    AudienceContent,
    AudienceMembers,
    Checked,
    CheckedItems,
    known_fields,
)
from batch_api.ingest.items.lines import LineReader, by_id
from batch_api.ingest.sending.coalesce import Coalescer, Edit


class _Rewritten:
    """Items that are checked and encoded one by one: JSON lines are no faster here."""

    path: Mapping[str, str] = NOWHERE
    prefix, suffix = b"[", b"]"
    about = "["
    lines: LineReader | None = None
    _is_unsafe = False  # whether a retry may apply an item twice

    def without_events(self, part: bytes) -> bytes | None:
        return None if self._is_unsafe else part


class _Ids(_Rewritten):
    """Ids alone, each a string."""

    def plain(self, item: object) -> Any:
        return str(item) if isinstance(item, str) else item

    def check_one(self, item: Any) -> Checked:
        return Checked(arguments.text(item, ""), self._is_unsafe)

    def check_many(self, items: list[Any]) -> CheckedItems | None:
        return CheckedItems(items, self._is_unsafe) if set(map(type, items)) == {str} and all(items) else None


class Recipients(_Ids):
    """Ids of one kind that get one message, each of them once.

    A duplicate is refused: in two requests, it would get two messages.
    """

    operation = TRANSACTIONAL_SEND
    suffix = b"]}}"
    _is_unsafe = True

    def __init__(self, message: Mapping[str, Any], ids: str) -> None:
        arguments.text(message.get("group_id"), "group_id")
        rest = encode_items([{**message}], TRANSACTIONAL_SEND.dates)
        self.prefix = b'%b,"recipients":{%b:[' % (rest[:-1], orjson.dumps(ids))
        # A digest, because the text of a message may hold personal data.
        self.about = f"{ids} of {hashlib.sha256(self.prefix).hexdigest()[:16]}"
        self._seen: set[str] = set()

    def check_one(self, item: Any) -> Checked:
        seen = super().check_one(item)
        if item in self._seen:
            raise InvalidInput("duplicate recipient: a job sends its message to each recipient once")
        self._seen.add(item)
        return seen

    def check_many(self, items: list[Any]) -> CheckedItems | None:
        found = super().check_many(items)
        if found is None or len(set(items)) < len(items) or not self._seen.isdisjoint(items):
            return None
        self._seen.update(items)
        return found


class _Users(_Rewritten, ABC):
    """Users by their `id`, each with the data to write."""

    known: Known
    """The keys that an item may have."""

    def plain(self, item: object) -> dict[str, Any]:
        return known_fields(item, self.known)

    def check_many(self, items: list[dict[str, Any]]) -> CheckedItems | None:
        try:
            seen = [self.check_one(self.plain(item)) for item in items]
        except InvalidInput:
            return None
        return CheckedItems([one.id for one in seen], any(one.has_events for one in seen))

    @abstractmethod
    def check_one(self, item: dict[str, Any]) -> Checked: ...


class CustomData(_Users):
    """`{"id": …, "update": {"values": …}}` for `custom_data.bulk`."""

    operation = CUSTOM_DATA_BULK
    known = Known(KEYS, ("CustomDataBulkItem",))

    def check_one(self, item: dict[str, Any]) -> Checked:
        name = app_checks.user_id(item)
        app_checks.update(item)
        return Checked(name, self._is_unsafe)


class CustomDataDeletions(_Ids):
    """Ids of users for `custom_data.bulk_delete`."""

    operation = CUSTOM_DATA_BULK_DELETE


class TriggerEvents(_Users):
    """`{"id": …, "events": […]}` for `trigger_events.bulk`."""

    operation = TRIGGER_EVENT_BULK
    known = Known(KEYS, ("TriggerEventBulkItem",))
    _is_unsafe = True

    def check_one(self, item: dict[str, Any]) -> Checked:
        name = app_checks.user_id(item)
        events = app_checks.events(item)
        most = self.operation.max_items or 1
        if len(events) > most:
            raise InvalidInput(
                f"got {len(events)} events, but a call takes at most {most}: split them into several items",
                path="events",
            )
        return Checked(name, self._is_unsafe)


class EventCoalescer(Coalescer):
    """Merges the events of one user, in order, and counts events to fill a request."""

    @staticmethod
    def size(edit: Edit) -> int:
        return len(edit["events"])

    def merge(self, first: Edit, second: Edit) -> Edit | None:
        fits = self.size(first) + self.size(second) <= self.most_items
        known = {"id", "events"}
        if not fits or first.keys() != known or second.keys() != known:
            return None
        return {"id": first["id"], "events": [*first["events"], *second["events"]]}


class CustomAudienceChanges(AudienceChanges):
    """Ids of users to add to an audience of version 1.0, or to take out of it. A plain string is added."""

    operation: Operation = CUSTOM_AUDIENCE_UPDATE
    known = Known(KEYS, ("CustomAudienceEdit",))
    lines: LineReader | None = by_id(KEYS["CustomAudienceEdit"])

    def __init__(self, name: str, type: str) -> None:
        self.path: Mapping[str, str] = {"audience_name": arguments.text(name, "name")}
        self.prefix = b'{"type":%b,"ids":[' % orjson.dumps(arguments.text(type, "type"))

    @property
    def about(self) -> str:
        return f"{self.path} {self.prefix.decode()}"


class _OfInstallations:
    """An audience of version 1.1."""

    known = Known(KEYS, ("InstallAudienceEdit",))
    prefix = b'{"ids":['

    def __init__(self, name: str) -> None:
        self.path: Mapping[str, str] = {"audience_name": arguments.text(name, "name")}

    @property
    def about(self) -> str:
        return f"{self.path}"


class InstallAudienceChanges(_OfInstallations, AudienceChanges):
    """Installations to add to an audience, or to take out of it. A plain string is added."""

    operation: Operation = INSTALL_AUDIENCE_UPDATE
    lines: LineReader | None = by_id(KEYS["InstallAudienceEdit"])


class InstallAudienceMembers(_OfInstallations, AudienceMembers):
    """The new content of an audience of installations, as additions."""

    operation: Operation = INSTALL_AUDIENCE_UPDATE


class InstallAudienceContent(_OfInstallations, AudienceContent):
    """The same in a request of `audiences.replace`, whose items have no action."""

    operation: Operation = INSTALL_AUDIENCE_REPLACE
