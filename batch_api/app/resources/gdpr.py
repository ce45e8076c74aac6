"""GDPR requests: for the data of a user, or for its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_api._generated.mep.endpoints import gdpr as api
from batch_api.app.resources import checks
from batch_api.app.resources.listing import WholeListing
from batch_api.engine.arguments import choice, field, fields, text
from batch_api.resources.paging import Listing
from batch_api.resources.resource import Resource
from batch_api.results import promised, shown

if TYPE_CHECKING:
    from batch_api import app_types as types
    from batch_api.app_models import GdprRequest, GdprRequestCreate


class Gdpr(Resource):
    """`client.gdpr`: ask for the data of a user, or for its removal, and follow the requests.

    All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def create(self, request: GdprRequestCreate | types.GdprRequestCreate) -> str:
        """Make a request, and return its id for `view`. It runs in the background.

            id = await client.gdpr.create({"request_type": "review", "id": {"type": "custom_id", "value": "u1"}})

        After a removal the API refuses the id for one month, and drops what is written for it meanwhile. Not sent again
        after a failure that leaves open whether it was taken: look for it with `list()`.

        Args:
            request: An object with `request_type`, `review` (the data, as a zip file) or `remove`; `id`, whose `type`
                is `custom_id` or `advertising_id`; and, if you like, a `callback_url` to be called when it is done.
        """
        body = fields(request, path="request")
        checks.needed(body, "request_type", "id")
        choice(body["request_type"], "request_type", "review", "remove")
        fields(body["id"], path="id")
        text(field(body["id"], "type"), "id.type")
        text(field(body["id"], "value"), "id.value")
        answer = await api.gdpr_request_create(self._engine, body)
        return promised(answer, "request_id", "id")

    async def view(self, id: str) -> GdprRequest:
        """One request of the last 20 to 30 days. Once its `status` is `done`, `data_url` or `error` tell."""
        answer = await api.gdpr_request_view(self._engine, request_id=text(id, "id"))
        return shown(answer)

    def list(self) -> Listing[GdprRequest]:
        """All requests that are still stored: an async iterator, with `.pages()`. The API gives them in one page."""
        return WholeListing("gdpr_request_list", lambda: api.gdpr_request_list(self._engine))
