"""The fake Batch API: a request goes in; auth, limits, faults, validation and state decide the answer."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import urllib.parse
from collections import deque
from typing import TYPE_CHECKING, Any

import orjson

from batch_api._generated.cep.document import SERVER_URL
from batch_api._generated.cep.registry import OPERATIONS
from batch_api.testing import validation
from batch_api.testing.call import Call
from batch_api.testing.faults import STORAGE, Bend, Failure, Fault, Faults, Reset
from batch_api.testing.project import Project
from batch_api.testing.statistics import Accepted, OperationStatistics, ReceivedEdit, StorageRequest
from batch_api.testing.storage import Storage
from batch_api.testing.timing import Time
from batch_api.testing.wire import ConnectionLost, Refusal, Reply, Request, answer, malformed, not_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from batch_api._generated.runtime import Operation
    from batch_api.testing.asgi import ASGIApp
    from batch_api.testing.limits import Mode
    from batch_api.testing.transport import FakeTransport

REST_API_KEY = "rest_0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PROJECT_KEY = "project_0a1b2c3d4e5f6g7h8j9k0m1n2p3q4r5s"
"""What a fake accepts if it is not told otherwise. Neither opens anything real."""

STORAGE_ORIGIN = "https://files.batch.invalid"
"""Where links of exports point, as long as the fake is not served."""

STATISTICS_PATH = "/_fake/statistics"
"""Not part of the API: the counters as JSON, for whoever runs the fake in another process. `?last=20` takes the rates
from the last 20 seconds."""


class FakeBatch(Faults):
    """A Batch API with state, the documented rate limits, and faults on request.

    Args:
        rest_api_key: the key to accept; `None` for any that is not empty.
        project_key: the project that exists; `None` for any, each with state and limits of its own.
        limits: `True` or `"documented"` for token buckets as documented; `"windows"` for one-second windows on top;
            `False` or `"off"` for none.
        clock: seconds, for limits and dates; by default those of the running loop, virtual ones included.
        index_seconds: how long an indexing token is `IN_PROGRESS`.
        export_seconds: how long an export takes.
        link_seconds: how long the link to a file is valid; 20 minutes in the documentation.
        retry_after: a `Retry-After` for requests over the limits; none is documented.
        export_part_bytes: the most that one file of an export holds; 100 MB in the documentation.
        keep_edits: how many of the latest edits `edits` remembers; `None` for all, 0 for none.
        seed: of made-up ids, jitter and chances.

    The same object can be driven in process (`transport()`, `asgi`) and served on loopback (`serve()`).
    """

    def __init__(
        self,
        *,
        rest_api_key: str | None = REST_API_KEY,
        project_key: str | None = PROJECT_KEY,
        limits: bool | Mode = True,
        clock: Callable[[], float] | None = None,
        index_seconds: float = 1.0,
        export_seconds: float = 3.0,
        link_seconds: float = 1200.0,
        retry_after: str | float | None = None,
        export_part_bytes: int = 100_000_000,
        keep_edits: int | None = 100_000,
        seed: int = 0,
    ) -> None:
        super().__init__(OPERATIONS, seed)
        self.rest_api_key = rest_api_key or REST_API_KEY
        """A key that is accepted."""
        self.project_key = project_key or PROJECT_KEY
        """The key of a project that exists."""
        self._any_key = rest_api_key is None
        self._any_project = project_key is None
        self.time = Time(clock)
        self.storage = Storage(self.time, STORAGE_ORIGIN, link_seconds)
        self._retry_after = {} if retry_after is None else {"retry-after": str(retry_after)}
        self._limits: Mode = ("documented" if limits else "off") if isinstance(limits, bool) else limits
        self._seed = seed
        self._index_seconds = index_seconds
        self._export_seconds = export_seconds
        self._export_part_bytes = export_part_bytes
        self._projects: dict[str, Project] = {}
        self._routes = {(one.method, one.path): one for one in OPERATIONS.values()}
        self._prefix = urllib.parse.urlsplit(SERVER_URL).path
        self.url: str | None = None
        """Where it is served, version included; `None` while it is not."""
        self.edits: deque[ReceivedEdit] = deque(maxlen=keep_edits)
        """The edits of accepted requests in order: of profiles, audience ids and catalog items."""
        self.stats = {name: OperationStatistics() for name in OPERATIONS}
        """What was seen, by operation."""
        self.storage_requests: list[StorageRequest] = []
        """What was asked of the storage origin, headers included."""

    @property
    def enforces_limits(self) -> bool:
        """Whether requests can be rejected for being too many."""
        return self._limits != "off"

    def project(self, key: str | None = None) -> Project:
        """The state of a project; of `project_key` by default."""
        key = self.project_key if key is None else key
        if key not in self._projects:
            self._projects[key] = Project(
                self.time,
                self.storage,
                limits=self._limits,
                seed=f"{self._seed} {key}",
                index_seconds=self._index_seconds,
                export_seconds=self._export_seconds,
                export_part_bytes=self._export_part_bytes,
            )
        return self._projects[key]

    @property
    def rejections(self) -> int:
        """How many requests were answered 429, whatever the operation."""
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
        """Serve on loopback as long as the block lasts; gives the base URL, version included. Port 0 takes a free one.

        The files of exports are served by a second port of their own.
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
        """Answer one request. Raises `ConnectionLost` where a fault cuts the connection."""
        if request.host == self.storage.host:
            return await self._answer_storage(request)
        operation = self._routes.get((request.method, request.path.removeprefix(self._prefix)))
        if operation is None or not request.path.startswith(self._prefix):
            await request.read()
            return self._answer_elsewhere(request)
        stats = self.stats[operation.name]
        stats.requests += 1
        before, after, fault = self.pick_faults(operation.name, self.time())
        await _pass(before)
        if isinstance(fault, Reset) and not fault.after_acceptance:
            stats.failed += 1
            raise ConnectionLost(reset=True, read=False)
        reply = await self._answer(operation, request, await request.read(), fault, stats)
        await _pass(after)
        return reply

    async def _answer(
        self, operation: Operation, request: Request, content: bytes, fault: Fault | None, stats: OperationStatistics
    ) -> Reply:
        instead = fault.reply(content) if isinstance(fault, Failure) and not fault.after_acceptance else None
        accepted = False
        try:
            reply = instead or await self._perform(operation, request, content, stats)
            accepted = instead is None
        except Refusal as refusal:
            reply = refusal.reply(self._retry_after if refusal.status == 429 else None)
        if not accepted:
            _count_refusal(stats, reply.status)
        elif isinstance(fault, Reset):
            raise ConnectionLost(reset=True, read=True)
        elif isinstance(fault, Failure):
            reply = fault.reply(content)
        return fault.spoil(reply) if isinstance(fault, Bend) else reply

    async def _perform(
        self, operation: Operation, request: Request, content: bytes, stats: OperationStatistics
    ) -> Reply:
        """What the API itself does with a request, in its order: who is it, is it readable, may it, is it right."""
        project = self._authenticate(request)
        body = _read_json(operation, request, content)
        items = validation.count_items(operation, body)
        if operation.max_items is not None and items > operation.max_items:
            raise malformed(f"at most {operation.max_items} items in one call")
        now = self.time()
        if not project.limiter.admit(operation, body, items, now):
            raise Refusal(429, "TOO_MANY_REQUESTS", "rate limit exceeded, slow down")
        query = validation.check_query(operation, request.query)
        await validation.check_body(operation, body)
        handler = project.handlers.get(operation.name)
        if handler is None:  # a newer document may have operations that the fake cannot act
            raise Refusal(404, "ROUTE_NOT_FOUND", "the fake does not know this operation")
        outcome = handler(Call(body, query, self._base_url(request)))
        reply = await outcome if inspect.isawaitable(outcome) else outcome
        stats.accepted += 1
        stats.items += items
        stats.log.append(Accepted(now, items))
        if operation.items is not None and self.edits.maxlen != 0:
            self.edits.extend(ReceivedEdit(operation.name, edit) for edit in validation.items_of(operation, body))
        return reply

    def _authenticate(self, request: Request) -> Project:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        project = request.headers.get("x-batch-project", "")
        if scheme.lower() != "bearer" or not key or not (self._any_key or key == self.rest_api_key):
            raise Refusal(401, "AUTHENTICATION_INVALID", "unknown REST API key for this project")
        if not project or not (self._any_project or project == self.project_key):
            raise Refusal(401, "AUTHENTICATION_INVALID", "unknown project")
        return self.project(project)

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
        return not_found("there is no such route").reply()

    def _base_url(self, request: Request) -> str:
        return f"{request.scheme}://{request.host}{self._prefix}"


def _read_json(operation: Operation, request: Request, content: bytes) -> Any:
    if operation.method == "GET":
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
