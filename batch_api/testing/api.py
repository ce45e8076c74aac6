"""A fake API: authentication, limits, faults, validation and state decide the answer to a request."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
import urllib.parse
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import orjson

from batch_api.testing import validation
from batch_api.testing.call import Call
from batch_api.testing.faults import STORAGE, Bend, Failure, Fault, Faults, Reset
from batch_api.testing.sample import as_documented
from batch_api.testing.statistics import Accepted, OperationStatistics, ReceivedEdit, StorageRequest
from batch_api.testing.storage import Storage
from batch_api.testing.timing import Time
from batch_api.testing.wire import ConnectionLost, Refusal, Reply, Request, answer, malformed, not_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batch_api._operation import Api, Operation
    from batch_api.testing.asgi import ASGIApp
    from batch_api.testing.limits import Limiter, Mode
    from batch_api.testing.transport import FakeTransport

STORAGE_ORIGIN = "https://files.batch.invalid"
"""The origin of the links of exports while the fake is not served."""

STATISTICS_PATH = "/_fake/statistics"
"""Not part of the API: the counters as JSON, for tests that run the fake in another process. `?last=20` gives the rates
over the last 20 seconds."""

_PARAMETER = re.compile(r"\\{(\w+)\\}")  # as `re.escape` leaves it

Handler = Callable[[Call], Reply | Awaitable[Reply]]


class State(Protocol):
    """What one project or app holds."""

    limiter: Limiter
    handlers: Mapping[str, Handler]


class FakeApi(Faults):
    """What the fakes of both APIs share. Each has its own description, authentication and state."""

    api: ClassVar[Api]
    refuses_items: ClassVar[bool] = False
    """Whether one invalid item makes the whole request fail. Otherwise handlers check the items."""

    def __init__(
        self,
        *,
        limits: bool | Mode,
        clock: Callable[[], float] | None,
        link_seconds: float,
        retry_after: str | float | None,
        keep_edits: int | None,
        seed: int,
    ) -> None:
        super().__init__(self.api.operations, seed)
        self.time = Time(clock)
        self.storage = Storage(self.time, STORAGE_ORIGIN, link_seconds)
        self._retry_after = {} if retry_after is None else {"retry-after": str(retry_after)}
        self._limits: Mode = ("documented" if limits else "off") if isinstance(limits, bool) else limits
        self._seed = seed
        # /things/list matches before /things/{id} does.
        operations = sorted(self.api.operations.values(), key=lambda one: one.path.count("{"))
        self._routes = [(one, re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", re.escape(one.path)))) for one in operations]
        self._prefix = urllib.parse.urlsplit(self.api.server_url).path
        self.url: str | None = None
        """The base URL at which it is served, version included; `None` while it is not served."""
        self.edits: deque[ReceivedEdit] = deque(maxlen=keep_edits)
        """The items of accepted requests in order: edits of profiles, audience ids, catalog items and the like."""
        self.stats = {name: OperationStatistics() for name in self.api.operations}
        """What was received, by operation."""
        self.storage_requests: list[StorageRequest] = []
        """The requests to the storage origin, headers included."""

    def _authenticate(self, request: Request, path: Mapping[str, str]) -> State:
        """The state of the project or app of the request. Raises `Refusal` for unknown credentials."""
        raise NotImplementedError

    @property
    def enforces_limits(self) -> bool:
        """Whether requests over the rate limit are rejected."""
        return self._limits != "off"

    @property
    def rejections(self) -> int:
        """How many requests were answered with 429, in all operations."""
        return sum(stats.rejected for stats in self.stats.values())

    @property
    def asgi(self) -> ASGIApp:
        """The fake as an ASGI application, for a server of your choice."""
        from batch_api.testing.asgi import ASGIApp

        return ASGIApp(self)

    def transport(self) -> FakeTransport:
        """The fake as an httpx transport, in process: `BatchClient(…, transport=fake.transport())`."""
        from batch_api.testing.transport import FakeTransport

        return FakeTransport(self)

    @contextlib.asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serve on loopback inside the block; yields the base URL, version included. Port 0 picks a free one.

        The files of exports are served on a second port.
        """
        from batch_api.testing.server import listening

        async with listening(self, host, port) as api, listening(self, host, 0) as storage:
            before = self.storage.origin
            self.url, self.storage.origin = f"{api}{self._prefix}", storage
            try:
                yield self.url
            finally:
                self.url, self.storage.origin = None, before

    async def __call__(self, request: Request) -> Reply:
        """Answer one request. Raises `ConnectionLost` if a fault cuts the connection."""
        if request.host == self.storage.host:
            return await self._answer_storage(request)
        found = self._route(request)
        if found is None:
            await request.read()
            return self._answer_elsewhere(request)
        operation, path = found
        stats = self.stats[operation.name]
        stats.requests += 1
        before, after, fault = self.pick_faults(operation.name, self.time())
        await _pass(before)
        if isinstance(fault, Reset) and not fault.after_acceptance:
            stats.failed += 1
            raise ConnectionLost(reset=True, read=False)
        reply = await self._answer(operation, path, request, await request.read(), fault)
        await _pass(after)
        return reply

    def _route(self, request: Request) -> tuple[Operation, dict[str, str]] | None:
        """The operation, and the values in its path."""
        if not request.path.startswith(self._prefix):
            return None
        path = request.path.removeprefix(self._prefix)
        for operation, pattern in self._routes:
            if operation.method == request.method and (match := pattern.fullmatch(path)):
                return operation, {name: urllib.parse.unquote(value) for name, value in match.groupdict().items()}
        return None

    async def _answer(
        self, operation: Operation, path: dict[str, str], request: Request, content: bytes, fault: Fault | None
    ) -> Reply:
        stats = self.stats[operation.name]
        instead = fault.reply(content) if isinstance(fault, Failure) and not fault.after_acceptance else None
        accepted = False
        try:
            reply = instead or await self._perform(operation, path, request, content, stats)
            accepted = instead is None
        except Refusal as refusal:
            reply = self._refusal(refusal, self._retry_after if refusal.status == 429 else None)
        if not accepted:
            _count_refusal(stats, reply.status)
        elif isinstance(fault, Reset):
            raise ConnectionLost(reset=True, read=True)
        elif isinstance(fault, Failure):
            reply = fault.reply(content)
        return fault.spoil(reply) if isinstance(fault, Bend) else reply

    async def _perform(
        self,
        operation: Operation,
        path: dict[str, str],
        request: Request,
        content: bytes,
        stats: OperationStatistics,
    ) -> Reply:
        """Process a request in the API's order: authentication, parsing, rate limits, validation, handling."""
        state = self._authenticate(request, path)
        body = _read_json(operation, request, content, self.api.name)
        items = validation.count_items(operation, body)
        if operation.max_items is not None and items > operation.max_items:
            raise malformed(f"at most {operation.max_items} items in one call")
        now = self.time()
        if not state.limiter.admit(operation, body, items, now):
            raise Refusal(429, "TOO_MANY_REQUESTS", "rate limit exceeded, slow down")
        query = validation.check_query(operation, request.query, self.api.name)
        validation.check_path(operation, path, self.api.name)
        await validation.check_body(operation, body, self.api.name, whole=self.refuses_items)
        handler = state.handlers.get(operation.name)
        if handler is None:  # a newer document may have operations that nobody has written a handler for
            reply = as_documented(operation, self.api.name)
        else:
            outcome = handler(Call(body, query, self._base_url(request), path))
            reply = await outcome if inspect.isawaitable(outcome) else outcome
        stats.accepted += 1
        stats.items += items
        stats.log.append(Accepted(now, items))
        if operation.items is not None and self.edits.maxlen != 0:
            self.edits.extend(ReceivedEdit(operation.name, edit) for edit in validation.items_of(operation, body))
        return reply

    async def _answer_storage(self, request: Request) -> Reply:
        before, after, fault = self.pick_faults(STORAGE, self.time())
        await _pass(before)
        if isinstance(fault, Reset) and not fault.after_acceptance:
            raise ConnectionLost(reset=True, read=False)
        await request.read()
        reply = fault.reply(b"") if isinstance(fault, Failure) else self.storage.answer(request)
        target = f"{request.path}?{request.query}"
        self.storage_requests.append(StorageRequest(request.method, target, dict(request.headers), reply.status))
        await _pass(after)
        if isinstance(fault, Reset):
            raise ConnectionLost(reset=True, read=True)
        return fault.spoil(reply) if isinstance(fault, Bend) else reply

    def _answer_elsewhere(self, request: Request) -> Reply:
        if request.path == STATISTICS_PATH:
            last = urllib.parse.parse_qs(request.query).get("last")
            seconds = float(last[0]) if last else None
            return answer(200, {name: stats.as_dict(seconds) for name, stats in self.stats.items() if stats.requests})
        return self._refusal(not_found("there is no such route"))

    def _refusal(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Reply:
        return answer(refusal.status, self.error_body(refusal.code, refusal.message), headers)

    def error_body(self, code: str, message: str) -> dict[str, Any]:
        """The body of an error, in the format of this API."""
        return {self.api.error_code: code, self.api.error_message: message}

    def _base_url(self, request: Request) -> str:
        return f"{request.scheme}://{request.host}{self._prefix}"


def _read_json(operation: Operation, request: Request, content: bytes, api: str) -> Any:
    if not content and not validation.takes_body(operation, api):
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(400, "MALFORMED_JSON_BODY", "the content type must be application/json")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, "MALFORMED_JSON_BODY", "the body is not JSON") from error


def _count_refusal(stats: OperationStatistics, status: int) -> None:
    if status == 429:
        stats.rejected += 1
    elif status >= 500:
        stats.failed += 1
    elif status >= 400:
        stats.refused += 1


async def _pass(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)
