"""The fake of the legacy app-level API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_api._generated.mep.registry import API
from batch_api.testing.api import FakeApi, Handler
from batch_api.testing.app_audiences import AppAudiences
from batch_api.testing.app_campaigns import AppCampaigns, Messages
from batch_api.testing.app_tables import AppExports, Tables
from batch_api.testing.app_users import GdprRequests, Users
from batch_api.testing.fake import REST_API_KEY
from batch_api.testing.ids import Ids
from batch_api.testing.limits import Limiter, Mode
from batch_api.testing.wire import Refusal, misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_api.testing.call import Call
    from batch_api.testing.storage import Storage
    from batch_api.testing.timing import Time
    from batch_api.testing.wire import Reply, Request

APP_KEY = "5E1F0A9B7C3D4E2F8A6B1C0D9E8F7A"
"""The app that a fake has by default. The key opens nothing real."""

_CODES = {
    "SERVER_ERROR": 1,
    "MAINTENANCE_ERROR": 2,
    "AUTHENTICATION_INVALID": 10,
    "API_MISUSE": 12,
    "ROUTE_NOT_FOUND": 20,
    "MISSING_PARAMETER": 30,
    "MALFORMED_PARAMETER": 31,
    "MALFORMED_JSON_BODY": 32,
    "TOO_MANY_REQUESTS": 60,
}
"""The numeric code of each symbolic error code (fact sheet: mep-legacy, 1.3)."""


class FakeBatchApp(FakeApi):
    """A legacy app-level API with state, the limits that a client assumes, and faults on request.

    Args:
        rest_api_key: the key to accept; `None` for any that is not empty.
        app_key: the app that exists; `None` for any, each with state and limits of its own. A key that begins with
            `DEV` gets no views, lists and statistics of campaigns.
        limits: `True` or `"documented"` for the limits that a client assumes, in token buckets; `"windows"` for
            one-second windows on top; `False` or `"off"` for none.
        clock: a clock in seconds, for limits and dates; by default that of the running loop, virtual ones included.
        index_seconds: how long an indexing token is `IN_PROGRESS`.
        export_seconds: how long an export or a GDPR request takes.
        retry_after: a `Retry-After` for requests over the limits; none is documented.
        keep_edits: how many of the latest items `edits` remembers; `None` for all, 0 for none.
        seed: the seed of generated ids, jitter and probabilities.

    The same object can be used in process (`transport()`, `asgi`) and served on loopback (`serve()`).
    """

    api = API
    refuses_items = True

    def __init__(
        self,
        *,
        rest_api_key: str | None = REST_API_KEY,
        app_key: str | None = APP_KEY,
        limits: bool | Mode = True,
        clock: Callable[[], float] | None = None,
        index_seconds: float = 1.0,
        export_seconds: float = 3.0,
        retry_after: str | float | None = None,
        keep_edits: int | None = 100_000,
        seed: int = 0,
    ) -> None:
        super().__init__(
            limits=limits,
            clock=clock,
            link_seconds=1200.0,
            retry_after=retry_after,
            keep_edits=keep_edits,
            seed=seed,
        )
        self.rest_api_key = rest_api_key or REST_API_KEY
        """A key that is accepted."""
        self.app_key = app_key or APP_KEY
        """The key of an app that exists."""
        self._any_key = rest_api_key is None
        self._any_app = app_key is None
        self._index_seconds = index_seconds
        self._export_seconds = export_seconds
        self._apps: dict[str, App] = {}

    def app(self, key: str | None = None) -> App:
        """The state of an app; of `app_key` by default."""
        key = self.app_key if key is None else key
        if key not in self._apps:
            self._apps[key] = App(
                self.time,
                self.storage,
                key=key,
                limits=self._limits,
                seed=f"{self._seed} {key}",
                index_seconds=self._index_seconds,
                export_seconds=self._export_seconds,
            )
        return self._apps[key]

    def error_body(self, code: str, message: str) -> dict[str, Any]:
        return {"code": _CODES.get(code, 0), **super().error_body(code, message)}

    def _authenticate(self, request: Request, path: Mapping[str, str]) -> App:
        key, app = request.headers.get("x-authorization", ""), path["app_key"]
        if not key or not (self._any_key or key == self.rest_api_key) or not (self._any_app or app == self.app_key):
            raise Refusal(401, "AUTHENTICATION_INVALID", "unknown API key")
        return self.app(app)


class App:
    """The state of one app. Tests may read and change it: `fake.app().users.by_id["u1"]`."""

    def __init__(
        self,
        time: Time,
        storage: Storage,
        *,
        key: str,
        limits: Mode,
        seed: str,
        index_seconds: float,
        export_seconds: float,
    ) -> None:
        ids = Ids(seed)
        self._is_dev = key.startswith("DEV")
        self.limiter = Limiter(limits)
        self.messages = Messages(time, ids)
        self.campaigns = AppCampaigns(time, ids)
        self.in_app_campaigns = AppCampaigns(time, ids)
        self.users = Users(time, ids)
        self.audiences = AppAudiences(time, ids, index_seconds)
        self.install_audiences = AppAudiences(time, ids, index_seconds, "install_ids")
        self.tables = Tables(time)
        self.gdpr = GdprRequests(time, ids, self.users, export_seconds)
        self.exports = AppExports(time, ids, self.campaigns, storage, key, export_seconds)
        self.handlers: Mapping[str, Handler] = {
            "transactional_send": self.messages.send,
            "transactional_stats": self._live(self.messages.stats),
            **self._campaigns("push_campaign", self.campaigns),
            "push_campaign_stats": self._live(self.campaigns.stats),
            **self._campaigns("in_app_campaign", self.in_app_campaigns),
            "custom_data_set": self.users.set,
            "custom_data_bulk": self.users.bulk,
            "custom_data_delete": self.users.delete,
            "custom_data_bulk_delete": self.users.bulk_delete,
            "trigger_event_send": self.users.track,
            "trigger_event_bulk": self.users.bulk_track,
            **_audiences("custom_audience", self.audiences),
            **_audiences("install_audience", self.install_audiences),
            "install_audience_replace": self.install_audiences.replace,
            "app_data_create": self.tables.create,
            "app_data_update": self.tables.update,
            "app_data_delete": self.tables.delete,
            "app_data_list": self.tables.list_all,
            "gdpr_request_create": self.gdpr.create,
            "gdpr_request_view": self.gdpr.view,
            "gdpr_request_list": self.gdpr.list_all,
            "app_export_campaign_ids": self.exports.campaign_ids,
            "app_export_campaign_events": self.exports.campaign_events,
            "app_export_view": self.exports.view,
        }

    def _campaigns(self, kind: str, campaigns: AppCampaigns) -> dict[str, Handler]:
        return {
            f"{kind}_create": campaigns.create,
            f"{kind}_update": campaigns.update,
            f"{kind}_delete": campaigns.delete,
            f"{kind}_view": self._live(campaigns.view),
            f"{kind}_list": self._live(campaigns.list_all),
        }

    def _live(self, handler: Callable[[Call], Reply]) -> Handler:
        """A handler that accepts Live keys only (fact sheet: mep-legacy, 1.1)."""

        def handle(call: Call) -> Reply:
            if self._is_dev:
                raise misuse("this call needs a Live key")
            return handler(call)

        return handle


def _audiences(kind: str, audiences: AppAudiences) -> dict[str, Handler]:
    return {
        f"{kind}_create": audiences.create,
        f"{kind}_update": audiences.update,
        f"{kind}_delete": audiences.delete,
        f"{kind}_list": audiences.list_all,
        f"{kind}_view": audiences.view,
    }
