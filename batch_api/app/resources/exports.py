"""Exports of push campaigns, followed until they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from batch_api._generated.mep.endpoints import exports as api
from batch_api.app.resources import checks
from batch_api.engine.arguments import fields, is_list, text, wrong
from batch_api.engine.engine import Engine
from batch_api.resources.resource import Resource
from batch_api.resources.waiting import until_done
from batch_api.results import promised, shown

if TYPE_CHECKING:
    from batch_api import app_types as types
    from batch_api.app_models import AppExport, AppExportCreate


class AppExports(Resource):
    """`client.exports` of a `BatchAppClient`: ask for exports of push campaigns, and follow them.

    A finished export names its file in `file_url`, on another host, which asks for the `X-Authorization` header and
    answers with a redirect. This package does not fetch it: the path is not documented. Whoever does must not follow
    the redirect with the header.

    Needs an Enterprise plan. All methods raise `InvalidInput`, `APIError`, `TransportError` and `DeadlineExceeded`.
    """

    __slots__ = ()

    async def campaign_ids(self, token: str, request: AppExportCreate | types.AppExportCreate) -> str:
        """Ask for the ids that a push campaign reached, and return the id of the export for `wait` and `view`.

        Not sent again after a failure that leaves open whether it was taken.

        Args:
            token: The token of the campaign.
            request: An object with `from` and `to` (aware datetimes, or text in UTC; `to` may be `"now"`), `events`
                (`push_sent`, `push_open`, `push_error`) and `ids` (`install_id`, `custom_id`, `advertising_id`). Events
                older than 90 days are missing from the file.
        """
        answer = await api.app_export_campaign_ids(self._engine, _checked(request), campaign_token=text(token, "token"))
        return promised(answer, "id", "request_id")

    async def campaign_events(self, token: str, request: AppExportCreate | types.AppExportCreate) -> str:
        """Ask for the events of a push campaign. All else is as in `campaign_ids`."""
        body = _checked(request)
        answer = await api.app_export_campaign_events(self._engine, body, campaign_token=text(token, "token"))
        return promised(answer, "id", "request_id")

    async def view(self, id: str) -> AppExport:
        """One export of the last six months. Its `status` is `CREATED`, `PENDING`, `SUCCESS` or `ERROR`."""
        return await _view(self._engine, text(id, "id"))

    async def wait(
        self,
        id: str,
        *,
        timeout: float | None = 3600.0,
        on_progress: Callable[[AppExport], object] | None = None,
    ) -> AppExport:
        """Wait until an export is done, and return it.

        Looks at once, after 2 s, then less and less often, down to every 30 s; other states go on.

        Args:
            id: What `campaign_ids` or `campaign_events` returned.
            timeout: Seconds to wait at most; `None` for as long as it takes.
            on_progress: Called with what each check found.

        Raises `ExportFailed`, with the export in `.export`, when it ends in `ERROR`; `WaitTimeout`; and whatever `view`
        raises.
        """
        text(id, "id")

        async def check(engine: Engine) -> AppExport:
            return await _view(engine, id)

        return await until_done(self._engine, check, timeout=timeout, on_progress=on_progress)


async def _view(engine: Engine, id: str) -> AppExport:
    answer = await api.app_export_view(engine, request_id=id)
    return shown(answer)


def _checked(request: object) -> dict[str, Any]:
    body = fields(request, path="request")
    checks.needed(body, "from", "to", "events", "ids")
    for name in ("events", "ids"):
        if not is_list(body[name]) or not body[name]:
            raise wrong("a list of one word or more", body[name], name)
    return body
