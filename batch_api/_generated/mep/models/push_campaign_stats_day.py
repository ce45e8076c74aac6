from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_date, to_json

if TYPE_CHECKING:
    from .push_campaign_versions import PushCampaignVersions


@define(kw_only=True)
class PushCampaignStatsDay:
    """Figures of one day."""

    date: datetime.date | None = None
    """Day, `YYYY-MM-DD`."""
    direct_open: int | None = None
    """Opens of the message itself."""
    errors: int | None = None
    """Sends that failed."""
    influenced_open: int | None = None
    """Opens of the app that followed the message."""
    reengaged: int | None = None
    """Users brought back."""
    sent: int | None = None
    """Messages sent."""
    sent_optins: int | None = None
    """Messages sent to users who accept notifications."""
    versions: PushCampaignVersions | None = None
    """Figures per version of an A/B test, under the keys `a` and `b`."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .push_campaign_versions import PushCampaignVersions

        rest = dict(data)
        return cls(
            date=to_date(rest.pop("date", None)),
            direct_open=rest.pop("direct_open", None),
            errors=rest.pop("errors", None),
            influenced_open=rest.pop("influenced_open", None),
            reengaged=rest.pop("reengaged", None),
            sent=rest.pop("sent", None),
            sent_optins=rest.pop("sent_optins", None),
            versions=PushCampaignVersions.from_dict(rest.pop("versions", None)),
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
                "date": self.date,
                "direct_open": self.direct_open,
                "errors": self.errors,
                "influenced_open": self.influenced_open,
                "reengaged": self.reengaged,
                "sent": self.sent,
                "sent_optins": self.sent_optins,
                "versions": self.versions,
            }
        )
