"""What rejections teach: which reserve they raise, how long it is held, and how it is given up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api.engine.limiter.pace import REASONS, Pace, PaceSettings, Reason, Refused

SETTINGS = PaceSettings()
LONG = SETTINGS.longest + SETTINGS.release  # after so long without a rejection nothing is held back


def pace_of(rate: float = 5.0, held: float | None = None) -> Pace:
    """Of a limit that counts in seconds."""
    return Pace(rate, window=1.0, held=rate if held is None else held)


def send(pace: Pace, times: Sequence[float], cost: float = 1.0, *, jitter: float = 0.0) -> Reason:
    """Send at these times, of which the last is refused at once."""
    for now in times:
        pace.sent(now, cost)
    return pace.refused(times[-1], Refused(times[-1], cost, jitter))


def spaced(number: int, by: float = 0.2, start: float = 0.0) -> list[float]:
    return [start + n * by for n in range(number)]


def test_nothing_is_held_back_at_first() -> None:
    pace = pace_of()
    assert (pace.rate(0.0), pace.burst(0.0), pace.margin(0.0)) == (1.0, 1.0, 0.0)
    assert pace.learned(0.0) == {}


# -- what a rejection means ------------------------------------------------------------------------------------------


def test_what_left_together_was_too_large_a_burst() -> None:
    pace = pace_of(300, held=1000)
    assert send(pace, [0.0] * 800) == "burst"
    assert pace.burst(0.0) == 0.0
    assert pace.rate(0.0) == 1.0, "which says nothing about the rate"


def test_one_of_few_was_too_close_to_the_one_before() -> None:
    pace = pace_of(5)
    assert send(pace, spaced(2)) == "margin"
    assert pace.margin(0.2) == SETTINGS.jitter_margin
    assert pace.rate(0.2) == 1.0


def test_a_margin_is_as_long_as_answers_show_jitter() -> None:
    pace = pace_of(5)
    send(pace, spaced(2), jitter=0.07)
    assert pace.margin(0.2) == 0.07


def test_where_one_request_fills_the_window_a_rejection_means_spacing() -> None:
    assert send(pace_of(1), spaced(10, 1.0)) == "margin"


def test_a_margin_that_did_for_a_while_was_a_little_too_short() -> None:
    pace = pace_of(5)
    send(pace, spaced(2))
    pace.begin(2.0)
    assert send(pace, spaced(20, 0.22, 2.0)) == "margin"
    assert pace.margin(2 + 19 * 0.22) == pytest.approx(SETTINGS.jitter_margin * SETTINGS.longer)


def test_a_margin_that_did_not_help_was_no_cure() -> None:
    pace = pace_of(5)
    send(pace, spaced(2))
    pace.begin(2.0)
    assert send(pace, spaced(2, 0.22, 2.0)) == "rate"
    assert pace.rate(2.3) < 1.0


def test_at_full_pace_jitter_is_blamed_first() -> None:
    pace = pace_of(5)
    assert send(pace, spaced(6)) == "rate"
    assert pace.rate(1.0) == pytest.approx(0.97)


def test_much_jitter_costs_more_of_the_rate() -> None:
    pace = pace_of(5)
    send(pace, spaced(6), jitter=0.06)
    assert pace.rate(1.0) == pytest.approx(0.94)


def test_then_the_windows_are_coarse() -> None:
    """A counter of two windows that has room for five takes four, whatever the phase."""
    pace = pace_of(5)
    send(pace, spaced(6))
    pace.begin(2.0)
    send(pace, spaced(6, 0.21, 2.0))
    assert pace.rate(3.1) == pytest.approx(4 / 5 * 0.955)


def test_then_a_bucket_was_full_and_is_empty() -> None:
    """Taken in 4 s: what it held, one second's worth, and 4 s of its rate."""
    pace = pace_of(300)
    send(pace, spaced(400, 1 / 300))
    pace.begin(10.0)
    send(pace, spaced(1200, 1 / 300, 10.0))
    assert pace.rate(14.0) == pytest.approx(0.97 * (1 - 2 / 3 / 5), rel=0.01)


def test_a_deep_cut_is_a_guess_and_given_up_soon() -> None:
    pace = pace_of(300)
    send(pace, spaced(400, 1 / 300))
    pace.begin(10.0)
    send(pace, spaced(100, 1 / 300, 10.0))
    now = 10.0 + 99 / 300
    guessed = pace.rate(now)
    assert guessed < 0.97 * 0.6
    assert pace.rate(now + SETTINGS.short) == guessed
    assert pace.rate(now + SETTINGS.short + SETTINGS.release) == pytest.approx(1.0)


# -- how it is forgotten ---------------------------------------------------------------------------------------------


def test_a_reserve_is_held_then_given_up_slowly() -> None:
    pace = pace_of(5)
    send(pace, spaced(6))
    assert pace.rate(1.0 + SETTINGS.hold) == pytest.approx(0.97)
    assert pace.rate(1.0 + SETTINGS.hold + SETTINGS.release / 2) == pytest.approx(0.985)
    assert pace.rate(1.0 + SETTINGS.hold + SETTINGS.release) == 1.0


def test_what_was_too_little_is_undone_and_tried_again_more_rarely() -> None:
    pace = pace_of(5)
    send(pace, spaced(6))
    again = 1.0 + SETTINGS.hold + 15.0
    assert send(pace, [again]) == "rate"
    assert pace.rate(again) == pytest.approx(1 - 0.03 * (1 - 10 / 45)), "as 5 s before"
    assert pace.rate(again + 2 * SETTINGS.hold) == pace.rate(again), "held for twice as long"


def test_what_costs_much_is_held_for_no_longer_than_a_minute() -> None:
    pace = pace_of(5)
    now = 0.0
    for _ in range(20):
        now += 2.0
        pace.begin(now)
        send(pace, spaced(6, 0.21, now))
        now += 1.05
    assert pace.rate(now) == pytest.approx(0.05, abs=0.02)
    assert pace.rate(now + SETTINGS.hold + SETTINGS.release) == pytest.approx(1.0)


def test_a_burst_costs_no_pace_and_is_tried_after_ten_minutes() -> None:
    pace = pace_of(300, held=1000)
    send(pace, [0.0] * 800)
    assert pace.burst(SETTINGS.longest) == 0.0
    assert pace.burst(LONG) == pytest.approx(1.0)


def test_after_long_without_a_rejection_all_begins_anew() -> None:
    pace = pace_of(5)
    for start in (0.0, 1 + SETTINGS.hold + 15.0, 1000.0 + LONG):
        pace.begin(start)
        send(pace, spaced(6, start=start))
    now = 1001.0 + LONG
    assert pace.rate(now) == pytest.approx(0.97)
    assert pace.rate(now + SETTINGS.hold + SETTINGS.release) == 1.0, "held for as long as the first time"


def test_what_another_process_learned_is_held_as_if_it_were_new() -> None:
    pace = pace_of(5)
    send(pace, spaced(6))
    later = pace_of(5)
    later.remember(500.0, pace.learned(1.0))
    assert later.rate(500.0 + SETTINGS.hold) == pytest.approx(0.97)
    assert later.rate(500.0 + LONG) == 1.0


# -- whatever happens ------------------------------------------------------------------------------------------------

steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "refuse", "begin"]),
        st.floats(0.0, 30.0) | st.floats(0.0, 0.3),
        st.floats(0.001, 500.0),
        st.floats(0.0, 100.0),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(steps=steps, rate=st.sampled_from([5 / 3600, 0.2, 1.0, 5.0, 300.0, 10_000.0]), held=st.floats(0.5, 5.0))
def test_nothing_leaves_its_bounds_and_all_is_given_up_in_the_end(
    steps: list[tuple[str, float, float, float]], rate: float, held: float
) -> None:
    pace = Pace(rate, window=1.0, held=rate * held)
    now = 0.0
    for what, seconds, cost, jitter in steps:
        now += seconds
        if what == "begin":
            pace.begin(now)
        elif what == "send":
            pace.sent(now, cost)
        else:
            pace.refused(now, Refused(now - min(jitter, seconds), cost, jitter))
        assert 0.05 - 1e-9 <= pace.rate(now) <= 1.0
        assert 0.0 <= pace.burst(now) <= 1.0
        assert 0.0 <= pace.margin(now) <= 0.5
        assert set(pace.learned(now)) <= set(REASONS)
    assert pace.learned(now + LONG + 1) == {}
