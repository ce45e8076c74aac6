from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .email_reply_to import EmailReplyTo


@define(kw_only=True)
class EmailMessageLanguage:
    """Variant of an email for one language. What it leaves out is inherited."""

    language: str
    """Lower-case language code."""
    html: str | Unset = UNSET
    """HTML body."""
    reply_to: EmailReplyTo | Unset = UNSET
    """Where answers go."""
    sender_identity_id: str | Unset = UNSET
    """Id of a sender identity set up in the dashboard."""
    subject: str | Unset = UNSET
    """Subject line."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .email_reply_to import EmailReplyTo

        rest = dict(data)
        return cls(
            language=rest.pop("language", UNSET),
            html=rest.pop("html", UNSET),
            reply_to=EmailReplyTo.from_dict(rest.pop("reply_to", UNSET)),
            sender_identity_id=rest.pop("sender_identity_id", UNSET),
            subject=rest.pop("subject", UNSET),
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
                "html": self.html,
                "reply_to": self.reply_to,
                "sender_identity_id": self.sender_identity_id,
                "subject": self.subject,
            }
        )
