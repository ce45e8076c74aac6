from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from attrs import Factory, define

from ...._codec import each, present, to_json

if TYPE_CHECKING:
    from .transactional_stats_day import TransactionalStatsDay


@define(kw_only=True)
class TransactionalStats:
    """Figures of a group of transactional sends."""

    detail: list[TransactionalStatsDay] | None = None
    """One item per day."""
    group_id: str | None = None
    """Group asked for."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .transactional_stats_day import TransactionalStatsDay

        rest = dict(data)
        return cls(
            detail=each(TransactionalStatsDay.from_dict, rest.pop("detail", None)),
            group_id=rest.pop("group_id", None),
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
                "detail": self.detail,
                "group_id": self.group_id,
            }
        )
