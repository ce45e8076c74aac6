"""What an answer, or the lack of one, means for the call."""

from __future__ import annotations

import email.utils
import math
import random
import time
from collections.abc import Container
from typing import Literal

from batch_api._operation import Condition, Operation
from batch_api.engine.attempt import AttemptOutcome
from batch_api.engine.observe import logger
from batch_api.engine.response import Response
from batch_api.engine.wire.transport import Fault

MOST_FAULTS = 4
"""Retries after failed attempts. Rejections (429, and 503 for maintenance) do not count: they applied nothing."""
FIRST_BACKOFF = 0.5
"""Seconds; the bound doubles with each retry, and the wait is drawn from 0 up to it (full jitter)."""
LONGEST_RETRY_AFTER = 3600.0
"""Seconds; a longer `Retry-After` counts as this: one mistake of the server should not stop a client for days."""

Verdict = Literal["done", "wait", "again", "give up"]


def is_replayable(operation: Operation, met: Container[Condition | None]) -> bool:
    """Whether a request may be sent again when nobody knows if the first was applied. `met`: what its body meets."""
    only_if = operation.replay_only_if
    return operation.replay and operation.replay_unless not in met and (only_if is None or only_if in met)


def outcome_of(operation: Operation, result: Response | Fault) -> AttemptOutcome:
    """Whether an attempt was applied, as far as its result tells."""
    if isinstance(result, Fault):
        return "unknown" if result.sent else "not_sent"
    status = result.status
    if 200 <= status < 300:
        return "taken" if result.defect is None else "unknown"
    if status in operation.success:
        return "taken"
    if 400 <= status < 500 and status != 408:
        return "refused"
    return "refused" if result.is_maintenance else "unknown"


def next_step(result: Response | Fault, outcome: AttemptOutcome, *, replayable: bool, faults: int) -> Verdict:
    """What to do next, after `faults` attempts that failed before this one."""
    if outcome == "taken":
        return "done"
    if isinstance(result, Response) and outcome == "refused":
        return "wait" if result.status in (429, 503) else "give up"
    if isinstance(result, Fault):
        may_repeat = not result.final and (outcome == "not_sent" or replayable)
    else:
        may_repeat = replayable and (result.status < 300 or result.status == 408 or result.status >= 500)
    return "again" if may_repeat and faults < MOST_FAULTS else "give up"


def backoff(faults: int, rng: random.Random) -> float:
    """Seconds before the next attempt, after `faults` failed ones."""
    return rng.random() * FIRST_BACKOFF * 2.0 ** (faults - 1)


def retry_after(value: str | None) -> float | None:
    """The seconds that a `Retry-After` asks for, at most `LONGEST_RETRY_AFTER`; `None` if absent or unreadable."""
    seconds = _seconds(value)
    return None if seconds is None else min(seconds, LONGEST_RETRY_AFTER)


def warn_if_capped(operation: str, value: str | None) -> None:
    """Log it when a `Retry-After` is shortened."""
    seconds = _seconds(value)
    if seconds is not None and seconds > LONGEST_RETRY_AFTER:
        logger.warning("%s: Retry-After asks for %g s; pausing for %g s", operation, seconds, LONGEST_RETRY_AFTER)


def _seconds(value: str | None) -> float | None:
    """What a `Retry-After` says, as a number or as a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            # A date is by the server's wall clock, and ours is the only one to compare it with.
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
