"""One attempt at sending a request, as errors, observers and logs report it."""

from __future__ import annotations

from typing import Literal, NamedTuple

AttemptOutcome = Literal["taken", "refused", "unknown", "not_sent"]


class Attempt(NamedTuple):
    """What is known of one attempt. Never holds a body, a key or a link."""

    operation: str
    """Our name of the operation, such as `profile_update`."""
    project: str
    """The alias of the project or app: by default the last 4 characters of its key."""
    number: int
    """1 for the first attempt of a call."""
    cost: int
    """Items in the request; 1 where the operation counts none."""
    waited: float
    """Seconds spent waiting for the rate limit before this attempt."""
    status: int | None
    """HTTP status, or `None` when no answer came."""
    fault: str | None
    """The kind of failure when no answer came, such as `ReadTimeout`."""
    seconds: float
    """Seconds from sending to the end of the answer."""
    outcome: AttemptOutcome
    """`taken` (applied), `refused` (nothing was applied), `unknown` (it may have been applied) or `not_sent`."""
    route: str = ""
    """Method and path, such as `GET /audiences/view`, with the names of parameters in place of their values."""
    pace: float = 1.0
    """The part of the documented rate that is used, as far as rejections taught."""
