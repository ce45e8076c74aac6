from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class PushCampaignVersionStats:
    """Figures of one version of an A/B test on one day."""

    direct_open: int | None = None
    """Opens of the message itself."""
    influenced_open: int | None = None
    """Opens of the app that followed the message."""
    reengaged: int | None = None
    """Users brought back."""
    sent: int | None = None
    """Messages sent."""
    sent_optins: int | None = None
    """Messages sent to users who accept notifications."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            direct_open=rest.pop("direct_open", None),
            influenced_open=rest.pop("influenced_open", None),
            reengaged=rest.pop("reengaged", None),
            sent=rest.pop("sent", None),
            sent_optins=rest.pop("sent_optins", None),
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
                "direct_open": self.direct_open,
                "influenced_open": self.influenced_open,
                "reengaged": self.reengaged,
                "sent": self.sent,
                "sent_optins": self.sent_optins,
            }
        )
