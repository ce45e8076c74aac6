"""Push campaigns of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api._codec import UNSET
from batch_api._generated.mep.endpoints import campaigns as api
from batch_api.app.resources import checks
from batch_api.app.resources.listing import RowListing
from batch_api.engine.arguments import is_list, text, wrong
from batch_api.engine.errors import InvalidInput
from batch_api.resources.paging import Listing
from batch_api.resources.resource import Resource
from batch_api.results import Done, Receipt, shown

if TYPE_CHECKING:
    from batch_api import app_types as types
    from batch_api.app_models import (
        PushCampaign,
        PushCampaignCreate,
        PushCampaignStats,
        PushCampaignSummary,
        PushCampaignUpdate,
    )


class AppCampaigns(Resource):
    """`client.campaigns` of a `BatchAppClient`: create, change, delete, list and measure push campaigns.

    Views, lists and figures answer to a Live app key only. All methods raise `InvalidInput`, `APIError`,
    `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, campaign: PushCampaignCreate | types.PushCampaignCreate) -> Receipt:
        """Create a campaign; its `token` is what the other methods take. With `push_time` `"now"` it really goes out.

            await client.campaigns.create(
                {
                    "name": "Flash news",
                    "live": True,
                    "push_time": "now",
                    "messages": [{"language": "en", "body": "We just opened in Ghent."}],
                }
            )

        Not sent again after a failure that leaves open whether it was taken, since people would be written to twice:
        an error whose `outcome` is `unknown` calls for a look at `campaigns.list()` first.

        Args:
            campaign: An object with `name` (3 characters or more), `live` (false makes a draft), `messages`, and
                exactly one of `push_time` (`"now"`, or a moment: an aware `datetime`, or text in UTC) and
                `local_push_time` (the time of the device: a `datetime` without a time zone, or text). At most 3
                `labels`. `custom_payload` may be a mapping. Fields that are not known here, such as those of A/B
                tests, are passed on.
        """
        body = _checked(campaign)
        checks.needed(body, "name", "live", "messages")
        if not checks.at_most_one(body, "push_time", "local_push_time"):
            raise InvalidInput("missing: give push_time or local_push_time", path="push_time")
        answer = await api.push_campaign_create(self._engine, body)
        return Receipt.of(answer, "campaign_token")

    async def update(self, token: str, changes: PushCampaignUpdate | types.PushCampaignUpdate) -> Done:
        """Change a campaign that was created by the API. What is left out stays.

        `{"live": False}` stops a campaign. That, and nothing else, is sent again after a failure that leaves open
        whether it was taken. The API refuses to set a finished campaign live again, to take a field away that was once
        given, and to make a recurring campaign a single one.
        """
        body = _checked(changes)
        answer = await api.push_campaign_update(self._engine, body, campaign_token=text(token, "token"))
        return Done.of(answer)

    async def delete(self, token: str) -> Done:
        """Delete a campaign. Raises `NotFound` for one that does not exist."""
        answer = await api.push_campaign_delete(self._engine, campaign_token=text(token, "token"))
        return Done.of(answer)

    async def view(self, token: str) -> PushCampaign:
        """One campaign, made by the API or in the dashboard. Its `gcm_collapse_key` may be text or an object."""
        answer = await api.push_campaign_view(self._engine, campaign_token=text(token, "token"))
        return shown(answer)

    def list(
        self,
        page_size: int = 100,
        cursor: str | None = None,
        *,
        live: bool | None = None,
        from_api: bool | None = None,
    ) -> Listing[PushCampaignSummary]:
        """All campaigns, the most recent first, or some: an async iterator, with `.pages()`.

        Args:
            page_size: Rows fetched at once, 1 to 100.
            cursor: The `cursor` of a page, to start after it.
            live: Only those that run or are done (true), or that are stopped or drafts (false).
            from_api: Only those made by the API (true), or in the dashboard (false).
        """
        return RowListing(
            "push_campaign_list",
            lambda first, size: api.push_campaign_list(
                self._engine,
                from_=first,
                limit=size,
                live=UNSET if live is None else live,
                from_api=UNSET if from_api is None else from_api,
            ),
            page_size=page_size,
            cursor=cursor,
        )

    async def stats(self, token: str) -> PushCampaignStats:
        """Figures of each day, and of each version of an A/B test. `detail` may be missing before the first send."""
        answer = await api.push_campaign_stats(self._engine, campaign_token=text(token, "token"))
        return shown(answer)


def _checked(given: object) -> dict[str, Any]:
    body = checks.campaign(given, "campaign")
    checks.at_most_one(body, "push_time", "local_push_time")
    checks.local_times(body, "local_push_time")
    messages = body.get("messages")
    if messages is not None and not (is_list(messages) and messages):
        raise wrong("a list of one message or more", messages, "messages")
    return body
