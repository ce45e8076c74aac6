"""What Prometheus sees of a storm."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from batch_api import Attempt
from batch_api.testing import FakeBatch
from batch_api.types import EditProfile
from examples.cookbook import metrics
from tests.cookbook.conftest import Connect

pytestmark = pytest.mark.virtual_time

EDIT: EditProfile = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}


async def test_attempts_are_counted_by_what_became_of_them(connect: Connect, fake_batch: FakeBatch) -> None:
    registry, beside = CollectorRegistry(), list[Attempt]()
    fake_batch.storm(times=1)
    async with connect(observer=metrics.create(registry, beside.append)) as client:
        await client.profiles.update([EDIT])
    assert len(beside) == 2
    count = registry.get_sample_value
    refused = {"operation": "profile_update", "status": "429", "outcome": "refused"}
    assert count("batch_requests_total", refused) == 1
    assert count("batch_items_total", {"operation": "profile_update"}) == 1
    assert count("batch_wait_seconds_bucket", {"operation": "profile_update", "le": "10.0"}) == 2
    assert b"u1" not in generate_latest(registry)
