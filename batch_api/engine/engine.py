"""The one way to the network: all policy is applied here, to every request."""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, NamedTuple

from batch_api._codec import QueryValue
from batch_api._operation import Api, Encoded, Operation
from batch_api.engine import address, arguments, route
from batch_api.engine.attempt import Attempt, AttemptOutcome
from batch_api.engine.credentials import Credentials, KeySource
from batch_api.engine.encode import Prepared, prepare
from batch_api.engine.errors import (
    APIError,
    BatchError,
    ConfigurationError,
    DeadlineExceeded,
    Outcome,
    TransportError,
)
from batch_api.engine.gate import TooLate, Turn, Withdrawn
from batch_api.engine.gates import Gates, LimitSettings, gates_for
from batch_api.engine.limits import Limit, checked_learned
from batch_api.engine.loop import running_loop
from batch_api.engine.observe import Observer, tell, tell_learned
from batch_api.engine.response import Response
from batch_api.engine.retry import backoff, next_step, outcome_of, retry_after, warn_if_capped
from batch_api.engine.wire.connections import Connections, Wire
from batch_api.engine.wire.transport import Fault, Request, WireError, WireResponse, fault_of

if TYPE_CHECKING:
    from batch_api.engine.wire.download import Download


MAX_IN_FLIGHT = 400
"""Requests of one operation on the wire at once, at most."""
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
"""Bytes of an answer, at most. Downloads are streamed, and not bounded."""
SLOWEST = 10
"""Times `timeout` that the body of an answer may take, however steadily its bytes trickle in."""


class Options(NamedTuple):
    """The choices of one call."""

    timeout: float
    deadline: float
    resend_unsafe: bool


class Engine:
    """Sends requests for one project, or whatever else a client of its API stands for.

    Siblings share its connections; those of the same project also its gates.
    """

    def __init__(
        self,
        rest_api_key: KeySource,
        project_key: str,
        *,
        api: Api,
        base_url: str | None = None,
        user_agent: str,
        timeout: float = 30.0,
        deadline: float = 300.0,
        limits: Mapping[str, Sequence[Limit]] | None = None,
        share: float | None = None,
        quota: str | None = None,
        pause: float | None = None,
        transport: object | None = None,
        proxy: str | None = None,
        trust_env: bool = True,
        max_in_flight: int = MAX_IN_FLIGHT,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        observer: Observer | None = None,
        project_alias: str | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.api = api
        self._credentials = Credentials(api, rest_api_key, project_key, alias=project_alias)
        url = api.server_url if base_url is None else base_url
        self._base_url, self._origin = address.checked(url, api.server_url)
        seconds = None if pause is None else _checked_seconds("pause", pause)
        self._settings = LimitSettings(api, limits, share, quota, seconds)
        self._options = Options(_checked_seconds("timeout", timeout), _checked_seconds("deadline", deadline), False)
        self._connections = Connections(Wire(transport, proxy, trust_env), self._base_url)
        self._max_in_flight = _checked_count("max_in_flight", max_in_flight, 1000)
        self._max_response_bytes = _checked_count("max_response_bytes", max_response_bytes, 2**31)
        self._user_agent = user_agent
        self._observer = observer
        self._rng = rng or random.Random()
        self._gates: Gates | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- siblings ------------------------------------------------------------------------------------------------

    def for_project(self, project_key: str, *, project_alias: str | None = None) -> Engine:
        """The same key and connections for another project, with limits of its own."""
        credentials = self._credentials.for_project(project_key, alias=project_alias)
        return self._sibling(_credentials=credentials, _gates=None, _loop=None)

    def with_options(
        self, *, timeout: float | None = None, deadline: float | None = None, resend_unsafe: bool | None = None
    ) -> Engine:
        """The same project, connections and gates with other choices for its calls."""
        now = self._options
        options = Options(
            now.timeout if timeout is None else _checked_seconds("timeout", timeout),
            now.deadline if deadline is None else _checked_seconds("deadline", deadline),
            now.resend_unsafe if resend_unsafe is None else resend_unsafe,
        )
        return self._sibling(_options=options)

    def _sibling(self, **changes: object) -> Engine:
        other = object.__new__(type(self))
        vars(other).update(vars(self) | changes)
        return other

    # -- opening and closing -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make ready for the running event loop. Raises `ConfigurationError` if the gates are set otherwise."""
        self._connections.reopen()
        self._bind()
        self._connections.make_ready()

    async def aclose(self) -> None:
        """Close the connections, for all siblings."""
        await self._connections.aclose()
        self._gates, self._loop = None, None

    def _bind(self) -> Gates:
        loop = self._connections.bind()
        if self._gates is None or self._loop is not loop:
            project = self._credentials
            self._gates = gates_for(self._origin, project.project_key, self._settings, self._rng, alias=project.alias)
            if self._gates.link is not None:
                self._connections.share_by(self._gates.link)
            self._loop = loop
        return self._gates

    # -- what is in force ----------------------------------------------------------------------------------------

    @property
    def deadline(self) -> float:
        """The total budget of a call, in seconds."""
        return self._options.deadline

    @property
    def base_url(self) -> str:
        """Where the API is, with its version."""
        return self._base_url

    @property
    def proxy(self) -> str | None:
        """The proxy that requests go through, without user and password."""
        return self._connections.proxy

    @property
    def project(self) -> str:
        """The alias under which the project shows in logs and attempts."""
        return self._credentials.alias

    @property
    def project_mark(self) -> str:
        """Tells projects apart in files, without naming them."""
        return hashlib.sha256(self._credentials.project_key.encode()).hexdigest()[:32]

    def limits(self) -> dict[str, list[Limit]]:
        """The limits in force, by operation."""
        return {name: self.limits_of(operation) for name, operation in self.api.operations.items()}

    def limits_of(self, operation: Operation) -> list[Limit]:
        """The limits in force for one operation, with what was learned of them since the client is open."""
        if self._gates is not None:
            return self._gates.limits(operation)
        return [rule.limit for rule in self._settings.of(operation)]

    def wait_time(self, operation: str, cost: int = 1) -> float:
        """Seconds that a call made now would wait for its turn, if those before it are served as those of late.

        Limits that hold for some bodies only are left out: what the body will be is not known here.
        """
        queue = self._bind().queue(self._known(operation), cost)
        turn = queue.gate.expected_at(queue.draws, self._max_in_flight)
        return max(turn - asyncio.get_running_loop().time(), 0.0)

    def resume(self, operation: str | None = None) -> None:
        """Lift the pause of one operation, or of all: the next request goes at once, alone as after any pause."""
        everything = (*self.api.operations.values(), self.api.undocumented)
        for lifted in everything if operation is None else (self._known(operation),):
            self._bind().resume(lifted)

    def learned(self) -> dict[str, dict[str, float]]:
        """What rejections taught, as JSON can keep it."""
        return {} if self._gates is None else self._gates.learned()

    def remember(self, learned: object) -> None:
        """Begin with what an earlier process learned. Raises `ConfigurationError` for what `learned` never returned."""
        self._bind().remember(checked_learned(learned))

    def _known(self, operation: str) -> Operation:
        known = self.api.operations.get(operation)
        if known is None:
            raise ConfigurationError(f"There is no operation {operation!r}.")
        return known

    def pace(self, operation: Operation, cost: int) -> list[tuple[Limit, float]]:
        """Each limit, with the seconds that a request of so many items keeps its bucket busy."""
        queue = self._bind().queue(operation, cost)
        return [
            (rule.limit, draw.bucket.seconds_for(draw.cost))
            for rule, draw in zip(queue.rules, queue.draws, strict=True)
        ]

    def time_for(self, operation: Operation, items: int, chunk_size: int) -> list[tuple[Limit, float]]:
        """Each limit, with the seconds until the last request may go, if so many items are sent in chunks from now."""
        requests = math.ceil(items / chunk_size)
        gate, rules, draws = self._bind().queue(operation, min(items, chunk_size))
        start = gate.ready_at(draws)
        now = asyncio.get_running_loop().time()
        answers = gate.seconds_for_answers(draws, requests, self._max_in_flight) if draws else 0.0
        found: list[tuple[Limit, float]] = []
        for rule, draw in zip(rules, draws, strict=True):
            units = items if rule.limit.unit == "items" else requests
            last = draw.bucket.last_at(units, draw.cost, requests, start, proven=gate.is_proven)
            found.append((rule.limit, max(last - now, answers, 0.0)))
        return found

    # -- sending -------------------------------------------------------------------------------------------------

    async def send(
        self,
        operation: Operation,
        *,
        body: object | Encoded | None = None,
        query: Mapping[str, QueryValue] | None = None,
        path: Mapping[str, str] | None = None,
        deadline: float | None = None,
        on_turn: Callable[[], object] | None = None,
        on_unsent: Callable[[], object] | None = None,
        waits: Callable[[Response], bool] | None = None,
    ) -> Response:
        """Send one request with all policy applied; return only what succeeded.

        `deadline` is the seconds that this call may take, in place of the engine's. `on_turn` is called each time the
        request has passed the gate, `on_unsent` if nothing of it left after that.
        `waits` is asked after each rejection whether to wait for another turn; without it, the deadline decides. Raises
        `InvalidInput` before anything is sent, else the errors of `batch_api.engine.errors`.
        """
        seconds = self._options.deadline if deadline is None else deadline
        until = running_loop().time() + seconds
        prepared = await prepare(operation, body)
        # No address in a variable: tracebacks with locals would show the keys and ids in it.
        call = _Call(self, operation, prepared, self._address(operation, query, path or {}), until, seconds)
        call.on_turn, call.on_unsent, call.waits = on_turn, on_unsent, waits
        return await call.run()

    def fetch(self, url: str, *, start: int = 0) -> AbstractAsyncContextManager[Download]:
        """Stream a file from another host, from byte `start` on, with none of our headers."""
        from batch_api.engine.wire.download import fetch

        self._bind()
        return fetch(self._connections.transport, url, start=start, timeout=self._options.timeout)

    def _address(self, operation: Operation, query: Mapping[str, QueryValue] | None, path: Mapping[str, str]) -> str:
        filled = route.filled(operation.path, path, besides=self.api.scope_parameter)
        url = self._base_url + self._credentials.in_path(filled)
        return url + route.query(query or {})

    def __repr__(self) -> str:
        return f"<Engine of {self.api.scope} {self.project} at {self._origin}>"

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be pickled, because it holds a key and connections: make one in each process")


class _Call:
    """One call: its attempts, until one succeeds or nothing more may be done."""

    def __init__(
        self, engine: Engine, operation: Operation, prepared: Prepared, address: str, deadline: float, seconds: float
    ) -> None:
        self._engine = engine
        self._operation = operation
        self._prepared = prepared
        self._address = address
        self._deadline = deadline
        self._seconds = seconds
        self._attempts: list[Attempt] = []
        self._last: Response | Fault | None = None
        self._faults = 0
        self.on_turn: Callable[[], object] | None = None
        self.on_unsent: Callable[[], object] | None = None
        self.waits: Callable[[Response], bool] | None = None
        self._loop = asyncio.get_running_loop()
        self._gate, _, draws = engine._bind().queue(operation, prepared.items, prepared.met)
        self._ticket = self._gate.ticket(draws, deadline, engine._max_in_flight)
        self._replayable = prepared.replayable or engine._options.resend_unsafe

    async def run(self) -> Response:
        calls = self._engine._connections.calls
        calls.add(self._ticket)
        try:
            return await self._run()
        finally:
            calls.discard(self._ticket)

    async def _run(self) -> Response:
        while True:
            try:
                async with self._gate.turn(self._ticket) as turn:
                    if self.on_turn is not None:
                        self.on_turn()
                    result, outcome = await self._attempt(turn)
            except TooLate as late:
                raise self._too_late(late.seconds) from None
            except Withdrawn:
                raise self._closed() from None
            verdict = next_step(result, outcome, replayable=self._replayable, faults=self._faults)
            if verdict == "done":
                assert isinstance(result, Response)  # noqa: S101
                result.attempts = tuple(self._attempts)
                return result
            if verdict == "give up" or (
                verdict == "wait" and self.waits is not None and not self.waits(self._rejection)
            ):
                raise self._error()
            if verdict == "again":
                self._faults += 1
                await self._back_off()

    async def _attempt(self, turn: Turn) -> tuple[Response | Fault, AttemptOutcome]:
        engine, operation = self._engine, self._operation
        request = Request(
            operation.method,
            self._address,
            self._headers(),
            self._prepared.content or b"",
            timeout=min(engine._options.timeout, max(self._deadline - self._loop.time(), 0.001)),
        )
        request.tell_leaving(turn.left)
        began = self._loop.time()
        budget = asyncio.timeout_at(self._deadline if self._deadline < math.inf else None)
        try:
            async with budget:
                self._last = await _exchange(engine, operation, request)
        except asyncio.CancelledError:
            self._last = Fault("CancelledError", "receive" if request.sent else "connect", request.sent, final=True)
            self._note(turn, request, self._loop.time() - began, outcome_of(operation, self._last))
            raise
        except TimeoutError:
            if not budget.expired():
                raise
            self._last = Fault("DeadlineExceeded", "receive" if request.sent else "connect", request.sent, final=True)
        outcome = outcome_of(operation, self._last)
        self._note(turn, request, self._loop.time() - began, outcome)
        self._settle(turn, outcome)
        if budget.expired():
            raise self._out_of_time(request)
        return self._last, outcome

    def _settle(self, turn: Turn, outcome: AttemptOutcome) -> None:
        """Tell the gate what came of the turn."""
        if isinstance(self._last, Fault):
            return
        if self._last is not None and outcome == "refused" and self._last.status in (429, 503):
            asked, before = self._last.headers.get("retry-after"), self._engine.limits_of(self._operation)
            if turn.rejected(retry_after(asked), slower=self._last.status == 429):
                warn_if_capped(self._operation.name, asked)
                tell_learned(self._operation.name, before, self._engine.limits_of(self._operation))
        else:
            turn.accepted()

    def _note(self, turn: Turn, request: Request, seconds: float, outcome: AttemptOutcome) -> None:
        last = self._last
        if not request.sent:
            turn.left_at = None
        elif request.left_at is not None:
            turn.left_at = request.left_at
        if outcome == "not_sent" and self.on_unsent is not None:
            self.on_unsent()
        attempt = Attempt(
            operation=self._operation.name,
            project=self._engine.project,
            number=len(self._attempts) + 1,
            cost=self._prepared.items,
            waited=turn.waited,
            status=last.status if isinstance(last, Response) else None,
            fault=last.kind if isinstance(last, Fault) else None,
            seconds=seconds,
            outcome=outcome,
            route=self._operation.route,
            pace=min((draw.bucket.part for draw in self._ticket.draws), default=1.0),
        )
        self._attempts.append(attempt)
        tell(attempt, self._engine._observer)

    async def _back_off(self) -> None:
        seconds = backoff(self._faults, self._engine._rng)
        if self._loop.time() + seconds >= self._deadline:
            raise self._error()
        await asyncio.sleep(seconds)

    def _headers(self) -> list[tuple[str, str]]:
        content = [("Content-Type", "application/json")] if self._prepared.content is not None else []
        return [
            *self._engine._credentials.headers(),
            ("User-Agent", self._engine._user_agent),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            *content,
        ]

    # -- errors --------------------------------------------------------------------------------------------------

    @property
    def _outcome(self) -> Outcome:
        """What became of the call: one attempt that may have been taken is enough to make it unknown."""
        outcomes = {attempt.outcome for attempt in self._attempts}
        return "unknown" if "unknown" in outcomes else "refused" if "refused" in outcomes else "not_sent"

    @property
    def _rejection(self) -> Response:
        assert isinstance(self._last, Response)  # noqa: S101
        return self._last

    def _error(self) -> BatchError:
        """The last attempt, as an error."""
        if isinstance(self._last, Response):
            return APIError.of(self._last, outcome=self._outcome, attempts=self._attempts)
        assert self._last is not None  # noqa: S101
        fault = self._last
        what = f"{self._operation.name}: the last attempt failed at stage {fault.stage!r}"
        reason = f"{what} ({fault.kind}; {self._operation.route})."
        return TransportError(
            reason, stage=fault.stage, final=fault.final, outcome=self._outcome, attempts=self._attempts
        )

    def _too_late(self, seconds: float) -> BatchError:
        """The deadline passed between attempts, or the turn would have come after it."""
        if self._last is not None:
            return self._error()
        return DeadlineExceeded(
            f"{self._operation.name}: its turn comes after the deadline of {self._seconds:g} s.",
            retry_after=seconds,
            outcome="not_sent",
        )

    def _closed(self) -> BatchError:
        """The client was closed while the call waited for its turn."""
        if self._last is not None:
            return self._error()
        return ConfigurationError(f"{self._operation.name}: the client was closed before the call's turn came.")

    def _out_of_time(self, request: Request) -> BatchError:
        where = "with a request on the wire" if request.sent else "before the request could leave"
        return DeadlineExceeded(
            f"{self._operation.name}: the deadline of {self._seconds:g} s passed {where}.",
            outcome=self._outcome,
            attempts=self._attempts,
        )


async def _exchange(engine: Engine, operation: Operation, request: Request) -> Response | Fault:
    """Send and read the whole answer. A lost body matters only where the status says that something was taken."""
    try:
        wire = await engine._connections.transport.send(request)
    except Exception as error:
        fault = fault_of(error, request)
        if fault is None:
            raise
        return fault
    try:
        content = await _read(wire, engine._max_response_bytes, SLOWEST * request.timeout)
    except Exception as error:
        fault = fault_of(error, request)
        if fault is None:
            raise
        if 200 <= wire.status < 300:
            return fault
        content = b""
    finally:
        await wire.aclose()
    return Response(engine.api, operation, wire.status, wire.headers, content)


async def _read(wire: WireResponse, most: int, seconds: float) -> bytes:
    """The body. Raises `WireError` for one of more than `most` bytes or `seconds`, and what a transport raises."""
    chunks: list[bytes] = []
    now = asyncio.get_running_loop().time
    until = now() + seconds
    body = wire.aiter_bytes()
    try:
        async for chunk in body:
            chunks.append(chunk)
            most -= len(chunk)
            if most < 0:
                raise WireError("ResponseTooLarge", stage="receive")
            if now() > until:
                raise WireError("ResponseTooSlow", stage="receive")
    finally:
        if isinstance(body, AsyncGenerator):
            await body.aclose()  # left to the garbage collector it would end in a task of its own
    return b"".join(chunks)


def _checked_seconds(name: str, value: float) -> float:
    return arguments.seconds(value, name, error=ConfigurationError)


def _checked_count(name: str, value: int, most: int) -> int:
    return arguments.whole(value, name, most=most, error=ConfigurationError)
