from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .audience import Audience


@define(kw_only=True)
class AudiencePage:
    """One page of audiences."""

    audiences: list[Audience] | None = None
    """The audiences of this page."""
    count: int | None = None
    """Total number of audiences, given on the first page only."""
    has_more: bool | None = None
    """Whether another page follows."""
    next_from: str | None = None
    """Cursor of the next page."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .audience import Audience

        rest = dict(data)
        return cls(
            audiences=each(Audience.from_dict, rest.pop("audiences", None)),
            count=rest.pop("count", None),
            has_more=rest.pop("has_more", None),
            next_from=rest.pop("next_from", None),
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
                "audiences": self.audiences,
                "count": self.count,
                "has_more": self.has_more,
                "next_from": self.next_from,
            }
        )
