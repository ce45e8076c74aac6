"""The client: opens, closes, and hands out resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Self, Unpack

from batch_api._generated.cep.document import DOCUMENT_SHA256, VERSION
from batch_api._generated.cep.registry import API
from batch_api.base_client import BaseClient, ClientSettings, add_environment, environment, user_agent
from batch_api.engine.engine import Engine

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt
    from batch_api.engine.limits import Limit
    from batch_api.resources.audiences import Audiences
    from batch_api.resources.campaigns import Campaigns
    from batch_api.resources.catalogs import Catalogs
    from batch_api.resources.exports import Exports
    from batch_api.resources.orchestrations import Orchestrations
    from batch_api.resources.profiles import Profiles
    from batch_api.resources.segments import Segments


class Settings(ClientSettings, total=False):
    """The keyword arguments of `BatchClient`."""

    project_alias: str | None


class BatchClient(BaseClient):
    """A client of one project.

        async with BatchClient("…", "project_…") as client:
            await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}])

    It also works without `async with`; then call `aclose()` at the end. A client belongs to one event loop at a time
    and to one process: it refuses to be pickled. Its `repr` shows no key.

    Args:
        rest_api_key: The company's REST API key, or a callable that returns it and is asked before each request.
        project_key: The project's key, `project_…`.
        base_url: Where the API is, with its version; by default what the vendor's document says
            (`https://api.batch.com/2.11`). Plain `http://` is refused, except for loopback.
        timeout: Seconds without progress (in connecting, sending or receiving) after which an attempt has failed.
        deadline: Seconds that a call may take in all: waiting for its turn, sending, and sending again. A call whose
            turn comes later than that fails at once with `DeadlineExceeded`.
        limits: Limits to use in place of all the documented ones of an operation, by our operation names:
            `{"catalog_items_edit": [Limit(5), Limit(1000, unit="items")]}`. An empty list lifts them.
        share: The part of every limit that this client takes, above 0 and at most 1: 0.25 for each of four workers. By
            default 1. With `quota`, the part that it takes while that is out of order, by default 0.1.
        quota: Where processes share the limits of a project. `"machine"`: those of one user on one machine,
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
        observer: Called with an `Attempt` after each attempt. It sees no body and no key.
        project_alias: How the project shows in logs and attempts; by default the last 4 characters of its key.

    Raises:
        ConfigurationError: For settings that cannot work; for another client of the same origin and project that has
            other `limits`, or another `share`, `quota` or `pause`, in the same event loop, at the first use or on
            entering `async with`.
    """

    def __init__(
        self,
        rest_api_key: str | Callable[[], str],
        project_key: str,
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
        project_alias: str | None = None,
    ) -> None:
        self._engine = Engine(
            rest_api_key,
            project_key,
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
            project_alias=project_alias,
        )

    @classmethod
    def from_env(cls, **settings: Unpack[Settings]) -> Self:
        """A client set up by `BATCH_REST_API_KEY` and `BATCH_PROJECT_KEY`; also by `BATCH_BASE_URL`, `BATCH_QUOTA_URL`.

        `settings` are the keyword arguments of the class; a `base_url` or `quota` given here goes before the variable.
        Raises `ConfigurationError` that names the variables that are missing or empty.
        """
        rest_api_key, project_key = environment("BATCH_REST_API_KEY", "BATCH_PROJECT_KEY")
        add_environment(settings, "BATCH_BASE_URL")
        return cls(rest_api_key, project_key, **settings)

    # -- siblings ------------------------------------------------------------------------------------------------

    def for_project(self, project_key: str, *, project_alias: str | None = None) -> Self:
        """A sibling for another project: the same key and connections, limits of its own.

        A sibling needs no `async with`, and closing it does nothing: the client it came from closes for all.
        """
        return self._sibling(self._engine.for_project(project_key, project_alias=project_alias))

    # -- resources, each imported when first used ----------------------------------------------------------------

    @cached_property
    def profiles(self) -> Profiles:
        """Write people's data and events, and ask for exports of them."""
        from batch_api.resources.profiles import Profiles

        return Profiles(self._engine)

    @cached_property
    def audiences(self) -> Audiences:
        """Lists of ids, for targeting."""
        from batch_api.resources.audiences import Audiences

        return Audiences(self._engine)

    @cached_property
    def catalogs(self) -> Catalogs:
        """Catalogs of items, to personalise messages with."""
        from batch_api.resources.catalogs import Catalogs

        return Catalogs(self._engine)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Create, overwrite and delete email and push campaigns."""
        from batch_api.resources.campaigns import Campaigns

        return Campaigns(self._engine)

    @cached_property
    def orchestrations(self) -> Orchestrations:
        """Look at campaigns, automations and warm-ups, and at their figures."""
        from batch_api.resources.orchestrations import Orchestrations

        return Orchestrations(self._engine)

    @cached_property
    def exports(self) -> Exports:
        """Follow exports, and fetch their files."""
        from batch_api.resources.exports import Exports

        return Exports(self._engine)

    @cached_property
    def segments(self) -> Segments:
        """The segments of the project, to filter exports by."""
        from batch_api.resources.segments import Segments

        return Segments(self._engine)
