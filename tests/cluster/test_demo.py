"""The demonstration, a short one: it kills a worker, and comes to its end with nothing lost."""

from __future__ import annotations

import re

import pytest

from examples.cluster.demo import demonstrate


async def test_it_kills_a_worker_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert await demonstrate(seconds=8) == 0
    printed = capsys.readouterr().out
    assert "kill -9" in printed
    assert re.search(r"lost +│ 0 ", printed)
