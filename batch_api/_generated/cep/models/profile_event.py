from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_datetime, to_json

if TYPE_CHECKING:
    from .profile_event_attributes import ProfileEventAttributes


@define(kw_only=True)
class ProfileEvent:
    """An event to track, of 25 kB at most."""

    name: str
    """Name of the event. Matches `^[a-z0-9_]{1,30}$`."""
    attributes: ProfileEventAttributes | Unset = UNSET
    """Attributes of an event, up to 20."""
    time: datetime.datetime | Unset = UNSET
    """When it happened: within the last 24 hours and not in the future, otherwise the event is refused. The time of
    reception when left out.
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .profile_event_attributes import ProfileEventAttributes

        rest = dict(data)
        return cls(
            name=rest.pop("name", UNSET),
            attributes=ProfileEventAttributes.from_dict(rest.pop("attributes", UNSET)),
            time=to_datetime(rest.pop("time", UNSET)),
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
                "name": self.name,
                "attributes": self.attributes,
                "time": self.time,
            }
        )
