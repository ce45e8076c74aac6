from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, given, to_json

if TYPE_CHECKING:
    from .installation import Installation


@define(kw_only=True)
class InstallationIdentifier:
    """The profile behind an installation of your app or site. An unknown installation creates no profile, and the call
    succeeds all the same. Email and phone attributes, and their subscriptions, are ignored here.
    """

    installation: Installation
    """An installation of an app or site."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .installation import Installation

        rest = dict(data)
        return cls(
            installation=Installation.from_dict(rest.pop("installation", UNSET)),
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
                "installation": self.installation,
            }
        )
