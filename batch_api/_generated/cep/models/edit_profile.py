from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .custom_id_identifier import CustomIdIdentifier
    from .installation_identifier import InstallationIdentifier
    from .profile_attributes import ProfileAttributes
    from .profile_event import ProfileEvent


@define(kw_only=True)
class EditProfile:
    """Changes to one profile. Identifiers alone are a valid edit."""

    identifiers: CustomIdIdentifier | InstallationIdentifier
    """Which profile to edit."""
    attributes: ProfileAttributes | Unset = UNSET
    """Native attributes, whose names start with `$`, and custom attributes; up to 50 of them in one edit."""
    events: list[ProfileEvent] | Unset = UNSET
    """Events to track on the profile, at most 15."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .profile_attributes import ProfileAttributes
        from .profile_event import ProfileEvent
        from .profile_identifiers import parse_profile_identifiers

        rest = dict(data)
        return cls(
            identifiers=parse_profile_identifiers(rest.pop("identifiers", UNSET)),
            attributes=ProfileAttributes.from_dict(rest.pop("attributes", UNSET)),
            events=each(ProfileEvent.from_dict, rest.pop("events", UNSET)),
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
                "identifiers": self.identifiers,
                "attributes": self.attributes,
                "events": self.events,
            }
        )
