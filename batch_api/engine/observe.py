"""Reports every attempt to the caller's observer and to the log: the same facts, never a body, a key or a link."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from batch_api.engine.attempt import Attempt

if TYPE_CHECKING:
    from batch_api.engine.limits import Limit

Observer = Callable[[Attempt], None]

logger = logging.getLogger("batch_api")
logger.addHandler(logging.NullHandler())

_LEVELS = {"taken": logging.DEBUG, "refused": logging.WARNING, "unknown": logging.WARNING, "not_sent": logging.WARNING}


def tell(attempt: Attempt, observer: Observer | None) -> None:
    """Log one attempt and pass it to the observer. An observer that raises does not affect the call."""
    level = _LEVELS[attempt.outcome]
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s attempt %d: %s after %.3f s (project %s, cost %d, waited %.3f s, %s)",
            attempt.operation,
            attempt.number,
            attempt.status if attempt.fault is None else attempt.fault,
            attempt.seconds,
            attempt.project,
            attempt.cost,
            attempt.waited,
            attempt.route,
            extra={f"batch_{name}": value for name, value in attempt._asdict().items()},
        )
    if observer is not None:
        try:
            observer(attempt)
        except Exception:
            # No traceback: what an observer raises may quote anything.
            logger.error("the observer raised an exception, which was ignored; the call continues")


def tell_learned(operation: str, before: Sequence[Limit], after: Sequence[Limit]) -> None:
    """Log what a rejection taught."""
    for old, new in zip(before, after, strict=True):
        if new.learned is None or new.learned == old.learned:
            continue
        rate, burst, margin = new.learned
        period = "s" if new.per == 1 else f"{new.per:g} s"
        at_once = "" if burst is None else f", {burst:.3g} at once"
        apart = f", {margin * 1000:.0f} ms further apart" if margin else ""
        taken = f"{rate:.3g} {new.unit}/{period} accepted, {new.rate:g} documented"
        logger.info("%s: %s%s%s", operation, taken, at_once, apart)
