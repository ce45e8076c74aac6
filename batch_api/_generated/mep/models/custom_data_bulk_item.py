from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, given, to_json

if TYPE_CHECKING:
    from .custom_data_update import CustomDataUpdate


@define(kw_only=True)
class CustomDataBulkItem:
    """Change to the data of one user in a bulk call."""

    id: str
    """Custom user id."""
    update: CustomDataUpdate
    """Change to the data of one user."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .custom_data_update import CustomDataUpdate

        rest = dict(data)
        return cls(
            id=rest.pop("id", UNSET),
            update=CustomDataUpdate.from_dict(rest.pop("update", UNSET)),
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
                "id": self.id,
                "update": self.update,
            }
        )
