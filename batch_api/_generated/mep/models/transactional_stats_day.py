from __future__ import annotations

import datetime
from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_date, to_json


@define(kw_only=True)
class TransactionalStatsDay:
    """Figures of one day."""

    date: datetime.date | None = None
    """Day, `YYYY-MM-DD`."""
    direct_open: int | None = None
    """Opens of the message itself."""
    errors: int | None = None
    """Sends that failed."""
    influenced_open: int | None = None
    """Opens of the app that followed the message."""
    reengaged: int | None = None
    """Users brought back."""
    sent: int | None = None
    """Messages sent."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            date=to_date(rest.pop("date", None)),
            direct_open=rest.pop("direct_open", None),
            errors=rest.pop("errors", None),
            influenced_open=rest.pop("influenced_open", None),
            reengaged=rest.pop("reengaged", None),
            sent=rest.pop("sent", None),
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
                "date": self.date,
                "direct_open": self.direct_open,
                "errors": self.errors,
                "influenced_open": self.influenced_open,
                "reengaged": self.reengaged,
                "sent": self.sent,
            }
        )
