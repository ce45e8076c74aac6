"""A client makes its limits and its engine once: no call and no job makes another, or checks one again."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from batch_api import ConfigurationError, Limit, NotFound
from batch_api.engine import limits
from batch_api.engine.engine import Engine
from batch_api.engine.gates import LimitSettings
from batch_api.engine.limits import Rule
from batch_api.testing import FakeBatch
from tests.facade.conftest import Connect

EDIT: Any = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}
COUNTED = {
    Limit.__init__.__code__: "limits made",
    limits._positive.__code__: "checks of a number",
    limits._a_unit.__code__: "checks of a unit",
    Engine._sibling.__code__: "engines made",
}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often limits and engines are made and limits checked, meanwhile."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in COUNTED:
            found[COUNTED[frame.f_code]] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


async def test_calls_and_jobs_make_no_limit_and_no_engine(connect: Connect) -> None:
    with counted() as made:
        client = connect()
    assert made["limits made"] >= 25, "the client makes those of all operations"
    assert made["checks of a unit"] == made["limits made"]
    async with client:
        with counted() as made:
            await client.profiles.update([EDIT])
            await client.profiles.update([EDIT])
            client.wait_time("profile_update")
            client.limits()
        assert made == {}
        with counted() as made:
            summary = await client.profiles.ingest([EDIT]).collect()
        assert (summary.delivered, made) == (1, {})


async def test_operations_without_a_method_make_none_either(connect: Connect, fake: FakeBatch) -> None:
    async with connect() as client:
        with counted() as made, pytest.raises(NotFound):
            await client.call("GET /things/{name}", params={"name": "vip"})
        assert made == {}


async def test_a_limit_with_a_condition_holds_up_none_but_those_that_meet_it(connect: Connect, fake: FakeBatch) -> None:
    now = asyncio.get_running_loop().time
    request: Any = {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"], "attributes": ["$email_address"]}
    of_segment = {**request, "filter": {"segment": "ENGAGED"}}

    async def ends(requests: Any) -> float:
        await asyncio.gather(*(client.profiles.export(request) for request in requests))
        return now()

    async with connect(deadline=10_000) as client:
        began = now()
        plain, filtered = await asyncio.gather(ends([request] * 10), ends([of_segment] * 9))
    assert plain - began < 25, "1 a second, for both kinds together"
    assert filtered - began > 700, "5 an hour"
    stats = fake.stats["profile_export"]
    assert (stats.accepted, stats.rejected) == (19, 0)


def test_limits_of_ones_own_are_kept_to_with_the_room_of_the_documented_ones(connect: Connect) -> None:
    engine: Engine = connect(limits={"catalog_items_edit": [Limit(10), Limit(400, unit="items")]}, share=0.5)._engine
    edit, update, export = (
        engine.api.operations[name] for name in ("catalog_items_edit", "profile_mass_update", "profile_export")
    )
    settings = engine._settings
    assert settings.of(edit) == (Rule(Limit(5), 1, 0.0, 0.02), Rule(Limit(200, unit="items"), 200, 0.0, 0.02))
    assert settings.of(update) == (Rule(Limit(5000, unit="items"), 10_000, 0.0, 0.02),)
    assert [rule.when for rule in settings.of(export)] == [None, export.limits[1].when]
    assert (
        engine.limits_of(edit)
        == connect(limits={"catalog_items_edit": [Limit(5), Limit(200, unit="items")]}).limits()["catalog_items_edit"]
    )


def test_settings_are_equal_where_the_rules_are(connect: Connect) -> None:
    def settings(**options: object) -> LimitSettings:
        return connect(**options)._engine._settings

    assert settings() == settings(share=1.0)
    assert settings() != settings(share=0.5)
    assert settings() != settings(limits={"segment_list": [Limit(2)]})
    assert settings(limits={"segment_list": []}) != settings()
    with pytest.raises(ConfigurationError, match="no_such"):
        settings(limits={"no_such": []})
