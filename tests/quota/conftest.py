"""Most of what is promised holds through Redis and on one machine alike."""

from __future__ import annotations

import itertools

import pytest

from tests.quota.cluster import Play, PlayedMachine, Shared, played


@pytest.fixture(params=["redis", "machine"], scope="session")
def play(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Makes what processes share, in the running loop: `play(seconds)`, with the seconds that a visit takes."""
    if request.param == "redis":
        return played
    numbers = itertools.count()

    def machine(seconds: float = 0.0) -> Shared:
        return PlayedMachine(tmp_path_factory.mktemp(f"machine{next(numbers)}"), seconds)

    return machine
