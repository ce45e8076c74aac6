"""The zoo: each limiter takes what its published definition says, to the request."""

from __future__ import annotations

import pytest

from benchmarks.limiters.bounds import bound
from benchmarks.limiters.line import JITTER, PATTERNS
from benchmarks.limiters.zoo import ZOO, Limiter

CATALOGS, _, LIST, _, _, MASS = PATTERNS


def taken(limiter: Limiter, *times: float, cost: float = 1.0) -> str:
    """What becomes of requests at these times: `+` taken, `-` refused."""
    fates = ""
    for now in times:
        fits = limiter.fits(now, cost)
        fates += "+" if fits else "-"
        if fits:
            limiter.take(now, cost)
    return fates


AT_ONCE = (10.0,) * 4
EVENLY = tuple(10.0 + n / 2 for n in range(8))


@pytest.mark.parametrize(
    ("name", "at_once", "evenly"),
    [
        ("token bucket", "++--", "++++++++"),
        ("GCRA", "++--", "++++++++"),
        ("leaky bucket", "++--", "++++++++"),
        ("strict spacing", "+---", "++++++++"),
        ("sliding log", "++--", "++++++++"),
        ("fixed windows", "++--", "++++++++"),
        ("sliding counter", "++--", "++-++-+-"),
    ],
)
def test_two_a_second(name: str, at_once: str, evenly: str) -> None:
    assert taken(ZOO[name](2.0, 2.0), *AT_ONCE) == at_once
    assert taken(ZOO[name](2.0, 2.0), *EVENLY) == evenly


@pytest.mark.parametrize("name", ZOO)
def test_what_is_refused_costs_nothing(name: str) -> None:
    limiter = ZOO[name](2.0, 2.0)
    assert taken(limiter, 10.0, cost=3.0) in ("-", "+")
    limiter = ZOO[name](2.0, 2.0)
    taken(limiter, *AT_ONCE)
    assert taken(limiter, 13.0) == "+"


@pytest.mark.parametrize("name", ZOO)
def test_none_takes_more_than_its_rate_for_long(name: str) -> None:
    times = [10 + n / 50 for n in range(3000)]
    assert 25 <= taken(ZOO[name](1.0, 1.0), *times).count("+") <= 62


@pytest.mark.parametrize("name", ZOO)
def test_half_the_rate(name: str) -> None:
    limiter = ZOO[name](4.0, 4.0)
    limiter.slow_to(0.5)
    assert 50 <= taken(limiter, *(10 + n / 50 for n in range(3000))).count("+") <= 125


def test_a_log_forgets_after_a_window_and_a_fixed_window_at_its_end() -> None:
    assert taken(ZOO["sliding log"](2.0, 2.0), 10.8, 10.9, 11.1, 11.79, 11.81) == "++--+"
    assert taken(ZOO["fixed windows"](2.0, 2.0), 10.8, 10.9, 10.95, 11.1, 11.2, 11.3) == "++-++-"


def test_a_leaky_bucket_holds_back_what_it_takes() -> None:
    limiter = ZOO["leaky bucket"](2.0, 2.0)
    assert [limiter.take(10.0, 1.0), limiter.take(10.0, 1.0)] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("token bucket", 1 / 5),
        ("strict spacing", 1 / 5 + JITTER),
        ("sliding log", (1 + JITTER) / 5),
        ("fixed windows", (1 + JITTER) / 5),
        ("sliding counter", 1 / 4),
    ],
)
def test_bounds_follow_from_the_formulas(name: str, period: float) -> None:
    assert bound(ZOO[name], CATALOGS) == pytest.approx(1 / period, rel=0.02)


def test_a_counter_with_room_for_one_takes_every_other_second() -> None:
    assert bound(ZOO["sliding counter"], LIST) == pytest.approx(1 / 2, rel=0.02)
    assert bound(ZOO["sliding counter"], MASS) == pytest.approx(1.0, rel=0.02)
