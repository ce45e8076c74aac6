"""Metrics and spans, as an OpenTelemetry SDK sees them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from batch_api import BatchClient, BatchError, otel
from batch_api.testing import FakeBatch

pytestmark = pytest.mark.virtual_time

EDIT: Any = {"identifiers": {"custom_id": "jane@example.com"}, "attributes": {"$email_address": "jane@example.com"}}


class Seen:
    """What an OpenTelemetry SDK was given."""

    def __init__(self) -> None:
        self.reader, self.exporter = InMemoryMetricReader(), InMemorySpanExporter()
        self.meters = MeterProvider([self.reader])
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.observer = otel.observer(meter_provider=self.meters, tracer_provider=self.tracers)

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The data points of each metric."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    @property
    def spans(self) -> Any:
        return self.exporter.get_finished_spans()


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
def seen() -> Seen:
    return Seen()


def client_of(fake: FakeBatch, seen: Seen) -> BatchClient:
    return BatchClient(
        fake.rest_api_key, fake.project_key, transport=fake.transport(), observer=seen.observer, project_alias="shop"
    )


async def test_metrics_tell_of_requests_items_waits_and_rejections(fake: FakeBatch, seen: Seen) -> None:
    fake.storm("profile_update", times=1)
    fake.delay("profile_update", 0.3)
    async with client_of(fake, seen) as client:
        await client.profiles.update([EDIT, EDIT | {"identifiers": {"custom_id": "u2"}}])
    metrics = seen.metrics
    by_status = {point.attributes["http.response.status_code"]: point for point in metrics["batch_api.client.items"]}
    assert {status: point.value for status, point in by_status.items()} == {429: 2, 202: 2}
    assert dict(by_status[202].attributes) == {
        "batch_api.operation": "profile_update",
        "batch_api.project": "shop",
        "batch_api.outcome": "taken",
        "http.response.status_code": 202,
    }
    assert by_status[429].attributes["error.type"] == "429"
    assert [point.value for point in metrics["batch_api.client.rejections"]] == [1]
    assert [point.count for point in metrics["batch_api.client.request.duration"]] == [1, 1]
    assert [point.sum for point in metrics["batch_api.client.request.duration"]] == pytest.approx([0.3, 0.3], abs=0.05)
    waits = {
        point.attributes["http.response.status_code"]: point.sum for point in metrics["batch_api.client.wait.duration"]
    }
    assert waits[202] >= 1 > waits[429]
    assert [point.value for point in metrics["batch_api.client.pace"]] == [1.0]


async def test_each_attempt_is_a_span_of_the_callers(fake: FakeBatch, seen: Seen) -> None:
    fake.storm("profile_update", times=1)
    async with client_of(fake, seen) as client:
        with seen.tracers.get_tracer("app").start_as_current_span("nightly") as nightly:
            await client.profiles.update([EDIT])
    rejected, taken, ours = seen.spans
    assert ours.name == "nightly"
    for span in (rejected, taken):
        assert (span.name, span.kind) == ("profile_update", SpanKind.CLIENT)
        assert span.parent.span_id == nightly.get_span_context().span_id
        assert span.end_time >= span.start_time
    assert (rejected.status.status_code, taken.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert [span.attributes["http.request.resend_count"] for span in (rejected, taken)] == [0, 1]
    assert taken.attributes["batch_api.wait"] >= 1
    assert taken.attributes["batch_api.pace"] == 1.0


async def test_a_lost_answer_has_its_fault(fake: FakeBatch, seen: Seen) -> None:
    fake.reset("profile_update")
    async with client_of(fake, seen) as client:
        with pytest.raises(BatchError) as lost:
            await client.profiles.update([EDIT | {"events": [{"name": "seen"}]}])
    (span,) = seen.spans
    (attempt,) = lost.value.attempts
    assert (span.attributes["error.type"], span.attributes["batch_api.outcome"]) == (attempt.fault, attempt.outcome)
    assert "http.response.status_code" not in span.attributes


async def test_nobodys_data_and_no_key_is_in_it(fake: FakeBatch, seen: Seen) -> None:
    fake.fail("profile_update", 400)
    async with client_of(fake, seen) as client:
        with pytest.raises(BatchError):
            await client.profiles.update([EDIT])
    told = repr(seen.metrics) + "".join(span.to_json() for span in seen.spans)
    for secret in (fake.rest_api_key, fake.project_key, "example.com"):
        assert secret is not None
        assert secret not in told


def test_by_default_it_goes_to_the_global_providers() -> None:
    assert callable(otel.observer())
    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def test_the_sdk_does_not_need_it() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
import batch_api
batch_api.BatchClient
try:
    import batch_api.otel
except batch_api.ConfigurationError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(
        "batch_api.otel needs OpenTelemetry: install the extra [otel], as by pip install '.[otel]'."
    )
