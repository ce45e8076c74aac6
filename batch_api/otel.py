"""OpenTelemetry: an observer that records metrics and spans of every attempt. Needs the extra `otel`.

    from batch_api import BatchClient, otel

    client = BatchClient.from_env(observer=otel.observer())

It records what an `Attempt` holds: no body, no key, no link, nobody's id. The project appears by its alias.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from batch_api._version import __version__
from batch_api.engine.errors import ConfigurationError

try:
    from opentelemetry import metrics, trace
    from opentelemetry.trace import SpanKind, Status, StatusCode
except ImportError:
    raise ConfigurationError(
        "batch_api.otel needs OpenTelemetry: install the extra [otel], as by pip install '.[otel]'."
    ) from None

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from batch_api.engine.attempt import Attempt
    from batch_api.engine.observe import Observer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_WHERE = ("batch_api.operation", "batch_api.project")


def observer(*, meter_provider: MeterProvider | None = None, tracer_provider: TracerProvider | None = None) -> Observer:
    """An observer for `BatchClient(observer=…)` that records metrics and spans.

    Args:
        meter_provider: Where metrics go; by default the global one.
        tracer_provider: Where spans go; by default the global one.

    Metrics, each by operation, project and outcome:

    - `batch_api.client.request.duration`, a histogram in seconds, from sending to the end of the answer. Its count is
      the number of requests.
    - `batch_api.client.wait.duration`, a histogram in seconds: the wait for the rate limit before each request.
    - `batch_api.client.items`, a counter: items in the requests.
    - `batch_api.client.rejections`, a counter: requests answered with 429.

    And by operation and project:

    - `batch_api.client.pace`, a gauge: the part of the documented rate that is used, as far as rejections taught.

    Each attempt becomes a span of kind client, a child of the span in which the call was made. It starts when the
    request is sent, so it does not include the wait for the rate limit.
    """
    return _Telemetry(
        metrics.get_meter("batch_api", __version__, meter_provider),
        trace.get_tracer("batch_api", __version__, tracer_provider),
    ).observe


class _Telemetry:
    """The instruments, made once."""

    def __init__(self, meter: metrics.Meter, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self._durations = meter.create_histogram(
            "batch_api.client.request.duration",
            unit="s",
            description="From sending a request to the end of its answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._waits = meter.create_histogram(
            "batch_api.client.wait.duration",
            unit="s",
            description="Wait for the rate limit before a request.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._items = meter.create_counter("batch_api.client.items", unit="{item}", description="Items in requests.")
        self._rejections = meter.create_counter(
            "batch_api.client.rejections", unit="{request}", description="Requests answered with 429."
        )

        self._paces = meter.create_gauge(
            "batch_api.client.pace", unit="1", description="The part of the documented rate that is used."
        )

    def observe(self, attempt: Attempt) -> None:
        """Record an attempt that has just ended."""
        attributes = _attributes(attempt)
        self._durations.record(attempt.seconds, attributes)
        self._waits.record(attempt.waited, attributes)
        self._items.add(attempt.cost, attributes)
        self._paces.set(attempt.pace, {name: attributes[name] for name in _WHERE})
        if attempt.status == 429:
            self._rejections.add(1, attributes)
        self._trace(attempt, attributes)

    def _trace(self, attempt: Attempt, attributes: dict[str, str | int]) -> None:
        end = time.time_ns()
        span = self._tracer.start_span(
            attempt.operation,
            kind=SpanKind.CLIENT,
            start_time=end - round(attempt.seconds * 1e9),
            attributes={
                **attributes,
                "batch_api.items": attempt.cost,
                "batch_api.wait": attempt.waited,
                "batch_api.pace": attempt.pace,
                "http.request.resend_count": attempt.number - 1,
            },
        )
        if attempt.outcome != "taken":
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)


def _attributes(attempt: Attempt) -> dict[str, str | int]:
    """The dimensions of the metrics, each of few values. Names are OpenTelemetry's own where it has one."""
    found: dict[str, str | int] = {
        "batch_api.operation": attempt.operation,
        "batch_api.project": attempt.project,
        "batch_api.outcome": attempt.outcome,
    }
    if attempt.status is not None:
        found["http.response.status_code"] = attempt.status
    if attempt.outcome != "taken":
        found["error.type"] = attempt.fault or str(attempt.status)
    return found
