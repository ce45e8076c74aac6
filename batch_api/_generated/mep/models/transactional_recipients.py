from __future__ import annotations

from typing import Any, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json


@define(kw_only=True)
class TransactionalRecipients:
    """Users to reach: at least one list, 10 000 ids at most over all the lists. A list of advertising ids exists as
    well, under a name that is not confirmed: further lists are let through.

    At least 1 entry.
    """

    custom_ids: list[str] | Unset = UNSET
    """Your own user ids. At most 10000 items."""
    install_ids: list[str] | Unset = UNSET
    """Installation ids given by the SDK. At most 10000 items."""
    tokens: list[str] | Unset = UNSET
    """Raw push tokens. Discouraged. At most 10000 items."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)

        rest = dict(data)
        return cls(
            custom_ids=rest.pop("custom_ids", UNSET),
            install_ids=rest.pop("install_ids", UNSET),
            tokens=rest.pop("tokens", UNSET),
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
                "custom_ids": self.custom_ids,
                "install_ids": self.install_ids,
                "tokens": self.tokens,
            }
        )
