"""A fake API with the documented limits, and a client of it, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from batch_api import BatchClient
from batch_api.testing import FakeBatch
from batch_api.testing.clock import VirtualTimeLoop

Connect = Callable[..., BatchClient]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Read by pytest-asyncio: all tests of this folder own their time."""
    return {"virtual": VirtualTimeLoop}


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
def connect(fake: FakeBatch) -> Connect:
    """Makes clients of the fake."""

    def connect(**options: Any) -> BatchClient:
        keys = [options.pop("rest_api_key", fake.rest_api_key), options.pop("project_key", fake.project_key)]
        return BatchClient(*keys, **{"transport": fake.transport(), **options})

    return connect


@pytest.fixture
async def client(connect: Connect) -> AsyncIterator[BatchClient]:
    async with connect() as client:
        yield client
