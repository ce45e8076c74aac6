"""How long a job takes, before it begins."""

from __future__ import annotations

import math

from attrs import frozen

from batch_api._operation import Operation
from batch_api.engine.arguments import whole
from batch_api.engine.engine import Engine
from batch_api.engine.limits import Limit
from batch_api.ingest.items.item_types import ProfileEdits
from batch_api.ingest.job.choices import chunk_size as fitting_size


@frozen
class JobForecast:
    """How long a job would take that began now, if nothing goes wrong and nobody else uses the limits."""

    items: int
    seconds: float
    """Until the last request may leave; its answer takes a moment more."""
    requests: int
    limit: Limit | None
    """The limit that holds the job up most; `None` without limits."""


@frozen
class Forecast(JobForecast):
    """The same of edits of profiles, which have two endpoints to choose from."""

    endpoint: str
    """`update` or `mass-update`."""
    better: str
    """The endpoint that is done first; `update` when both are, because it is applied sooner."""
    seconds_of_other: float
    """What the other endpoint would take."""


def job_forecast(engine: Engine, operation: Operation, items: int, chunk_size: int | None) -> JobForecast:
    """See `Job.forecast`. Raises `InvalidInput`."""
    whole(items, "n", least=0)
    size = fitting_size(operation, engine.limits_of(operation), chunk_size)
    seconds, limit = shortest(engine, operation, items, size)
    return JobForecast(items, seconds, math.ceil(items / size), limit)


def forecast(engine: Engine, items: int, endpoint: str, chunk_size: int | None) -> Forecast:
    """See `client.profiles.forecast`. Raises `InvalidInput`."""
    chosen = job_forecast(engine, ProfileEdits(endpoint).operation, items, chunk_size)
    rival = "update" if endpoint == "mass-update" else "mass-update"
    other = job_forecast(engine, ProfileEdits(rival).operation, items, None)
    live, mass = (chosen, other) if endpoint == "update" else (other, chosen)
    return Forecast(
        items=items,
        seconds=chosen.seconds,
        requests=chosen.requests,
        limit=chosen.limit,
        endpoint=endpoint,
        better="update" if live.seconds <= mass.seconds else "mass-update",
        seconds_of_other=other.seconds,
    )


def shortest(engine: Engine, operation: Operation, items: int, chunk_size: int) -> tuple[float, Limit | None]:
    """Seconds from now until the last of so many items may leave, and the limit that makes it so."""
    found: tuple[float, Limit | None] = (0.0, None)
    if items:
        for limit, seconds in engine.time_for(operation, items, chunk_size):
            if found[1] is None or seconds > found[0]:
                found = (seconds, limit)
    return found


def interval(engine: Engine, operation: Operation, chunk_size: int) -> float:
    """Seconds that the limits put between two requests of so many items; 0 without limits."""
    return max((seconds for _, seconds in engine.pace(operation, chunk_size)), default=0.0)
