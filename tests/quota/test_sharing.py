"""Several processes, one limit: what all of them send together keeps it, uses it up, and is shared evenly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api.engine.gate import TooLate
from batch_api.engine.limits import Limit
from batch_api.testing.clock import run
from tests.quota.cluster import Play, Process, StrictServer, played

UPDATES = Limit(300, unit="items", burst=1000)
MASS = Limit(10_000, unit="items")
CATALOG = (Limit(5), Limit(1000, unit="items"))
DEFAULT = Limit(1)


def sent(processes: Sequence[Process]) -> list[tuple[float, int, int]]:
    return sorted(moment for process in processes for moment in process.through)


def assert_never_above(through: Sequence[tuple[float, int, int]], *, rate: float, burst: float) -> None:
    """The oracle: a token bucket that holds `burst`, full at the start, is never overdrawn."""
    level, last = burst, through[0][0]
    for when, process, cost in through:
        level = min(burst, level + rate * (when - last)) - cost
        last = when
        assert level >= -1e-3 * rate, f"{cost} of process {process} at {when} overdraw the bucket by {-level}"


async def saturate(
    processes: Sequence[Process],
    seconds: float,
    items: Sequence[Callable[[], int]],
    *,
    tasks: int,
    server: StrictServer,
) -> list[float]:
    """All at once; 5 to 50 ms pass before a request counts, and as much after. Gives each process's part, 1 if even."""
    dice = random.Random(11)
    running = [
        asyncio.create_task(
            process.saturate(tasks, items[n % len(items)], rtt=lambda: 2 * dice.uniform(0.005, 0.05), serve=server)
        )
        for n, process in enumerate(processes)
    ]
    done, _ = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    assert not done
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    amounts = [sum(cost for _, _, cost in process.through) for process in processes]
    return [amount * len(amounts) / sum(amounts) for amount in amounts]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    largest=st.sampled_from([1, 37, 200]),
    pauses=st.sampled_from([(0.0,), (0.0, 0.01), (0.0, 0.0, 0.3), (0.0, 0.0, 0.0, 0.0, 5.0)]),
    cancelled_after=st.sampled_from([(None,), (None, 0.0), (None, None, 0.05, 1.0)]),
    seconds=st.sampled_from([0.0, 0.001, 0.05]),
)
def test_together_never_more_than_the_limit_in_any_time(
    play: Play,
    seed: int,
    largest: int,
    pauses: tuple[float, ...],
    cancelled_after: tuple[float | None, ...],
    seconds: float,
) -> None:
    """Three processes with random costs, idle times and cancellations; what they share is quick or slow."""
    dice = random.Random(seed)

    async def main() -> None:
        shared = play(seconds)
        processes = [Process(shared, n, UPDATES, largest=200) for n in range(3)]
        tasks = []
        for _ in range(300):
            await asyncio.sleep(dice.choice(pauses))
            task = asyncio.create_task(dice.choice(processes).send(dice.randint(1, largest), rtt=lambda: 0.02))
            tasks.append(task)
            after = dice.choice(cancelled_after)
            if after is not None:
                asyncio.get_running_loop().call_later(after, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert_never_above(sent(processes), rate=300, burst=800)
        assert all(task.cancelled() or task.exception() is None for task in tasks)
        assert shared.lost == 0, "what was written here is believed"

    run(main())


@pytest.mark.parametrize(
    ("limits", "largest", "cost", "spacing", "headroom", "share", "even"),
    [
        pytest.param((UPDATES,), 200, 1, 0.0, 0.0, 0.99, 0.1, id="updates of one"),
        pytest.param((UPDATES,), 200, 200, 0.0, 0.0, 0.99, 0.2, id="updates of 200"),
        pytest.param((MASS,), 10_000, 5000, 0.02, 0.0, 0.99, 0.1, id="mass updates of 5000"),
        pytest.param(CATALOG, 200, 200, 0.0, 0.01, 0.985, 0.1, id="catalog items"),
        pytest.param((DEFAULT,), 1, 1, 0.02, 0.0, 0.94, 0.1, id="one request a second"),
    ],
)
def test_four_processes_use_the_limit_up_and_have_even_parts(
    play: Play,
    limits: tuple[Limit, ...],
    largest: int,
    cost: int,
    spacing: float,
    headroom: float,
    share: float,
    even: float,
) -> None:
    async def main() -> None:
        shared = play()
        processes = [Process(shared, n, *limits, largest=largest, spacing=spacing, headroom=headroom) for n in range(4)]
        server = StrictServer(
            *((limit.per_second, limit.burst or limit.per_second, limit.unit) for limit in reversed(limits))
        )
        parts = await saturate(processes, 60, [lambda: cost], tasks=60, server=server)
        limit = limits[-1]
        taken = sum(items if limit.unit == "items" else 1 for _, items in server.taken)
        assert taken / 60 / limit.per_second >= share
        assert server.rejected == 0
        assert shared.lost == 0
        assert all(abs(part - 1) <= even for part in parts), parts

    run(main())


def test_one_that_comes_later_has_an_even_part_though_answers_take_long(play: Play) -> None:
    async def main() -> None:
        shared = play()
        processes = [Process(shared, n, *CATALOG, largest=200, headroom=0.01) for n in range(4)]
        running = [asyncio.create_task(process.saturate(9, lambda: 200, rtt=lambda: 0.3)) for process in processes[:3]]
        await asyncio.sleep(5)
        running.append(asyncio.create_task(processes[3].saturate(9, lambda: 200, rtt=lambda: 0.3)))
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(30)
        late = [process for when, process, _ in sent(processes) if when > began]
        assert late.count(3) / len(late) > 0.2
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    run(main())


def test_a_visit_to_redis_serves_many_small_requests() -> None:
    async def main() -> None:
        redis = played()
        processes = [Process(redis, n, UPDATES, largest=200) for n in range(4)]
        await saturate(processes, 20, [lambda: 1], tasks=60, server=StrictServer((300, 1000, "items")))
        assert redis.calls * 20 <= len(sent(processes))

    run(main())


def test_with_mixed_sizes_nobody_has_less_than_half_or_more_than_twice_its_part(play: Play) -> None:
    async def main() -> None:
        shared = play()
        dice = random.Random(3)
        processes = [Process(shared, n, UPDATES, largest=200) for n in range(4)]
        sizes = [lambda: 1, lambda: 37, lambda: 200, lambda: dice.randint(1, 200)]
        parts = await saturate(processes, 60, sizes, tasks=100, server=StrictServer((300, 1000, "items")))
        assert all(0.5 < part < 2 for part in parts), parts

    run(main())


def test_a_request_of_5000_items_is_not_starved_by_small_ones_of_others(play: Play) -> None:
    async def main() -> None:
        shared = play()
        small = [Process(shared, n, MASS, largest=10_000) for n in range(3)]
        crowd = [asyncio.create_task(process.saturate(40, lambda: 100, rtt=lambda: 0.02)) for process in small]
        await asyncio.sleep(5)
        big = Process(shared, 9, MASS, largest=10_000)
        began = asyncio.get_running_loop().time()
        await big.send(5000)
        assert asyncio.get_running_loop().time() - began < 2.5
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)

    run(main())


def test_first_come_first_served_within_a_process(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one, other = (Process(shared, n, UPDATES, largest=200) for n in range(2))
        dice = random.Random(4)
        costs = [dice.randint(1, 200) for _ in range(40)]
        crowd = asyncio.create_task(other.saturate(10, lambda: 37))
        await asyncio.gather(*(one.send(cost) for cost in costs))
        crowd.cancel()
        assert [cost for _, _, cost in one.through] == costs

    run(main())


def test_projects_do_not_share(play: Play) -> None:
    async def main() -> None:
        shared = play()
        processes = [Process(shared, n, DEFAULT, spacing=0.02, project=f"project_{n}") for n in range(2)]
        await asyncio.gather(*(process.send() for process in processes for _ in range(5)))
        assert max(when for when, _, _ in sent(processes)) < 5

    run(main())


def test_nobody_waits_long_behind_a_cancelled_call(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one, other = (Process(shared, n, MASS, largest=10_000) for n in range(2))
        await one.send(5000)
        await one.send(5000)
        waiting = asyncio.create_task(one.send(10_000))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0.2)
        began = asyncio.get_running_loop().time()
        await other.send(5000)
        assert asyncio.get_running_loop().time() - began < 0.4, "it did not wait behind what nobody wants"

    run(main())


def test_idle_leases_go_back() -> None:
    """A lease is as long as what was used lately. What is not used this time is there for others."""

    async def main() -> None:
        redis = played(0.0)
        one = Process(redis, 1, UPDATES, largest=200)
        await asyncio.gather(*(one.send() for _ in range(60)))
        await asyncio.sleep(1)
        spent = int(redis.hashes[next(key for key in redis.hashes if "limit" in key)]["spent"].split(".")[0])
        assert spent == 60

    run(main())


def test_a_process_that_dies_holds_up_the_others_for_its_term_only(play: Play) -> None:
    async def main() -> None:
        shared = play()
        processes = [Process(shared, n, DEFAULT, spacing=0.02) for n in range(3)]
        running = [asyncio.create_task(process.saturate(3, lambda: 1)) for process in processes]
        await asyncio.sleep(30.5)
        processes[0].part.die()  # it says nothing more, neither to Redis nor to the server
        running[0].cancel()
        await asyncio.sleep(30)
        later = [when for when, n, _ in sent(processes) if when > 30.5]
        assert len(later) >= 27
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    run(main())


def test_a_turn_that_cannot_come_in_time_is_refused_at_once(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one = Process(shared, 1, MASS, largest=10_000)
        waiting = [asyncio.create_task(one.send(5000)) for _ in range(10)]
        await asyncio.sleep(0.1)
        now = asyncio.get_running_loop().time()
        with pytest.raises(TooLate) as late:
            await one.send(5000, deadline=now + 2)
        assert asyncio.get_running_loop().time() - now < 0.01
        assert late.value.seconds > 2
        await asyncio.gather(*waiting)

    run(main())
