from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .email_message_language import EmailMessageLanguage
    from .email_reply_to import EmailReplyTo


@define(kw_only=True)
class EmailMessage:
    """An email message."""

    html: str
    """HTML body."""
    sender_identity_id: str
    """Id of a sender identity set up in the dashboard, digits in a string."""
    subject: str
    """Subject line."""
    channel_type: Literal["email"] = "email"
    """Channel of the message."""
    languages: list[EmailMessageLanguage] | Unset = UNSET
    """Variants of the message for some languages."""
    reply_to: EmailReplyTo | Unset = UNSET
    """Where answers go."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .email_message_language import EmailMessageLanguage
        from .email_reply_to import EmailReplyTo

        rest = dict(data)
        return cls(
            html=rest.pop("html", UNSET),
            sender_identity_id=rest.pop("sender_identity_id", UNSET),
            subject=rest.pop("subject", UNSET),
            channel_type=rest.pop("channel_type", UNSET),
            languages=each(EmailMessageLanguage.from_dict, rest.pop("languages", UNSET)),
            reply_to=EmailReplyTo.from_dict(rest.pop("reply_to", UNSET)),
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
                "html": self.html,
                "sender_identity_id": self.sender_identity_id,
                "subject": self.subject,
                "channel_type": self.channel_type,
                "languages": self.languages,
                "reply_to": self.reply_to,
            }
        )
