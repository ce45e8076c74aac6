from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, each, given, to_json

if TYPE_CHECKING:
    from .audience_add_id import AudienceAddId
    from .audience_remove_id import AudienceRemoveId


@define(kw_only=True)
class AudienceUpdate:
    """The body of `audience_update`."""

    ids: list[AudienceAddId | AudienceRemoveId]
    """Ids to add or to remove. At most 10000 items."""
    name: str
    """Name of an existing audience."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .audience_change import parse_audience_change

        rest = dict(data)
        return cls(
            ids=each(parse_audience_change, rest.pop("ids", UNSET)),
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
                "ids": self.ids,
                "name": self.name,
            }
        )
