"""In-app campaigns of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api._codec import UNSET
from batch_api._generated.mep.endpoints import in_app_campaigns as api
from batch_api.app.resources import checks
from batch_api.app.resources.listing import RowListing
from batch_api.engine.arguments import an_object, text
from batch_api.resources.paging import Listing
from batch_api.resources.resource import Resource
from batch_api.results import Done, Receipt, shown

if TYPE_CHECKING:
    from batch_api import app_types as types
    from batch_api.app_models import InAppCampaign, InAppCampaignCreate, InAppCampaignSummary, InAppCampaignUpdate


class InAppCampaigns(Resource):
    """`client.in_app_campaigns`: create, change, delete and list in-app campaigns. The API has no figures of them.

    Views and lists answer to a Live app key only. All methods raise `InvalidInput`, `APIError`, `TransportError` and
    `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, campaign: InAppCampaignCreate | types.InAppCampaignCreate) -> Receipt:
        """Create a campaign; its `token` is what the other methods take.

        Not sent again after a failure that leaves open whether it was taken: there would be two of it.

        Args:
            campaign: An object with `name` (3 characters or more), `live`, `trigger` and `landing`; at most one of
                `start_date` and `local_start_date` (without: at once), and at most one of `end_date` and
                `local_end_date` (without: no end). The local ones are the time of the device: a `datetime` without a
                time zone, or text. At most 3 `labels`. `custom_payload` may be a mapping. Fields that are not known
                here are passed on.
        """
        body = _checked(campaign)
        checks.needed(body, "name", "live", "trigger", "landing")
        an_object(body["trigger"], path="trigger")
        an_object(body["landing"], path="landing")
        answer = await api.in_app_campaign_create(self._engine, body)
        return Receipt.of(answer, "campaign_token")

    async def update(self, token: str, changes: InAppCampaignUpdate | types.InAppCampaignUpdate) -> Done:
        """Change a campaign. What is left out stays; a field that was once given cannot be taken away."""
        body = _checked(changes)
        answer = await api.in_app_campaign_update(self._engine, body, campaign_token=text(token, "token"))
        return Done.of(answer)

    async def delete(self, token: str) -> Done:
        """Delete a campaign. Raises `NotFound` for one that does not exist."""
        answer = await api.in_app_campaign_delete(self._engine, campaign_token=text(token, "token"))
        return Done.of(answer)

    async def view(self, token: str) -> InAppCampaign:
        """One campaign. The API may write `next_session` where one wrote `NEXT_SESSION`."""
        answer = await api.in_app_campaign_view(self._engine, campaign_token=text(token, "token"))
        return shown(answer)

    def list(
        self,
        page_size: int = 100,
        cursor: str | None = None,
        *,
        live: bool | None = None,
        from_api: bool | None = None,
    ) -> Listing[InAppCampaignSummary]:
        """All campaigns, the most recent first, or some: an async iterator, with `.pages()`.

        Args:
            page_size: Rows fetched at once, 1 to 100.
            cursor: The `cursor` of a page, to start after it.
            live: Only those that run or are done (true), or that are stopped or drafts (false).
            from_api: Only those made by the API (true), or in the dashboard (false).
        """
        return RowListing(
            "in_app_campaign_list",
            lambda first, size: api.in_app_campaign_list(
                self._engine,
                from_=first,
                limit=size,
                live=UNSET if live is None else live,
                from_api=UNSET if from_api is None else from_api,
            ),
            page_size=page_size,
            cursor=cursor,
        )


def _checked(given: object) -> dict[str, Any]:
    body = checks.campaign(given, "campaign")
    checks.at_most_one(body, "start_date", "local_start_date")
    checks.at_most_one(body, "end_date", "local_end_date")
    checks.local_times(body, "local_start_date", "local_end_date")
    return body
