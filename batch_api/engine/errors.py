"""What can go wrong, where it went wrong, and whether anything may have been taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from batch_api.engine.attempt import Attempt
    from batch_api.engine.response import Response

Outcome = Literal["not_sent", "refused", "unknown"]
Retry = Literal["now", "later", "never"]

_OUTCOMES: dict[Outcome, str] = {
    "not_sent": "Nothing was sent.",
    "refused": "Nothing was applied.",
    "unknown": "It may have been applied: check before you retry.",
}
_OF_A_READ = "It was a read: nothing was changed."
_READS = ("GET ", "HEAD ")
_SYMBOLIC = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_OUTAGE = 5.0  # seconds to wait after repeated failures when the server named no time


class BatchError(Exception):
    """The root of all errors of this package.

    `outcome` says what became of the request: `not_sent`, `refused` (an answer says that nothing was applied) or
    `unknown` (some attempt may have been applied). `attempts` describes each attempt, in order. `may_pass` says whether
    the same call, unchanged, may succeed later; whether a retry is safe is what `outcome` tells you. `retry` says when
    to retry, for a job that goes back into a queue, and `retry_after` in how many seconds.
    """

    outcome: Outcome = "not_sent"
    attempts: tuple[Attempt, ...] = ()
    may_pass: bool = False
    retry_after: float = 0.0

    @property
    def retry(self) -> Retry:
        """`never`: the same call would fail again. `later`: after `retry_after` seconds. `now`: at once."""
        if not self.may_pass:
            return "never"
        return "later" if self.retry_after > 0 else "now"

    def __init__(self, message: str = "", *, outcome: Outcome | None = None, attempts: Sequence[Attempt] = ()) -> None:
        super().__init__(message)
        if outcome is not None:
            self.outcome = outcome
        if attempts:
            self.attempts = tuple(attempts)

    def __str__(self) -> str:
        tried = f" ({len(self.attempts)} attempts)" if len(self.attempts) > 1 else ""
        message = super().__str__()
        stop = "" if message.endswith((".", "!", "?")) else "."
        became = _OF_A_READ if self.outcome != "not_sent" and self._is_about_a_read else _OUTCOMES[self.outcome]
        return f"{message}{stop}{tried} {became}"

    @property
    def _is_about_a_read(self) -> bool:
        return bool(self.attempts) and all(attempt.route.startswith(_READS) for attempt in self.attempts)


class ConfigurationError(BatchError):
    """The client was set up or used in a way that cannot work. Nothing was sent."""


class InvalidInput(BatchError, ValueError):
    """The input is invalid, and nothing was sent.

    `index` is the position of the invalid item and `path` the keys that lead to the place inside it. The text never
    quotes a value, which may be personal data.
    """

    index: int | None
    path: str

    def __init__(self, reason: str = "", *, index: int | None = None, path: str = "") -> None:
        where = ", ".join(part for part in ("" if index is None else f"item {index}", path) if part)
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.index = index
        self.path = path


class APIError(BatchError):
    """The API, or something in front of it, answered with an error.

    `error_code` is the API's symbolic code, an open set; `error_message` its explanation, which may quote personal data
    and so never appears in `str`, `repr` or a pickle; `response` is the answer as received. `field` is the field of the
    request that a 400 names, if the document has it.
    """

    status: int = 0
    error_code: str | None = None
    error_message: str | None = None
    field: str | None = None
    operation: str = ""
    response: Response | None = None

    hint = "The body of the answer is in `.response`."

    def __init__(
        self,
        message: str = "",
        *,
        response: Response | None = None,
        outcome: Outcome | None = None,
        attempts: Sequence[Attempt] = (),
    ) -> None:
        super().__init__(message, outcome=outcome, attempts=attempts)
        if response is not None:
            self.response = response
            self.status = response.status
            self.operation = response.operation
            self.error_code = response.error_code
            self.error_message = response.error_message
            self.field = response.field if response.status == 400 else None
            if self.may_pass:
                self.retry_after = _asked(response) or self.retry_after

    @classmethod
    def of(cls, response: Response, *, outcome: Outcome, attempts: Sequence[Attempt]) -> APIError:
        """The error of the right class for an answer."""
        error = _class_of(response.status, maintenance=response.is_maintenance)
        return error(response.summary, response=response, outcome=outcome, attempts=attempts)

    def __str__(self) -> str:
        text = super().__str__()
        if self.has_symbolic_code:
            text = text.replace(f"HTTP {self.status}", f"HTTP {self.status} {self.error_code}", 1)
        named = "" if self.field is None else f" It names the field `{self.field}`."
        return f"{text}{named} {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        lost = ["response", "error_message", *([] if self.has_symbolic_code else ["error_code"])]
        return (type(self), self.args, {name: value for name, value in vars(self).items() if name not in lost})

    @property
    def has_symbolic_code(self) -> bool:
        """Whether `error_code` is a symbolic code: any other text in its place may quote personal data."""
        return self.error_code is not None and _SYMBOLIC.fullmatch(self.error_code) is not None


class BadRequest(APIError):
    """400: the request is malformed, or the API refuses its content."""

    hint = "Read `.error_message`: the API refused the request as it stands."


class AuthenticationFailed(APIError):
    """401: the REST API key is not valid for this project or app, or no project or app has this key."""

    hint = "Check both keys, and that they belong to the same company."


class PermissionDenied(APIError):
    """403: a valid call that is not allowed, such as changing a running campaign (`API_MISUSE`)."""

    hint = "Read `.error_message`: the call is valid but not allowed here."


class NotFound(APIError):
    """404: there is nothing with this name or id."""

    hint = "Check the name or id, and that it belongs to this project or app."


class RateLimited(APIError):
    """429 until the deadline passed. Give the call a longer `deadline=`, or each process a smaller `share=`."""

    may_pass = True
    retry_after = _OUTAGE
    hint = "Other clients may use the same limit: give each process its `share=`, or the call a longer `deadline=`."


class ServerError(APIError):
    """5xx or 408: the API failed. Whether it applied the request is unknown."""

    may_pass = True
    retry_after = _OUTAGE
    hint = "The API failed; the request itself is not at fault."


class Maintenance(ServerError):
    """503 with `MAINTENANCE_ERROR` until the deadline passed: the API is down for maintenance."""

    hint = "The API is down for maintenance: retry later."


class UnreadableAnswer(APIError):
    """A 2xx whose content cannot be trusted: not JSON, the body of an error, partial, undecodable or missing.

    A proxy, a maintenance page or the API itself may have sent it; whether the request was applied is unknown. Also
    raised for an answer without the token or id that its call returns, and for a page that a list cannot be continued
    from: the items of earlier pages are right, but the list is incomplete.
    """

    may_pass = True
    retry_after = _OUTAGE


class TransportError(BatchError):
    """No answer came. `stage` says where it failed: `connect`, `tls`, `send`, `receive` or `download`.

    A certificate that fails verification is `final`: the same call fails again. Every other fault may pass, a handshake
    that breaks off included.
    """

    stage: str = ""

    def __init__(
        self,
        message: str = "",
        *,
        stage: str = "",
        final: bool = False,
        outcome: Outcome | None = None,
        attempts: Sequence[Attempt] = (),
    ) -> None:
        super().__init__(message, outcome=outcome, attempts=attempts)
        self.stage = stage
        self.may_pass = not final
        self.retry_after = _OUTAGE if self.may_pass else 0.0

    @property
    def _is_about_a_read(self) -> bool:
        return self.stage == "download" or super()._is_about_a_read


class DeadlineExceeded(BatchError, TimeoutError):
    """The call's `deadline` passed, or the rate limit would have let the call through only after it.

    `retry_after` is in how many seconds the rate limit would have let it through: a call that fails at once because of
    a long queue or a pause should not be retried sooner. 0 if the call waited until its deadline.
    """

    may_pass = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float = 0.0,
        outcome: Outcome | None = None,
        attempts: Sequence[Attempt] = (),
    ) -> None:
        super().__init__(message, outcome=outcome, attempts=attempts)
        self.retry_after = retry_after


class BufferFull(BatchError):
    """The buffer is full, and was set to raise or to drop when full. Nothing was accepted."""

    may_pass = True


class WaitTimeout(BatchError, TimeoutError):
    """A `wait` gave up: what it waits for may still happen."""

    may_pass = True
    outcome: Outcome = "unknown"

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # a wait only reads: there is no outcome to add


class ExportFailed(BatchError):
    """An export ended in `ERROR`. `export` is its record."""

    outcome: Outcome = "refused"
    export: Any = None

    def __init__(self, message: str = "", *, export: Any = None) -> None:
        super().__init__(message)
        self.export = export


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
    429: RateLimited,
}


def _asked(response: Response) -> float | None:
    """Seconds that the answer's `Retry-After` asks for."""
    from batch_api.engine.retry import retry_after  # here, because retry imports transport, which imports this module

    return retry_after(response.headers.get("retry-after"))


def _class_of(status: int, *, maintenance: bool) -> type[APIError]:
    if 200 <= status < 300:
        return UnreadableAnswer
    if status == 503 and maintenance:
        return Maintenance
    return _BY_STATUS.get(status, ServerError if status >= 500 else APIError)
