from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import present, to_json

if TYPE_CHECKING:
    from .app_export_request import AppExportRequest


@define(kw_only=True)
class AppExport:
    """An export request. Nothing is required."""

    completion_date: str | None = None
    """When it ended, without an offset."""
    error_msg: str | None = None
    """Why it failed."""
    file_url: str | None = None
    """Address of the file once it is ready; it asks for the REST API key and redirects."""
    id: str | None = None
    """Id of the request."""
    request: AppExportRequest | None = None
    """What was asked for."""
    request_date: str | None = None
    """When it was made, without an offset."""
    status: str | None = None
    """`CREATED`, `PENDING`, `ERROR` or `SUCCESS`."""
    uri: str | None = None
    """Path that created it."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .app_export_request import AppExportRequest

        rest = dict(data)
        return cls(
            completion_date=rest.pop("completion_date", None),
            error_msg=rest.pop("error_msg", None),
            file_url=rest.pop("file_url", None),
            id=rest.pop("id", None),
            request=AppExportRequest.from_dict(rest.pop("request", None)),
            request_date=rest.pop("request_date", None),
            status=rest.pop("status", None),
            uri=rest.pop("uri", None),
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
                "completion_date": self.completion_date,
                "error_msg": self.error_msg,
                "file_url": self.file_url,
                "id": self.id,
                "request": self.request,
                "request_date": self.request_date,
                "status": self.status,
                "uri": self.uri,
            }
        )
