from __future__ import annotations

from typing import Any, TypeAlias

from .audience_add_id import AudienceAddId
from .audience_remove_id import AudienceRemoveId

AudienceChange: TypeAlias = AudienceAddId | AudienceRemoveId
"""Ids to add or to remove."""


def parse_audience_change(data: Any) -> Any:
    """The model of a JSON object, by the value of one of its fields. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    kind = data.get("action")
    if kind == "add":
        return AudienceAddId.from_dict(data)
    if kind == "remove":
        return AudienceRemoveId.from_dict(data)
    return data
