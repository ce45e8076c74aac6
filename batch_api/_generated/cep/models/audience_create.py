from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .audience_kind import AudienceKind


@define(kw_only=True)
class AudienceCreate:
    """The body of `audience_create`."""

    name: str
    """Identifier of the audience, unique in the project and case-sensitive. Letters, digits, underscores and hyphens.
    1 to 255 characters. Matches `^[A-Za-z0-9_-]+$`.
    """
    type_: AudienceKind
    """Kind of id that the audience holds."""
    display_name: str | Unset = UNSET
    """Label shown in the dashboard."""
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
            display_name=rest.pop("display_name", UNSET),
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
                "display_name": self.display_name,
            }
        )
