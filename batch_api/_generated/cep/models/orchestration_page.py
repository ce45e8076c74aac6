from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .campaign_summary import CampaignSummary
    from .orchestration_summary import OrchestrationSummary


@define(kw_only=True)
class OrchestrationPage:
    """One page of orchestrations."""

    count: int | None = None
    """Total number of orchestrations, given on the first page only."""
    has_more: bool | None = None
    """Whether another page follows."""
    next_from: str | None = None
    """Cursor of the next page."""
    orchestrations: list[CampaignSummary | OrchestrationSummary] | None = None
    """The orchestrations of this page."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .orchestration_row import parse_orchestration_row

        rest = dict(data)
        return cls(
            count=rest.pop("count", None),
            has_more=rest.pop("has_more", None),
            next_from=rest.pop("next_from", None),
            orchestrations=each(parse_orchestration_row, rest.pop("orchestrations", None)),
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
                "count": self.count,
                "has_more": self.has_more,
                "next_from": self.next_from,
                "orchestrations": self.orchestrations,
            }
        )
