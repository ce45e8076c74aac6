"""The virtual clock: time jumps over sleeping, never stands still, and goes on from loop to loop."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiolimiter import AsyncLimiter

from batch_api.testing import clock as clock_module
from batch_api.testing.clock import VirtualClock, VirtualTimeLoop, run


async def sleep_and_tell(seconds: float) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await asyncio.sleep(seconds)
    return loop.time() - started


def test_a_long_sleep_takes_no_real_time() -> None:
    started = time.monotonic()
    # 100 days: more than asyncio waits for in one go.
    assert run(sleep_and_tell(8_640_000)) == pytest.approx(8_640_000, abs=1e-3)
    assert time.monotonic() - started < 5


def test_timers_fire_in_their_order() -> None:
    async def main() -> list[float]:
        order: list[float] = []

        async def one(seconds: float) -> None:
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(*(one(seconds) for seconds in (3, 1, 2, 0.5)))
        return order

    assert run(main()) == [0.5, 1, 2, 3]


def test_the_clock_creeps_on_every_read() -> None:
    for start in (0.0, 1e9, 1e16):
        clock = VirtualClock(start)
        assert clock() < clock() < clock()


def test_a_computed_moment_is_reached_in_spite_of_rounding() -> None:
    """aiolimiter sleeps for what it computed to be enough, then looks again: with frozen time it would spin."""

    async def main() -> float:
        limiter = AsyncLimiter(3, 0.7)
        for _ in range(30):
            await limiter.acquire()
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(27 * 0.7 / 3, abs=1e-3)


def test_loops_one_after_another_share_a_clock() -> None:
    clock = VirtualClock(start=1000.0)
    run(asyncio.sleep(5), clock=clock)
    run(asyncio.sleep(7), clock=clock)
    assert clock() == pytest.approx(1012, abs=1e-3)


def test_a_thread_gets_its_chance_before_a_timeout() -> None:
    async def main() -> str:
        async with asyncio.timeout(1):
            await asyncio.to_thread(time.sleep, 0.05)
            return "done"

    assert run(main()) == "done"


def test_a_time_out_fires() -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(main())


def test_a_loop_that_waits_for_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "PATIENCE", 0.01)
    loop = VirtualTimeLoop()
    forever = loop.create_future()
    with pytest.raises(RuntimeError, match="nothing woke the waiting loop"):
        loop.run_until_complete(forever)
    loop.close()


@pytest.mark.virtual_time
async def test_the_marker_gives_a_virtual_loop() -> None:
    assert await sleep_and_tell(3600) == pytest.approx(3600)


async def test_without_the_marker_time_is_real() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
