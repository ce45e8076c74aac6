from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, each, given, to_json

if TYPE_CHECKING:
    from .catalog_field import CatalogField


@define(kw_only=True)
class CatalogCreate:
    """The body of `catalog_create`."""

    fields: list[CatalogField]
    """Fields that the items may carry. 1 to 25 items."""
    name: str
    """Identifier of the catalog, unique in the project."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .catalog_field import CatalogField

        rest = dict(data)
        return cls(
            fields=each(CatalogField.from_dict, rest.pop("fields", UNSET)),
            name=rest.pop("name", UNSET),
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
                "fields": self.fields,
                "name": self.name,
            }
        )
