from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class TagCollectionChange:
    """Partial change of a collection of tags. At least one of the two.

    At least 1 entry.
    """

    add: list[str] | Unset = UNSET
    """Tags to add."""
    remove: list[str] | Unset = UNSET
    """Tags to take out."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            add=rest.pop("$add", UNSET),
            remove=rest.pop("$remove", UNSET),
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
                "$add": self.add,
                "$remove": self.remove,
            }
        )
