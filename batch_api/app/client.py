"""The client of the legacy app-level API: opens, closes, and hands out resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Self, Unpack

from batch_api._generated.mep.document import DOCUMENT_SHA256, VERSION
from batch_api._generated.mep.registry import API
from batch_api.base_client import BaseClient, ClientSettings, add_environment, environment, user_agent
from batch_api.engine.engine import Engine

if TYPE_CHECKING:
    from batch_api.app.resources.app_data import AppData
    from batch_api.app.resources.audiences import AppAudiences
    from batch_api.app.resources.campaigns import AppCampaigns
    from batch_api.app.resources.custom_data import CustomData
    from batch_api.app.resources.exports import AppExports
    from batch_api.app.resources.gdpr import Gdpr
    from batch_api.app.resources.in_app_campaigns import InAppCampaigns
    from batch_api.app.resources.transactional import Transactional
    from batch_api.app.resources.trigger_events import TriggerEvents
    from batch_api.engine.attempt import Attempt
    from batch_api.engine.limits import Limit


class AppSettings(ClientSettings, total=False):
    """The keyword arguments of `BatchAppClient`."""

    app_alias: str | None


class BatchAppClient(BaseClient):
    """A client of one app, for the legacy API (1.0 and 1.1).

        async with BatchAppClient("…", "…") as client:
            await client.transactional.send(
                {"group_id": "welcome", "recipients": {"custom_ids": ["u1"]}, "message": {"body": "Hello"}}
            )

    An app is one platform: iOS, Android and web have a key each. What concerns several takes one call for each, and
    nothing holds these together: see `for_app`.

    No limit of this API is documented. 1 request a second is kept to for each operation, and a second of silence after
    a 429; known users go faster, and `limits` replaces it.

    It also works without `async with`; then call `aclose()` at the end. A client belongs to one event loop at a time
    and to one process: it refuses to be pickled. Its `repr` shows no key.

    Args:
        rest_api_key: The company's REST API key, or a callable that returns it and is asked before each request.
        app_key: The app's key: Live, Dev or SDK. Views, lists and figures of campaigns answer to a Live key only. It is
            part of every path, and shows nowhere.
        base_url: Where the API is, without a version; by default `https://api.batch.com`. Plain `http://` is refused,
            except for loopback.
        timeout: Seconds without progress (in connecting, sending or receiving) after which an attempt has failed.
        deadline: Seconds that a call may take in all: waiting for its turn, sending, and sending again. A call whose
            turn comes later than that fails at once with `DeadlineExceeded`.
        limits: Limits to use in place of the assumed one of an operation, by our operation names:
            `{"transactional_send": [Limit(8)]}`. An empty list lifts it.
        share: The part of every limit that this client takes, above 0 and at most 1: 0.25 for each of four workers. By
            default 1. With `quota`, the part that it takes while that is out of order, by default 0.1.
        quota: Where processes share the limits of an app. `"machine"`: those of one user on one machine,
            through a file. Else a Redis: `redis://host:6379/0`, `rediss://…` with TLS, `unix://…`; user and password
            stand in the URL, and the extra `redis` is needed.
        pause: Seconds of silence after a 429 that names no time; by default as long as the limits of the operation take
            to come back, and 5 at most. It grows while rejections go on.
        transport: `"httpx"`, the default; `"aiohttp"` (extra `aiohttp`), which costs half as much for each call; an
            `HttpxTransport` or `AiohttpTransport` with settings of its own; an `httpx.AsyncBaseTransport`; or any
            object of the protocol `Transport`.
        proxy: The URL of a proxy for all requests, such as `http://user:password@proxy:3128`. By default the one that
            `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` names, but for the hosts of `NO_PROXY` and for loopback.
        trust_env: Whether those variables count, and `SSL_CERT_FILE` and `SSL_CERT_DIR`.
        max_in_flight: The most requests of one operation on the wire at once, from 1 to 1000. Below that their number
            follows the rate and the time that answers take.
        max_response_bytes: The most bytes of an answer. A larger one is a failure; downloads are not bounded.
        observer: Called with an `Attempt` after each attempt. It sees no body, no key and no address.
        app_alias: How the app shows in logs and attempts; by default the last 4 characters of its key.

    Raises:
        ConfigurationError: For settings that cannot work; for another client of the same origin and app that has other
            `limits`, or another `share`, `quota` or `pause`, in the same event loop, at the first use or on entering
            `async with`.
    """

    def __init__(
        self,
        rest_api_key: str | Callable[[], str],
        app_key: str,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        deadline: float = 300.0,
        limits: Mapping[str, Sequence[Limit]] | None = None,
        share: float | None = None,
        quota: str | None = None,
        pause: float | None = None,
        transport: object | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        max_in_flight: int = 400,
        max_response_bytes: int = 16_777_216,
        observer: Callable[[Attempt], None] | None = None,
        app_alias: str | None = None,
    ) -> None:
        self._engine = Engine(
            rest_api_key,
            app_key,
            api=API,
            base_url=base_url,
            user_agent=user_agent(VERSION, DOCUMENT_SHA256),
            timeout=timeout,
            deadline=deadline,
            limits=limits,
            share=share,
            quota=quota,
            pause=pause,
            transport=transport,
            proxy=proxy,
            trust_env=trust_env,
            max_in_flight=max_in_flight,
            max_response_bytes=max_response_bytes,
            observer=observer,
            project_alias=app_alias,
        )

    @classmethod
    def from_env(cls, **settings: Unpack[AppSettings]) -> Self:
        """A client set up by `BATCH_REST_API_KEY` and `BATCH_APP_KEY`; also by `BATCH_APP_BASE_URL`, `BATCH_QUOTA_URL`.

        `settings` are the keyword arguments of the class; a `base_url` or `quota` given here goes before the variable.
        Raises `ConfigurationError` that names the variables that are missing or empty.
        """
        rest_api_key, app_key = environment("BATCH_REST_API_KEY", "BATCH_APP_KEY")
        add_environment(settings, "BATCH_APP_BASE_URL")
        return cls(rest_api_key, app_key, **settings)

    def for_app(self, app_key: str, *, app_alias: str | None = None) -> Self:
        """A sibling for another app, that is for another platform: the same key and connections, limits of its own.

            for app in (client, client.for_app(android_key)):
                await app.transactional.send(message)

        A sibling needs no `async with`, and closing it does nothing: the client it came from closes for all.
        """
        return self._sibling(self._engine.for_project(app_key, project_alias=app_alias))

    # -- resources, each imported when first used ----------------------------------------------------------------

    @cached_property
    def transactional(self) -> Transactional:
        """Send messages to given users at once, and read their figures."""
        from batch_api.app.resources.transactional import Transactional

        return Transactional(self._engine)

    @cached_property
    def campaigns(self) -> AppCampaigns:
        """Push campaigns."""
        from batch_api.app.resources.campaigns import AppCampaigns

        return AppCampaigns(self._engine)

    @cached_property
    def in_app_campaigns(self) -> InAppCampaigns:
        """In-app campaigns."""
        from batch_api.app.resources.in_app_campaigns import InAppCampaigns

        return InAppCampaigns(self._engine)

    @cached_property
    def custom_data(self) -> CustomData:
        """Attributes and tags of users."""
        from batch_api.app.resources.custom_data import CustomData

        return CustomData(self._engine)

    @cached_property
    def trigger_events(self) -> TriggerEvents:
        """Events that start or cancel trigger automations."""
        from batch_api.app.resources.trigger_events import TriggerEvents

        return TriggerEvents(self._engine)

    @cached_property
    def audiences(self) -> AppAudiences:
        """Lists of ids for targeting, of users and of installations."""
        from batch_api.app.resources.audiences import AppAudiences

        return AppAudiences(self._engine)

    @cached_property
    def app_data(self) -> AppData:
        """Tables of keys and values that belong to the app."""
        from batch_api.app.resources.app_data import AppData

        return AppData(self._engine)

    @cached_property
    def gdpr(self) -> Gdpr:
        """Requests for the data of a user, or for its removal."""
        from batch_api.app.resources.gdpr import Gdpr

        return Gdpr(self._engine)

    @cached_property
    def exports(self) -> AppExports:
        """Exports of push campaigns."""
        from batch_api.app.resources.exports import AppExports

        return AppExports(self._engine)
