"""Track events that start or cancel trigger automations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...._operation import Answer, Encoded, Sender
from ..registry import (
    TRIGGER_EVENT_BULK,
    TRIGGER_EVENT_SEND,
)

if TYPE_CHECKING:
    from ..models.trigger_event_batch import TriggerEventBatch
    from ..models.trigger_event_bulk_item import TriggerEventBulkItem


async def trigger_event_bulk(
    sender: Sender,
    body: Sequence[TriggerEventBulkItem | Mapping[str, Any]] | Encoded,
) -> Answer[None]:
    """Tracks events on several users. The body is an array; the limit of **1 000** events counts over all its users.

    The status and the body of a success are not known: treat any 2xx as a success and require no body.
    """
    reply = await sender.send(TRIGGER_EVENT_BULK, body=body)
    return Answer(None, reply)


async def trigger_event_send(
    sender: Sender,
    body: TriggerEventBatch | Mapping[str, Any] | Encoded,
    *,
    custom_user_id: str,
) -> Answer[None]:
    """Tracks events on one user, at most **1 000** in a call. They start or cancel trigger automations. An event above
    a limit is refused, never truncated.

    The status and the body of a success are not known: treat any 2xx as a success and require no body.

    - `custom_user_id`: Your own id of the user, to be percent-encoded in the path. At least 1 character.
    """
    reply = await sender.send(
        TRIGGER_EVENT_SEND,
        body=body,
        path={
            "custom_user_id": custom_user_id,
        },
    )
    return Answer(None, reply)
