"""The fake of the legacy API, on loopback and in process, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from batch_api import BatchAppClient
from batch_api._generated.mep.registry import OPERATIONS
from batch_api.testing import FakeBatchApp

NO_LIMITS: dict[str, Any] = {name: [] for name in OPERATIONS}


@pytest.fixture
def fake() -> FakeBatchApp:
    return FakeBatchApp(limits=False, index_seconds=0.0, export_seconds=0.0)


@pytest.fixture
async def client(fake: FakeBatchApp) -> AsyncIterator[BatchAppClient]:
    """In process."""
    options: dict[str, Any] = {"transport": fake.transport(), "limits": NO_LIMITS}
    async with BatchAppClient(fake.rest_api_key, fake.app_key, **options) as client:
        yield client


@pytest.fixture
async def served(fake: FakeBatchApp) -> AsyncIterator[BatchAppClient]:
    """Over a socket."""
    async with (
        fake.serve() as url,
        BatchAppClient(fake.rest_api_key, fake.app_key, base_url=url, limits=NO_LIMITS) as client,
    ):
        yield client
