from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .trigger_event_attributes import TriggerEventAttributes


@define(kw_only=True)
class TriggerEvent:
    """An event."""

    name: str
    """Name, with the prefix `ue.`; the rest has at most 30 characters among `a-z`, `0-9` and `_`. Matches
    `^ue\\.[a-z0-9_]{1,30}$`.
    """
    attributes: TriggerEventAttributes | Unset = UNSET
    """Attributes of an event, at most 15."""
    label: str | Unset = UNSET
    """Label, at most 200 characters."""
    tags: list[str] | Unset = UNSET
    """Tags, at most 10 of 64 characters."""
    time: str | Unset = UNSET
    """When it happened, in UTC: `YYYY-MM-ddTHH:mm:ss`, within the last 24 hours and not in the future. The time of
    reception when left out. Matches `^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$`.
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            name=rest.pop("name", UNSET),
            attributes=rest.pop("attributes", UNSET),
            label=rest.pop("label", UNSET),
            tags=rest.pop("tags", UNSET),
            time=rest.pop("time", UNSET),
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
                "label": self.label,
                "tags": self.tags,
                "time": self.time,
            }
        )
