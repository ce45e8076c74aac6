from __future__ import annotations

from typing import Any, TypeAlias

from .export_attributes_request import ExportAttributesRequest
from .export_events_request import ExportEventsRequest
from .export_reachability_request import ExportReachabilityRequest

ExportRequest: TypeAlias = ExportAttributesRequest | ExportEventsRequest | ExportReachabilityRequest
"""The body of `profile_export`."""


def parse_export_request(data: Any) -> Any:
    """The model of a JSON object, by the value of one of its fields. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    kind = data.get("export_type")
    if kind == "ATTRIBUTES":
        return ExportAttributesRequest.from_dict(data)
    if kind == "EVENTS":
        return ExportEventsRequest.from_dict(data)
    if kind == "REACHABILITY":
        return ExportReachabilityRequest.from_dict(data)
    return data
