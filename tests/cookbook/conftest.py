"""Clients of a fake with the documented limits, and applications that run."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from batch_api import BatchClient
from batch_api.testing import FakeBatch

Connect = Callable[..., BatchClient]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where recipes leave their files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def connect(fake_batch: FakeBatch) -> Connect:
    def connect(**options: Any) -> BatchClient:
        return BatchClient(fake_batch.rest_api_key, fake_batch.project_key, transport=fake_batch.transport(), **options)

    return connect


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An application between its start and its stop, and a client of it."""
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        yield http
