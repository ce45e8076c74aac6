from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .landing_action import LandingAction


@define(kw_only=True)
class InAppLandingContent:
    """Texts in one language. The list of fields is partial: others are let through."""

    actions: list[LandingAction] | Unset = UNSET
    """Buttons."""
    body: str | Unset = UNSET
    """Text."""
    header: str | Unset = UNSET
    """Line above the title."""
    language: str | Unset = UNSET
    """Language, two letters."""
    title: str | Unset = UNSET
    """Title."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .landing_action import LandingAction

        rest = dict(data)
        return cls(
            actions=each(LandingAction.from_dict, rest.pop("actions", UNSET)),
            body=rest.pop("body", UNSET),
            header=rest.pop("header", UNSET),
            language=rest.pop("language", UNSET),
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
                "actions": self.actions,
                "body": self.body,
                "header": self.header,
                "language": self.language,
                "title": self.title,
            }
        )
