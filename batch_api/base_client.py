"""What clients have in common, whichever API they speak: siblings, opening and closing, limits, and calls by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypedDict

from batch_api._version import __version__
from batch_api.engine.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import date

    from batch_api._codec import QueryValue
    from batch_api.engine.attempt import Attempt
    from batch_api.engine.engine import Engine
    from batch_api.engine.limits import Limit
    from batch_api.engine.response import Response

    Params = Mapping[str, QueryValue | date]


class ClientSettings(TypedDict, total=False):
    """The keyword arguments that all clients have in common."""

    base_url: str | None
    timeout: float
    deadline: float
    limits: Mapping[str, Sequence[Limit]] | None
    share: float | None
    quota: str | None
    pause: float | None
    transport: object | None
    proxy: str | None
    trust_env: bool
    max_in_flight: int
    max_response_bytes: int
    observer: Callable[[Attempt], None] | None


class BaseClient:
    """A client of whatever its engine stands for. It refuses to be pickled, and its `repr` shows no key."""

    _engine: Engine
    _is_sibling = False

    # -- siblings ------------------------------------------------------------------------------------------------

    def with_options(
        self, *, deadline: float | None = None, timeout: float | None = None, resend_unsafe: bool | None = None
    ) -> Self:
        """A sibling on the same gates whose calls are made with other choices. What is left out stays as it is.

            await client.with_options(deadline=5).audiences.view("vip")

        Args:
            deadline: Seconds that a call may take in all.
            timeout: Seconds without progress after which an attempt has failed.
            resend_unsafe: Send again, after a failure that leaves open whether the request was taken, even where that
                may do a thing twice: send messages, create campaigns or set them running, count events, start exports.
                Neither API has an idempotency key.
        """
        return self._sibling(self._engine.with_options(deadline=deadline, timeout=timeout, resend_unsafe=resend_unsafe))

    def _sibling(self, engine: Engine) -> Self:
        sibling = object.__new__(type(self))
        sibling._engine = engine
        sibling._is_sibling = True
        return sibling

    # -- opening and closing -------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if not self._is_sibling:
            self._engine.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, for all siblings. Harmless to repeat; on a sibling it does nothing."""
        if not self._is_sibling:
            await self._engine.aclose()

    # -- what is in force ----------------------------------------------------------------------------------------

    def limits(self) -> dict[str, list[Limit]]:
        """The limits in force, by our operation names, with `share` taken; with `quota`, those that all share.

        A limit that holds for some bodies only is among them, such as that of exports filtered by a segment. Where the
        server takes less than is documented, `learned` of a limit says how much, as far as its rejections taught.
        """
        return self._engine.limits()

    def learned(self) -> dict[str, dict[str, float]]:
        """What rejections taught about this project's limits: parts of burst and rate held back, margins in seconds.

        Empty where nothing was learned. It can be kept as JSON, and given to `remember` after a restart. What is shared
        by `quota` is not among it: all processes know that.
        """
        return self._engine.learned()

    def remember(self, learned: Mapping[str, Mapping[str, float]]) -> None:
        """Begin with what an earlier process learned, in place of meeting the same rejections again.

        It is held back as if it had just been learned, and given up in the same way: what no longer holds is found out.

        Args:
            learned: What `learned()` returned. Limits that this client does not have are passed over.

        Raises `ConfigurationError` for anything else. Call it from a coroutine.
        """
        self._engine.remember(learned)

    def wait_time(self, operation: str, cost: int = 1) -> float:
        """Seconds that a call made now would wait for its turn, if those before it are served.

        Args:
            operation: One of the names in `limits()`, such as `"profile_update"`.
            cost: Items in the request, where the operation counts items.

        Raises `ConfigurationError` for a name that is no operation. Call it from a coroutine.
        """
        return self._engine.wait_time(operation, cost)

    @property
    def proxy(self) -> str | None:
        """The proxy that requests to the API go through, such as `http://proxy:3128`, without user and password.

        `None` without one, and where the transport is one of your own.
        """
        return self._engine.proxy

    def resume(self, operation: str | None = None) -> None:
        """Lift a pause before it ends: the next request goes at once, alone, and the others when it is accepted.

        A 429 or maintenance pauses an operation, for up to an hour where the API asks for it. If the API still refuses,
        the next answer pauses it again. With `quota` the pause is lifted there, too; other processes that have heard of
        it already wait until it ends, unless this is called there as well.

        Args:
            operation: One of the names in `limits()`; without one, all operations of this project.

        Raises `ConfigurationError` for a name that is no operation. Call it from a coroutine.
        """
        self._engine.resume(operation)

    # -- whatever has no method ----------------------------------------------------------------------------------

    async def call(self, operation: str, *, body: object = None, params: Params | None = None) -> Response:
        """Call an operation that has no method here, with all that methods have: limits, sending again, errors.

            answer = await client.call("GET /segments/{name}", params={"name": "vip", "expand": True})
            answer.json()

        An operation of this API's document keeps what is known about it, and its turn among the calls of its method.
        For any other, 1 request a second is assumed, over all such operations together. Its reads may be sent again
        when an answer is lost, nothing else may.

        Args:
            operation: One of the names in `limits()`, such as `"segment_list"`, or a method and a path below
                `base_url`, such as `"POST /segments/create"`. A path shows in logs and errors: values that must not
                belong in `params`. The app key of the legacy API is filled in: write `{app_key}`.
            body: What to send as JSON: a dict, a list or a model. A GET has none.
            params: Values for each `{name}` in the path, percent-encoded; the others go into the query. `None` leaves
                one out, and a list repeats it.

        Returns the answer as it came: `.status`, `.headers`, `.json()`. Redirects are not followed; that of
        `export_download` is its success. Raises `ConfigurationError` for what is no operation, `InvalidInput` for
        parameters or a body that cannot be right, and what every call raises.
        """
        from batch_api.engine.calling import target

        found = target(self._engine.api, operation, body, params or {})
        return await self._engine.send(found.operation, body=found.body, query=found.query, path=found.path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._engine.api.scope} {self._engine.project} at {self._engine.base_url}>"

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be pickled, because it holds a key and connections: make one in each process")


def environment(*names: str) -> list[str]:
    """The values of environment variables. Raises `ConfigurationError` that names those missing or empty."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ConfigurationError(f"Not set in the environment: {', '.join(missing)}.")
    return [os.environ[name] for name in names]


def add_environment(settings: ClientSettings, base_url: str) -> None:
    """Where no base URL is given, take that of the variable named; where no quota is, that of `BATCH_QUOTA_URL`."""
    if settings.get("base_url") is None:
        settings["base_url"] = os.environ.get(base_url) or None
    if settings.get("quota") is None:
        settings["quota"] = os.environ.get("BATCH_QUOTA_URL") or None


def user_agent(version: str, document_sha256: str) -> str:
    """Names the package, and the document that it was generated from."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"batch_api/{__version__} (document {version}; sha256 {document_sha256[:12]}; python {python})"
