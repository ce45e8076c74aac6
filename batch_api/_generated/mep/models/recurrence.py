from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class Recurrence:
    """Repetition of a campaign. Known from client code only."""

    end_date: str | Unset = UNSET
    """Last day of the repetition."""
    repeat_frequency: int | Unset = UNSET
    """Number of units between two sends."""
    repeat_unit: str | Unset = UNSET
    """`DAILY`, `WEEKLY` or `MONTHLY`."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            end_date=rest.pop("end_date", UNSET),
            repeat_frequency=rest.pop("repeat_frequency", UNSET),
            repeat_unit=rest.pop("repeat_unit", UNSET),
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
                "end_date": self.end_date,
                "repeat_frequency": self.repeat_frequency,
                "repeat_unit": self.repeat_unit,
            }
        )
