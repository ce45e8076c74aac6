from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class ExportFile:
    """One file of an export, of 100 MB at most."""

    id: str | None = None
    """Id of the file, to give to `/exports/download`."""
    part: int | None = None
    """Rank of the file, from 1."""
    size: int | None = None
    """Size in bytes."""
    url: str | None = None
    """Address of the download operation for this file. Needs the API credentials."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            id=rest.pop("id", None),
            part=rest.pop("part", None),
            size=rest.pop("size", None),
            url=rest.pop("url", None),
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
                "id": self.id,
                "part": self.part,
                "size": self.size,
                "url": self.url,
            }
        )
