from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .gdpr_request_type import GdprRequestType
    from .gdpr_user_id import GdprUserId


@define(kw_only=True)
class GdprRequestCreate:
    """A request to create."""

    id: GdprUserId
    """Whom the request is about."""
    request_type: GdprRequestType
    """`review` asks for the data of the user, `remove` for its removal."""
    callback_url: str | Unset = UNSET
    """URL to call when the request is done."""
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
            id=GdprUserId.from_dict(rest.pop("id", UNSET)),
            request_type=rest.pop("request_type", UNSET),
            callback_url=rest.pop("callback_url", UNSET),
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
                "id": self.id,
                "request_type": self.request_type,
                "callback_url": self.callback_url,
            }
        )
