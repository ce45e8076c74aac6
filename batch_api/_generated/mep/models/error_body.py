from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json


@define(kw_only=True)
class ErrorBody:
    """What went wrong. Go by the HTTP status or by `type`: `code` is kept for display, since a server fault is 0 or 1
    depending on the operation. Nothing is required, and a failure may come without a JSON body.

    | `type` | status | `code` |
    | --- | --- | --- |
    | `AUTHENTICATION_INVALID` | 401 | 10 |
    | `API_MISUSE` | 403 | 12 |
    | `ROUTE_NOT_FOUND` | 404 | 20 |
    | `MISSING_PARAMETER` | 400 | 30 |
    | `MALFORMED_PARAMETER` | 400 | 31 |
    | `MALFORMED_JSON_BODY` | 400 | 32 |
    | `TOO_MANY_REQUESTS` | 429 | 60 |
    | `SERVER_ERROR` | 500 | 0 or 1 |
    | `MAINTENANCE_ERROR` | 503 | 2 |
    """

    code: int | None = None
    """Number of the error, see the table."""
    message: str | None = None
    """Explanation for a human reader."""
    type_: str | None = None
    """Name of the error, see the table."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            code=rest.pop("code", None),
            message=rest.pop("message", None),
            type_=rest.pop("type", None),
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
                "code": self.code,
                "message": self.message,
                "type": self.type_,
            }
        )
