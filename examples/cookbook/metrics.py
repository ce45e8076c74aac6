"""Metrics of every request for Prometheus, and traces by OpenTelemetry, from one observer.

`prometheus_client.start_http_server(9100)` serves them. `create` is called once: metrics have one name in a process.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Histogram

from batch_api import Attempt

Observer = Callable[[Attempt], None]

SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 30)
WAITED = (0.01, 0.1, 1, 10, 60, 300)


def create(registry: CollectorRegistry, *others: Observer) -> Observer:
    """An observer that counts attempts, and calls others, such as `batch_api.otel.observer()`, beside.

    No label has a value without bounds: no id, no address, no text of the API.
    """
    requests = Counter(
        "batch_requests", "Attempts, by what became of them", ["operation", "status", "outcome"], registry=registry
    )
    items = Counter("batch_items", "Items in attempts that were taken", ["operation"], registry=registry)
    seconds = Histogram("batch_request_seconds", "Of an attempt", ["operation"], buckets=SECONDS, registry=registry)
    waited = Histogram("batch_wait_seconds", "For its turn", ["operation"], buckets=WAITED, registry=registry)

    def observe(attempt: Attempt) -> None:
        requests.labels(attempt.operation, str(attempt.status or attempt.fault), attempt.outcome).inc()
        seconds.labels(attempt.operation).observe(attempt.seconds)
        waited.labels(attempt.operation).observe(attempt.waited)
        if attempt.outcome == "taken":
            items.labels(attempt.operation).inc(attempt.cost)
        for other in others:
            other(attempt)

    return observe
