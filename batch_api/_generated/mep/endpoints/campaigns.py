"""Create, change, delete, list and measure push campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._codec import UNSET, Unset, as_query, each
from ...._operation import Answer, Encoded, Sender
from ..models.campaign_created import CampaignCreated
from ..models.push_campaign import PushCampaign
from ..models.push_campaign_stats import PushCampaignStats
from ..models.push_campaign_summary import PushCampaignSummary
from ..registry import (
    PUSH_CAMPAIGN_CREATE,
    PUSH_CAMPAIGN_DELETE,
    PUSH_CAMPAIGN_LIST,
    PUSH_CAMPAIGN_STATS,
    PUSH_CAMPAIGN_UPDATE,
    PUSH_CAMPAIGN_VIEW,
)

if TYPE_CHECKING:
    from ..models.push_campaign_create import PushCampaignCreate
    from ..models.push_campaign_update import PushCampaignUpdate


async def push_campaign_create(
    sender: Sender,
    body: PushCampaignCreate | Mapping[str, Any] | Encoded,
) -> Answer[CampaignCreated]:
    """Creates a push campaign, sent at once, at a given time, or kept as a draft when `live` is false. Needs a Pro
    plan or above.

    Give exactly one of `push_time` and `local_push_time`. There is no idempotency key: a creation repeated after an
    unknown outcome may send twice.
    """
    reply = await sender.send(PUSH_CAMPAIGN_CREATE, body=body)
    return Answer(CampaignCreated.from_dict(reply.json()), reply)


async def push_campaign_delete(
    sender: Sender,
    *,
    campaign_token: str,
) -> Answer[None]:
    """Deletes a campaign. It is a POST without a body.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        PUSH_CAMPAIGN_DELETE,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(None, reply)


async def push_campaign_list(
    sender: Sender,
    *,
    from_: int | Unset = UNSET,
    from_api: bool | Unset = UNSET,
    limit: int | Unset = UNSET,
    live: bool | Unset = UNSET,
) -> Answer[list[PushCampaignSummary]]:
    """Lists the campaigns, most recent first. The answer is an array and carries no total: the last page is the one
    that holds fewer rows than `limit`. Live app keys only.

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
    reply = await sender.send(PUSH_CAMPAIGN_LIST, query=query)
    return Answer(each(PushCampaignSummary.from_dict, reply.json()), reply)


async def push_campaign_stats(
    sender: Sender,
    *,
    campaign_token: str,
) -> Answer[PushCampaignStats]:
    """Daily figures of one campaign, per version for an A/B test. Live app keys only. Before the first send `detail`
    may be empty or missing.

    The open rate is `(direct_open + influenced_open) / sent`. One heavy user paces itself at 60 calls a minute
    here; no figure is documented.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        PUSH_CAMPAIGN_STATS,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(PushCampaignStats.from_dict(reply.json()), reply)


async def push_campaign_update(
    sender: Sender,
    body: PushCampaignUpdate | Mapping[str, Any] | Encoded,
    *,
    campaign_token: str,
) -> Answer[None]:
    """Changes a campaign that was created by the API; one made in the dashboard is refused.

    A finished campaign cannot be set live again, a parameter that was given once cannot be taken away, and a
    recurring campaign cannot become a one-time one. Partial bodies are in use, down to `live` alone to start or to
    stop a campaign, although the documentation also asks for the parameters of the creation.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        PUSH_CAMPAIGN_UPDATE,
        body=body,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(None, reply)


async def push_campaign_view(
    sender: Sender,
    *,
    campaign_token: str,
) -> Answer[PushCampaign]:
    """Details of one campaign, whether it was made by the API or in the dashboard. Live app keys only.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        PUSH_CAMPAIGN_VIEW,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(PushCampaign.from_dict(reply.json()), reply)
