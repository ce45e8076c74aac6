from __future__ import annotations

import datetime
from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_datetime, to_json


@define(kw_only=True)
class Segment:
    """A segment."""

    code: str | None = None
    """Code to use in an export filter."""
    created_at: datetime.datetime | None = None
    """Creation date, in UTC."""
    display_name: str | None = None
    """Label shown in the dashboard."""
    updated_at: datetime.datetime | None = None
    """Date of the latest change, in UTC."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            code=rest.pop("code", None),
            created_at=to_datetime(rest.pop("created_at", None)),
            display_name=rest.pop("display_name", None),
            updated_at=to_datetime(rest.pop("updated_at", None)),
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
                "code": self.code,
                "created_at": self.created_at,
                "display_name": self.display_name,
                "updated_at": self.updated_at,
            }
        )
