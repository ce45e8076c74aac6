"""Trigger events: what users did, which starts or cancels automations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from batch_api._generated.mep.endpoints import trigger_events as api
from batch_api.app_resources import checks
from batch_api.app_results import Receipt
from batch_api.engine.errors import InvalidInput
from batch_api.ingest.checks import an_object, fields, text
from batch_api.resources.resource import Resource

if TYPE_CHECKING:
    from batch_api.app_models import TriggerEvent, TriggerEventBulkItem

# Fact sheet: mep-legacy, 6.
MOST_ATTRIBUTES: Final = 15
MOST_TAGS: Final = 10
LONGEST_TAG: Final = 64
LONGEST_LABEL: Final = 200
_NAME: Final = re.compile(r"ue\.[a-z0-9_]{1,30}")


class TriggerEvents(Resource):
    """`client.trigger_events`: track events on users, which start or cancel trigger automations.

    An event is an object with `name` (`ue.` and 1 to 30 of `a-z`, `0-9`, `_`) and, if you like, `time` (an aware
    `datetime` or text in UTC; within the last 24 hours, by default when it arrives), `label` (at most 200 characters),
    `attributes` (at most 15; a date goes under `date(name)`) and `tags` (at most 10 of 64 characters). Not sent again
    after a failure that leaves open whether they were taken: an event would count twice. All methods raise
    `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.

    Source: fact sheet: mep-legacy, 6.
    """

    __slots__ = ()

    async def send(self, user_id: str, events: Sequence[TriggerEvent | Mapping[str, Any]]) -> Receipt:
        """Track at most 1000 events on one user. The answer's `token` is `None` where the API gives none."""
        rows = checks.items(events, "events")
        for index, event in enumerate(rows):
            _check(event, index, "")
        answer = await api.trigger_event_send(self._engine, {"events": rows}, custom_user_id=text(user_id, "user_id"))
        return Receipt.of(answer.response)

    async def bulk(self, users: Sequence[TriggerEventBulkItem | Mapping[str, Any]]) -> Receipt:
        """Track events on several users, at most 1000 events over all of them.

        await client.trigger_events.bulk([{"id": "u1", "events": [{"name": "ue.signed_up"}]}])
        """
        rows = checks.items(users, "users with their events")
        for index, row in enumerate(rows):
            if not isinstance(row.get("id"), str) or not row["id"]:
                raise InvalidInput("an id is a string that is not empty", index=index, path="id")
            events = row.get("events")
            if isinstance(events, str | Mapping) or not isinstance(events, Sequence) or not events:
                raise InvalidInput("a list of one event or more is due", index=index, path="events")
            for number, event in enumerate(events):
                _check(fields(event, index=index, path=f"events[{number}]"), index, f"events[{number}].")
        answer = await api.trigger_event_bulk(self._engine, rows)
        return Receipt.of(answer.response)


def _check(event: Mapping[str, Any], index: int, path: str) -> None:
    name, label, attributes, tags = (event.get(key) for key in ("name", "label", "attributes", "tags"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput("ue. and 1 to 30 of a-z, 0-9 and _ are due", index=index, path=f"{path}name")
    if isinstance(label, str) and len(label) > LONGEST_LABEL:
        raise InvalidInput(f"at most {LONGEST_LABEL} characters", index=index, path=f"{path}label")
    if attributes:
        an_object(attributes, index=index, path=f"{path}attributes")
        if len(fields(attributes)) > MOST_ATTRIBUTES:
            raise InvalidInput(f"at most {MOST_ATTRIBUTES} attributes", index=index, path=f"{path}attributes")
    if isinstance(tags, Sequence) and not isinstance(tags, str):
        if len(tags) > MOST_TAGS:
            raise InvalidInput(f"at most {MOST_TAGS} tags", index=index, path=f"{path}tags")
        if any(isinstance(tag, str) and len(tag) > LONGEST_TAG for tag in tags):
            raise InvalidInput(f"a tag has at most {LONGEST_TAG} characters", index=index, path=f"{path}tags")
