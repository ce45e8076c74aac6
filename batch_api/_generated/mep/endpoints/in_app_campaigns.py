"""Create, change, delete and list in-app campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query, each
from ...._operation import Answer, Encoded, Sender
from ..models.campaign_created import CampaignCreated
from ..models.in_app_campaign import InAppCampaign
from ..models.in_app_campaign_summary import InAppCampaignSummary
from ..registry import (
    IN_APP_CAMPAIGN_CREATE,
    IN_APP_CAMPAIGN_DELETE,
    IN_APP_CAMPAIGN_LIST,
    IN_APP_CAMPAIGN_UPDATE,
    IN_APP_CAMPAIGN_VIEW,
)

if TYPE_CHECKING:
    from ..models.in_app_campaign_create import InAppCampaignCreate
    from ..models.in_app_campaign_update import InAppCampaignUpdate


async def in_app_campaign_create(
    sender: Sender,
    body: InAppCampaignCreate | Mapping[str, Any] | Encoded,
) -> Answer[CampaignCreated]:
    """Creates an in-app campaign. Needs a Pro plan or above.

    Give at most one of `start_date` and `local_start_date`, and at most one of `end_date` and `local_end_date`.
    Without a start the campaign begins at once, without an end it does not stop by itself.

    The status and the body of a success are not known; they are given here by analogy with push campaigns.
    """
    reply = await sender.send(IN_APP_CAMPAIGN_CREATE, body=body)
    return Answer(CampaignCreated.from_dict(reply.json()), reply)


async def in_app_campaign_delete(
    sender: Sender,
    *,
    campaign_token: str,
) -> Answer[None]:
    """Deletes an in-app campaign. It is a POST without a body.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        IN_APP_CAMPAIGN_DELETE,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(None, reply)


async def in_app_campaign_list(
    sender: Sender,
    *,
    from_: int | Unset = UNSET,
    from_api: bool | Unset = UNSET,
    limit: int | Unset = UNSET,
    live: bool | Unset = UNSET,
) -> Answer[list[InAppCampaignSummary]]:
    """Lists the in-app campaigns, most recent first. The answer is an array and carries no total: the last page is the
    one that holds fewer rows than `limit`. Live app keys only.

    - `from_`: Offset of the first row. At least 0.
    - `from_api`: True for campaigns created by the API, false for those of the dashboard, all of them when left out.
    - `limit`: Most rows to return. At most 100.
    - `live`: True for running and completed campaigns, false for stopped ones and drafts, all of them when left out.
    """
    query = as_query(
        {
            "from": from_,
            "from_api": from_api,
            "limit": limit,
            "live": live,
        }
    )
    reply = await sender.send(IN_APP_CAMPAIGN_LIST, query=query)
    return Answer(each(InAppCampaignSummary.from_dict, reply.json()), reply)


async def in_app_campaign_update(
    sender: Sender,
    body: InAppCampaignUpdate | Mapping[str, Any] | Encoded,
    *,
    campaign_token: str,
) -> Answer[None]:
    """Changes an in-app campaign. A parameter that was given once cannot be taken away.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        IN_APP_CAMPAIGN_UPDATE,
        body=body,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(None, reply)


async def in_app_campaign_view(
    sender: Sender,
    *,
    campaign_token: str,
) -> Answer[InAppCampaign]:
    """Details of one in-app campaign: the fields of the creation, and four more. Live app keys only. No operation
    gives the statistics of an in-app campaign.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        IN_APP_CAMPAIGN_VIEW,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(InAppCampaign.from_dict(reply.json()), reply)
