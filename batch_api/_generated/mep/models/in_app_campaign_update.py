from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .in_app_landing import InAppLanding
    from .in_app_trigger import InAppTrigger
    from .targeting import Targeting


@define(kw_only=True)
class InAppCampaignUpdate:
    """Changes to an in-app campaign: the fields of the creation, none required. The list of fields is partial: others
    are let through.

    At least 1 entry.
    """

    custom_payload: str | Unset = UNSET
    """A JSON object serialised as a string, handed over to the app. It may not have a `com.batch` key. Paid plans
    only.
    """
    deeplink: str | Unset = UNSET
    """Link to open. Older documentation limits it to 255 characters."""
    end_date: str | Unset = UNSET
    """End, in GMT: `yyyy-MM-ddTHH:mm:ss`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    labels: list[str] | Unset = UNSET
    """Codes of labels made in the dashboard, at most 3. Capping by label acts on push messages only."""
    landing: InAppLanding | Unset = UNSET
    """What is shown."""
    live: bool | Unset = UNSET
    """False keeps, or makes, the campaign a draft."""
    local_end_date: str | Unset = UNSET
    """End, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    local_start_date: str | Unset = UNSET
    """Start, in the time zone of the device: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches
    `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`.
    """
    name: str | Unset = UNSET
    """Name of the campaign, at least 3 characters."""
    start_date: str | Unset = UNSET
    """Start, in GMT: `yyyy-MM-ddTHH:mm:ss`, or `now`. Matches `^(now|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2})$`."""
    targeting: Targeting | Unset = UNSET
    """Who gets the campaign."""
    trigger: InAppTrigger | Unset = UNSET
    """When and how often to show the message."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .in_app_landing import InAppLanding
        from .in_app_trigger import InAppTrigger
        from .targeting import Targeting

        rest = dict(data)
        return cls(
            custom_payload=rest.pop("custom_payload", UNSET),
            deeplink=rest.pop("deeplink", UNSET),
            end_date=rest.pop("end_date", UNSET),
            labels=rest.pop("labels", UNSET),
            landing=InAppLanding.from_dict(rest.pop("landing", UNSET)),
            live=rest.pop("live", UNSET),
            local_end_date=rest.pop("local_end_date", UNSET),
            local_start_date=rest.pop("local_start_date", UNSET),
            name=rest.pop("name", UNSET),
            start_date=rest.pop("start_date", UNSET),
            targeting=Targeting.from_dict(rest.pop("targeting", UNSET)),
            trigger=InAppTrigger.from_dict(rest.pop("trigger", UNSET)),
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
                "custom_payload": self.custom_payload,
                "deeplink": self.deeplink,
                "end_date": self.end_date,
                "labels": self.labels,
                "landing": self.landing,
                "live": self.live,
                "local_end_date": self.local_end_date,
                "local_start_date": self.local_start_date,
                "name": self.name,
                "start_date": self.start_date,
                "targeting": self.targeting,
                "trigger": self.trigger,
            }
        )
