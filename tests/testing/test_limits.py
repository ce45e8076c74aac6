"""The limits: exact against oracles that keep every request in memory, and scoped as documented."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api._generated.cep.registry import OPERATIONS
from batch_api._operation import Condition, LimitFact, Operation
from batch_api.testing import FakeBatch
from batch_api.testing.limits import Limiter, meets

TICK = Fraction(1, 64)  # exact as a float, too

requests = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 40)), max_size=120)


def operation(*limits: LimitFact, name: str = "one") -> Operation:
    return Operation(name, "POST", "/one", (200,), limits=limits, items=())


class ExactBucket:
    """The definition of a token bucket in fractions."""

    def __init__(self, rate: int, capacity: int) -> None:
        self.rate, self.capacity, self.level, self.seen = rate, capacity, Fraction(capacity), Fraction(0)

    def would_take(self, cost: int, now: Fraction) -> bool:
        self.level = min(Fraction(self.capacity), self.level + (now - self.seen) * self.rate)
        self.seen = now
        return self.level >= cost


@settings(deadline=None)
@given(requests, st.integers(1, 20), st.none() | st.integers(1, 60))
def test_buckets_agree_with_exact_ones(arrivals: list[tuple[int, int]], rate: int, burst: int | None) -> None:
    """Two limits at once, in items and in requests: all or nothing."""
    limited = operation(
        LimitFact(float(rate), unit="items", burst=None if burst is None else float(burst)), LimitFact(2.0)
    )
    limiter = Limiter("documented")
    items, calls = ExactBucket(rate, burst or rate), ExactBucket(2, 2)
    now = Fraction(0)
    for ticks, cost in arrivals:
        now += ticks * TICK
        expected = all([items.would_take(cost, now), calls.would_take(1, now)])
        if expected:
            items.level -= cost
            calls.level -= 1
        assert limiter.admit(limited, [], cost, float(now)) is expected


@settings(deadline=None)
@given(requests, st.integers(1, 20), st.none() | st.integers(1, 60))
def test_windows_agree_with_a_full_log(arrivals: list[tuple[int, int]], rate: int, burst: int | None) -> None:
    fact = LimitFact(float(rate), unit="items", burst=None if burst is None else float(burst))
    limiter = Limiter("windows")
    bucket = ExactBucket(rate, burst or rate)
    log: list[tuple[Fraction, int]] = []
    now = Fraction(0)
    for ticks, cost in arrivals:
        now += ticks * TICK
        in_window = sum(spent for when, spent in log if when > now - 1)
        expected = bucket.would_take(cost, now) and in_window + cost <= rate + (burst or 0)
        if expected:
            bucket.level -= cost
            log.append((now, cost))
        assert limiter.admit(operation(fact), [], cost, float(now)) is expected


def test_slow_rates_hold_one_request() -> None:
    limited = operation(LimitFact(1.0, per=720.0))
    limiter = Limiter("documented")
    assert [limiter.admit(limited, None, 1, now) for now in (0.0, 1.0, 719.0, 720.0)] == [True, False, False, True]


def test_a_window_ends_after_exactly_one_second() -> None:
    limiter = Limiter("windows")
    limited = operation(LimitFact(1.0))
    assert [limiter.admit(limited, None, 1, now) for now in (0.0, 0.999, 1.0, 2.0)] == [True, False, True, True]


def test_a_window_of_an_hour_is_an_hour() -> None:
    limited = operation(LimitFact(2.0, per=3600.0, burst=3.0))
    limiter = Limiter("windows")
    assert (
        sum(limiter.admit(limited, None, 1, float(minute * 60)) for minute in range(60)) == 4
    )  # 3, then one per 1800 s


def test_operations_of_a_group_share_a_bucket_and_others_do_not() -> None:
    grouped = LimitFact(1.0, group="catalogs")
    limiter = Limiter("documented")
    assert limiter.admit(operation(grouped, name="one"), None, 1, 0.0)
    assert not limiter.admit(operation(grouped, name="two"), None, 1, 0.0)
    assert limiter.admit(operation(LimitFact(1.0), name="three"), None, 1, 0.0)
    assert limiter.admit(operation(LimitFact(1.0), name="four"), None, 1, 0.0)


@pytest.mark.parametrize(
    ("condition", "body", "expected"),
    [
        (Condition(("filter", "segment")), {"filter": {"segment": "A"}}, True),
        (Condition(("filter", "segment")), {"filter": {"segment": ""}}, False),
        (Condition(("filter", "segment")), {"filter": {}}, False),
        (Condition(("filter", "segment")), {"filter": None}, False),
        (Condition(("filter", "segment")), None, False),
        (Condition(("*", "events")), [{}, {"events": [1]}], True),
        (Condition(("*", "events")), [{}, {"events": []}], False),
        (Condition(("*", "events")), {"events": [1]}, False),
        (Condition(("campaign", "state"), equals="RUNNING"), {"campaign": {"state": "RUNNING"}}, True),
        (Condition(("campaign", "state"), equals="RUNNING"), {"campaign": {"state": "DRAFT"}}, False),
    ],
)
def test_conditions(condition: Condition, body: Any, expected: bool) -> None:
    assert meets(body, condition) is expected


DOCUMENTED = {
    "profile_update": {("items", 300.0, 1000.0)},
    "profile_mass_update": {("items", 10_000.0, 10_000.0)},
    "profile_export": {("requests", 1.0, 1.0), ("requests", 5 / 3600, 10.0)},
    "catalog_items_edit": {("requests", 5.0, 5.0), ("items", 1000.0, 1000.0)},
}


OTHERS = ("audience_create", "campaign_create", "catalog_view", "export_list", "orchestration_list", "segment_list")


@pytest.mark.parametrize("name", [*DOCUMENTED, *OTHERS])
def test_the_limits_are_the_documented_ones(name: str) -> None:
    default = {("requests", 5.0, 5.0)} if name.startswith("catalog_") else {("requests", 1.0, 1.0)}
    found = {
        (fact.unit, fact.rate / fact.per, fact.burst or max(1.0, fact.rate / fact.per))
        for fact in OPERATIONS[name].limits
    }
    assert found == DOCUMENTED.get(name, default)


def edits(count: int) -> list[dict[str, Any]]:
    return [{"identifiers": {"custom_id": f"u{number}"}} for number in range(count)]


async def send(api: httpx.AsyncClient, count: int) -> int:
    return (await api.post("/profiles/update", json=edits(count))).status_code


@pytest.mark.virtual_time
class TestThroughTheApi:
    async def test_updates_have_their_burst_then_their_rate(self, connect: Any) -> None:
        fake = FakeBatch()
        api = connect(fake)
        assert [await send(api, 200) for _ in range(6)] == [202] * 5 + [429]
        await asyncio.sleep(0.5)
        assert [await send(api, 151), await send(api, 150), await send(api, 1)] == [429, 202, 429]
        await asyncio.sleep(60)
        assert [await send(api, 200) for _ in range(6)] == [202] * 5 + [429]
        stats = fake.stats["profile_update"]
        assert (stats.requests, stats.accepted, stats.rejected, stats.items) == (15, 11, 4, 2150)
        assert fake.rejections == 4

    async def test_a_rejection_has_the_body_of_the_api_and_no_retry_after(self, connect: Any) -> None:
        api = connect(FakeBatch())
        await api.get("/segments/list")
        answer = await api.get("/segments/list")
        assert (answer.status_code, answer.json()["error_code"]) == (429, "TOO_MANY_REQUESTS")
        assert "retry-after" not in answer.headers

    async def test_a_retry_after_if_one_is_wanted(self, connect: Any) -> None:
        api = connect(FakeBatch(retry_after=7))
        assert [(await api.get("/segments/list")).headers.get("retry-after") for _ in range(2)] == [None, "7"]

    async def test_projects_have_limits_of_their_own(self, connect: Any) -> None:
        fake = FakeBatch(project_key=None)
        one, two = connect(fake, project="one"), connect(fake, project="two")
        assert [(await api.get("/segments/list")).status_code for api in (one, two, one)] == [200, 200, 429]

    async def test_exports_with_a_segment_have_a_limit_more(self, connect: Any) -> None:
        api = connect(FakeBatch())
        plain = {"export_type": "ATTRIBUTES", "attributes": ["tier"]}
        found = []
        for _ in range(12):
            found.append(
                (await api.post("/profiles/export", json={**plain, "filter": {"segment": "DORMANT"}})).status_code
            )
            await asyncio.sleep(1.1)
        assert found == [202] * 10 + [429] * 2
        assert (await api.post("/profiles/export", json=plain)).status_code == 202
        await asyncio.sleep(720)
        assert (await api.post("/profiles/export", json={**plain, "filter": {"segment": "DORMANT"}})).status_code == 202

    async def test_item_edits_draw_on_two_limits(self, connect: Any) -> None:
        api = connect(FakeBatch())
        await api.post("/catalogs/create", json={"name": "c", "fields": [{"name": "a", "type": "integer"}]})

        async def edit(count: int) -> int:
            items = [{"id": str(number), "action": "add"} for number in range(count)]
            return int((await api.post("/catalogs/items/edit", json={"name": "c", "items": items})).status_code)

        assert [await edit(200) for _ in range(6)] == [202] * 5 + [429]
        await asyncio.sleep(2)
        assert [await edit(1) for _ in range(6)] == [202] * 5 + [429]

    async def test_a_body_over_the_cap_is_a_400_and_costs_nothing(self, connect: Any) -> None:
        api = connect(FakeBatch())
        assert [await send(api, 1001), await send(api, 201)] == [400, 400]
        assert [await send(api, 200) for _ in range(5)] == [202] * 5

    async def test_a_clock_of_ones_own(self, connect: Any) -> None:
        now = [0.0]
        api = connect(FakeBatch(clock=lambda: now[0]))
        assert [(await api.get("/segments/list")).status_code for _ in range(2)] == [200, 429]
        now[0] = 1.0
        assert (await api.get("/segments/list")).status_code == 200

    @pytest.mark.parametrize("limits", [False, "off"])
    async def test_limits_can_be_lifted(self, connect: Any, limits: Any) -> None:
        api = connect(FakeBatch(limits=limits))
        assert {(await api.get("/segments/list")).status_code for _ in range(50)} == {200}

    async def test_windows_refuse_what_buckets_would_take(self, connect: Any) -> None:
        async def twice(limits: Any) -> list[int]:
            api = connect(FakeBatch(limits=limits))
            found = []
            for _ in range(2):
                found += [(await api.get("/catalogs/list")).status_code for _ in range(3)]
                await asyncio.sleep(0.5)
            return found

        assert await twice("documented") == [200] * 6
        assert await twice("windows") == [200] * 5 + [429]

    async def test_the_rate_that_was_reached_is_told(self, connect: Any) -> None:
        fake = FakeBatch()
        api = connect(fake)
        for _ in range(11):
            await send(api, 150)
            await asyncio.sleep(0.5)
        stats = fake.stats["profile_update"]
        assert stats.rate() == pytest.approx(300)
        assert stats.rate(last=2.0) == pytest.approx(300)
        assert stats.rate(unit="requests") == pytest.approx(2)
        assert fake.stats["segment_list"].rate() == 0.0
        assert [entry.items for entry in stats.log] == [150] * 11
