"""What is on its way counts: places on the wire, stalls, and what a server can have counted when."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api._operation import LimitFact, Operation
from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, DeadlineExceeded, TransportError
from batch_api.engine.wire.transport import Request
from batch_api.testing.clock import run
from tests.engine.script import CREATE, DEFAULT, KEY, OK, PROJECT, UPDATE, Answer, Script, api_of, engine_on

CATALOG = Operation(
    "catalog_items_edit",
    "POST",
    "/catalogs/items/edit",
    (202,),
    (LimitFact(5, headroom=0.008), LimitFact(1000, unit="items", headroom=0.008)),
    items=(),
    max_items=200,
    replay=True,
)
PART_OF_AN_ITEM = 0.9
EDIT = {"identifiers": {"custom_id": "u1"}, "attributes": {"n": 1}}


class Network:
    """A transport on which `held(now)` says how long a request that leaves now is held up.

    The server counts it at the last moment: as it answers. So it sees as much at once as it ever may.
    """

    def __init__(self, held: Callable[[float], float]) -> None:
        self._held = held
        self.left: list[float] = []
        self.counted: list[tuple[float, int]] = []
        self.now_open = self.most_open = 0

    async def send(self, request: Request) -> Answer:
        loop = asyncio.get_running_loop()
        self.left.append(loop.time())
        self.now_open += 1
        self.most_open = max(self.most_open, self.now_open)
        items = max(request.content.count(b'"custom_id"'), 1)
        arrives = loop.time() + self._held(loop.time())
        # What a client gives up is counted all the same.
        loop.call_at(arrives, lambda: self.counted.append((loop.time(), items)))
        try:
            await asyncio.sleep(arrives - loop.time())
        finally:
            self.now_open -= 1
        return OK

    async def aclose(self) -> None:
        return


def engine_over(network: Network, **settings: Any) -> Engine:
    return Engine(
        KEY,
        PROJECT,
        api=api_of(UPDATE, DEFAULT, CATALOG),
        user_agent="test",
        transport=network,
        rng=random.Random(1),
        **settings,
    )


async def load(engine: Engine, rate: float, seconds: float, body: list[Any] | None = None) -> Counter[str]:
    """Calls at an even pace, and how they end."""
    ends: Counter[str] = Counter()

    async def one() -> None:
        try:
            await engine.send(UPDATE, body=[EDIT] if body is None else body)
            ends["ok"] += 1
        except BatchError as error:
            ends[error.outcome] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(int(rate * seconds)):
            group.create_task(one())
            await asyncio.sleep(1 / rate)
    return ends


def overdraft(counted: list[tuple[float, int]], *, rate: float, burst: float) -> float:
    """By how much a bucket that holds `burst` would have been overdrawn."""
    level, last, worst = burst, 0.0, 0.0
    for when, cost in sorted(counted):
        level = min(burst, level + rate * (when - last)) - cost
        last, worst = when, max(worst, -level)
    return worst


def stall(begin: float, end: float, usual: float = 0.02) -> Callable[[float], float]:
    return lambda now: end - now if begin <= now < end else usual


@pytest.mark.parametrize("seconds", [3, 10])
def test_after_a_stall_no_more_arrives_than_the_limit_allows(seconds: float) -> None:
    network = Network(stall(2, 2 + seconds))

    async def main() -> Counter[str]:
        return await load(engine_over(network), 285, 5 + seconds)

    assert run(main()) == {"ok": int(285 * (5 + seconds))}
    assert overdraft(network.counted, rate=300, burst=800) < PART_OF_AN_ITEM


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    items=st.sampled_from([7, 37, 200]),
    deadline=st.sampled_from([1.0, 3.0, 300.0]),
    stalls=st.lists(st.tuples(st.floats(0.5, 11), st.floats(0.1, 8)), max_size=3),
    usual=st.sampled_from([0.005, 0.05, 0.4]),
)
def test_whatever_the_network_does_the_server_sees_no_more_than_it_allows(
    seed: int, items: int, deadline: float, stalls: list[tuple[float, float]], usual: float
) -> None:
    """Also when calls are cut in a stall, and counted when it is over."""
    dice = random.Random(seed)

    def held(now: float) -> float:
        ends = [begin + length - now for begin, length in stalls if begin <= now < begin + length]
        return max([usual * dice.uniform(1, 1.5), *ends])

    network = Network(held)

    async def main() -> None:
        await load(engine_over(network, deadline=deadline), 290 / items, 12, [EDIT] * items)
        await asyncio.sleep(10)  # what was cut arrives, too

    run(main())
    # 1000 is what the vendor documents; 80 % of it is what we spend.
    assert overdraft(network.counted, rate=300, burst=1000) < PART_OF_AN_ITEM


@pytest.mark.parametrize("answer", [0.2, 1.0])
def test_slow_answers_cost_no_throughput_and_hold_nobody_else_up(answer: float) -> None:
    network = Network(lambda _: answer)

    async def main() -> tuple[Counter[str], float]:
        engine = engine_over(network, deadline=3)
        calls = asyncio.create_task(load(engine, 250, 6))
        await asyncio.sleep(5)
        began = asyncio.get_running_loop().time()
        await engine.send(DEFAULT)
        took = asyncio.get_running_loop().time() - began
        return await calls, took

    ends, took = run(main())
    assert ends == {"ok": 1500}
    assert took == pytest.approx(answer, abs=0.01)
    assert network.most_open <= 400


def test_a_place_and_a_permit_are_taken_together() -> None:
    """Of 800 permits that are there only those are spent that have a place."""
    network = Network(lambda _: 1.0)

    async def main() -> float:
        engine = engine_over(network, max_in_flight=7)
        await engine.send(UPDATE, body=[EDIT])
        await asyncio.sleep(10)
        calls = [asyncio.create_task(engine.send(UPDATE, body=[EDIT])) for _ in range(100)]
        await asyncio.sleep(0.5)
        wait = engine.wait_time("profile_update")
        for call in calls[7:]:
            call.cancel()
        await asyncio.wait(calls)
        assert engine.wait_time("profile_update", 790) == 0.0, "what never had a place spent no permit"
        return wait

    wait = run(main())
    assert network.most_open == 7
    assert wait == pytest.approx(94 / 7, rel=0.1)


def test_the_wait_for_a_place_is_told_before_and_comes_true() -> None:
    network = Network(lambda _: 0.5)

    async def main() -> tuple[float, float]:
        engine = engine_over(network, max_in_flight=10)
        await engine.send(UPDATE, body=[EDIT])
        calls = [asyncio.create_task(engine.send(UPDATE, body=[EDIT])) for _ in range(200)]
        await asyncio.sleep(1.05)
        told, began = engine.wait_time("profile_update"), asyncio.get_running_loop().time()
        last = asyncio.create_task(engine.send(UPDATE, body=[EDIT]))
        await asyncio.wait([*calls, last])
        return told, network.left[-1] - began

    told, came = run(main())
    assert told == pytest.approx(came, rel=0.1)


def test_a_forecast_counts_slow_answers() -> None:
    """2000 requests of one item each, ten at a time, answers after half a second: 100 s, not the limit's 4 s."""
    network = Network(lambda _: 0.5)

    async def main() -> float:
        engine = engine_over(network, max_in_flight=10)
        await engine.send(UPDATE, body=[EDIT])
        return max(seconds for _, seconds in engine.time_for(UPDATE, 2000, 1))

    assert run(main()) == pytest.approx(100, rel=0.05)


def test_places_follow_the_time_that_answers_take() -> None:
    """20 ms at first, 0.6 s later: 64 places would let 106 a second through."""
    network = Network(lambda now: 0.02 if now < 2 else 0.6)

    async def main() -> Counter[str]:
        return await load(engine_over(network, deadline=6), 285, 8)

    assert run(main()) == {"ok": 2280}


def test_calls_that_wait_in_a_stall_are_not_sent_rather_than_unknown() -> None:
    network = Network(stall(2, 8))

    async def main() -> Counter[str]:
        return await load(engine_over(network, deadline=3), 285, 11)

    ends = run(main())
    assert ends["unknown"] < 150
    assert ends["ok"] + ends["unknown"] + ends["not_sent"] == 3135
    assert len(network.left) == ends["ok"] + ends["unknown"]


def test_one_goes_ahead_while_nothing_is_answered_and_all_go_on_after_it() -> None:
    """A black hole, with deadlines of 0.1 s: no gate stays shut behind what was cut."""
    network = Network(stall(2, 20))

    async def main() -> Counter[str]:
        engine = engine_over(network)
        await load(engine.with_options(deadline=0.1), 120, 19)
        await asyncio.sleep(3)
        return await load(engine.with_options(deadline=3), 120, 5)

    assert run(main()) == {"ok": 600}


def test_a_call_that_was_cut_early_makes_nobody_wait_for_an_answer() -> None:
    network = Network(lambda _: 0.2)

    async def main() -> float:
        engine = engine_over(network)
        await engine.send(UPDATE, body=[EDIT])
        loop = asyncio.get_running_loop()
        cut = asyncio.create_task(engine.send(UPDATE, body=[EDIT]))
        await asyncio.sleep(0.05)
        cut.cancel()
        began = loop.time()
        await asyncio.gather(*(engine.send(UPDATE, body=[EDIT]) for _ in range(50)))
        return loop.time() - began

    assert run(main()) == pytest.approx(0.2, abs=0.3)


@pytest.mark.parametrize("answer", [0.02, 0.1, 0.19])
def test_a_limit_of_one_request_at_a_time_is_used_up_at_usual_round_trips(answer: float) -> None:
    network = Network(lambda _: answer)

    async def main() -> float:
        engine = engine_over(network)
        await asyncio.gather(*(engine.send(CATALOG, body=[{"id": "1"}]) for _ in range(60)))
        return network.left[-1] - network.left[10]

    assert run(main()) == pytest.approx(49 / 4.96, rel=0.01)


def test_whoever_waited_needs_time_for_an_answer() -> None:
    network = Network(lambda _: 0.5)

    async def main() -> list[str]:
        engine = engine_over(network, max_in_flight=1)
        await engine.send(UPDATE, body=[EDIT])
        first = asyncio.create_task(engine.send(UPDATE, body=[EDIT]))
        await asyncio.sleep(0.1)
        late = engine.with_options(deadline=0.6)  # its place comes 0.2 s before that, its answer 0.3 s after it
        with pytest.raises(DeadlineExceeded) as caught:
            await late.send(UPDATE, body=[EDIT])
        await first
        return [caught.value.outcome]

    assert run(main()) == ["not_sent"]
    assert len(network.left) == 2


class Trickle(Answer):
    """An answer that never ends, a byte at a time."""

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(1)


def test_an_answer_that_trickles_in_for_ever_ends_by_itself() -> None:
    """Also where nothing else ends it: jobs and buffers have no deadline."""

    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        engine = engine_on(Script(Trickle()), timeout=5).with_options(deadline=math.inf)
        with pytest.raises(TransportError) as caught:
            await engine.send(CREATE, body={})
        return caught.value.outcome, loop.time()

    outcome, seconds = run(main())
    assert outcome == "unknown"
    assert seconds == pytest.approx(50, abs=2)
