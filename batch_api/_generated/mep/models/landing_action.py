from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .landing_action_arguments import LandingActionArguments


@define(kw_only=True)
class LandingAction:
    """Button of a landing."""

    action: str | Unset = UNSET
    """Action, such as `continue` or `DISMISS`; the full list is not known."""
    args: LandingActionArguments | Unset = UNSET
    """Arguments of the action."""
    label: str | Unset = UNSET
    """Text of the button."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            action=rest.pop("action", UNSET),
            args=rest.pop("args", UNSET),
            label=rest.pop("label", UNSET),
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
                "action": self.action,
                "args": self.args,
                "label": self.label,
            }
        )
