"""Orchestrations: campaigns, recurring and trigger automations, and warm-ups, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from batch_api._codec import UNSET, ListOf, Unset
from batch_api._generated.cep.endpoints import orchestrations as api
from batch_api.engine import arguments
from batch_api.engine.errors import InvalidInput
from batch_api.resources.days import a_day
from batch_api.resources.paging import CursorListing, Listing
from batch_api.resources.resource import Resource
from batch_api.results import shown

if TYPE_CHECKING:
    from batch_api import types
    from batch_api.models import (
        CampaignSummary,
        OrchestrationStats,
        OrchestrationSummary,
        PushCampaign,
    )


class Orchestrations(Resource):
    """`client.orchestrations`: campaigns, automations and warm-ups, from the dashboard and from the API; read-only.

    The limit is 1 request a second for each operation. All methods raise `InvalidInput`, `APIError`, `TransportError`
    and `DeadlineExceeded`.
    """

    __slots__ = ()

    def list(
        self,
        page_size: int = 100,
        cursor: str | None = None,
        *,
        status: types.OrchestrationStatus | ListOf[types.OrchestrationStatus] | None = None,
        type: types.OrchestrationType | ListOf[types.OrchestrationType] | None = None,
        channels: types.OrchestrationChannel | ListOf[types.OrchestrationChannel] | None = None,
    ) -> Listing[CampaignSummary | OrchestrationSummary]:
        """All orchestrations, or some: an async iterator, with `.pages()`.

        Args:
            page_size: Rows fetched at once, 1 to 100.
            cursor: The `cursor` of a page, to start after it.
            status: Only those in this state, or one of these: `draft`, `running`, `completed`, `stopped`.
            type: Only of this kind, or these: `campaign`, `recurring`, `trigger`, `warmup`.
            channels: Only those that use this channel, or one of these: `email`, `push`, `in-app`, `sms`, `universal`.

        Dates in rows come without a time zone.
        """
        wanted_status = _choices(status, "status")
        wanted_type = _choices(type, "type")
        wanted_channels = _choices(channels, "channels")
        return CursorListing(
            "orchestration_list",
            "orchestrations",
            lambda start, size: api.orchestration_list(
                self._engine,
                from_=start,
                limit=size,
                status=wanted_status,
                type_=wanted_type,
                channels=wanted_channels,
            ),
            page_size=page_size,
            cursor=cursor,
        )

    async def stats(
        self, orchestration_id: str, from_: date | str, to: date | str, include_platforms: bool = False
    ) -> OrchestrationStats:
        """Figures of each day.

        Args:
            orchestration_id: `orchestration_…`; a campaign's id is the same.
            from_: First day, a `date` or `"2026-02-01"`; at most 6 months ago.
            to: Last day. Of a `datetime` its own day is taken.
            include_platforms: One row for each day and platform.
        """
        first, last = a_day(from_, "from_"), a_day(to, "to")
        if last < first:
            raise InvalidInput("expected a day that is not before the first one", path="to")
        answer = await api.orchestration_stats(
            self._engine,
            orchestration_id=arguments.text(orchestration_id, "orchestration_id"),
            from_=first,
            to=last,
            include_platforms=True if include_platforms else UNSET,
        )
        return shown(answer)

    async def view(self, orchestration_id: str) -> PushCampaign:
        """A push campaign, with its content and targeting in `additional_properties`.

        Raises `PermissionDenied` for an orchestration of any other kind, `NotFound` for none.
        """
        answer = await api.orchestration_view(
            self._engine, orchestration_id=arguments.text(orchestration_id, "orchestration_id")
        )
        return shown(answer)


def _choices(given: str | ListOf[str] | None, path: str) -> Sequence[str] | Unset:
    return UNSET if given is None else arguments.words(given, path)
