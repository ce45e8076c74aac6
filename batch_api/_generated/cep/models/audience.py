from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_datetime, to_json

if TYPE_CHECKING:
    from .audience_indexing_state import AudienceIndexingState


@define(kw_only=True)
class Audience:
    """An audience."""

    created: datetime.datetime | None = None
    """Creation date, in UTC."""
    display_name: str | None = None
    """Label shown in the dashboard."""
    indexing_state: AudienceIndexingState | None = None
    """`IN_PROGRESS` while the change is being indexed, `APPLIED` once it is done, `REPLACED` when the content was
    replaced after the token was given.
    """
    name: str | None = None
    """Identifier of the audience."""
    nb_ids: int | None = None
    """Number of ids."""
    type_: str | None = None
    """Kind of id that the audience holds."""
    updated: datetime.datetime | None = None
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
            created=to_datetime(rest.pop("created", None)),
            display_name=rest.pop("display_name", None),
            indexing_state=rest.pop("indexing_state", None),
            name=rest.pop("name", None),
            nb_ids=rest.pop("nb_ids", None),
            type_=rest.pop("type", None),
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
                "display_name": self.display_name,
                "indexing_state": self.indexing_state,
                "name": self.name,
                "nb_ids": self.nb_ids,
                "type": self.type_,
                "updated": self.updated,
            }
        )
