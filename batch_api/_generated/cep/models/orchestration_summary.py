from __future__ import annotations

import datetime
from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_datetime, to_json


@define(kw_only=True)
class OrchestrationSummary:
    """A recurring automation, a trigger automation or a warm-up, as listed among the orchestrations. May carry further
    fields that depend on its type.
    """

    channels: list[str] | None = None
    """Channels of the messages."""
    created_date: datetime.datetime | None = None
    """Creation date."""
    id: str | None = None
    """Id of the orchestration."""
    labels: list[str] | None = None
    """Labels of the orchestration."""
    name: str | None = None
    """Name shown in the dashboard."""
    source: str | None = None
    """Where it was created, such as `dashboard` or `api`."""
    start_time: datetime.datetime | None = None
    """Date of the first message."""
    status: str | None = None
    """State of the orchestration."""
    type_: str | None = None
    """Kind of orchestration, such as `recurring`, `trigger` or `warmup`."""
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
                "source": self.source,
                "start_time": self.start_time,
                "status": self.status,
                "type": self.type_,
            }
        )
