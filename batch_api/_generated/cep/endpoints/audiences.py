"""Manage static lists of ids used for targeting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Encoded, Sender
from ..models.audience import Audience
from ..models.audience_page import AudiencePage
from ..models.indexing_token import IndexingToken
from ..registry import (
    AUDIENCE_CREATE,
    AUDIENCE_LIST,
    AUDIENCE_REMOVE,
    AUDIENCE_REPLACE,
    AUDIENCE_UPDATE,
    AUDIENCE_VIEW,
)

if TYPE_CHECKING:
    from ..models.audience_create import AudienceCreate
    from ..models.audience_remove import AudienceRemove
    from ..models.audience_replace import AudienceReplace
    from ..models.audience_update import AudienceUpdate


async def audience_create(
    sender: Sender,
    body: AudienceCreate | Mapping[str, Any] | Encoded,
) -> Answer[IndexingToken]:
    """Creates an empty audience. Fill it with `/audiences/update` or `/audiences/replace`.

    **Rate limit:** 1 request per second, the default.
    """
    reply = await sender.send(AUDIENCE_CREATE, body=body)
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def audience_list(
    sender: Sender,
    *,
    from_: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Answer[AudiencePage]:
    """Lists the audiences of the project, page by page.

    **Rate limit:** 1 request per second, the default.

    - `from_`: Opaque cursor: the `next_from` of the previous page. Leave out for the first page.
    - `limit`: Number of audiences per page. From 1 to 100.
    """
    query = as_query(
        {
            "from": from_,
            "limit": limit,
        }
    )
    reply = await sender.send(AUDIENCE_LIST, query=query)
    return Answer(AudiencePage.from_dict(reply.json()), reply)


async def audience_remove(
    sender: Sender,
    body: AudienceRemove | Mapping[str, Any] | Encoded,
) -> Answer[IndexingToken]:
    """Deletes a whole audience; to take ids out of one, use `/audiences/update`. Campaigns that still target it behave
    as if it were empty.

    **Rate limit:** 1 request per second, the default.
    """
    reply = await sender.send(AUDIENCE_REMOVE, body=body)
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def audience_replace(
    sender: Sender,
    body: AudienceReplace | Mapping[str, Any] | Encoded,
) -> Answer[IndexingToken]:
    """Empties an existing audience, then fills it with the ids of the body, at most **10 000**. To load more, replace
    with the first 10 000 and add the rest with `/audiences/update`.

    **Rate limit:** 1 request per second, the default.
    """
    reply = await sender.send(AUDIENCE_REPLACE, body=body)
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def audience_update(
    sender: Sender,
    body: AudienceUpdate | Mapping[str, Any] | Encoded,
) -> Answer[IndexingToken]:
    """Adds ids to an existing audience, or removes ids from it, without touching the others. At most **10 000** ids
    per call; when an id appears several times, its last action wins. An id that matches no profile is ignored at
    targeting and creates none.

    Indexing is usually quick but not immediate: a campaign that targets the audience before the change is applied
    may miss the new ids.

    **Rate limit:** 1 request per second, the default.
    """
    reply = await sender.send(AUDIENCE_UPDATE, body=body)
    return Answer(IndexingToken.from_dict(reply.json()), reply)


async def audience_view(
    sender: Sender,
    *,
    name: str,
    indexing_token: str | Unset = UNSET,
) -> Answer[Audience]:
    """Shows one audience. Give the token of an earlier write to learn whether that very change is applied; without a
    token, `indexing_state` tells about the latest change.

    **Rate limit:** 1 request per second, the default.

    - `indexing_token`: Token returned by a create, update, replace or remove call.
    - `name`: Name of the audience. Needed even with a token.
    """
    query = as_query(
        {
            "name": name,
            "indexing_token": indexing_token,
        }
    )
    reply = await sender.send(AUDIENCE_VIEW, query=query)
    return Answer(Audience.from_dict(reply.json()), reply)
