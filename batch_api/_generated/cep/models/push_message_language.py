from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class PushMessageLanguage:
    """Variant of a push message for one language."""

    language: str
    """Lower-case language code."""
    body: str | Unset = UNSET
    """Text of the notification."""
    deeplink: str | Unset = UNSET
    """Address opened when the notification is tapped."""
    title: str | Unset = UNSET
    """Title of the notification."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            language=rest.pop("language", UNSET),
            body=rest.pop("body", UNSET),
            deeplink=rest.pop("deeplink", UNSET),
            title=rest.pop("title", UNSET),
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
                "language": self.language,
                "body": self.body,
                "deeplink": self.deeplink,
                "title": self.title,
            }
        )
