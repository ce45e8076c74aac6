"""Manage tables of keys and values that belong to the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Encoded, Sender
from ..models.app_data_list import AppDataList
from ..registry import (
    APP_DATA_CREATE,
    APP_DATA_DELETE,
    APP_DATA_LIST,
    APP_DATA_UPDATE,
)

if TYPE_CHECKING:
    from ..models.app_data_create import AppDataCreate
    from ..models.app_data_update import AppDataUpdate
    from ..models.empty_response import EmptyResponse


async def app_data_create(
    sender: Sender,
    body: AppDataCreate | Mapping[str, Any] | Encoded,
    *,
    table_name: str,
) -> Answer[None]:
    """Creates a table of keys and values that belong to the app and not to a user; message templates and targeting
    queries can read it. The total size of a table is limited, so give it a retention.

    The status and the body of a success are not known.

    - `table_name`: Name of the table: letters, digits, underscores and hyphens. At least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        APP_DATA_CREATE,
        body=body,
        path={
            "table_name": table_name,
        },
    )
    return Answer(None, reply)


async def app_data_delete(
    sender: Sender,
    *,
    table_name: str,
) -> Answer[EmptyResponse]:
    """Deletes a table. Campaigns that still use it are not looked for.

    - `table_name`: Name of the table: letters, digits, underscores and hyphens. At least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        APP_DATA_DELETE,
        path={
            "table_name": table_name,
        },
    )
    return Answer(reply.json(), reply)


async def app_data_list(
    sender: Sender,
    *,
    from_: int | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[AppDataList]:
    """Lists the tables, most recent first.

    - `from_`: Offset of the first row. At least 0.
    - `limit`: Most rows to return. At most 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(APP_DATA_LIST, query=query)
    return Answer(AppDataList.from_dict(reply.json()), reply)


async def app_data_update(
    sender: Sender,
    body: AppDataUpdate | Mapping[str, Any] | Encoded,
    *,
    table_name: str,
) -> Answer[EmptyResponse]:
    """Adds, changes and deletes entries of a table, **10 000** at most in a call. With `overwrite`, the content of the
    table is replaced, and `null` is refused.

    - `table_name`: Name of the table: letters, digits, underscores and hyphens. At least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        APP_DATA_UPDATE,
        body=body,
        path={
            "table_name": table_name,
        },
    )
    return Answer(reply.json(), reply)
