"""Look at campaigns, automations and warm-ups, and at their statistics."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...._codec import UNSET, Unset, as_query
from ...._operation import Answer, Sender
from ..models.orchestration_page import OrchestrationPage
from ..models.orchestration_stats import OrchestrationStats
from ..models.push_campaign import PushCampaign
from ..registry import (
    ORCHESTRATION_LIST,
    ORCHESTRATION_STATS,
    ORCHESTRATION_VIEW,
)

if TYPE_CHECKING:
    from ..models.orchestration_channel import OrchestrationChannel
    from ..models.orchestration_status import OrchestrationStatus
    from ..models.orchestration_type import OrchestrationType


async def orchestration_list(
    sender: Sender,
    *,
    channels: Sequence[OrchestrationChannel] | Unset = UNSET,
    from_: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: Sequence[OrchestrationStatus] | Unset = UNSET,
    type_: Sequence[OrchestrationType] | Unset = UNSET,
) -> Answer[OrchestrationPage]:
    """Lists campaigns, recurring automations, trigger automations and warm-ups, page by page, whether they come from
    the dashboard or from the API. The fields of a row depend on its type.

    **Rate limit:** 1 request per second, the default.

    - `channels`: Keep only the orchestrations that use one of these channels.
    - `from_`: Opaque cursor: the `next_from` of the previous page. Leave out for the first page.
    - `limit`: Number of orchestrations per page. From 1 to 100.
    - `status`: Keep only the orchestrations in one of these states.
    - `type_`: Keep only these kinds of orchestration.
    """
    query = as_query(
        {
            "channels": channels,
            "from": from_,
            "limit": limit,
            "status": status,
            "type": type_,
        }
    )
    reply = await sender.send(ORCHESTRATION_LIST, query=query)
    return Answer(OrchestrationPage.from_dict(reply.json()), reply)


async def orchestration_stats(
    sender: Sender,
    *,
    from_: datetime.date,
    orchestration_id: str,
    to: datetime.date,
    include_platforms: bool | Unset = UNSET,
) -> Answer[OrchestrationStats]:
    """Daily statistics of one orchestration over a period that may not start more than 6 months ago. Here `from` is a
    date, not a cursor. The answer for a trigger automation has a shape of its own, not described here.

    **Rate limit:** 1 request per second, the default.

    - `from_`: First day of the period.
    - `include_platforms`: Split the figures by platform.
    - `orchestration_id`: Id of the orchestration.
    - `to`: Last day of the period.
    """
    query = as_query(
        {
            "from": from_,
            "orchestration_id": orchestration_id,
            "to": to,
            "include_platforms": include_platforms,
        }
    )
    reply = await sender.send(ORCHESTRATION_STATS, query=query)
    return Answer(OrchestrationStats.from_dict(reply.json()), reply)


async def orchestration_view(
    sender: Sender,
    *,
    orchestration_id: str,
) -> Answer[PushCampaign]:
    """Shows a push campaign with its content and its targeting. Push campaigns only: any other kind of orchestration
    is answered with 403, and an id that matches nothing with 404.

    **Rate limit:** 1 request per second, the default.

    - `orchestration_id`: Id of the push campaign.
    """
    query = as_query(
        {
            "orchestration_id": orchestration_id,
        }
    )
    reply = await sender.send(ORCHESTRATION_VIEW, query=query)
    return Answer(PushCampaign.from_dict(reply.json()), reply)
