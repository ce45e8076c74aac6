from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, each, given, to_json

if TYPE_CHECKING:
    from .custom_audience_edit import CustomAudienceEdit
    from .custom_audience_kind import CustomAudienceKind


@define(kw_only=True)
class CustomAudienceUpdate:
    """Changes to an audience of users."""

    ids: list[CustomAudienceEdit]
    """Changes, at most 10 000."""
    type_: CustomAudienceKind
    """Kind of id that the audience holds."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .custom_audience_edit import CustomAudienceEdit

        rest = dict(data)
        return cls(
            ids=each(CustomAudienceEdit.from_dict, rest.pop("ids", UNSET)),
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
                "ids": self.ids,
                "type": self.type_,
            }
        )
