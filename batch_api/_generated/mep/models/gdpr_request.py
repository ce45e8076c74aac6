from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json

if TYPE_CHECKING:
    from .gdpr_user_id import GdprUserId


@define(kw_only=True)
class GdprRequest:
    """A request. Nothing is required."""

    data_url: str | None = None
    """Link to a zip file with the data, for a `review`."""
    error: str | None = None
    """Why it failed, such as an unknown user."""
    id: GdprUserId | None = None
    """Whom the request is about."""
    request_date: str | None = None
    """When it was made, in UTC, with milliseconds and without an offset."""
    request_id: str | None = None
    """Id of the request, in the list only."""
    request_type: str | None = None
    """`review` or `remove`."""
    status: str | None = None
    """`pending` or `done`."""
    trigger_type: str | None = None
    """`dashboard` or `api`."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .gdpr_user_id import GdprUserId

        rest = dict(data)
        return cls(
            data_url=rest.pop("data_url", None),
            error=rest.pop("error", None),
            id=GdprUserId.from_dict(rest.pop("id", None)),
            request_date=rest.pop("request_date", None),
            request_id=rest.pop("request_id", None),
            request_type=rest.pop("request_type", None),
            status=rest.pop("status", None),
            trigger_type=rest.pop("trigger_type", None),
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
                "data_url": self.data_url,
                "error": self.error,
                "id": self.id,
                "request_date": self.request_date,
                "request_id": self.request_id,
                "request_type": self.request_type,
                "status": self.status,
                "trigger_type": self.trigger_type,
            }
        )
