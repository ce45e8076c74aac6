from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, each, given, to_json

if TYPE_CHECKING:
    from .gcm_collapse_key import GcmCollapseKey
    from .media import Media
    from .priority import Priority
    from .push_landing import PushLanding
    from .push_message import PushMessage
    from .push_type import PushType
    from .recurrence import Recurrence
    from .targeting import Targeting


@define(kw_only=True)
class PushCampaignCreate:
    """A push campaign to create. Exactly one of `push_time` and `local_push_time`. The list of fields is partial:
    others are let through. A/B tests are among the missing ones.
    """

    live: bool
    """False keeps, or makes, the campaign a draft."""
    messages: list[PushMessage]
    """Texts, one per language. At least 1 item."""
    name: str
    """Name of the campaign, at least 3 characters."""
    custom_payload: str | Unset = UNSET
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    gcm_collapse_key: GcmCollapseKey | Unset = UNSET
    """Android only: a later message replaces an earlier one of the same key."""
    labels: list[str] | Unset = UNSET
    """Codes of labels made in the dashboard, at most 3."""
    landing: PushLanding | Unset = UNSET
    """Landing shown when the message is opened."""
    local_push_time: str | Unset = UNSET
    """When to send, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Whether `now` is accepted here is not
    known. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    media: Media | Unset = UNSET
    """Attachments."""
    priority: Priority | Unset = UNSET
    """Delivery priority, `high` when left out."""
    push_time: str | Unset = UNSET
    """When to send, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    push_type: PushType | Unset = UNSET
    """iOS only: a visible message or a background one."""
    recurrence: Recurrence | Unset = UNSET
    """Repetition of a campaign."""
    targeting: Targeting | Unset = UNSET
    """Who gets the campaign."""
    time_to_live: int | Unset = UNSET
    """Android and web: seconds during which a device that is offline can still get the message, 28 days at most. The
    documentation gives 1 as the minimum and yet describes a 0. From 0 to 2419200.
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
        from .push_message import PushMessage
        from .recurrence import Recurrence
        from .targeting import Targeting

        rest = dict(data)
        return cls(
            live=rest.pop("live", UNSET),
            messages=each(PushMessage.from_dict, rest.pop("messages", UNSET)),
            name=rest.pop("name", UNSET),
            custom_payload=rest.pop("custom_payload", UNSET),
            gcm_collapse_key=GcmCollapseKey.from_dict(rest.pop("gcm_collapse_key", UNSET)),
            labels=rest.pop("labels", UNSET),
            landing=rest.pop("landing", UNSET),
            local_push_time=rest.pop("local_push_time", UNSET),
            media=Media.from_dict(rest.pop("media", UNSET)),
            priority=rest.pop("priority", UNSET),
            push_time=rest.pop("push_time", UNSET),
            push_type=rest.pop("push_type", UNSET),
            recurrence=Recurrence.from_dict(rest.pop("recurrence", UNSET)),
            targeting=Targeting.from_dict(rest.pop("targeting", UNSET)),
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
                "live": self.live,
                "messages": self.messages,
                "name": self.name,
                "custom_payload": self.custom_payload,
                "gcm_collapse_key": self.gcm_collapse_key,
                "labels": self.labels,
                "landing": self.landing,
                "local_push_time": self.local_push_time,
                "media": self.media,
                "priority": self.priority,
                "push_time": self.push_time,
                "push_type": self.push_type,
                "recurrence": self.recurrence,
                "targeting": self.targeting,
                "time_to_live": self.time_to_live,
            }
        )
