"""The pytest plugin of batch_api: the fixtures `fake_batch` and `batch_client`, for the legacy API with `_app`.

    async def test_sign_up(fake_batch, batch_client):
        await sign_up(batch_client, "ann@example.org")
        assert fake_batch.project().profiles.by_id

Options of the fake come from the marker `@pytest.mark.fake_batch(limits=False)`, or for a whole module or suite from a
fixture of your own named `fake_batch_options`. pytest loads this module in every run of an environment that has
batch_api installed: it imports nothing but pytest until a fixture is used.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batch_api import BatchAppClient, BatchClient
    from batch_api.testing import FakeBatch, FakeBatchApp


_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fake_batch(**options): options of FakeBatch for the fixture fake_batch")


@pytest.fixture
def fake_batch_options() -> dict[str, Any]:
    """Options of `FakeBatch` for the fixture `fake_batch`: none. Override it to set some."""
    return {}


@pytest.fixture
def fake_batch(request: pytest.FixtureRequest, fake_batch_options: dict[str, Any]) -> FakeBatch:
    """A fake Batch API of its own for each test: in process, with the documented limits.

    Its project has another key in each test, so that no client waits for what an earlier test spent. Works with async
    tests of any plugin, and without one. Needs the extra `testing`.
    """
    from batch_api.testing import FakeBatch

    marker = request.node.get_closest_marker("fake_batch")
    options = {"project_key": f"project_{next(_numbers):032d}", **fake_batch_options}
    return FakeBatch(**{**options, **(marker.kwargs if marker else {})})


@pytest.fixture
def batch_client(fake_batch: FakeBatch) -> BatchClient:
    """A client of `fake_batch`, not opened: use it in an async test as `async with batch_client as client`.

    Opening and closing belong to the test's own event loop, which a fixture that needs no async plugin cannot reach.
    In process there is nothing to leak: a test that only makes calls may leave the `async with` out. With a fake that
    enforces no limits the client keeps none either, so that nothing waits.
    """
    from batch_api import BatchClient
    from batch_api._generated.cep.registry import OPERATIONS

    return BatchClient(
        fake_batch.rest_api_key,
        fake_batch.project_key,
        transport=fake_batch.transport(),
        limits=None if fake_batch.enforces_limits else {name: [] for name in OPERATIONS},
    )


@pytest.fixture
def fake_batch_app(request: pytest.FixtureRequest) -> FakeBatchApp:
    """A fake of the legacy app-level API of its own for each test: in process, with the limits that a client assumes.

    Its app has another key in each test. Options come from the marker `@pytest.mark.fake_batch`.
    """
    from batch_api.testing import FakeBatchApp

    marker = request.node.get_closest_marker("fake_batch")
    return FakeBatchApp(**{"app_key": f"{next(_numbers):030d}", **(marker.kwargs if marker else {})})


@pytest.fixture
def batch_app_client(fake_batch_app: FakeBatchApp) -> BatchAppClient:
    """A client of `fake_batch_app`, not opened: use it like `batch_client`."""
    from batch_api import BatchAppClient

    return BatchAppClient(
        fake_batch_app.rest_api_key,
        fake_batch_app.app_key,
        transport=fake_batch_app.transport(),
        limits=None if fake_batch_app.enforces_limits else {name: [] for name in fake_batch_app.api.operations},
    )
