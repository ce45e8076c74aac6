from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, given, to_json

if TYPE_CHECKING:
    from .app_export_event import AppExportEvent
    from .app_export_id import AppExportId


@define(kw_only=True)
class AppExportCreate:
    """An export to ask for."""

    events: list[AppExportEvent]
    """Events of the push campaign."""
    from_: str
    """Start of the period, in UTC: `YYYY-MM-ddTHH:mm:ss`; the documentation also allows `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    ids: list[AppExportId]
    """Ids to write in the file."""
    to: str
    """End of the period, in UTC: `YYYY-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            events=rest.pop("events", UNSET),
            from_=rest.pop("from", UNSET),
            ids=rest.pop("ids", UNSET),
            to=rest.pop("to", UNSET),
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
                "events": self.events,
                "from": self.from_,
                "ids": self.ids,
                "to": self.to,
            }
        )
