"""The gate: what goes out keeps the limits, in order, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api.engine.gate import Draw, Gate, TooLate
from batch_api.engine.limiter.bucket import Bucket
from batch_api.engine.limits import Limit
from batch_api.testing.clock import VirtualClock, run

FOREVER = float("inf")


class Queue:
    """A gate before buckets of its own, and a record of what was let through."""

    def __init__(
        self,
        *limits: Limit,
        largest: int = 1,
        spacing: float = 0.0,
        memory: dict[object, tuple[float, float]] | None = None,
    ) -> None:
        self.now = asyncio.get_running_loop().time
        self.gate = Gate(pause=5.0, now=self.now, rng=random.Random(7))
        memory = {} if memory is None else memory
        self.buckets = [
            Bucket(
                limit,
                largest=largest if limit.unit == "items" else 1,
                now=self.now,
                spacing=spacing,
                memory=memory,
                key=number,
            )
            for number, limit in enumerate(limits)
        ]
        self.through: list[tuple[float, int, int]] = []

    def draws(self, items: int) -> list[Draw]:
        return [Draw(bucket, items if bucket.unit == "items" else 1) for bucket in self.buckets]

    async def pass_through(
        self, name: int, items: int = 1, *, answer_after: float = 0.0, deadline: float = FOREVER
    ) -> None:
        async with self.gate.turn(self.gate.ticket(self.draws(items), deadline)) as turn:
            self.through.append((self.now(), name, items))
            if answer_after:
                await asyncio.sleep(answer_after)
            turn.accepted()

    @property
    def order(self) -> list[int]:
        return [name for _, name, _ in self.through]


def assert_never_above(through: Sequence[tuple[float, int, int]], *, rate: float, burst: float) -> None:
    """The oracle: a token bucket that holds `burst`, full at the start, is never overdrawn."""
    level, last = burst, through[0][0]
    for when, name, cost in through:
        level = min(burst, level + rate * (when - last)) - cost
        last = when
        assert level >= -1e-6 * rate, f"request {name} of {cost} at {when} overdraws the bucket by {-level}"


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    largest=st.sampled_from([1, 37, 200]),
    pauses=st.sampled_from([(0.0,), (0.0, 0.01), (0.0, 0.0, 0.3), (0.0, 0.0, 0.0, 0.0, 5.0)]),
    cancelled_after=st.sampled_from([(None,), (None, 0.0), (None, None, 0.05, 1.0)]),
)
def test_never_more_than_the_limit_in_any_time(
    seed: int, largest: int, pauses: tuple[float, ...], cancelled_after: tuple[float | None, ...]
) -> None:
    """100 runs of 1000 acquires with random costs, idle times and cancellations: 10^5 in all."""
    dice = random.Random(seed)
    steps = [(dice.randint(1, largest), dice.choice(pauses), dice.choice(cancelled_after)) for _ in range(1000)]

    async def main() -> None:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        tasks: list[asyncio.Task[None]] = []
        for name, (cost, idle, cancel_after) in enumerate(steps):
            if idle:
                await asyncio.sleep(idle)
            task = asyncio.create_task(queue.pass_through(name, cost))
            tasks.append(task)
            if cancel_after is not None:
                asyncio.get_running_loop().call_later(cancel_after, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert_never_above(queue.through, rate=300, burst=800)
        assert queue.order == sorted(queue.order), "first come, first served"
        kept = {name for name, task in enumerate(tasks) if not task.cancelled()}
        assert kept <= set(queue.order), "whoever was not cancelled got its turn"

    run(main())


@settings(max_examples=50, deadline=None)
@given(
    n=st.sampled_from([2, 5, 10, 100, 1000]),
    parts=st.sampled_from([1, 2, 5]),
    idle=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.7, 3.0]), min_size=60, max_size=60),
)
def test_equal_costs_that_divide_the_rate_never_exceed_it_in_any_second(n: int, parts: int, idle: list[float]) -> None:
    """The sliding-window oracle: in every window of one second, however it lies, at most N."""
    cost = max(n // parts, 1) if n % parts == 0 else n

    async def main() -> list[tuple[float, int, int]]:
        queue = Queue(Limit(n, unit="items"), largest=cost)
        tasks = []
        for name, pause in enumerate(idle):
            await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(queue.pass_through(name, cost)))
        await asyncio.gather(*tasks)
        return queue.through

    through = run(main())
    times = [when for when, _, _ in through]
    for first in times:
        in_window = sum(cost for when in times if first <= when < first + 1.0 - 1e-6)
        assert in_window <= n


def test_the_rate_is_used_up() -> None:
    """Keeping the limit would be easy for a gate that lets nobody through."""

    async def main() -> float:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        await asyncio.gather(*(queue.pass_through(name, 37) for name in range(1000)))
        return queue.through[-1][0] - queue.through[0][0]

    seconds = run(main())
    assert seconds == pytest.approx(999 * 37 / 300, rel=0.005)


def test_two_limits_are_reserved_together() -> None:
    """5 requests and 1000 items a second: whichever binds, neither is overdrawn."""

    async def main() -> Queue:
        queue = Queue(Limit(5), Limit(1000, unit="items"), largest=200)
        sizes = [200, 1, 1, 200, 50, 200, 1, 1, 1, 1, 200] * 5
        await asyncio.gather(*(queue.pass_through(name, size) for name, size in enumerate(sizes)))
        return queue

    queue = run(main())
    assert_never_above([(when, name, 1) for when, name, _ in queue.through], rate=5, burst=1)
    assert_never_above(queue.through, rate=1000, burst=200)
    assert queue.through[-1][0] == pytest.approx(54 / 5, abs=0.3), "requests bind, and nothing else slows it down"


def test_a_big_request_is_not_starved_by_small_ones() -> None:
    async def main() -> tuple[int, int]:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)

        async def small(name: int) -> None:
            for _ in range(40):
                await queue.pass_through(name)

        async with asyncio.TaskGroup() as group:
            for name in range(50):
                group.create_task(small(name))
            await asyncio.sleep(0.5)
            gone = len(queue.through)
            group.create_task(queue.pass_through(-1, 200))
        return gone, queue.order.index(-1)

    gone, place = run(main())
    assert place <= gone + 50, "it waits for the fifty that came before it, and for no one else"


def test_a_cost_above_the_capacity_waits_for_it_and_goes() -> None:
    """Ten thousand profiles a second, ten thousand at a time: one request each second."""

    async def main() -> list[float]:
        queue = Queue(Limit(10_000, unit="items"), largest=10_000, spacing=0.02)
        await asyncio.gather(*(queue.pass_through(name, 10_000) for name in range(5)))
        return [when for when, _, _ in queue.through]

    times = run(main())
    gaps = [b - a for a, b in pairwise(times)]
    assert times[0] == pytest.approx(0.0, abs=1e-3)
    assert gaps == pytest.approx([1.02] * 4, abs=1e-3)


def test_where_one_request_fills_the_bucket_they_are_spaced() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(1), spacing=0.02)
        await asyncio.gather(*(queue.pass_through(name) for name in range(4)))
        return [when for when, _, _ in queue.through]

    times = run(main())
    assert [b - a for a, b in pairwise(times)] == pytest.approx([1.02] * 3, abs=1e-3)


def test_an_answer_that_came_late_holds_the_next_one_back() -> None:
    """The server may have counted a slow request only when it answered: a second is counted from there."""

    async def main() -> list[float]:
        queue = Queue(Limit(1), spacing=0.02)
        for name, delay in enumerate([0.01, 0.01, 0.31, 0.01]):
            await queue.pass_through(name, answer_after=delay)
        return [when for when, _, _ in queue.through]

    times = run(main())
    assert times[3] - times[2] == pytest.approx(1.32, abs=0.001)


def test_the_first_goes_alone_and_the_next_is_counted_from_its_answer() -> None:
    """A cold connection takes longer than a permit: five requests that raced through it would arrive as one burst."""

    async def main() -> list[float]:
        queue = Queue(Limit(5))
        async with asyncio.TaskGroup() as group:
            group.create_task(queue.pass_through(0, answer_after=0.9))
            await asyncio.sleep(0)
            for name in range(1, 4):
                group.create_task(queue.pass_through(name))
        return [when for when, _, _ in queue.through]

    times = run(main())
    assert times == pytest.approx([0.0, 1.1, 1.3, 1.5], abs=1e-3)


def test_a_small_first_request_leaves_the_rest_of_one_requests_cost() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        for items in (1, 199, 150):
            await queue.pass_through(0, items)
        return [when for when, _, _ in queue.through]

    assert run(main()) == pytest.approx([0.0, 0.0, 0.5], abs=1e-3)


def test_after_a_rejection_nothing_is_left() -> None:
    async def main() -> float:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        await _proven(queue)
        await Server(opens_at=queue.now() + 1, rtt=0.0).call(queue, 0, 1)
        came = queue.now()
        await queue.pass_through(1, 199)
        return queue.now() - came

    assert run(main()) >= 0.66


def test_a_first_request_that_is_lost_makes_way_for_another() -> None:
    async def main() -> list[int]:
        queue = Queue(Limit(5))

        async def lost() -> None:
            async with queue.gate.turn(queue.gate.ticket(queue.draws(1), FOREVER)):
                await asyncio.sleep(1)
                raise ConnectionError

        results = await asyncio.gather(lost(), queue.pass_through(1), return_exceptions=True)
        assert isinstance(results[0], ConnectionError)
        return queue.order

    assert run(main()) == [1]


def test_cancelling_gives_back_what_was_not_spent() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(1), Limit(1000, unit="items"), largest=200)
        await queue.pass_through(0)
        waiting = [asyncio.create_task(queue.pass_through(name, 200)) for name in range(1, 50)]
        await asyncio.sleep(0.5)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert queue.gate.ready_at(queue.draws(1)) == pytest.approx(1.0, abs=1e-3), "nobody is counted who left"
        await queue.pass_through(99)
        return [when for when, _, _ in queue.through]

    assert run(main()) == pytest.approx([0.0, 1.0], abs=1e-3)


def test_a_turn_that_cannot_come_in_time_is_refused_at_once() -> None:
    async def main() -> None:
        queue = Queue(Limit(1))
        await queue.pass_through(0)
        tasks = [asyncio.create_task(queue.pass_through(name)) for name in range(1, 11)]
        await asyncio.sleep(0)
        before = queue.now()
        with pytest.raises(TooLate):
            await queue.pass_through(11, deadline=queue.now() + 5)
        assert queue.now() == pytest.approx(before, abs=1e-3)
        await queue.pass_through(12, deadline=queue.now() + 11.5)
        await asyncio.gather(*tasks)
        assert queue.order == [*range(11), 12]

    run(main())


def test_wait_time_is_the_time_waited() -> None:
    async def main() -> None:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        await queue.pass_through(0)
        tasks = [asyncio.create_task(queue.pass_through(name, 200)) for name in range(1, 8)]
        await asyncio.sleep(0)
        foreseen = queue.gate.ready_at(queue.draws(150))
        await queue.pass_through(99, 150)
        assert queue.through[-1][0] == pytest.approx(foreseen, abs=0.01)
        await asyncio.gather(*tasks)

    run(main())


# -- rejections ----------------------------------------------------------------------------------------------------


class Server:
    """Rejects everything until `opens_at`, and counts."""

    def __init__(self, opens_at: float, *, retry_after: float | None = None, rtt: float = 0.02) -> None:
        self.opens_at, self.retry_after, self.rtt = opens_at, retry_after, rtt
        self.rejections: list[float] = []
        self.accepted: list[tuple[float, int]] = []

    async def call(self, queue: Queue, name: int, items: int = 1) -> None:
        ticket = queue.gate.ticket(queue.draws(items), FOREVER)
        while True:
            async with queue.gate.turn(ticket) as turn:
                await asyncio.sleep(self.rtt)
                if queue.now() < self.opens_at:
                    self.rejections.append(queue.now())
                    turn.rejected(self.retry_after, slower=True)
                    continue
                turn.accepted()
                self.accepted.append((queue.now(), name))
                return


async def _proven(queue: Queue) -> None:
    await queue.pass_through(-1)


def test_200_tasks_that_meet_a_rejection_do_not_return_together() -> None:
    async def main() -> Server:
        queue = Queue(Limit(300, unit="items", burst=1000), largest=200)
        await _proven(queue)
        await asyncio.sleep(10)  # a full bucket: hundreds are in flight when the first rejection comes
        server = Server(opens_at=queue.now() + 6)
        await asyncio.gather(*(server.call(queue, name) for name in range(200)))
        return server

    server = run(main())
    assert len(server.accepted) == 200
    first_wave = [when for when in server.rejections if when < server.rejections[0] + 1]
    assert len(server.rejections) - len(first_wave) <= 2, "after the pause one goes ahead, not the herd"
    times = sorted(when for when, _ in server.accepted)
    assert len({round(when, 4) for when in times}) > 100, "they come back at the pace of the limit"
    assert [name for _, name in server.accepted] == list(range(200)), "and in the order in which they came"


def test_the_pause_grows_while_rejections_go_on_and_is_never_shorter_than_asked() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(1))
        server = Server(opens_at=2000, rtt=0.0)
        await server.call(queue, 0)
        return server.rejections

    rejections = run(main())
    for before, after in pairwise(rejections):
        least = min(max(5.0, (before - rejections[0]) / 8), 60.0)
        assert least <= after - before <= least * 1.1 + 0.001


def test_the_next_trouble_starts_with_a_short_pause_again() -> None:
    async def main() -> float:
        queue = Queue(Limit(1))
        await Server(opens_at=30, rtt=0.0).call(queue, 0)
        again = Server(opens_at=queue.now() + 3, rtt=0.0)
        await again.call(queue, 1)
        return again.accepted[0][0] - again.rejections[0]

    assert 5 <= run(main()) <= 5.6


def test_waiting_ends_at_the_deadline_even_if_nobody_could_foresee_it() -> None:
    async def main() -> None:
        queue = Queue(Limit(1))
        stuck = asyncio.create_task(queue.pass_through(0, answer_after=100))
        await asyncio.sleep(0)
        with pytest.raises(TooLate):
            await queue.pass_through(1, deadline=10)
        assert queue.now() == pytest.approx(10, abs=0.01)
        await stuck
        await queue.pass_through(2)

    run(main())


def test_retry_after_is_obeyed() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(1))
        server = Server(opens_at=30, retry_after=17.0, rtt=0.0)
        await server.call(queue, 0)
        return [*server.rejections, server.accepted[0][0]]

    first, second, accepted = run(main())
    assert 17 <= second - first <= 17 * 1.1 + 0.001
    assert 17 <= accepted - second <= 17 * 1.1 + 0.001


def test_rejections_of_requests_sent_before_the_pause_change_nothing() -> None:
    async def main() -> tuple[float, float]:
        queue = Queue(Limit(1000, burst=1000))
        await _proven(queue)
        await asyncio.sleep(5)
        server = Server(opens_at=queue.now() + 1)
        await asyncio.gather(*(server.call(queue, name) for name in range(100)))
        return server.accepted[0][0] - server.rejections[0], queue.buckets[0].permit_seconds

    pause, permit = run(main())
    assert 5 <= pause <= 5.6, "one pause of five seconds, not one for each of the hundred rejections"
    assert permit == pytest.approx(1 / 1000), "a burst was refused, which says nothing about the rate"


def test_the_rate_is_cut_and_comes_back() -> None:
    async def main() -> tuple[float, float]:
        queue = Queue(Limit(100))
        for name in range(50):
            await queue.pass_through(name)
        server = Server(opens_at=queue.now() + 0.05, rtt=0.0)
        await server.call(queue, 0)
        queue.through.clear()
        await asyncio.gather(*(queue.pass_through(name) for name in range(101)))
        slow = queue.through[-1][0] - queue.through[0][0]
        await asyncio.sleep(60 + 45)
        queue.through.clear()
        await asyncio.gather(*(queue.pass_through(name) for name in range(101)))
        return slow, queue.through[-1][0] - queue.through[0][0]

    slow, normal = run(main())
    assert slow == pytest.approx(1 / 0.97, rel=0.005), "3 % slower, which hides jitter"
    assert normal == pytest.approx(1.0, rel=0.001)


def test_what_is_refused_again_and_again_teaches_once() -> None:
    """A server that refuses everything says nothing about its pace."""

    async def main() -> float:
        queue = Queue(Limit(100))
        for name in range(50):
            await queue.pass_through(name)
        await Server(opens_at=queue.now() + 100, rtt=0.0).call(queue, 0)
        return queue.buckets[0].permit_seconds

    assert run(main()) == pytest.approx(1 / 97, rel=0.03)


def test_the_limit_that_is_closest_to_being_reached_is_to_blame() -> None:
    async def main() -> list[float]:
        queue = Queue(Limit(5), Limit(1000, unit="items"), largest=200)
        for name in range(10):
            await queue.pass_through(name, 50)
        await Server(opens_at=queue.now() + 0.5, rtt=0.0).call(queue, 0, 50)
        return [bucket.permit_seconds for bucket in queue.buckets]

    requests, items = run(main())
    assert requests > 1 / 5
    assert items == 1 / 1000


def test_a_pause_that_outlasts_a_deadline_fails_the_waiting_at_once() -> None:
    async def main() -> None:
        queue = Queue(Limit(1))
        first = queue.gate.ticket(queue.draws(1), FOREVER)
        async with queue.gate.turn(first) as turn:
            waiting = asyncio.create_task(queue.pass_through(1, deadline=queue.now() + 30))
            patient = asyncio.create_task(queue.pass_through(2))
            await asyncio.sleep(0.1)
            turn.rejected(3600.0, slower=True)
        with pytest.raises(TooLate):
            await waiting
        assert queue.now() < 1
        await patient
        assert queue.now() >= 3600

    run(main())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rejected=st.sampled_from([0.0, 0.02, 0.3]),
    retry_after=st.sampled_from([None, 0.5, 30.0]),
)
def test_whatever_is_rejected_everyone_gets_through(seed: int, rejected: float, retry_after: float | None) -> None:
    """Random rejections, losses, cancellations: the limit holds, nobody is forgotten, the gate never seizes up."""
    dice = random.Random(seed)

    async def main() -> None:
        queue = Queue(Limit(5), Limit(1000, unit="items"), largest=200)
        sent: list[tuple[float, int, int]] = []
        done: set[int] = set()

        async def call(name: int, items: int) -> None:
            ticket = queue.gate.ticket(queue.draws(items), FOREVER)
            while name not in done:
                async with queue.gate.turn(ticket) as turn:
                    sent.append((queue.now(), name, items))
                    await asyncio.sleep(dice.choice([0.0, 0.02, 0.4]))
                    fate = dice.random()
                    if fate < rejected:
                        turn.rejected(retry_after, slower=True)
                    elif fate > 0.95:
                        continue  # lost
                    else:
                        turn.accepted()
                        done.add(name)

        tasks = [asyncio.create_task(call(name, dice.randint(1, 200))) for name in range(60)]
        for task in dice.sample(tasks, 10):
            asyncio.get_running_loop().call_later(dice.random() * 20, task.cancel)
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60 * 60 * 24)
        assert done >= {name for name, task in enumerate(tasks) if not task.cancelled()}
        assert_never_above([(when, name, 1) for when, name, _ in sent], rate=5, burst=1)
        assert_never_above(sent, rate=1000, burst=200)

    run(main())


def test_where_nothing_is_limited_a_rejection_still_pauses_everyone() -> None:
    async def main() -> Server:
        queue = Queue()
        await _proven(queue)
        server = Server(opens_at=queue.now() + 3.0)
        await asyncio.gather(*(server.call(queue, name) for name in range(50)))
        return server

    server = run(main())
    assert len(server.rejections) == 50, "all were in flight"
    assert min(when for when, _ in server.accepted) >= 5


def test_where_nothing_is_limited_one_still_goes_ahead() -> None:
    async def main() -> Server:
        queue = Queue()
        server = Server(opens_at=6.0)
        await asyncio.gather(*(server.call(queue, name) for name in range(200)))
        return server

    server = run(main())
    assert len(server.rejections) == 2
    assert server.accepted[-1][0] == pytest.approx(server.accepted[0][0], abs=0.1), "and the others all at once"


def test_loops_one_after_another_share_the_bucket() -> None:
    """A script that calls `asyncio.run` for each request keeps the limit over all of them."""
    clock = VirtualClock()
    memory: dict[object, tuple[float, float]] = {}
    times = []

    async def one() -> None:
        queue = Queue(Limit(1), memory=memory)
        await queue.pass_through(0)
        times.append(queue.through[0][0])

    for _ in range(4):
        run(one(), clock=clock)
    assert times == pytest.approx([0, 1, 2, 3], abs=0.01)


@pytest.mark.parametrize(
    ("word", "waits"),
    [
        pytest.param((1e-9, 1e9), 20, id="no bucket owes more than its largest request"),
        pytest.param((1000.0, 1001.0), 0, id="word from the future comes from another clock"),
    ],
)
def test_a_clock_that_starts_anew_does_not_block_for_ever(word: tuple[float, float], waits: float) -> None:
    async def one() -> float:
        queue = Queue(Limit(1), memory={0: word})
        await queue.pass_through(0)
        return queue.now()

    assert run(one()) == pytest.approx(waits, abs=0.1)
