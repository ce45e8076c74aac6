"""Rejections, and Redis in trouble: all pause once, go on alone at their share, and come back without a burst."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from batch_api.engine.gate import TooLate
from batch_api.engine.limits import Limit
from batch_api.testing.clock import run
from tests.quota.cluster import Play, PlayedRedis, Process, StrictServer, played
from tests.quota.test_sharing import DEFAULT, UPDATES, assert_never_above, sent

HOURLY = Limit(5, per=3600, burst=10)


@contextmanager
def crowd(processes: list[Process], server: StrictServer | None = None, *, tasks: int = 20) -> Iterator[None]:
    """All of them send as much as they may, until the block ends."""
    running = [
        asyncio.create_task(process.saturate(tasks, lambda: 1, rtt=lambda: 0.02, serve=server)) for process in processes
    ]
    try:
        yield
    finally:
        for task in running:
            assert not task.done(), task
            task.cancel()


def between(processes: list[Process], start: float, end: float) -> int:
    return sum(start <= when < end for when, _, _ in sent(processes))


# -- 429 -------------------------------------------------------------------------------------------------------------


def test_a_pause_is_lifted_in_redis_too(play: Play) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = play()
        one, late = (Process(shared, n, UPDATES, largest=200, pause=1000) for n in range(2))
        refuses = True
        call = asyncio.create_task(one.send(100, rtt=lambda: 0.02, serve=lambda _: not refuses))
        await asyncio.sleep(5)
        refuses = False
        assert len(one.through) == 1
        one.gate.resume(one.draws(1))
        await asyncio.sleep(0.1)
        assert call.done()
        lifted = loop.time()
        await late.send(100, rtt=lambda: 0.02)
        assert loop.time() - lifted < 5, "who comes later hears of no pause"
        for _ in range(20):
            await late.send(200, rtt=lambda: 0.02)
        # The answer to the one that goes ahead counts from an empty bucket.
        assert_never_above([moment for moment in sent([one, late]) if moment[0] > 1], rate=300, burst=1000)

    run(main())


def test_one_who_knows_of_no_pause_can_lift_it(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one, other = (Process(shared, n, HOURLY, pause=1000) for n in range(2))
        call = asyncio.create_task(one.send(serve=lambda _: False))
        await asyncio.sleep(5)
        call.cancel()
        other.gate.resume(other.draws(1))
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        await other.send()
        assert asyncio.get_running_loop().time() - began < 1

    run(main())


def test_a_pause_that_is_heard_of_as_it_is_lifted_does_not_come_back(play: Play) -> None:
    async def main() -> None:
        shared = play(seconds=0.2)
        one = Process(shared, 0, UPDATES, largest=200, pause=1000)
        refuses = True
        call = asyncio.create_task(one.send(serve=lambda _: not refuses))
        while not one.through:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # the rejection is on its way to Redis
        refuses = False
        one.gate.resume(one.draws(1))
        await asyncio.sleep(3)
        assert call.done()

    run(main())


def test_while_redis_is_away_a_pause_is_lifted_here(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one = Process(shared, 0, UPDATES, largest=200, pause=1000)
        refuses = True
        call = asyncio.create_task(one.send(serve=lambda _: not refuses))
        await asyncio.sleep(1)
        shared.is_up, refuses = False, False
        one.gate.resume(one.draws(1))
        await asyncio.sleep(3)
        assert call.done()

    run(main())


def test_a_rejection_of_one_process_pauses_and_slows_down_all_once(play: Play) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        processes = [Process(shared, n, UPDATES, largest=200) for shared in [play()] for n in range(4)]
        refuses = False
        rejected: list[float] = []

        def serve(_: int) -> bool:
            if refuses:
                rejected.append(loop.time())
            return not refuses

        with crowd(processes, serve):  # type: ignore[arg-type]
            await asyncio.sleep(10)
            refuses = True
            while not rejected:
                await asyncio.sleep(0.001)
            began = loop.time()
            await asyncio.sleep(1)
            refuses = False
            assert between(processes, began + 0.5, began + 5) == 0, "each learns of it with its next visit"
            await asyncio.sleep(14)
            first = [when for when, _, _ in sent(processes) if when >= began + 5]
            assert first[0] < began + 6
            assert first[1] - first[0] > 0.015, "one goes ahead, of all processes; the others when it is answered"
            rate = between(processes, began + 7, began + 9) / 2
            assert 0.75 * 300 < rate < 0.9 * 300, "cut once, though many were rejected"
            await asyncio.sleep(20)
            assert between(processes, began + 30, began + 34) / 4 > 0.97 * 300, "it comes back by itself"

    run(main())


def test_a_process_that_was_never_rejected_waits_out_the_pause_of_another(play: Play) -> None:
    async def main() -> None:
        shared = play()
        one, other = (Process(shared, n, UPDATES, largest=200) for n in range(2))
        await one.send()
        await other.send()
        answers = iter([False, True])
        await one.send(serve=lambda _: next(answers))
        paused_until = one.through[-1][0]
        assert paused_until > 4.9
        late = Process(shared, 3, UPDATES, largest=200)
        answers = iter([False, True])
        sending = asyncio.create_task(one.send(serve=lambda _: next(answers)))
        await asyncio.sleep(0.1)
        await late.send()
        assert late.through[0][0] >= paused_until + 4.9
        await sending

    run(main())


# -- Redis is away ---------------------------------------------------------------------------------------------------


def test_while_redis_is_away_all_go_on_at_their_share_and_come_back_without_a_burst(
    play: Play,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = play()
        processes = [Process(shared, n, UPDATES, largest=200, share=0.1) for n in range(4)]
        server = StrictServer((300, 1000, "items"))
        with crowd(processes, server):
            await asyncio.sleep(10)
            shared.is_up = False
            lost = loop.time()
            await asyncio.sleep(10)
            shared.is_up = True
            found = loop.time()
            await asyncio.sleep(20)
            assert 0.3 * 300 < between(processes, lost + 2, found) / (found - lost - 2) < 0.45 * 300, "4 x 0.1"
            assert between(processes, found + 2, found + 18) / 16 > 0.99 * 300
            assert between(processes, found, found + 2) < 2.2 * 300
        assert server.rejected == 0
        assert shared.lost == 0
        assert_never_above(sent(processes), rate=300, burst=800)

    with caplog.at_level(logging.WARNING, logger="batch_api"):
        run(main())
    told = [record.getMessage() for record in caplog.records]
    assert sum("continuing alone" in text for text in told) == 4, "once for each process"
    assert sum(" again" in text for text in told) == 4


def test_a_redis_that_is_too_slow_is_one_that_is_away_and_nobody_waits_for_it() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played(30.0)
        process = Process(redis, 1, UPDATES, largest=200)
        await process.send()
        assert loop.time() < 0.6

    run(main())


def test_a_call_is_given_up_at_its_deadline_though_redis_says_nothing() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played(30.0)
        process = Process(redis, 1, UPDATES, largest=200)
        with pytest.raises(TooLate):
            await process.send(deadline=loop.time() + 0.2)
        assert loop.time() < 0.25

    run(main())


@pytest.mark.parametrize("limit", [UPDATES, DEFAULT], ids=["updates", "one a second"])
def test_a_flushed_redis_is_told_what_was_spent(play: Play, limit: Limit) -> None:
    async def main() -> None:
        shared = play()
        processes = [Process(shared, n, limit, largest=200, spacing=0.02) for n in range(4)]
        server = StrictServer((limit.per_second, limit.burst or 1, limit.unit))
        with crowd(processes, server):
            for _ in range(5):
                await asyncio.sleep(6.3)
                shared.flush()
            await asyncio.sleep(10)
        assert server.rejected == 0
        assert len(server.taken) > 0.85 * 41 * limit.per_second

    run(main())


@pytest.mark.parametrize("step", [3600.0, -3600.0, 1.7, -1.7])
def test_a_clock_that_is_set_neither_blocks_nor_lets_a_burst_through(step: float) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        redis = played()
        processes = [Process(redis, n, UPDATES, largest=200) for n in range(4)]
        server = StrictServer((300, 1000, "items"))
        with crowd(processes, server):
            await asyncio.sleep(10)
            redis.step = step
            began = loop.time()
            await asyncio.sleep(10)
        assert server.rejected == 0
        assert between(processes, began, began + 10) > 0.98 * 3000
        assert_never_above(sent(processes), rate=300, burst=800 if abs(step) > 2 else 1000)

    run(main())


def test_hourly_limits_outlive_the_processes(play: Play) -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        shared = play()
        for n in range(4):  # one after another: each remembers nothing
            process = Process(shared, n, HOURLY)
            await process.send()
            await process.send()
        return [loop.time()]

    (took,) = run(main())
    assert took > 4000, "8 are spent: one at once, then 5 an hour"


def test_a_lost_redis_does_not_give_hourly_permits_anew(play: Play) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = play()
        one = Process(shared, 1, HOURLY)
        await one.send()
        await one.send()
        at = loop.time()
        shared.flush()
        await one.send()
        assert loop.time() - at > 600

    run(main())


def test_what_other_processes_hold_ends_with_their_term(play: Play) -> None:
    """Reserved and never confirmed: a stopped process loses its turn, and keeps to its limits when it goes on."""

    async def main() -> None:
        shared = play()
        one, other = (Process(shared, n, DEFAULT, spacing=0.02) for n in range(2))
        await one.send()
        waiting = asyncio.create_task(one.send())
        await asyncio.sleep(0.01)
        one.part.die()
        waiting.cancel()
        began = asyncio.get_running_loop().time()
        await other.send()
        assert asyncio.get_running_loop().time() - began < 3

    run(main())


def test_a_long_wait_for_one_limit_keeps_the_place_on_it(play: Play) -> None:
    """Asking again meanwhile changes nothing, and the other limit of the request is believed all the time."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = play()
        process = Process(shared, 0, DEFAULT, Limit(5, per=3600, burst=1), spacing=0.02)
        await process.send()
        first = 144 if isinstance(shared, PlayedRedis) else 0  # on one machine, the first of all goes at once
        assert first <= loop.time() < first + 1
        await process.send()
        assert first + 720 <= loop.time() < first + 722
        assert shared.lost == 0
        if isinstance(shared, PlayedRedis):
            assert shared.calls < 40

    run(main())


def test_a_request_that_waits_for_an_hourly_limit_does_not_hold_up_those_that_need_another(play: Play) -> None:
    """Exports of a segment draw on both limits; other exports, in a queue of their own, on one a second only."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        shared = play()
        server = StrictServer((1, 1, "requests"))
        hourly = [Process(shared, n, DEFAULT, Limit(5, per=3600, burst=1), spacing=0.02) for n in range(2)]
        others = [Process(shared, n, DEFAULT, spacing=0.02, gate="others") for n in (2, 3)]
        await others[0].send(serve=server)
        waiting = [asyncio.create_task(process.send(serve=server)) for process in hourly]
        await asyncio.sleep(5)
        with crowd(others, server, tasks=2):
            await asyncio.sleep(900)
        assert between(others, 10, 900) > 0.9 * 890
        assert all(task.done() for task in waiting), "720 s after each other"
        assert server.rejected == 0
        assert shared.lost == 0
        assert loop.time() < 910

    run(main())
