from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class StatsFigures:
    """Figures of a day. Which ones are present depends on the channel."""

    delivered: int | None = None
    """Messages delivered."""
    sent: int | None = None
    """Messages sent."""
    sent_optin: int | None = None
    """Messages sent to opted-in recipients, the base of push open rates."""
    skipped: int | None = None
    """Messages that were not sent."""
    spam: int | None = None
    """Messages reported as spam."""
    total_bounce: int | None = None
    """Messages that bounced."""
    total_click: int | None = None
    """Clicks, repeated ones included."""
    total_open: int | None = None
    """Opens, repeated ones included."""
    unique_click: int | None = None
    """Recipients who clicked."""
    unique_machine_open: int | None = None
    """Recipients whose email was opened by a machine."""
    unique_open: int | None = None
    """Recipients who opened, automated opens included."""
    unsubscribe: int | None = None
    """Unsubscriptions."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            delivered=rest.pop("delivered", None),
            sent=rest.pop("sent", None),
            sent_optin=rest.pop("sent_optin", None),
            skipped=rest.pop("skipped", None),
            spam=rest.pop("spam", None),
            total_bounce=rest.pop("total_bounce", None),
            total_click=rest.pop("total_click", None),
            total_open=rest.pop("total_open", None),
            unique_click=rest.pop("unique_click", None),
            unique_machine_open=rest.pop("unique_machine_open", None),
            unique_open=rest.pop("unique_open", None),
            unsubscribe=rest.pop("unsubscribe", None),
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
                "delivered": self.delivered,
                "sent": self.sent,
                "sent_optin": self.sent_optin,
                "skipped": self.skipped,
                "spam": self.spam,
                "total_bounce": self.total_bounce,
                "total_click": self.total_click,
                "total_open": self.total_open,
                "unique_click": self.unique_click,
                "unique_machine_open": self.unique_machine_open,
                "unique_open": self.unique_open,
                "unsubscribe": self.unsubscribe,
            }
        )
