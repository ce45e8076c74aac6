"""Write attributes and tags of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...._operation import Answer, Encoded, Sender
from ..models.custom_data_result import CustomDataResult
from ..registry import (
    CUSTOM_DATA_BULK,
    CUSTOM_DATA_BULK_DELETE,
    CUSTOM_DATA_DELETE,
    CUSTOM_DATA_SET,
)

if TYPE_CHECKING:
    from ..models.custom_data_bulk_item import CustomDataBulkItem
    from ..models.custom_data_update import CustomDataUpdate


async def custom_data_bulk(
    sender: Sender,
    body: Sequence[CustomDataBulkItem | Mapping[str, Any]] | Encoded,
) -> Answer[CustomDataResult]:
    """Same as the call for one user, for **10 000** users at most. The body is an array. The changes are queued and
    not immediate.

    - `body`: At most 10000 items.
    """
    reply = await sender.send(CUSTOM_DATA_BULK, body=body)
    return Answer(CustomDataResult.from_dict(reply.json()), reply)


async def custom_data_bulk_delete(
    sender: Sender,
    body: Sequence[str | Mapping[str, Any]] | Encoded,
) -> Answer[CustomDataResult]:
    """Deletes the custom data of **10 000** users at most. The body is an array of ids: a DELETE with a body, which
    some HTTP tools drop. The deletion is queued and not immediate.

    - `body`: At most 10000 items.
    """
    reply = await sender.send(CUSTOM_DATA_BULK_DELETE, body=body)
    return Answer(CustomDataResult.from_dict(reply.json()), reply)


async def custom_data_delete(
    sender: Sender,
    *,
    custom_user_id: str,
) -> Answer[CustomDataResult]:
    """Deletes the custom data of one user. The deletion is queued and not immediate.

    - `custom_user_id`: Your own id of the user, to be percent-encoded in the path. At least 1 character.
    """
    reply = await sender.send(
        CUSTOM_DATA_DELETE,
        path={
            "custom_user_id": custom_user_id,
        },
    )
    return Answer(CustomDataResult.from_dict(reply.json()), reply)


async def custom_data_set(
    sender: Sender,
    body: CustomDataUpdate | Mapping[str, Any] | Encoded,
    *,
    custom_user_id: str,
) -> Answer[CustomDataResult]:
    """Writes attributes and tags of one user. The change is queued and not immediate.

    Values that are not sent stay as they are, unless `overwrite` is true; `null` deletes one. Percent-encode the id
    in the path.

    - `custom_user_id`: Your own id of the user, to be percent-encoded in the path. At least 1 character.
    """
    reply = await sender.send(
        CUSTOM_DATA_SET,
        body=body,
        path={
            "custom_user_id": custom_user_id,
        },
    )
    return Answer(CustomDataResult.from_dict(reply.json()), reply)
