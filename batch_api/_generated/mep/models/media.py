from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class Media:
    """Attachments. The fields are those of transactional messages, by analogy."""

    audio: str | Unset = UNSET
    """Sound file."""
    icon: str | Unset = UNSET
    """Icon. No effect on iOS."""
    picture: str | Unset = UNSET
    """Picture."""
    video: str | Unset = UNSET
    """Video file."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            audio=rest.pop("audio", UNSET),
            icon=rest.pop("icon", UNSET),
            picture=rest.pop("picture", UNSET),
            video=rest.pop("video", UNSET),
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
                "audio": self.audio,
                "icon": self.icon,
                "picture": self.picture,
                "video": self.video,
            }
        )
