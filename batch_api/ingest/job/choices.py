"""The choices of one job."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from batch_api._operation import Operation
from batch_api.engine.arguments import whole
from batch_api.engine.limits import Limit
from batch_api.ingest.job.patience import PATIENCE
from batch_api.ingest.job.progress import Progress

if TYPE_CHECKING:
    from batch_api.ingest.sending.coalesce import Coalescer

CHUNK_BYTES = 3_000_000
"""Bytes in a request. The API names no limit; more would only hold up the loop and fill memory."""


@frozen
class Choices:
    """The choices of one job."""

    chunk_size: int
    """Items in a request."""
    chunk_bytes: int = CHUNK_BYTES
    resend_events: bool = False
    """Send again after a failure that leaves open whether events were taken, though they may then count twice."""
    coalesce: type[Coalescer] | None = None
    """What merges pending items that are about the same, if anything does."""
    patience: float = PATIENCE
    """Seconds to go on trying while nothing gets through, before the job ends."""
    deadline: float = math.inf
    """Seconds that the job may take."""
    on_progress: Callable[[Progress], object] | None = None


def chunk_size(operation: Operation, limits: Sequence[Limit], chosen: int | None) -> int:
    """Items in a request: what the caller chose, or what the limits suggest. Raises `InvalidInput`."""
    most = operation.max_items or 1
    if chosen is None:
        return _suggested(most, limits)
    return whole(chosen, "chunk_size", most=most)


def _suggested(most: int, limits: Sequence[Limit]) -> int:
    """Half of what the server's bucket of items holds: a request that fills it leaves no room for jitter.

    But not so few that a limit of requests would hold up more than the limit of items.
    """
    items = [limit for limit in limits if limit.unit == "items"]
    if not items:
        return most
    half = min((limit.per_second if limit.burst is None else limit.burst) / 2 for limit in items)
    requests = [limit.per_second for limit in limits if limit.unit == "requests"]
    needed = min(limit.per_second for limit in items) / min(requests) if requests else 0.0
    return max(min(most, int(max(half, needed))), 1)
