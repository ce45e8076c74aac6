"""Campaigns: what to send, to whom and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_api._generated.cep.endpoints import campaigns as api
from batch_api._generated.cep.keys import KEYS
from batch_api.engine import arguments
from batch_api.engine.errors import InvalidInput
from batch_api.engine.keys import Known
from batch_api.resources.resource import Resource
from batch_api.results import CreatedCampaign, Done

if TYPE_CHECKING:
    from batch_api import types
    from batch_api.models import Campaign


_CAMPAIGN = Known(KEYS, ("Campaign",))


class Campaigns(Resource):
    """`client.campaigns`: create, overwrite and delete email and push campaigns. To list them, see `orchestrations`.

    A campaign is an object (a `dict` or a `models.Campaign`) with `name`, `state` (`DRAFT`, `RUNNING` or `STOPPED`),
    `when` and exactly one of `messages`. The limit is 1 request a second for each operation. All methods raise
    `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, campaign: Campaign | types.Campaign) -> CreatedCampaign:
        """Create a campaign. In state `RUNNING` with the start time `now`, messages really go out.

        Not sent again after a failure that leaves open whether it was taken, since people would be written to twice:
        an error whose `outcome` is `unknown` calls for a look at `orchestrations.list()` first.
        """
        _check(campaign, "")
        answer = await api.campaign_create(self._engine, campaign)
        return CreatedCampaign.of(answer)

    async def update(self, id: str, campaign: Campaign | types.Campaign) -> Done:
        """Overwrite a campaign in full: what the new one leaves out is lost. Also starts, pauses and resumes.

        The API refuses to change a campaign that runs or is over, unless it is recurrent. An update to `RUNNING` is
        not sent again after a failure that leaves open whether it was taken; others are.
        """
        _check(campaign, "campaign.")
        answer = await api.campaign_update(self._engine, {"id": arguments.text(id, "id"), "campaign": campaign})
        return Done.of(answer)

    async def delete(self, id: str) -> Done:
        """Delete a campaign. Raises `NotFound` for one that does not exist."""
        answer = await api.campaign_delete(self._engine, {"id": arguments.text(id, "id")})
        return Done.of(answer)


def _check(campaign: object, path: str) -> None:
    arguments.an_object(campaign, path="campaign")
    _CAMPAIGN.check(campaign, path.removesuffix("."))
    for name in ("name", "state", "when", "messages"):
        if arguments.field(campaign, name) is None:
            raise InvalidInput("missing", path=path + name)
    arguments.text(arguments.field(campaign, "name"), f"{path}name")
    arguments.text(arguments.field(campaign, "state"), f"{path}state")
    arguments.an_object(arguments.field(campaign, "when"), path=f"{path}when")
    messages = arguments.field(campaign, "messages")
    if len(arguments.items(messages, f"{path}messages", one="message")) != 1:
        raise InvalidInput(f"expected exactly one message, got {len(messages)}", path=f"{path}messages")
