"""A fake with the documented limits, on virtual time, and what the examples need to see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from batch_api import BatchClient
from batch_api.testing import FakeBatch
from batch_api.testing.clock import VirtualTimeLoop

Connect = Callable[..., BatchClient]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Read by pytest-asyncio: the examples, too, run on time that jumps."""
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
def connect(fake: FakeBatch) -> Connect:
    """Makes clients of the fake."""

    def connect(**options: object) -> BatchClient:
        return BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport(), **options)  # type: ignore[arg-type]

    return connect
