"""A fake without limits, and a plain httpx client on it: most tests are about one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import SERVER_URL
from batch_api.testing import FakeBatch

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
def connect() -> Connect:
    """A client of a fake; `project` and `key` default to those that it accepts."""

    def connect(
        fake: FakeBatch, *, project: str | None = None, key: str | None = None, **options: Any
    ) -> httpx.AsyncClient:
        headers = {
            "Authorization": f"Bearer {key or fake.rest_api_key}",
            "X-Batch-Project": project or fake.project_key,
        }
        transport = options.pop("transport", None) or (None if fake.url else fake.transport())
        base_url = fake.url or SERVER_URL
        return httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers, **options)

    return connect


@pytest.fixture
def api(fake: FakeBatch, connect: Connect) -> httpx.AsyncClient:
    return connect(fake)
