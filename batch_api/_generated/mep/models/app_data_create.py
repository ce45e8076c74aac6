from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class AppDataCreate:
    """A table to create."""

    description: str | Unset = UNSET
    """Text shown in the dashboard."""
    time_to_live: int | Unset = UNSET
    """Retention of the data. Its unit is not known."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            description=rest.pop("description", UNSET),
            time_to_live=rest.pop("time_to_live", UNSET),
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
                "description": self.description,
                "time_to_live": self.time_to_live,
            }
        )
