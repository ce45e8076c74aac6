from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_datetime, to_json

if TYPE_CHECKING:
    from .catalog_field import CatalogField
    from .catalog_indexing_state import CatalogIndexingState


@define(kw_only=True)
class Catalog:
    """A catalog."""

    created: datetime.datetime | None = None
    """Creation date, in UTC."""
    fields: list[CatalogField] | None = None
    """Fields of the catalog. 1 to 25 items."""
    indexing_state: CatalogIndexingState | None = None
    """State of the edit whose token was given."""
    items: int | None = None
    """Number of items stored."""
    name: str | None = None
    """Identifier of the catalog."""
    size: int | None = None
    """Size in bytes."""
    updated: datetime.datetime | None = None
    """Date of the latest change, in UTC."""
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
            created=to_datetime(rest.pop("created", None)),
            fields=each(CatalogField.from_dict, rest.pop("fields", None)),
            indexing_state=rest.pop("indexing_state", None),
            items=rest.pop("items", None),
            name=rest.pop("name", None),
            size=rest.pop("size", None),
            updated=to_datetime(rest.pop("updated", None)),
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
                "created": self.created,
                "fields": self.fields,
                "indexing_state": self.indexing_state,
                "items": self.items,
                "name": self.name,
                "size": self.size,
                "updated": self.updated,
            }
        )
