from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json

if TYPE_CHECKING:
    from .in_app_landing import InAppLanding
    from .in_app_trigger import InAppTrigger
    from .push_campaign_targeting import PushCampaignTargeting


@define(kw_only=True)
class InAppCampaign:
    """An in-app campaign as the API returns it. Nothing is required. The list of fields is partial: others are let
    through.
    """

    campaign_token: str | None = None
    """Token of the campaign, 32 hexadecimal characters in every known sample."""
    created_date: str | None = None
    """When it was created: `yyyy-MM-ddTHH:mm:ss`, without an offset."""
    custom_payload: str | None = None
    """Payload for the app."""
    deeplink: str | None = None
    """Link to open."""
    dev_only: bool | None = None
    """Whether it targets developers only."""
    end_date: str | None = None
    """End, in GMT."""
    from_api: bool | None = None
    """True when it was created by the API, false in the dashboard."""
    labels: list[str] | None = None
    """Codes of labels."""
    landing: InAppLanding | None = None
    """What is shown."""
    live: bool | None = None
    """Running or completed, as opposed to stopped or draft."""
    local_end_date: str | None = None
    """End, in the time zone of the device."""
    local_start_date: str | None = None
    """Start, in the time zone of the device."""
    name: str | None = None
    """Name."""
    start_date: str | None = None
    """Start, in GMT."""
    targeting: PushCampaignTargeting | None = None
    """Who gets the campaign, see `Targeting`."""
    trigger: InAppTrigger | None = None
    """When and how often to show the message."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .in_app_landing import InAppLanding
        from .in_app_trigger import InAppTrigger

        rest = dict(data)
        return cls(
            campaign_token=rest.pop("campaign_token", None),
            created_date=rest.pop("created_date", None),
            custom_payload=rest.pop("custom_payload", None),
            deeplink=rest.pop("deeplink", None),
            dev_only=rest.pop("dev_only", None),
            end_date=rest.pop("end_date", None),
            from_api=rest.pop("from_api", None),
            labels=rest.pop("labels", None),
            landing=InAppLanding.from_dict(rest.pop("landing", None)),
            live=rest.pop("live", None),
            local_end_date=rest.pop("local_end_date", None),
            local_start_date=rest.pop("local_start_date", None),
            name=rest.pop("name", None),
            start_date=rest.pop("start_date", None),
            targeting=rest.pop("targeting", None),
            trigger=InAppTrigger.from_dict(rest.pop("trigger", None)),
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
                "created_date": self.created_date,
                "custom_payload": self.custom_payload,
                "deeplink": self.deeplink,
                "dev_only": self.dev_only,
                "end_date": self.end_date,
                "from_api": self.from_api,
                "labels": self.labels,
                "landing": self.landing,
                "live": self.live,
                "local_end_date": self.local_end_date,
                "local_start_date": self.local_start_date,
                "name": self.name,
                "start_date": self.start_date,
                "targeting": self.targeting,
                "trigger": self.trigger,
            }
        )
