from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import present, to_datetime, to_json

if TYPE_CHECKING:
    from .campaign_source import CampaignSource
    from .orchestration_status import OrchestrationStatus


@define(kw_only=True)
class PushCampaign:
    """A push campaign. Its content and its targeting come in further fields that are not listed here."""

    created_date: datetime.datetime | None = None
    """Creation date, in UTC."""
    id: str | None = None
    """Id of the campaign."""
    labels: list[str] | None = None
    """Labels of the campaign."""
    name: str | None = None
    """Name shown in the dashboard."""
    source: CampaignSource | None = None
    """Where it was created."""
    start_time: datetime.datetime | None = None
    """Date of the first message."""
    status: OrchestrationStatus | None = None
    """State of the campaign."""
    type_: Literal["campaign"] | str | None = None
    """Kind of orchestration."""
    updated_date: datetime.datetime | None = None
    """Date of the latest change, in UTC."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            created_date=to_datetime(rest.pop("created_date", None)),
            id=rest.pop("id", None),
            labels=rest.pop("labels", None),
            name=rest.pop("name", None),
            source=rest.pop("source", None),
            start_time=to_datetime(rest.pop("start_time", None)),
            status=rest.pop("status", None),
            type_=rest.pop("type", None),
            updated_date=to_datetime(rest.pop("updated_date", None)),
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
                "created_date": self.created_date,
                "id": self.id,
                "labels": self.labels,
                "name": self.name,
                "source": self.source,
                "start_time": self.start_time,
                "status": self.status,
                "type": self.type_,
                "updated_date": self.updated_date,
            }
        )
