from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .grace_period import GracePeriod
    from .in_app_trigger_event import InAppTriggerEvent


@define(kw_only=True)
class InAppTrigger:
    """When and how often to show the message. The list of fields is partial: others are let through."""

    capping: int | Unset = UNSET
    """How many times at most one user sees the message."""
    grace_period: GracePeriod | Unset = UNSET
    """Least time between two displays."""
    when: InAppTriggerEvent | str | Unset = UNSET
    """`NEXT_SESSION`, `NOW` (as soon as possible), or an event. Compare without regard to case: the view answers
    `next_session`.
    """
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .grace_period import GracePeriod
        from .in_app_trigger_event import InAppTriggerEvent

        rest = dict(data)
        return cls(
            capping=rest.pop("capping", UNSET),
            grace_period=GracePeriod.from_dict(rest.pop("grace_period", UNSET)),
            when=InAppTriggerEvent.from_dict(rest.pop("when", UNSET)),
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
                "capping": self.capping,
                "grace_period": self.grace_period,
                "when": self.when,
            }
        )
