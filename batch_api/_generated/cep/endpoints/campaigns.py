"""Create, overwrite and delete email and push campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._operation import Answer, Encoded, Sender
from ..models.campaign_created import CampaignCreated
from ..registry import (
    CAMPAIGN_CREATE,
    CAMPAIGN_DELETE,
    CAMPAIGN_UPDATE,
)

if TYPE_CHECKING:
    from ..models.campaign import Campaign
    from ..models.campaign_delete import CampaignDelete
    from ..models.campaign_update import CampaignUpdate
    from ..models.empty_response import EmptyResponse


async def campaign_create(
    sender: Sender,
    body: Campaign | Mapping[str, Any] | Encoded,
) -> Answer[CampaignCreated]:
    """Creates an email or push campaign and returns its id. In state `RUNNING` with `start_time` set to `now` the
    messages really go out, and no idempotency key exists: do not blindly repeat a call that timed out.

    **Rate limit:** 1 request per second, the default. After a 429, wait at least 5 seconds.
    """
    reply = await sender.send(CAMPAIGN_CREATE, body=body)
    return Answer(CampaignCreated.from_dict(reply.json()), reply)


async def campaign_delete(
    sender: Sender,
    body: CampaignDelete | Mapping[str, Any] | Encoded,
) -> Answer[EmptyResponse | None]:
    """Deletes a campaign. A call that is valid but not allowed may be answered with 403 `API_MISUSE`.

    **Rate limit:** 1 request per second, the default. After a 429, wait at least 5 seconds.
    """
    reply = await sender.send(CAMPAIGN_DELETE, body=body)
    return Answer(reply.json(), reply)


async def campaign_update(
    sender: Sender,
    body: CampaignUpdate | Mapping[str, Any] | Encoded,
) -> Answer[EmptyResponse]:
    """Overwrites a campaign in full; what the new body leaves out is lost. Also the way to start a draft, to pause
    (`STOPPED`) or to resume (`RUNNING`). A running or completed campaign is refused, unless it is recurrent. A call
    that is valid but not allowed may be answered with 403 `API_MISUSE`.

    **Rate limit:** 1 request per second, the default. After a 429, wait at least 5 seconds.
    """
    reply = await sender.send(CAMPAIGN_UPDATE, body=body)
    return Answer(reply.json(), reply)
