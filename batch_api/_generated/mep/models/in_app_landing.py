from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .in_app_landing_content import InAppLandingContent


@define(kw_only=True)
class InAppLanding:
    """What is shown. The list of fields is partial: others are let through."""

    contents: list[InAppLandingContent] | Unset = UNSET
    """Texts, one per language."""
    image: str | Unset = UNSET
    """URL of an image."""
    theme: str | Unset = UNSET
    """Code of a theme, which must exist already."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .in_app_landing_content import InAppLandingContent

        rest = dict(data)
        return cls(
            contents=each(InAppLandingContent.from_dict, rest.pop("contents", UNSET)),
            image=rest.pop("image", UNSET),
            theme=rest.pop("theme", UNSET),
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
                "contents": self.contents,
                "image": self.image,
                "theme": self.theme,
            }
        )
