from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class ProfileUpdateError:
    """One refused value."""

    attribute: str | None = None
    """Name of the attribute at fault, when there is one."""
    bulk_index: int | None = None
    """Position of the edit in the array that was sent, from 0."""
    category: str | None = None
    """Kind of problem."""
    reason: str | None = None
    """Explanation for humans."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            attribute=rest.pop("attribute", None),
            bulk_index=rest.pop("bulk_index", None),
            category=rest.pop("category", None),
            reason=rest.pop("reason", None),
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
                "attribute": self.attribute,
                "bulk_index": self.bulk_index,
                "category": self.category,
                "reason": self.reason,
            }
        )
