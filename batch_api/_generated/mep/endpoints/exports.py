"""Ask for exports of push campaigns, and follow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._operation import Answer, Encoded, Sender
from ..models.app_export import AppExport
from ..models.app_export_created import AppExportCreated
from ..registry import (
    APP_EXPORT_CAMPAIGN_EVENTS,
    APP_EXPORT_CAMPAIGN_IDS,
    APP_EXPORT_VIEW,
)

if TYPE_CHECKING:
    from ..models.app_export_create import AppExportCreate


async def app_export_campaign_events(
    sender: Sender,
    body: AppExportCreate | Mapping[str, Any] | Encoded,
    *,
    campaign_token: str,
) -> Answer[AppExportCreated]:
    """Asks for the events of one push campaign, in a CSV file separated by `;`.

    Needs an Enterprise plan. The export runs in the background: poll the view operation with the id of the request.
    Files are kept for one month, and events older than 90 days are missing from them. The answer of this call is
    known in part only.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        APP_EXPORT_CAMPAIGN_EVENTS,
        body=body,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(AppExportCreated.from_dict(reply.json()), reply)


async def app_export_campaign_ids(
    sender: Sender,
    body: AppExportCreate | Mapping[str, Any] | Encoded,
    *,
    campaign_token: str,
) -> Answer[AppExportCreated]:
    """Asks for the ids reached by one push campaign. The file is a CSV separated by `;` whose header is
    `install_id;custom_id;advertising_id;event_type`, in which an open is called `push_opened`.

    Needs an Enterprise plan. The export runs in the background: poll the view operation with the id of the request.
    Files are kept for one month, and events older than 90 days are missing from them. The answer of this call is
    known in part only.

    - `campaign_token`: Token that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        APP_EXPORT_CAMPAIGN_IDS,
        body=body,
        path={
            "campaign_token": campaign_token,
        },
    )
    return Answer(AppExportCreated.from_dict(reply.json()), reply)


async def app_export_view(
    sender: Sender,
    *,
    request_id: str,
) -> Answer[AppExport]:
    """State of one export request of the last six months.

    Once `status` is `SUCCESS`, request `file_url` with the `X-Authorization` header: it answers 302 with a
    `Location` that holds for 20 minutes. Do not send the header on to that other host.

    - `request_id`: Id that the creation returned. At least 1 character.
    """
    reply = await sender.send(
        APP_EXPORT_VIEW,
        path={
            "request_id": request_id,
        },
    )
    return Answer(AppExport.from_dict(reply.json()), reply)
