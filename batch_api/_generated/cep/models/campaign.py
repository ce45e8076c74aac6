from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .campaign_schedule import CampaignSchedule
    from .campaign_state import CampaignState
    from .campaign_targeting import CampaignTargeting
    from .email_message import EmailMessage
    from .push_message import PushMessage


@define(kw_only=True)
class Campaign:
    """Content, schedule and targeting of a campaign."""

    messages: list[EmailMessage | PushMessage]
    """The message to send. Exactly one. Exactly 1 item."""
    name: str
    """Name shown in the dashboard."""
    state: CampaignState
    """`DRAFT` is not sent until it is updated to `RUNNING`; `STOPPED` is paused and resumes when updated to `RUNNING`."""
    when: CampaignSchedule
    """When the campaign is sent."""
    labels: list[str] | Unset = UNSET
    """Labels for sorting and capping, at most 5."""
    send_rate: int | Unset = UNSET
    """Maximum number of messages per minute. From 1000 to 1000000."""
    targeting: CampaignTargeting | Unset = UNSET
    """Who receives the campaign."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .campaign_message import parse_campaign_message
        from .campaign_schedule import CampaignSchedule
        from .campaign_targeting import CampaignTargeting

        rest = dict(data)
        return cls(
            messages=each(parse_campaign_message, rest.pop("messages", UNSET)),
            name=rest.pop("name", UNSET),
            state=rest.pop("state", UNSET),
            when=CampaignSchedule.from_dict(rest.pop("when", UNSET)),
            labels=rest.pop("labels", UNSET),
            send_rate=rest.pop("send_rate", UNSET),
            targeting=CampaignTargeting.from_dict(rest.pop("targeting", UNSET)),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-ready dicts and lists, all the way down."""
        data: dict[str, Any] = to_json(self)
        return data

    def _json(self) -> dict[str, Any]:
        """The fields that are there, with their values untouched: what a JSON encoder asks for."""
        return self.additional_properties | given(
            {
                "messages": self.messages,
                "name": self.name,
                "state": self.state,
                "when": self.when,
                "labels": self.labels,
                "send_rate": self.send_rate,
                "targeting": self.targeting,
            }
        )
