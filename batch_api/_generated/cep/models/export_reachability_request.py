from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_datetime, to_json

if TYPE_CHECKING:
    from .export_channel import ExportChannel
    from .export_filter import ExportFilter


@define(kw_only=True)
class ExportReachabilityRequest:
    """Changes of reachability over a period. The data starts on 2024-10-10."""

    channels: list[ExportChannel]
    """Channels to export."""
    from_: datetime.datetime
    """Start of the period, at most 90 days ago."""
    to: str
    """End of the period, an RFC 3339 date or `now`."""
    export_type: Literal["REACHABILITY"] = "REACHABILITY"
    """Kind of export."""
    filter_: ExportFilter | Unset = UNSET
    """Restricts the export to some profiles."""
    identifiers: list[str] | Unset = UNSET
    """Identifiers to export, such as `custom_id` or `installation_id`."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .export_filter import ExportFilter

        rest = dict(data)
        return cls(
            channels=rest.pop("channels", UNSET),
            from_=to_datetime(rest.pop("from", UNSET)),
            to=rest.pop("to", UNSET),
            export_type=rest.pop("export_type", UNSET),
            filter_=ExportFilter.from_dict(rest.pop("filter", UNSET)),
            identifiers=rest.pop("identifiers", UNSET),
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
                "channels": self.channels,
                "from": self.from_,
                "to": self.to,
                "export_type": self.export_type,
                "filter": self.filter_,
                "identifiers": self.identifiers,
            }
        )
