from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class AppDataTable:
    """A table. Nothing is required."""

    created: str | None = None
    """When it was created: `yyyy-MM-ddTHH:mm:ss`, without an offset."""
    description: str | None = None
    """Text shown in the dashboard."""
    name: str | None = None
    """Name of the table."""
    nb_rows: int | None = None
    """Number of entries."""
    size: int | None = None
    """Size in bytes."""
    updated: str | None = None
    """When it was last changed, in the same form."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            created=rest.pop("created", None),
            description=rest.pop("description", None),
            name=rest.pop("name", None),
            nb_rows=rest.pop("nb_rows", None),
            size=rest.pop("size", None),
            updated=rest.pop("updated", None),
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
                "description": self.description,
                "name": self.name,
                "nb_rows": self.nb_rows,
                "size": self.size,
                "updated": self.updated,
            }
        )
