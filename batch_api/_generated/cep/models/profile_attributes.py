from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .array_operation import ArrayOperation
    from .marketing_subscription import MarketingSubscription


@define(kw_only=True)
class ProfileAttributes:
    """Native attributes, whose names start with `$`, and custom attributes; up to 50 of them in one edit. Names that
    are not sent stay as they are, and `null` deletes or resets one.

    A custom name has 1 to 30 characters among `a-z`, `0-9` and `_`. Its type follows from the value, save for two
    that need a wrapper around the name: `date(name)` for an RFC 3339 date and `url(name)` for a URL of at most 2
    048 characters.
    """

    email_address: str | None | Unset = UNSET
    """Email address. `null` removes it."""
    email_marketing: MarketingSubscription | None | Unset = UNSET
    """Consent to marketing emails. `null` resets it."""
    language: str | None | Unset = UNSET
    """Language, as a lower-case ISO 639 code of two letters. Matches `^[a-z]{2}$`."""
    phone_number: str | None | Unset = UNSET
    """Phone number in E.164 form. `null` removes it. Matches `^\\+[0-9]{1,15}$`."""
    region: str | None | Unset = UNSET
    """Country, as an upper-case ISO 3166 code of two letters. Matches `^[A-Z]{2}$`."""
    sms_marketing: MarketingSubscription | None | Unset = UNSET
    """Consent to marketing SMS. `null` resets it."""
    timezone: str | None | Unset = UNSET
    """IANA name of the time zone. Names that do not exist are not stored."""
    topic_preferences: ArrayOperation | list[str] | None | Unset = UNSET
    """Topics that the user subscribed to: a full list, or topics to add and to remove. At most 25 topics of 1 to 300
    lower-case characters.
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .array_operation import ArrayOperation

        rest = dict(data)
        return cls(
            email_address=rest.pop("$email_address", UNSET),
            email_marketing=rest.pop("$email_marketing", UNSET),
            language=rest.pop("$language", UNSET),
            phone_number=rest.pop("$phone_number", UNSET),
            region=rest.pop("$region", UNSET),
            sms_marketing=rest.pop("$sms_marketing", UNSET),
            timezone=rest.pop("$timezone", UNSET),
            topic_preferences=ArrayOperation.from_dict(rest.pop("$topic_preferences", UNSET)),
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
                "$email_address": self.email_address,
                "$email_marketing": self.email_marketing,
                "$language": self.language,
                "$phone_number": self.phone_number,
                "$region": self.region,
                "$sms_marketing": self.sms_marketing,
                "$timezone": self.timezone,
                "$topic_preferences": self.topic_preferences,
            }
        )
