from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .push_campaign_stats_day import PushCampaignStatsDay


@define(kw_only=True)
class PushCampaignStats:
    """Figures of a push campaign."""

    campaign_token: str | None = None
    """Token of the campaign, 32 hexadecimal characters in every known sample."""
    detail: list[PushCampaignStatsDay] | None = None
    """One item per day. May be missing before the first send."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .push_campaign_stats_day import PushCampaignStatsDay

        rest = dict(data)
        return cls(
            campaign_token=rest.pop("campaign_token", None),
            detail=each(PushCampaignStatsDay.from_dict, rest.pop("detail", None)),
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
                "campaign_token": self.campaign_token,
                "detail": self.detail,
            }
        )
