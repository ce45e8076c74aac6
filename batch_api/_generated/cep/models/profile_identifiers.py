from __future__ import annotations

from typing import Any, TypeAlias

from .custom_id_identifier import CustomIdIdentifier
from .installation_identifier import InstallationIdentifier

ProfileIdentifiers: TypeAlias = CustomIdIdentifier | InstallationIdentifier
"""Which profile to edit. Exactly one identifier."""


def parse_profile_identifiers(data: Any) -> Any:
    """The model of a JSON object, by the fields it has. Of another kind, or no object: as it came."""
    if not isinstance(data, dict):
        return data
    if "custom_id" in data:
        return CustomIdIdentifier.from_dict(data)
    if "installation" in data:
        return InstallationIdentifier.from_dict(data)
    return data
