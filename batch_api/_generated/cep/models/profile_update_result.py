from __future__ import annotations

from typing import Any, TypeAlias

from .profile_update_partial_errors import ProfileUpdatePartialErrors
from .profile_update_success import ProfileUpdateSuccess

ProfileUpdateResult: TypeAlias = ProfileUpdatePartialErrors | ProfileUpdateSuccess
"""Accepted for processing, in whole or in part."""


def parse_profile_update_result(data: Any) -> Any:
    """The model of a JSON object, by the value of one of its fields. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    kind = data.get("code")
    if kind == "SUCCESS":
        return ProfileUpdateSuccess.from_dict(data)
    if kind == "SUCCESS_WITH_PARTIAL_ERRORS":
        return ProfileUpdatePartialErrors.from_dict(data)
    return data
