from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .gcm_collapse_key import GcmCollapseKey
    from .push_campaign_landing import PushCampaignLanding
    from .push_campaign_media import PushCampaignMedia
    from .push_campaign_targeting import PushCampaignTargeting
    from .push_campaign_trigger import PushCampaignTrigger
    from .push_message import PushMessage
    from .recurrence import Recurrence


@define(kw_only=True)
class PushCampaign:
    """A push campaign as the API returns it: the fields of the creation and a few more. Nothing is required. The list
    of fields is partial: others are let through.
    """

    campaign_token: str | None = None
    """Token of the campaign, 32 hexadecimal characters in every known sample."""
    created_date: str | None = None
    """When it was created: `yyyy-MM-ddTHH:mm:ss`, without an offset."""
    custom_payload: str | None = None
    """Payload for the app."""
    dev_only: bool | None = None
    """Whether it targets developers only."""
    from_api: bool | None = None
    """True when it was created by the API, false in the dashboard."""
    gcm_collapse_key: GcmCollapseKey | str | None = None
    """A string in the known samples, an object when one writes it: expect both."""
    labels: list[str] | None = None
    """Codes of labels."""
    landing: PushCampaignLanding | None = None
    """Landing."""
    live: bool | None = None
    """Running or completed, as opposed to stopped or draft."""
    local_push_time: str | None = None
    """When it is sent, in the time zone of the device."""
    media: PushCampaignMedia | None = None
    """Attachments."""
    messages: list[PushMessage] | None = None
    """Texts, one per language."""
    name: str | None = None
    """Name."""
    priority: str | None = None
    """Delivery priority."""
    push_time: str | None = None
    """When it is sent, in GMT."""
    push_type: str | None = None
    """Type of push, iOS only."""
    recurrence: Recurrence | None = None
    """Repetition, if any."""
    targeting: PushCampaignTargeting | None = None
    """Who gets the campaign, see `Targeting`."""
    time_to_live: int | None = None
    """Seconds."""
    trigger: PushCampaignTrigger | None = None
    """Present, and empty, on trigger automations only."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .gcm_collapse_key import GcmCollapseKey
        from .push_message import PushMessage
        from .recurrence import Recurrence

        rest = dict(data)
        return cls(
            campaign_token=rest.pop("campaign_token", None),
            created_date=rest.pop("created_date", None),
            custom_payload=rest.pop("custom_payload", None),
            dev_only=rest.pop("dev_only", None),
            from_api=rest.pop("from_api", None),
            gcm_collapse_key=GcmCollapseKey.from_dict(rest.pop("gcm_collapse_key", None)),
            labels=rest.pop("labels", None),
            landing=rest.pop("landing", None),
            live=rest.pop("live", None),
            local_push_time=rest.pop("local_push_time", None),
            media=rest.pop("media", None),
            messages=each(PushMessage.from_dict, rest.pop("messages", None)),
            name=rest.pop("name", None),
            priority=rest.pop("priority", None),
            push_time=rest.pop("push_time", None),
            push_type=rest.pop("push_type", None),
            recurrence=Recurrence.from_dict(rest.pop("recurrence", None)),
            targeting=rest.pop("targeting", None),
            time_to_live=rest.pop("time_to_live", None),
            trigger=rest.pop("trigger", None),
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
                "dev_only": self.dev_only,
                "from_api": self.from_api,
                "gcm_collapse_key": self.gcm_collapse_key,
                "labels": self.labels,
                "landing": self.landing,
                "live": self.live,
                "local_push_time": self.local_push_time,
                "media": self.media,
                "messages": self.messages,
                "name": self.name,
                "priority": self.priority,
                "push_time": self.push_time,
                "push_type": self.push_type,
                "recurrence": self.recurrence,
                "targeting": self.targeting,
                "time_to_live": self.time_to_live,
                "trigger": self.trigger,
            }
        )
