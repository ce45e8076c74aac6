"""Settings and arguments that cannot be: what was expected, what came, and of which kind the error is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError, Holding, InvalidInput, Limit, Sending, split
from batch_api.engine import arguments


def client(**options: Any) -> BatchClient:
    return BatchClient("key", "project", **options)


SETTINGS: list[tuple[Callable[[], object], str]] = [
    (lambda: client(timeout="5"), "timeout: expected a number of seconds above 0, got str."),
    (lambda: client(timeout=True), "timeout: expected a number of seconds above 0, got bool."),
    (lambda: client(deadline=0), "deadline: expected a number of seconds above 0, got 0."),
    (lambda: client(deadline=math.nan), "deadline: expected a number of seconds above 0, got nan."),
    (lambda: client().with_options(deadline=-1.5), "deadline: expected a number of seconds above 0, got -1.5."),
    (lambda: client(share=0), "share: expected a number above 0, and at most 1, got 0."),
    (lambda: client(share=1.5), "share: expected a number above 0, and at most 1, got 1.5."),
    (lambda: client(share="half"), "share: expected a number above 0, and at most 1, got str."),
    (lambda: client(max_in_flight=0), "max_in_flight: expected a whole number from 1 to 1000, got 0."),
    (lambda: client(max_in_flight=2.0), "max_in_flight: expected a whole number from 1 to 1000, got 2.0."),
    (lambda: Limit(0), "Limit.rate: expected a number above 0, got 0."),
    (lambda: Limit(math.inf), "Limit.rate: expected a number above 0, got inf."),
    (lambda: Limit(1, burst=-1), "Limit.burst: expected a number above 0, got -1."),
    (lambda: Limit(1, unit="users"), "Limit.unit: expected 'requests' or 'items', got str."),  # type: ignore[arg-type]
    (lambda: Sending(in_flight=0), "Sending.in_flight: expected a whole number of 1 or more, got 0."),
    (lambda: Sending(drain=-1), "Sending.drain: expected a number of seconds, got -1."),
    (lambda: Holding(most_items=None), "Holding.most_items: expected a whole number of 1 or more, got None."),  # type: ignore[arg-type]
    (lambda: Holding(when_full="full"), "Holding.when_full: expected 'wait', 'raise' or 'drop', got str."),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "says"), SETTINGS, ids=[says for _, says in SETTINGS])
def test_a_setting_that_cannot_be(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == f"{says} Nothing was sent."


INPUT: list[tuple[Callable[[], object], str]] = [
    (lambda: client().profiles.forecast(-1), "n: expected a whole number of 0 or more, got -1"),
    (lambda: client().profiles.ingest([], chunk_size=10_001), "chunk_size: expected a whole number from 1 to 10000"),
    (lambda: client().profiles.ingest([], patience=0), "patience: expected a number of seconds above 0, got 0"),
    (lambda: client().profiles.ingest([], endpoint="live"), "endpoint: expected 'update' or 'mass-update', got str"),  # type: ignore[arg-type]
    (lambda: split([], "x", partitions=0), "partitions: expected a whole number of 1 or more, got 0"),
    (lambda: split([], "x", of="campaigns"), "of: expected 'profiles', 'catalog' or 'audience', got str"),  # type: ignore[arg-type]
    (lambda: client().segments.list(page_size=101), "page_size: expected a whole number from 1 to 100, got 101"),
]


@pytest.mark.parametrize(("use", "says"), INPUT, ids=[says for _, says in INPUT])
def test_input_that_cannot_be(use: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        use()
    assert str(caught.value).startswith(says)


def test_numbers_are_shown_and_nothing_else() -> None:
    with pytest.raises(InvalidInput, match=r"got 4711\.") as caught:
        arguments.whole(4711, "page_size", most=100)
    assert caught.value.path == "page_size"
    with pytest.raises(InvalidInput, match=r"got int\."):
        arguments.text(4711, "custom_id")
    with pytest.raises(InvalidInput, match=r"got int\."):
        arguments.whole(10**5000, "page_size", most=100)  # which Python refuses to write out


def test_edges_are_included() -> None:
    assert [arguments.whole(number, "n", least=0, most=3) for number in (0, 3)] == [0, 3]
    assert arguments.seconds(math.inf, "deadline") == math.inf
    assert arguments.choice("b", "word", "a", "b") == "b"
    assert arguments.words("push", "channels") == ["push"]
