"""Others may write to the keys in Redis. No value stops all calls, or lets a process send faster than the limit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_api import BatchClient
from batch_api.engine.gate import TooLate
from batch_api.engine.limiter.shared.link import LONGEST_PAUSE
from batch_api.engine.limiter.shared.view import Viewer
from batch_api.engine.limits import Limit
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.quota.cluster import EPOCH, PlayedRedis, Process, played
from tests.quota.test_sharing import DEFAULT, UPDATES, assert_never_above, sent
from tests.quota.test_trouble import between, crowd
from tests.redis_server import RedisServer

FAR = [f"{EPOCH + 1e9}", f"{EPOCH + 5e9}", f"{-EPOCH}", "1e12", "-1e12", "9" * 40]
ODD = ["1e308", "-1e308", "1e400", "nan", "-nan", "inf", "-inf", "0", "-0", "-1", "1e-308"]
EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
NUMBERS = st.sampled_from(FAR + ODD)
WORDS = st.sampled_from(["", "abc", "0x7fffffff", "1 2", "é", "\x00", "x" * 2000])
VALUES = NUMBERS | WORDS
PLACES = st.lists(NUMBERS | st.just(f"{EPOCH + 6}"), min_size=5, max_size=7).map(" ".join) | VALUES
FIELDS: dict[str, list[str]] = {
    "clock": ["seen", "skew"],
    "gate": ["id", "paused_at", "paused_until", "rejections", "proven", "scout", "scout_until", "project"],
    "limit": ["id", "free", "shift", "factor", "cut_at", "spent", "rate", "capacity", "shown"],
}
HOLDERS = ["r@x/profile_update/0", "c@x/profile_update/0", "r@", "r@p0/profile_update/0", "c@p0/profile_update/0"]


@st.composite
def forgeries(draw: Callable[..., Any]) -> dict[str, dict[str, str]]:
    """Some fields of each kind of key, with values that the script cannot have written."""
    found = {kind: draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=3)) for kind, names in FIELDS.items()}
    found["limit"].update(draw(st.dictionaries(st.sampled_from(HOLDERS), PLACES, max_size=3)))
    return found


def forge(redis: PlayedRedis, forged: dict[str, dict[str, str]]) -> None:
    for name, fields in redis.hashes.items():
        kind = name.split("}:")[1].partition(":")[0]
        fields.update(forged.get(kind, {}))


@settings(max_examples=40, deadline=None)
@given(forgeries())
@example({"gate": {"paused_until": "1e12"}})
@example({"gate": {"proven": "0", "scout": "x", "scout_until": "1e12"}})
@example({"gate": {"paused_at": "1e12", "paused_until": f"{EPOCH + 1000}"}})
@example({"limit": {"r@x/profile_update/0": f"{EPOCH} {EPOCH + 1e9} {EPOCH} 0 {EPOCH + 1e9} 1"}})
@example({"limit": {"free": "1e12", "shift": "-1e12"}})
@example({"clock": {"seen": f"{EPOCH + 1e12}"}})
@example({"clock": {"skew": "-1e300"}})
@example({"clock": {"seen": f"{-EPOCH}", "skew": f"{EPOCH + 1e9}"}})
def test_calls_go_on_within_seconds_whatever_was_written(forged: dict[str, dict[str, str]]) -> None:
    async def main() -> None:
        redis = played()
        processes = [Process(redis, n, UPDATES, largest=200) for n in range(2)]
        with crowd(processes, tasks=1):
            await asyncio.sleep(1)
            forge(redis, forged)
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(6)
        assert between(processes, began + 4, began + 6) > 0.8 * 2 * 100, "one task each, answered after 20 ms"
        assert not any(process.part.is_away for process in processes)

    run(main())


@settings(max_examples=20, deadline=None)
@given(st.lists(forgeries(), min_size=1, max_size=4), st.sampled_from([0.05, 0.5, 2.0]))
@example([{"limit": {"free": "0"}}], 0.05)
@example([{"clock": {"skew": "-80000"}}], 0.5)
@example([{"limit": {"factor": "1e300", "cut_at": "0"}}], 0.05)
def test_no_process_is_ever_faster_than_the_limit_by_itself(
    forged: list[dict[str, dict[str, str]]], gap: float
) -> None:
    async def main() -> None:
        redis = played()
        process = Process(redis, 0, UPDATES, largest=200)
        with crowd([process], tasks=20):
            for n in range(int(5 / gap)):
                await asyncio.sleep(gap)
                forge(redis, forged[n % len(forged)])
        assert_never_above(sent([process]), rate=300, burst=1000)

    run(main())


AROUND = st.floats(-7200, 7200).map(lambda seconds: f"{EPOCH + seconds:.6f}")


@settings(max_examples=100, deadline=None)
@given(
    gate=st.fixed_dictionaries({}, optional={"paused_until": AROUND, "paused_at": AROUND, "scout_until": AROUND}),
    limit=st.fixed_dictionaries(
        {}, optional={"free": AROUND, "cut_at": AROUND, "shift": st.sampled_from(["0", "3600"])}
    ),
    places=st.lists(st.lists(AROUND, min_size=6, max_size=6).map(sorted), max_size=3),
    kind=st.sampled_from([UPDATES, DEFAULT]),
)
def test_values_that_might_be_right_hold_calls_up_for_a_pause_at_most(
    gate: dict[str, str], limit: dict[str, str], places: list[list[str]], kind: Limit
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played()
        process = Process(redis, 0, kind, largest=200)
        await process.send()
        held = {
            f"r@x{n}/profile_update/0": f"{start} {stop} {due} 0.1 {alive} 1"
            for n, (start, due, stop, alive, *_) in enumerate(places)
        }
        forge(redis, {"gate": {"proven": "0", "scout": "x", **gate}, "limit": {**limit, **held}})
        began = loop.time()
        await process.send()
        assert loop.time() - began < LONGEST_PAUSE + 150

    run(main())


@pytest.mark.parametrize(
    "change",
    [
        {"granted": [{"at": float("nan"), "units": 1, "rate": 300, "lapses": 1}]},
        {"paused": {"seconds": 1e12, "ago": 0}},
        {"paused": {"seconds": "soon", "ago": 0}},
        {"limits": [{}]},
        {"limits": [{"id": "x", "free": 1e300, "owed": 0, "factor": 1}]},
        {"quantum": None},
        {"reserved": ["many"]},
    ],
    ids=json.dumps,
)
def test_an_answer_that_makes_no_sense_is_none(change: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played()
        process = Process(redis, 0, UPDATES, largest=200)
        answer = redis.run

        async def forged(keys: Any, said: Any) -> dict[str, Any]:
            return {**await answer(keys, said), **change}

        redis.run = forged  # type: ignore[method-assign]
        for _ in range(20):
            await process.send(deadline=loop.time() + 5)
        redis.run = answer  # type: ignore[method-assign]
        await asyncio.sleep(30)
        assert not process.part.is_away
        await process.send()

    run(main())
    assert caplog.text.count("no answer from redis://played") == 1


def test_a_forged_pause_within_its_bounds_is_one_that_a_deadline_ends() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played()
        process = Process(redis, 0, UPDATES, largest=200)
        await process.send()
        forge(redis, {"gate": {"paused_until": f"{EPOCH + 1000}"}})
        await asyncio.sleep(1)
        with pytest.raises(TooLate):
            await process.send(deadline=loop.time() + 1)

    run(main())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("gate", {"paused_until": "1e12"}),
        ("gate", {"paused_until": "nan", "paused_at": "1e308"}),
        ("gate", {"proven": "0", "scout": "x", "scout_until": "1e12"}),
        ("gate", {"id": "\x00\xff", "project": "\x1b[31m"}),
        ("limit", {"free": "1e308", "shift": "-1e308"}),
        ("limit", {"factor": "-nan", "cut_at": "inf", "spent": "1e400"}),
        ("limit", {"r@x/profile_update/0": "0 1e12 0 0 1e12 1", "c@": "1 2 3"}),
        ("clock", {"seen": "1e12"}),
        ("clock", {"skew": "-inf"}),
    ],
    ids=str,
)
async def test_calls_go_on_before_a_real_redis_too(redis: RedisServer, kind: str, fields: dict[str, str]) -> None:
    fake = FakeBatch(project_key=None)
    async with fake.serve():
        client = BatchClient(fake.rest_api_key, "project_abcd", base_url=fake.url, quota=redis.url, deadline=2.0)
        async with client:
            await client.profiles.update([EDIT])
            await asyncio.sleep(0.15)  # by then, what was leased went back
            names = redis.command("KEYS", f"*}}:{kind}*").decode().split("\r\n")
            (key,) = [name for name in names if name.startswith("batch_api:")]
            redis.command("HSET", key, *(word for pair in fields.items() for word in pair))
            for _ in range(3):
                await client.profiles.update([EDIT])
            link = client._engine._bind().link
            assert link is not None
            assert not link.away
            assert fake.stats["profile_update"].accepted == 4
        viewer = Viewer(redis.url)
        assert [limit.limit for limit in (await viewer.view()).limits] == ["300 items / 1 s"]
        redis.command("HSET", key, *(word for pair in fields.items() for word in pair))
        await viewer.view()
        await viewer.aclose()
