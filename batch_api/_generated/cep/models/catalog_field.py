from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, given, to_json

if TYPE_CHECKING:
    from .catalog_field_type import CatalogFieldType


@define(kw_only=True)
class CatalogField:
    """A typed field of a catalog."""

    name: str
    """Name of the field, 1 to 250 characters among `a-z`, `0-9` and `_`. Matches `^[a-z0-9_]+$`."""
    type_: CatalogFieldType
    """Type of a catalog field."""
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
            type_=rest.pop("type", UNSET),
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
                "type": self.type_,
            }
        )
