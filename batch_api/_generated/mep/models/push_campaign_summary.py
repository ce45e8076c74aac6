from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .push_message import PushMessage
    from .recurrence import Recurrence


@define(kw_only=True)
class PushCampaignSummary:
    """A row of the list of push campaigns. Nothing is required. The list of fields is partial: others are let through."""

    campaign_token: str | None = None
    """Token of the campaign, 32 hexadecimal characters in every known sample."""
    created_date: str | None = None
    """When it was created: `yyyy-MM-ddTHH:mm:ss`, without an offset."""
    dev_only: bool | None = None
    """Whether it targets developers only."""
    from_api: bool | None = None
    """True when it was created by the API, false in the dashboard."""
    live: bool | None = None
    """Running or completed, as opposed to stopped or draft."""
    messages: list[PushMessage] | None = None
    """Texts, one per language. Known from client code only."""
    name: str | None = None
    """Name."""
    push_time: str | None = None
    """When it is sent, in GMT."""
    recurrence: Recurrence | None = None
    """Repetition, if any. Known from client code only."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .push_message import PushMessage
        from .recurrence import Recurrence

        rest = dict(data)
        return cls(
            campaign_token=rest.pop("campaign_token", None),
            created_date=rest.pop("created_date", None),
            dev_only=rest.pop("dev_only", None),
            from_api=rest.pop("from_api", None),
            live=rest.pop("live", None),
            messages=each(PushMessage.from_dict, rest.pop("messages", None)),
            name=rest.pop("name", None),
            push_time=rest.pop("push_time", None),
            recurrence=Recurrence.from_dict(rest.pop("recurrence", None)),
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
                "dev_only": self.dev_only,
                "from_api": self.from_api,
                "live": self.live,
                "messages": self.messages,
                "name": self.name,
                "push_time": self.push_time,
                "recurrence": self.recurrence,
            }
        )
