from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import present, to_datetime, to_json

if TYPE_CHECKING:
    from .campaign_channel import CampaignChannel
    from .orchestration_status import OrchestrationStatus
    from .push_platform import PushPlatform


@define(kw_only=True)
class CampaignSummary:
    """A campaign, as listed among the orchestrations."""

    channels: list[CampaignChannel] | None = None
    """Channels of the messages."""
    created_date: datetime.datetime | None = None
    """Creation date."""
    id: str | None = None
    """Id of the campaign."""
    labels: list[str] | None = None
    """Labels of the campaign."""
    name: str | None = None
    """Name shown in the dashboard."""
    platforms: list[PushPlatform] | None = None
    """Platforms of the messages."""
    source: str | None = None
    """Where it was created, such as `dashboard` or `api`."""
    start_time: datetime.datetime | None = None
    """Date of the first message."""
    status: OrchestrationStatus | None = None
    """State of the campaign."""
    type_: Literal["campaign"] | None = None
    """Kind of orchestration."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            channels=rest.pop("channels", None),
            created_date=to_datetime(rest.pop("created_date", None)),
            id=rest.pop("id", None),
            labels=rest.pop("labels", None),
            name=rest.pop("name", None),
            platforms=rest.pop("platforms", None),
            source=rest.pop("source", None),
            start_time=to_datetime(rest.pop("start_time", None)),
            status=rest.pop("status", None),
            type_=rest.pop("type", None),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-ready dicts and lists, all the way down."""
        data: dict[str, Any] = to_json(self)
        return data

    def _json(self) -> dict[str, Any]:
        """The fields that are there, with their values untouched: what a JSON encoder asks for."""
        return self.additional_properties | present(
            {
                "channels": self.channels,
                "created_date": self.created_date,
                "id": self.id,
                "labels": self.labels,
                "name": self.name,
                "platforms": self.platforms,
                "source": self.source,
                "start_time": self.start_time,
                "status": self.status,
                "type": self.type_,
            }
        )
