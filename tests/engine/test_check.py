"""What `prepare` refuses to send, where it says the fault is, and what it never says."""

from __future__ import annotations

import dataclasses
import traceback
from collections import OrderedDict, UserDict, UserString
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from batch_api._codec import UNSET
from batch_api._operation import Operation
from batch_api.engine.check import MAX_DEPTH, check
from batch_api.engine.encode import prepare
from batch_api.engine.errors import InvalidInput

UPDATE = Operation("profile_mass_update", "POST", "/profiles/mass-update", (202,), items=(), max_items=10_000)
CAMPAIGN = Operation("campaign_create", "POST", "/campaigns/create", (201,))

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAN = float("nan")


class Score(Enum):
    NONE = float("nan")


class Tier(StrEnum):
    GOLD = "gold"


class Lazy(dict[str, Any]):
    """Shows other things than it holds; what it holds is what orjson reads."""

    def __iter__(self) -> Any:
        return iter(())

    keys = items = values = __iter__


class Real(float):
    pass


class Nowhere(tzinfo):
    def utcoffset(self, moment: datetime | None) -> None:
        return None

    tzname = dst = utcoffset


class NoTime(datetime):
    """Behaves as `pandas.NaT` does."""

    def utcoffset(self) -> timedelta:
        raise ValueError("NaTType does not support utcoffset")


@dataclasses.dataclass
class Row:
    tier: str = "gold"


def edit(**attributes: Any) -> dict[str, Any]:
    return {"identifiers": {"custom_id": "u1"}, "attributes": attributes}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


async def refused(item: Any) -> InvalidInput:
    """The error for `item` as the fourth of five."""
    with pytest.raises(InvalidInput) as caught:
        await prepare(UPDATE, [edit(), edit(), edit(), item, edit()])
    return caught.value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (NAN, "NaN would be sent as null and delete the attribute"),
        (float("inf"), "an infinite number would be sent as null"),
        (-float("inf"), "an infinite number would be sent as null"),
        (Real("nan"), "NaN would be"),
        (Score.NONE, "NaN would be"),
        (2**64, "at most 64 bits"),
        (-(2**63) - 1, "at most 64 bits"),
        ("\ud800", "lone surrogate"),
        (datetime(2026, 1, 1), "with a time zone, got a naive one"),
        (datetime(2026, 1, 1, tzinfo=Nowhere()), "with a time zone, got a naive one"),
        (NoTime(2026, 1, 1), "that can be converted to UTC"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "that can be converted to UTC"),
        (NOON, "would be stored as text"),
        (date(2026, 1, 1), "date cannot be sent: give a datetime with a time zone"),
        (time(12), "time cannot be sent"),
        (Decimal(1), "Decimal cannot be sent: give a float or a str"),
        ({"a"}, "set cannot be sent: give a list"),
        (b"a", "bytes cannot be sent: give a str"),
        (bytearray(b"a"), "bytearray cannot be sent"),
        (memoryview(b"a"), "memoryview cannot be sent"),
        (UNSET, "Unset cannot be sent: leave the key out"),
        (Row(), "Row cannot be sent"),
        (object(), "object cannot be sent"),
        (UserString("abc"), "contains itself"),
    ],
)
async def test_what_would_be_damaged_is_refused_with_its_place(value: Any, reason: str) -> None:
    error = await refused(edit(tier="gold", score=value))
    assert (error.index, error.path.partition("[")[0]) == (3, "attributes.score")
    assert reason in error.reason
    assert error.outcome == "not_sent"
    assert str(error).startswith("item 3, attributes.score")


@pytest.mark.parametrize("key", [1, None, True, NOON, Tier.GOLD, b"tier"])
async def test_keys_are_plain_strings(key: Any) -> None:
    error = await refused({"attributes": {key: "gold"}})
    assert (error.index, error.path) == (3, "attributes")
    assert error.reason == f"expected plain str keys, got {type(key).__name__}"


@pytest.mark.parametrize("value", [1, "text"])
async def test_a_key_that_cannot_be_printed_is_shown_escaped(value: Any) -> None:
    error = await refused(edit(**{"a\ud800\n": value}))
    assert (error.path, error.reason) == (r"attributes.a\ud800\n", "the key contains a lone surrogate")


@pytest.mark.parametrize(
    "inside",
    [
        lambda bad: OrderedDict(score=bad),
        lambda bad: UserDict(score=bad),
        lambda bad: MappingProxyType({"score": bad}),
        lambda bad: Lazy(score=bad),
    ],
)
async def test_every_kind_of_mapping_is_looked_into(inside: Any) -> None:
    error = await refused({"attributes": inside(NAN)})
    assert (error.index, error.path) == (3, "attributes.score")


async def test_the_path_goes_through_arrays() -> None:
    event = {"name": "bought", "attributes": {"lines": [{"sku": "a"}, {"sku": "b", "price": NAN}]}}
    error = await refused({"events": [{"name": "seen"}, event]})
    assert error.path == "events[1].attributes.lines[1].price"


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"attributes": {"seen": NOON}}, "attributes.seen"),
        ({"attributes": {"date(seen": NOON}}, "attributes.date(seen"),
        ({"attributes": {"update(seen)": NOON}}, "attributes.update(seen)"),
        ({"attributes": {"url(seen)": NOON}}, "attributes.url(seen)"),
        ({"attributes": {"date(seen)": [NOON]}}, "attributes.date(seen)[0]"),
        ({"attributes": {"date(seen)": {"$add": NOON}}}, "attributes.date(seen).$add"),
        ({"attributes": NOON}, "attributes"),
        ({"events": [{"attributes": {"seen": NOON}}]}, "events[0].attributes.seen"),
        ({"events": [{"attributes": {"lines": [{"seen": NOON}]}}]}, "events[0].attributes.lines[0].seen"),
    ],
)
async def test_in_attributes_a_datetime_goes_under_a_date_name(item: dict[str, Any], path: str) -> None:
    error = await refused(item)
    assert error.path == path
    assert "date(name)" in error.reason


async def test_a_datetime_may_stand_under_date_names_and_in_plain_fields() -> None:
    event = {"name": "bought", "time": NOON, "attributes": {"date(on)": NOON, "lines": [{"date(due)": NOON}]}}
    await prepare(UPDATE, [{"attributes": {"date(seen)": NOON}, "events": [event]}])
    await prepare(CAMPAIGN, {"when": {"start_time": NOON}})


@pytest.mark.parametrize(
    "value",
    [2**64 - 1, -(2**63), True, None, "", "null", "é𝄞", 1.5, -0.0, [], {}, (), Tier.GOLD, orjson.Fragment(b"1")],
)
async def test_what_json_carries_is_taken(value: Any) -> None:
    await prepare(UPDATE, [edit(score=value), edit(old=None)])
    check(edit(score=value))


@pytest.mark.parametrize("suspicious", [{}, {"old": None}])
async def test_nesting_ends_where_orjson_ends(suspicious: dict[str, None]) -> None:
    await prepare(UPDATE, [{**nested(MAX_DEPTH), **suspicious}])
    error = await refused({**nested(MAX_DEPTH + 1), **suspicious})
    assert error.index == 3
    assert "contains itself, or is nested deeper than 253 levels" in error.reason


async def test_a_circle_is_refused_with_a_path_that_can_be_read() -> None:
    attributes: dict[str, Any] = {}
    attributes["me"] = [attributes]
    error = await refused({"attributes": attributes})
    assert error.path.startswith("attributes.me[0].me[0]")
    assert len(error.path) < 250
    circle: list[Any] = []
    circle.append({"events": circle})
    with pytest.raises(InvalidInput, match="contains itself"):
        await prepare(UPDATE, circle)


async def test_objects_without_items_are_checked_too() -> None:
    with pytest.raises(InvalidInput, match=r"^when\.start_time: expected a datetime with a time zone"):
        await prepare(CAMPAIGN, {"when": {"start_time": datetime(2026, 1, 1)}})


@pytest.mark.parametrize(
    "value", ["mila@example.org\ud800", Decimal("4711.0815"), {"mila@example.org"}, b"mila@example.org", 4711 * 10**30]
)
async def test_no_value_shows_in_the_error_or_its_traceback(value: Any) -> None:
    error = await refused(edit(secret=value))
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__) + repr(error.__cause__)
    assert "mila" not in told
    assert "4711" not in told
