from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_datetime, to_json

if TYPE_CHECKING:
    from .export_attributes_request import ExportAttributesRequest
    from .export_events_request import ExportEventsRequest
    from .export_file import ExportFile
    from .export_reachability_request import ExportReachabilityRequest
    from .export_status import ExportStatus


@define(kw_only=True)
class ExportRecord:
    """An export request and what became of it."""

    completion_date: datetime.datetime | None = None
    """When it finished."""
    files: list[ExportFile] | None = None
    """Files of the export, known once it is `SUCCESS`."""
    id: str | None = None
    """Id of the export request."""
    request: ExportAttributesRequest | ExportEventsRequest | ExportReachabilityRequest | None = None
    """What was asked for."""
    request_date: datetime.datetime | None = None
    """When the export was asked for."""
    scope: str | None = None
    """What the export covers, such as `PROFILE_ATTRIBUTES`."""
    start_date: datetime.datetime | None = None
    """When it started."""
    status: ExportStatus | None = None
    """`CREATED` when recorded, `PENDING` when ready to run, then `RUNNING`, and at last `SUCCESS` or `ERROR`."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .export_file import ExportFile
        from .export_request import parse_export_request

        rest = dict(data)
        return cls(
            completion_date=to_datetime(rest.pop("completion_date", None)),
            files=each(ExportFile.from_dict, rest.pop("files", None)),
            id=rest.pop("id", None),
            request=parse_export_request(rest.pop("request", None)),
            request_date=to_datetime(rest.pop("request_date", None)),
            scope=rest.pop("scope", None),
            start_date=to_datetime(rest.pop("start_date", None)),
            status=rest.pop("status", None),
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
                "files": self.files,
                "id": self.id,
                "request": self.request,
                "request_date": self.request_date,
                "scope": self.scope,
                "start_date": self.start_date,
                "status": self.status,
            }
        )
