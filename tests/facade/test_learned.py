"""What rejections taught is shown, logged, and carried over a restart."""

from __future__ import annotations

import json
import logging

import pytest

from batch_api import Attempt, BatchClient, ConfigurationError, Limit
from batch_api.engine.limits import Learned
from tests.facade.wire import Answer, Wire

pytestmark = pytest.mark.virtual_time

PAGE = {"catalogs": [], "count": 0, "has_more": False}


async def reject_one(client: BatchClient) -> None:
    """Six calls, of which the last is rejected once: jitter is blamed."""
    for _ in range(6):
        await client.call("catalog_list")


def wire() -> Wire:
    return Wire(*[Answer(200, PAGE)] * 5, Answer(429), *[Answer(200, PAGE)] * 10)


async def test_limits_say_what_is_documented_and_what_is_learned() -> None:
    async with wire().client() as client:
        await client.call("catalog_list")
        assert client.limits()["catalog_list"][0].learned is None
        await reject_one(client)
        (limit,) = client.limits()["catalog_list"]
        assert limit == Limit(5)
        assert limit.learned == Learned(5 * 0.992 * 0.97, None, 0.0)
        assert client.limits()["catalog_remove"][0].learned is None


async def test_one_line_says_what_was_learned(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "batch_api")
    async with wire().client() as client:
        await reject_one(client)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert told == ["catalog_list: 4.81 requests/s accepted, 5 documented"]


async def test_attempts_say_at_which_pace() -> None:
    seen: list[Attempt] = []
    async with wire().client(observer=seen.append) as client:
        await reject_one(client)
        await client.call("catalog_list")
    assert seen[0].pace == 1.0
    assert seen[-1].pace == pytest.approx(0.97)


async def test_it_is_carried_over_a_restart() -> None:
    async with wire().client() as client:
        assert client.learned() == {}
        await reject_one(client)
        kept = json.dumps(client.learned())
    async with Wire(Answer(200, PAGE)).client() as later:
        later.remember(json.loads(kept))
        await later.call("catalog_list")
        assert later.learned() == {"catalog_list:requests/1": {"rate": pytest.approx(0.03)}}


async def test_it_may_be_remembered_when_calls_were_made_already() -> None:
    async with Wire(*[Answer(200, PAGE)] * 2).client() as client:
        await client.call("catalog_list")
        client.remember({"catalog_list:requests/1": {"rate": 0.5}, "gone:requests/1": {"margin": 0.02}})
        assert client.learned() == {"catalog_list:requests/1": {"rate": pytest.approx(0.5)}}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "learned: expected a mapping, got NoneType"),
        ({"x": 1}, r"learned\['x'\]: expected a mapping, got int"),
        ({"x": {"speed": 1}}, r"learned\['x'\]: expected no keys but burst, margin, rate"),
        ({"x": {"rate": "1"}}, r"learned\['x'\]\['rate'\]"),
        ({"x": {"rate": 2}}, r"learned\['x'\]\['rate'\]"),
        ({"x": {"rate": float("nan")}}, r"learned\['x'\]\['rate'\]"),
    ],
)
async def test_what_was_never_learned_is_refused(given: object, says: str) -> None:
    async with Wire(Answer(200, PAGE)).client() as client:
        with pytest.raises(ConfigurationError, match=says):
            client.remember(given)  # type: ignore[arg-type]
