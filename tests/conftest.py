"""What all tests share: `@pytest.mark.virtual_time` runs an async test on a clock that jumps.

Hypothesis tries the same examples each time, so that a change is not refused for a fault that was there before. To look
for new ones: `pytest --hypothesis-profile random`, which the nightly workflow runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

import hypothesis
import pytest

from batch_api.testing.clock import VirtualTimeLoop
from tests.redis_server import NoRedisServer, redis_server
from tests.serving import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_api.testing import FakeBatch
    from tests.redis_server import RedisServer

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.register_profile("random", derandomize=False)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture
def served_api(fake_batch: FakeBatch, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatch]:
    """A fake on loopback, to which `BatchClient.from_env()` leads, here and in programs that are started."""
    with served(fake_batch) as fake:
        monkeypatch.setenv("BATCH_REST_API_KEY", fake.rest_api_key)
        monkeypatch.setenv("BATCH_PROJECT_KEY", fake.project_key)
        monkeypatch.setenv("BATCH_BASE_URL", fake.url or "")
        yield fake


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """An empty Redis of the test's own. It starts in some 10 ms."""
    with redis_server() as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    with skipping_without_redis():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    with skipping_without_redis():
        yield


@contextlib.contextmanager
def skipping_without_redis() -> Iterator[None]:
    try:
        yield
    except NoRedisServer as error:
        pytest.skip(str(error))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out by `make test-fast`")
    config.addinivalue_line("markers", "virtual_time: run on a VirtualTimeLoop; asyncio.sleep(3600) returns at once")
    if hasattr(config, "workerinput"):  # a process of pytest-xdist: what it starts is not measured
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes go by the name of their argument: a packed body has the time in it, and ids must be the same each time."""
    return argname if isinstance(val, bytes) else None


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Read by pytest-asyncio: the kind of loop that `item` runs on."""
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}
