from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json

if TYPE_CHECKING:
    from .push_campaign_version_stats import PushCampaignVersionStats


@define(kw_only=True)
class PushCampaignVersions:
    """Figures per version of an A/B test, under the keys `a` and `b`."""

    a: PushCampaignVersionStats | None = None
    """Figures of one version of an A/B test on one day."""
    b: PushCampaignVersionStats | None = None
    """Figures of one version of an A/B test on one day."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .push_campaign_version_stats import PushCampaignVersionStats

        rest = dict(data)
        return cls(
            a=PushCampaignVersionStats.from_dict(rest.pop("a", None)),
            b=PushCampaignVersionStats.from_dict(rest.pop("b", None)),
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
                "a": self.a,
                "b": self.b,
            }
        )
