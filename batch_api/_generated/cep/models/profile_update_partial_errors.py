from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .profile_update_error import ProfileUpdateError


@define(kw_only=True)
class ProfileUpdatePartialErrors:
    """Accepted, save for the values listed in `errors`."""

    code: Literal["SUCCESS_WITH_PARTIAL_ERRORS"] | None = None
    """Outcome of the call."""
    errors: list[ProfileUpdateError] | None = None
    """What was refused. Several entries may concern the same edit."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .profile_update_error import ProfileUpdateError

        rest = dict(data)
        return cls(
            code=rest.pop("code", None),
            errors=each(ProfileUpdateError.from_dict, rest.pop("errors", None)),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-ready dicts and lists, all the way down."""
        data: dict[str, Any] = to_json(self)
        return data

    def _json(self) -> dict[str, Any]:
        """The fields that are there, with their values untouched: what a JSON encoder asks for."""
        return self.additional_properties | present(
            {
                "code": self.code,
                "errors": self.errors,
            }
        )
