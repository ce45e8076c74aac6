"""Ask for the data of a user, or for its removal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import each
from ...._operation import Answer, Encoded, Sender
from ..models.gdpr_request import GdprRequest
from ..models.gdpr_request_created import GdprRequestCreated
from ..registry import (
    GDPR_REQUEST_CREATE,
    GDPR_REQUEST_LIST,
    GDPR_REQUEST_VIEW,
)

if TYPE_CHECKING:
    from ..models.gdpr_request_create import GdprRequestCreate


async def gdpr_request_create(
    sender: Sender,
    body: GdprRequestCreate | Mapping[str, Any] | Encoded,
) -> Answer[GdprRequestCreated]:
    """Asks for the data of one user (`review`) or for its removal (`remove`). The request runs in the background: give
    a callback URL, or poll the view operation.

    After a removal the id is refused for one month, and custom data written for it meanwhile is dropped. The status
    of a success and the name of the returned id are not known.
    """
    reply = await sender.send(GDPR_REQUEST_CREATE, body=body)
    return Answer(GdprRequestCreated.from_dict(reply.json()), reply)


async def gdpr_request_list(
    sender: Sender,
) -> Answer[list[GdprRequest]]:
    """All the requests that are still stored. The answer is an array; no paging is documented."""
    reply = await sender.send(GDPR_REQUEST_LIST)
    return Answer(each(GdprRequest.from_dict, reply.json()), reply)


async def gdpr_request_view(
    sender: Sender,
    *,
    request_id: str,
) -> Answer[GdprRequest]:
    """State of one request. A request stays visible for 20 to 30 days.

    - `request_id`: Id that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        GDPR_REQUEST_VIEW,
        path={
            "request_id": request_id,
        },
    )
    return Answer(GdprRequest.from_dict(reply.json()), reply)
