from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .gcm_collapse_key import GcmCollapseKey
    from .media import Media
    from .priority import Priority
    from .push_type import PushType
    from .transactional_landing import TransactionalLanding
    from .transactional_message import TransactionalMessage
    from .transactional_recipients import TransactionalRecipients


@define(kw_only=True)
class TransactionalSend:
    """A transactional message. The list of fields is partial: others are let through."""

    group_id: str
    """Group under which the figures are collected. It need not be unique. Letters, digits, underscores and hyphens. At
    least 1 character. Matches `^[A-Za-z0-9_-]+$`.
    """
    recipients: TransactionalRecipients
    """Users to reach: at least one list, 10 000 ids at most over all the lists."""
    custom_payload: str | Unset = UNSET
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key."""
    deeplink: str | Unset = UNSET
    """Link to open with the message."""
    gcm_collapse_key: GcmCollapseKey | Unset = UNSET
    """Android only: a later message replaces an earlier one of the same key."""
    labels: list[str] | Unset = UNSET
    """Codes of labels made in the dashboard. At most 3 for campaigns."""
    landing: TransactionalLanding | Unset = UNSET
    """Landing shown when the message is opened."""
    media: Media | Unset = UNSET
    """Attachments, all given as URLs."""
    message: TransactionalMessage | Unset = UNSET
    """Text of the message."""
    priority: Priority | Unset = UNSET
    """Delivery priority."""
    push_type: PushType | Unset = UNSET
    """iOS only: a visible message or a background one."""
    sandbox: bool | Unset = UNSET
    """Use Apple's sandbox gateway, for raw tokens of development builds."""
    time_to_live: int | Unset = UNSET
    """Seconds during which a device that is offline can still get the message. Campaigns accept 1 to 2 419 200 (28
    days).
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .gcm_collapse_key import GcmCollapseKey
        from .media import Media
        from .transactional_landing import TransactionalLanding
        from .transactional_message import TransactionalMessage
        from .transactional_recipients import TransactionalRecipients

        rest = dict(data)
        return cls(
            group_id=rest.pop("group_id", UNSET),
            recipients=TransactionalRecipients.from_dict(rest.pop("recipients", UNSET)),
            custom_payload=rest.pop("custom_payload", UNSET),
            deeplink=rest.pop("deeplink", UNSET),
            gcm_collapse_key=GcmCollapseKey.from_dict(rest.pop("gcm_collapse_key", UNSET)),
            labels=rest.pop("labels", UNSET),
            landing=TransactionalLanding.from_dict(rest.pop("landing", UNSET)),
            media=Media.from_dict(rest.pop("media", UNSET)),
            message=TransactionalMessage.from_dict(rest.pop("message", UNSET)),
            priority=rest.pop("priority", UNSET),
            push_type=rest.pop("push_type", UNSET),
            sandbox=rest.pop("sandbox", UNSET),
            time_to_live=rest.pop("time_to_live", UNSET),
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
                "group_id": self.group_id,
                "recipients": self.recipients,
                "custom_payload": self.custom_payload,
                "deeplink": self.deeplink,
                "gcm_collapse_key": self.gcm_collapse_key,
                "labels": self.labels,
                "landing": self.landing,
                "media": self.media,
                "message": self.message,
                "priority": self.priority,
                "push_type": self.push_type,
                "sandbox": self.sandbox,
                "time_to_live": self.time_to_live,
            }
        )
