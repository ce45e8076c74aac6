"""Manage static lists of ids used for targeting, of users and of installations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Encoded, Sender
from ..models.audience_list import AudienceList
from ..models.audience_view import AudienceView
from ..models.indexing_token import IndexingToken
from ..registry import (
    CUSTOM_AUDIENCE_CREATE,
    CUSTOM_AUDIENCE_DELETE,
    CUSTOM_AUDIENCE_LIST,
    CUSTOM_AUDIENCE_UPDATE,
    CUSTOM_AUDIENCE_VIEW,
    INSTALL_AUDIENCE_CREATE,
    INSTALL_AUDIENCE_DELETE,
    INSTALL_AUDIENCE_LIST,
    INSTALL_AUDIENCE_REPLACE,
    INSTALL_AUDIENCE_UPDATE,
    INSTALL_AUDIENCE_VIEW,
)

if TYPE_CHECKING:
    from ..models.custom_audience_create import CustomAudienceCreate
    from ..models.custom_audience_update import CustomAudienceUpdate
    from ..models.empty_response import EmptyResponse
    from ..models.install_audience_create import InstallAudienceCreate
    from ..models.install_audience_replace import InstallAudienceReplace
    from ..models.install_audience_update import InstallAudienceUpdate


async def custom_audience_create(
    sender: Sender,
    body: CustomAudienceCreate | Mapping[str, Any] | Encoded,
    *,
    audience_name: str,
) -> Answer[EmptyResponse]:
    """Version 1.0 of this API, for custom user ids and advertising ids.

    Creates an empty audience. Fill it with the update operation.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        CUSTOM_AUDIENCE_CREATE,
        body=body,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(reply.json(), reply)


async def custom_audience_delete(
    sender: Sender,
    *,
    audience_name: str,
) -> Answer[None]:
    """Version 1.0 of this API, for custom user ids and advertising ids.

    Deletes an audience.

    A campaign that targets the deleted audience then sees an empty one.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        CUSTOM_AUDIENCE_DELETE,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(None, reply)


async def custom_audience_list(
    sender: Sender,
    *,
    from_: int | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[AudienceList]:
    """Version 1.0 of this API, for custom user ids and advertising ids.

    Lists the audiences, most recent first.

    - `from_`: Offset of the first row. At least 0.
    - `limit`: Most rows to return. At most 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(CUSTOM_AUDIENCE_LIST, query=query)
    return Answer(AudienceList.from_dict(reply.json()), reply)


async def custom_audience_update(
    sender: Sender,
    body: CustomAudienceUpdate | Mapping[str, Any] | Encoded,
    *,
    audience_name: str,
) -> Answer[IndexingToken]:
    """Version 1.0 of this API, for custom user ids and advertising ids.

    Adds ids to an audience and removes ids from it, **10 000** at most in a call. The change is indexed in the
    background: follow it with the token and the view operation.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        CUSTOM_AUDIENCE_UPDATE,
        body=body,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def custom_audience_view(
    sender: Sender,
    *,
    audience_name: str,
    indexing_token: str | Unset = UNSET,
) -> Answer[AudienceView]:
    """Version 1.0 of this API, for custom user ids and advertising ids.

    Details of one audience, with the state of one change when its token is given, or of the latest change.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    - `indexing_token`: Token of the change to report on, the latest one when left out.
    """
    query = as_query(
        {
            "indexing_token": indexing_token,
        }
    )
    reply = await sender.send(
        CUSTOM_AUDIENCE_VIEW,
        query=query,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(AudienceView.from_dict(reply.json()), reply)


async def install_audience_create(
    sender: Sender,
    body: InstallAudienceCreate | Mapping[str, Any] | Encoded,
    *,
    audience_name: str,
) -> Answer[None]:
    """Version 1.1 of this API, for installation ids alone.

    Creates an empty audience. Fill it with the update or the replace operation. The body and the answer are known
    in part only.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        INSTALL_AUDIENCE_CREATE,
        body=body,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(None, reply)


async def install_audience_delete(
    sender: Sender,
    *,
    audience_name: str,
) -> Answer[None]:
    """Version 1.1 of this API, for installation ids alone.

    Deletes an audience.

    A campaign that targets the deleted audience then sees an empty one.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        INSTALL_AUDIENCE_DELETE,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(None, reply)


async def install_audience_list(
    sender: Sender,
    *,
    from_: int | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[AudienceList]:
    """Version 1.1 of this API, for installation ids alone.

    Lists the audiences, most recent first.

    - `from_`: Offset of the first row. At least 0.
    - `limit`: Most rows to return. At most 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(INSTALL_AUDIENCE_LIST, query=query)
    return Answer(AudienceList.from_dict(reply.json()), reply)


async def install_audience_replace(
    sender: Sender,
    body: InstallAudienceReplace | Mapping[str, Any] | Encoded,
    *,
    audience_name: str,
) -> Answer[IndexingToken]:
    """Version 1.1 of this API, for installation ids alone.

    Clears an audience and fills it anew, with **10 000** installations at most, as far as is known. Each call
    clears what the one before wrote: for a larger list, replace with the first part and add the rest with the
    update operation.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        INSTALL_AUDIENCE_REPLACE,
        body=body,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def install_audience_update(
    sender: Sender,
    body: InstallAudienceUpdate | Mapping[str, Any] | Encoded,
    *,
    audience_name: str,
) -> Answer[IndexingToken]:
    """Version 1.1 of this API, for installation ids alone.

    Adds installations to an audience, each with attributes and tags of its own, and removes installations from it.
    At most **10 000** in a call, as far as is known. The change is indexed in the background: follow it with the
    token and the view operation.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    reply = await sender.send(
        INSTALL_AUDIENCE_UPDATE,
        body=body,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def install_audience_view(
    sender: Sender,
    *,
    audience_name: str,
    indexing_token: str | Unset = UNSET,
) -> Answer[AudienceView]:
    """Version 1.1 of this API, for installation ids alone.

    Details of one audience, with the state of one change when its token is given, or of the latest change.

    - `audience_name`: Name of the audience, case-sensitive: letters, digits, underscores and hyphens. 1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    - `indexing_token`: Token of the change to report on, the latest one when left out.
    """
    query = as_query(
        {
            "indexing_token": indexing_token,
        }
    )
    reply = await sender.send(
        INSTALL_AUDIENCE_VIEW,
        query=query,
        path={
            "audience_name": audience_name,
        },
    )
    return Answer(AudienceView.from_dict(reply.json()), reply)
