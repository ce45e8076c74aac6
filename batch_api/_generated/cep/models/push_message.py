from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .push_message_language import PushMessageLanguage
    from .push_platform import PushPlatform


@define(kw_only=True)
class PushMessage:
    """A push message. Takes further options that are not listed here, among them token filters and settings for iOS,
    Android and Web.
    """

    body: str
    """Text of the notification."""
    platform_type: list[PushPlatform]
    """Platforms to send to. At least 1 item."""
    channel_type: Literal["push"] = "push"
    """Channel of the message."""
    deeplink: str | Unset = UNSET
    """Address opened when the notification is tapped."""
    languages: list[PushMessageLanguage] | Unset = UNSET
    """Variants of the message for some languages."""
    title: str | Unset = UNSET
    """Title of the notification."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .push_message_language import PushMessageLanguage

        rest = dict(data)
        return cls(
            body=rest.pop("body", UNSET),
            platform_type=rest.pop("platform_type", UNSET),
            channel_type=rest.pop("channel_type", UNSET),
            deeplink=rest.pop("deeplink", UNSET),
            languages=each(PushMessageLanguage.from_dict, rest.pop("languages", UNSET)),
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
                "body": self.body,
                "platform_type": self.platform_type,
                "channel_type": self.channel_type,
                "deeplink": self.deeplink,
                "languages": self.languages,
                "title": self.title,
            }
        )
