"""Fault injection: what may go wrong between a client and the API, for the requests that you choose.

    fake.fail("campaign_create", status=500)                    # the next one
    fake.reset("profile_update", after_acceptance=True)         # applied, but the answer is lost
    fake.storm(seconds=6)                                       # 429 to everything
    fake.delay("profile_update", 0.02, 0.05)                    # every answer, with jitter

The first argument is the name of an operation, `"storage"` for the origin that serves the files of exports, or `None`
for every operation (but not for storage). `When` says which of its requests are affected. A fault that is over is
removed; of several that apply to one request, the one set up first takes effect, and delays are added to it.
"""

from __future__ import annotations

import dataclasses
import random
import re
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import orjson

from batch_api.testing.wire import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

STORAGE = "storage"
"""Means the storage origin wherever the name of an operation is expected."""

CODES = {
    400: "MALFORMED_PARAMETER",
    401: "AUTHENTICATION_INVALID",
    403: "API_MISUSE",
    404: "ROUTE_NOT_FOUND",
    408: "REQUEST_TIMEOUT",
    429: "TOO_MANY_REQUESTS",
    503: "MAINTENANCE_ERROR",
}
"""The `error_code` that goes with a status; `SERVER_ERROR` with any other."""

_EMAIL = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")


class When(TypedDict, total=False):
    """Which requests a fault affects. With neither `times` nor `seconds`: the next one or, for a delay, all."""

    times: int | None
    """How many requests; `None` for all."""
    seconds: float | None
    """All requests in this time, which begins with the first affected one."""
    skip: int
    """Let this many requests pass first."""
    probability: float
    """The chance of each to be affected; drawn from the seed of the fake."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Fault:
    """An injected fault. `struck` counts the requests that it affected; `stop()` ends it."""

    operation: str | None
    times: int | None = None
    seconds: float | None = None
    skip: int = 0
    probability: float = 1.0
    struck: int = 0
    _until: float | None = None
    _stopped: bool = False

    def stop(self) -> None:
        self._stopped = True

    def is_over(self, now: float) -> bool:
        spent = self.times is not None and self.struck >= self.times
        return self._stopped or spent or (self._until is not None and now >= self._until)

    def strikes(self, operation: str, now: float, dice: random.Random) -> bool:
        """Whether it affects this request; counts it if so."""
        if self.operation != operation and (self.operation is not None or operation == STORAGE):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and dice.random() >= self.probability:
            return False
        if self.seconds is not None and self._until is None:
            self._until = now + self.seconds
        self.struck += 1
        return True


@dataclasses.dataclass(slots=True, kw_only=True)
class Delay(Fault):
    """Extra latency: half of it before the request takes effect, half before the answer is sent."""

    low: float
    high: float


@dataclasses.dataclass(slots=True, kw_only=True)
class Reset(Fault):
    """The connection is reset."""

    after_acceptance: bool


@dataclasses.dataclass(slots=True, kw_only=True)
class Failure(Fault):
    """Another answer in place of the real one, before the request takes effect or after."""

    reply: Callable[[bytes], Reply]
    """From the body of the request."""
    after_acceptance: bool


@dataclasses.dataclass(slots=True, kw_only=True)
class Bend(Fault):
    """The real answer, damaged on its way."""

    spoil: Callable[[Reply], Reply]


class Faults:
    """The faults of a fake, and the methods that set them up. Each returns the fault, to be counted or stopped."""

    def __init__(self, operations: Collection[str], seed: int) -> None:
        self._known = {*operations, STORAGE}
        self._dice = random.Random(seed)
        self._faults: list[Fault] = []

    def fail(
        self,
        operation: str | None = None,
        status: int = 500,
        *,
        code: str | None = None,
        message: str = "it went wrong, as it was asked to",
        html: bool = False,
        retry_after: str | float | None = None,
        echo: bool = False,
        after_acceptance: bool = False,
        **when: Unpack[When],
    ) -> Fault:
        """Answer with `status` and the body `Error`; 503 is `MAINTENANCE_ERROR` unless `code` says otherwise.

        With `html` the body is a page, as a proxy on the way would send. With `echo` the message quotes the first
        e-mail address found in the request. With `after_acceptance` the request takes effect all the same.
        """
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}

        def reply(body: bytes) -> Reply:
            found = _EMAIL.search(body) if echo else None
            text = f"{message}: {found[0].decode()}" if found else message
            if html:
                return _page(status, text, headers)
            return answer(status, self.error_body(code or CODES.get(status, "SERVER_ERROR"), text), headers)

        return self._add(Failure(reply=reply, after_acceptance=after_acceptance, **self._scope(operation, when)))

    def error_body(self, code: str, message: str) -> dict[str, Any]:
        """The body of an error, in the format of the API."""
        raise NotImplementedError

    def respond(
        self,
        operation: str | None,
        status: int,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        after_acceptance: bool = False,
        **when: Unpack[When],
    ) -> Fault:
        """Answer with exactly this status, JSON body (`None` for an empty one) and additional headers."""
        reply = answer(status, body, headers)
        scope = self._scope(operation, when)
        return self._add(Failure(reply=lambda _: reply, after_acceptance=after_acceptance, **scope))

    def storm(
        self, operation: str | None = None, *, retry_after: str | float | None = None, **when: Unpack[When]
    ) -> Fault:
        """Answer 429, whatever the limits, with `Retry-After` if given (sent as it is: seconds, a date, nonsense)."""
        message = "rate limit exceeded, slow down"
        return self.fail(operation, 429, message=message, retry_after=retry_after, **when)

    def reset(self, operation: str | None = None, *, after_acceptance: bool = False, **when: Unpack[When]) -> Fault:
        """Reset the connection: before the body is read, or once the request has taken effect."""
        return self._add(Reset(after_acceptance=after_acceptance, **self._scope(operation, when)))

    def delay(
        self, operation: str | None = None, low: float = 0.02, high: float | None = None, **when: Unpack[When]
    ) -> Fault:
        """Add `low` to `high` seconds to each request (uniformly distributed, on the loop's clock)."""
        if "times" not in when:
            when["times"] = None
        scope = self._scope(operation, when)
        return self._add(Delay(low=low, high=low if high is None else high, **scope))

    def slow_body(self, operation: str | None = None, over: float = 1.0, **when: Unpack[When]) -> Fault:
        """Send the head of the answer at once, and its body in ten pieces over `over` seconds."""
        return self._bend(operation, when, lambda reply: dataclasses.replace(reply, slow=over))

    def truncate(
        self, operation: str | None = None, *, keep: float = 0.5, reset: bool = False, **when: Unpack[When]
    ) -> Fault:
        """Close the connection once the part `keep` of the body is sent; with `reset`, reset it."""

        def spoil(reply: Reply) -> Reply:
            return dataclasses.replace(reply, cut=int(len(reply.body) * keep), cut_by_reset=reset)

        return self._bend(operation, when, spoil)

    def garble(self, operation: str | None = None, **when: Unpack[When]) -> Fault:
        """Keep the status of the answer and put a page of HTML in place of its JSON."""
        return self._bend(operation, when, lambda reply: _page(reply.status, "Welcome", {}))

    def extend(
        self,
        operation: str | None = None,
        fields: Mapping[str, Any] | None = None,
        *,
        enums: str | None = None,
        **when: Unpack[When],
    ) -> Fault:
        """Answer as a later version might: unknown `fields` in every object, `enums` for each constant in capitals."""
        extra = {"added_later": {"by": "a new version"}} if fields is None else fields

        def spoil(reply: Reply) -> Reply:
            if not reply.body.startswith((b"{", b"[")):
                return reply
            headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
            return answer(reply.status, _extended(orjson.loads(reply.body), extra, enums), headers)

        return self._bend(operation, when, spoil)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def pick_faults(self, operation: str, now: float) -> tuple[float, float, Fault | None]:
        """What applies to a request: seconds of delay before it takes effect and after it, and one fault, if any."""
        if not self._faults:
            return 0.0, 0.0, None
        self._faults = [fault for fault in self._faults if not fault.is_over(now)]
        before = after = 0.0
        chosen: Fault | None = None
        for fault in self._faults:
            if isinstance(fault, Delay):
                if fault.strikes(operation, now, self._dice):
                    before += self._dice.uniform(fault.low, fault.high) / 2
                    after += self._dice.uniform(fault.low, fault.high) / 2
            elif chosen is None and fault.strikes(operation, now, self._dice):
                chosen = fault
        return before, after, chosen

    def _bend(self, operation: str | None, when: When, spoil: Callable[[Reply], Reply]) -> Fault:
        return self._add(Bend(spoil=spoil, **self._scope(operation, when)))

    def _add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def _scope(self, operation: str | None, when: When) -> dict[str, Any]:
        if operation is not None and operation not in self._known:
            raise ValueError(f"expected one of {', '.join(sorted(self._known))}, got {operation!r}")
        if "times" in when or when.get("seconds") is not None:
            return {"operation": operation, **when}
        return {"operation": operation, "times": 1, **when}


def _page(status: int, text: str, headers: Mapping[str, str]) -> Reply:
    body = f"<html><body><h1>{status}</h1><p>{text}</p></body></html>".encode()
    return Reply(status, body, {"content-type": "text/html", "content-length": str(len(body)), **headers})


def _extended(value: Any, fields: Mapping[str, Any], enums: str | None) -> Any:
    if isinstance(value, dict):
        return {**{key: _extended(inner, fields, enums) for key, inner in value.items()}, **fields}
    if isinstance(value, list):
        return [_extended(inner, fields, enums) for inner in value]
    if enums is not None and isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z_]+", value):
        return enums
    return value
