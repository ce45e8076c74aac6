from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, each, given, to_json

if TYPE_CHECKING:
    from .trigger_event import TriggerEvent


@define(kw_only=True)
class TriggerEventBatch:
    """Events of one user."""

    events: list[TriggerEvent]
    """Events, at most 1 000."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .trigger_event import TriggerEvent

        rest = dict(data)
        return cls(
            events=each(TriggerEvent.from_dict, rest.pop("events", UNSET)),
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
                "events": self.events,
            }
        )
