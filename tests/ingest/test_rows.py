"""Tables as sources: what their rows become, whichever way they come."""

from __future__ import annotations

import asyncio
import enum
import gzip
import sqlite3
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, ConfigurationError, CsvFile, Delivered, Fate, Invalid, InvalidInput, Rows, split
from batch_api.ingest.items.item_types import CatalogItems, ItemType, ProfileEdits
from batch_api.ingest.sources.source import size_of, source_of
from batch_api.ingest.sources.tables import batches
from batch_api.ingest.sources.tables.moments import EXPECTED, NO_ZONE, placed
from batch_api.testing import FakeBatch

PROFILES = ProfileEdits("mass-update")
PARIS = ZoneInfo("Europe/Paris")
SANTIAGO = ZoneInfo("America/Santiago")
FRAMES = pytest.mark.parametrize("form", ["arrow", "mappings", "pandas", "polars", "duckdb", "batches", "parquet"])


async def items_of(rows: Rows, item_type: ItemType = PROFILES, size: int = 100) -> list[Any]:
    """The items of a table: dicts, and reasons in place of those that cannot be sent."""
    found = [item async for window in source_of(rows, item_type).windows(size) for item in list(window)]
    return [told(item) if isinstance(item, InvalidInput) else item for item in found]


async def read(source: Any, size: int = 10) -> list[Any]:
    """What a source gives."""
    return [item async for window in source.windows(size) for item in window]


def told(error: InvalidInput) -> str:
    return f"{error.path}: {error.reason}" if error.path else error.reason


async def attributes_of(source: Any, **options: Any) -> list[Any]:
    """The attributes of each row, or what is wrong with it."""
    return [
        item if isinstance(item, str) else item.get("attributes", {})
        for item in await items_of(Rows(source, **options))
    ]


async def value_of(value: Any, **options: Any) -> Any:
    """What a single value is sent as, in a mapping: a pair of key and value, `None` if it is not, or a reason."""
    (found,) = await attributes_of([{"custom_id": "u1", "x": value}], **options)
    return found if isinstance(found, str) else next(iter(found.items()), None)


def in_form(table: pa.Table, form: str, folder: Path) -> Any:
    """The same table in another library's hands."""
    if form == "mappings":
        return table.to_pylist()
    if form == "pandas":
        return table.to_pandas()
    if form == "polars":
        return pl.from_arrow(table)
    if form == "duckdb":
        return duckdb.connect().from_arrow(table)
    if form == "batches":
        return iter(table.to_batches(max_chunksize=2))
    if form == "parquet":
        pq.write_table(table, folder / "table.parquet", row_group_size=2)
        return folder / "table.parquet"
    return table


# -- the same rows from every library --------------------------------------------------------------------------------


@FRAMES
async def test_a_table_is_the_same_whoever_holds_it(form: str, tmp_path: Path) -> None:
    table = pa.table(
        {
            "user": pa.array([1, 2, 3], pa.int64()),
            "mail": ["u1@example.org", None, "u3@example.org"],
            "plan": pa.array(["gold", None, "gold"]).dictionary_encode(),
            "price": pa.array([Decimal("0.35"), Decimal("19.99"), None], pa.decimal128(10, 2)),
            "born": pa.array([date(1990, 5, 4), None, date(2000, 1, 1)]),
            "seen": pa.array([datetime(2026, 2, 28, 9, 30), datetime(2026, 2, 28, 9, 30, 0, 5), None]),
            "paid": pa.array(
                [datetime(2026, 2, 28, 9, 30, tzinfo=UTC), None, None], pa.timestamp("us", "Europe/Paris")
            ),
            "tags": [["new", "web"], None, []],
            "score": [0.5, float("nan"), 1.0],
            "vip": [True, False, True],
            "left": ["x", "y", "z"],
        }
    )
    rows = Rows(
        in_form(table, form, tmp_path), id="user", columns={"mail": "$email_address", "left": None}, zone="Europe/Paris"
    )
    first, second, third = await items_of(rows)
    assert first == {
        "identifiers": {"custom_id": "1"},
        "attributes": {
            "$email_address": "u1@example.org",
            "plan": "gold",
            "price": 0.35,
            "date(born)": "1990-05-03T22:00:00Z",
            "date(seen)": "2026-02-28T08:30:00Z",
            "date(paid)": "2026-02-28T09:30:00Z",
            "tags": ["new", "web"],
            "score": 0.5,
            "vip": True,
        },
    }
    assert second["attributes"] == {"price": 19.99, "date(seen)": "2026-02-28T08:30:00.000005Z", "vip": False}
    assert third["identifiers"] == {"custom_id": "3"}
    assert third["attributes"]["tags"] == []


CELLS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.text(max_size=5)),
    "view": (pa.string_view(), st.text(max_size=5)),
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "unsigned": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "float": (pa.float64(), st.floats()),
    "single": (pa.float32(), st.floats(width=32)),
    "bool": (pa.bool_(), st.booleans()),
    "money": (pa.decimal128(10, 2), st.decimals(-(10**7), 10**7, places=2)),
    "fine": (pa.decimal256(60, 9), st.decimals(-(10**30), 10**30, places=9)),
    "number": (pa.decimal128(38, 0), st.decimals(-(10**15), 10**15, places=0)),
    "day": (pa.date32(), st.dates()),
    "day_in_ms": (pa.date64(), st.dates()),
    "naive": (pa.timestamp("us"), st.datetimes()),
    "seconds": (pa.timestamp("s"), st.datetimes().map(lambda moment: moment.replace(microsecond=0))),
    "aware": (pa.timestamp("us", "America/Santiago"), st.datetimes(timezones=st.just(UTC))),
    "category": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "b", ""])),
    "texts": (pa.list_(pa.string()), st.lists(st.none() | st.text("ab", max_size=2), max_size=3)),
    "floats": (pa.large_list(pa.float64()), st.lists(st.none() | st.floats(), max_size=3)),
    "days": (pa.list_(pa.date32()), st.lists(st.dates(), max_size=2)),
    "bytes": (pa.binary(), st.binary(max_size=3)),
    "change": (
        pa.struct([("$add", pa.list_(pa.string())), ("$remove", pa.list_(pa.string())), ("day", pa.date32())]),
        st.fixed_dictionaries(
            {"$add": st.none() | st.just(["a"]), "$remove": st.none() | st.just(["b"]), "day": st.dates()}
        ),
    ),
    "time": (pa.time64("us"), st.times()),
    "span": (pa.duration("us"), st.timedeltas(timedelta(-5), timedelta(5))),
    "nothing": (pa.null(), st.none()),
}


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), zone=st.sampled_from([None, UTC, PARIS, SANTIAGO, timezone(timedelta(hours=5))]))
async def test_a_column_is_read_as_its_values_are(data: st.DataObject, zone: tzinfo | None, name: str) -> None:
    kind, cells = CELLS[name]
    values = data.draw(st.lists(st.none() | cells, min_size=1, max_size=5))
    ids = [f"u{number}" for number in range(len(values))]
    options: dict[str, Any] = {"zone": zone, "delete": data.draw(st.sampled_from([[], ["x"]]))}
    table = pa.table({"custom_id": ids, "x": pa.array(values, kind)})
    by_column = await items_of(Rows(table, **options), size=2)
    by_value = await items_of(
        Rows([{"custom_id": one, "x": value} for one, value in zip(ids, values, strict=True)], **options)
    )
    assert _without_deleted(by_column) == _without_deleted(by_value)


def _without_deleted(items: list[Any]) -> list[Any]:
    """The type of a column says under which key its attribute is deleted, which a single value cannot."""
    for item in items:
        if isinstance(item, dict) and item.get("attributes") == {"date(x)": None}:
            item["attributes"] = {"x": None}
    return items


# -- values ----------------------------------------------------------------------------------------------------------


class Tier(enum.Enum):
    GOLD = "gold"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (pd.NaT, None),
        (pd.NA, None),
        (np.float64("nan"), None),
        (np.datetime64("NaT"), None),
        ("text", ("x", "text")),
        (True, ("x", True)),
        (np.bool_(True), ("x", True)),
        (np.int32(5), ("x", 5)),
        (np.float32(0.5), ("x", 0.5)),
        (np.str_("a"), ("x", "a")),
        (Decimal("0.35"), ("x", 0.35)),
        (UUID(int=5), ("x", "00000000-0000-0000-0000-000000000005")),
        (Tier.GOLD, ("x", "gold")),
        (date(2026, 2, 28), ("date(x)", "2026-02-28T00:00:00Z")),
        (datetime(2026, 2, 28, 9, tzinfo=UTC), ("date(x)", "2026-02-28T09:00:00Z")),
        (pd.Timestamp("2026-02-28T09:00:00.000001999Z"), ("date(x)", "2026-02-28T09:00:00.000001Z")),
        (["a", None, "b"], ("x", ["a", "b"])),
        (("a", "b"), ("x", ["a", "b"])),
        (np.array(["a", "b"]), ("x", ["a", "b"])),
        ([["a"], ["b"]], ("x", [["a"], ["b"]])),
        ({"$add": ["a"], "$remove": None}, ("x", {"$add": ["a"]})),
        ({"$add": None, "$remove": None}, None),
        (2**64 - 1, ("x", 2**64 - 1)),
        (2**64, "x: expected a whole number of at most 64 bits"),
        (float("inf"), "x: an infinite number cannot be sent"),
        (Decimal("Infinity"), "x: an infinite number cannot be sent"),
        ("\ud800", "x: contains a lone surrogate, which UTF-8 cannot encode"),
        (b"bytes", "x: bytes cannot be sent: give text"),
        ({"a"}, "x: set cannot be sent: give a list"),
        (time(9), "x: datetime.time cannot be sent: give a moment or text"),
        (timedelta(1), "x: datetime.timedelta cannot be sent: give a number or text"),
        (..., "x: ellipsis cannot be sent"),
        ([date(2026, 2, 28)], "x: a date in a list would be stored as text"),
        ({1: "a"}, "x: expected text as the key of an object, got int"),
        (datetime(2026, 2, 28), f"x: {NO_ZONE}"),
        (np.datetime64("2026-02-28T09:00:00", "ns"), f"x: {NO_ZONE}"),
    ],
    ids=repr,
)  # fmt: skip
async def test_a_value(value: Any, sent: Any) -> None:
    assert await value_of(value) == sent


async def test_a_value_that_contains_itself_costs_its_row() -> None:
    knot: list[Any] = []
    knot.append(knot)
    assert "nested deeper" in await value_of(knot)


async def test_the_day_before_the_first_costs_its_row() -> None:
    assert await value_of(date(1, 1, 1), zone="Asia/Tokyo") == "x: expected a moment from year 1 to 9999, in UTC"
    table = pa.table({"custom_id": ["u1"], "x": [date(1, 1, 1)]})
    assert await attributes_of(table, zone="Asia/Tokyo") == ["x: expected a moment from year 1 to 9999, in UTC"]


async def test_a_moment_that_python_cannot_hold_costs_its_row() -> None:
    moments = pa.array([253_402_300_800, 0], pa.timestamp("s", "UTC"))
    found = await attributes_of(pa.table({"custom_id": ["u1", "u2"], "x": moments}))
    assert found == ["x: cannot be read", {"date(x)": "1970-01-01T00:00:00Z"}]


async def test_text_that_is_no_utf_8_costs_its_row() -> None:
    spoiled = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"a"]).buffers())
    found = await attributes_of(pa.table({"custom_id": ["u1", "u2"], "x": spoiled}))
    assert found == ["x: cannot be read", {"x": "a"}]


@pytest.mark.parametrize("places", [(10, 2), (38, 9), (76, 40)])
async def test_all_prices_arrive_as_the_nearest_float(places: tuple[int, int]) -> None:
    prices = [Decimal(cents) / 100 for cents in range(10_000)]
    column = pa.array(prices, pa.decimal256(*places) if places[0] > 38 else pa.decimal128(*places))
    table = pa.table({"custom_id": [str(price) for price in prices], "price": column})
    assert [found["price"] for found in await attributes_of(table)] == [float(price) for price in prices]


async def test_decimals_without_decimal_places_are_whole_numbers() -> None:
    table = pa.table({"custom_id": ["u1", "u2"], "x": pa.array([41, 10**30], pa.decimal128(38, 0))})
    first, second = await attributes_of(table)
    assert (type(first["x"]), first["x"], second["x"]) == (int, 41, 1e30)


@pytest.mark.parametrize("zone", [PARIS, SANTIAGO], ids=str)
async def test_every_quarter_of_an_hour_of_a_year(zone: ZoneInfo) -> None:
    """Held against pandas: the earlier of two, the next where there is none."""
    naive = pd.date_range("2026-01-01", "2027-01-01", freq="15min")
    twice = np.ones(len(naive), dtype=bool)
    expected = naive.tz_localize(zone, ambiguous=twice, nonexistent="shift_forward").tz_convert("UTC")
    texts = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in expected]
    ids = [f"u{number}" for number in range(len(naive))]
    table = pa.table({"custom_id": ids, "x": pa.array(naive, pa.timestamp("us"))})
    assert [found["date(x)"] for found in await attributes_of(table, zone=zone)] == texts
    plain = naive.to_pydatetime()
    assert [placed(moment, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in plain] == texts


@pytest.mark.parametrize(
    ("naive", "zone", "instant"),
    [
        (datetime(2026, 10, 25, 2, 30), PARIS, datetime(2026, 10, 25, 0, 30)),
        (datetime(2026, 3, 29, 2, 30), PARIS, datetime(2026, 3, 29, 1)),
        (datetime(2026, 3, 29, 2, 59, 59, 999_999), PARIS, datetime(2026, 3, 29, 1)),
        (datetime(2024, 9, 8), SANTIAGO, datetime(2024, 9, 8, 4)),
        (datetime(2011, 12, 30, 12), ZoneInfo("Pacific/Apia"), datetime(2011, 12, 30, 10)),
        (datetime(1911, 3, 10, 23, 55), PARIS, datetime(1911, 3, 10, 23, 45, 39)),
        (datetime(2038, 4, 1), PARIS, datetime(2038, 3, 31, 22)),
        (datetime(9999, 12, 31), PARIS, datetime(9999, 12, 30, 23)),
    ],
)
async def test_a_moment_at_a_change_of_clocks(naive: datetime, zone: ZoneInfo, instant: datetime) -> None:
    assert placed(naive, zone).astimezone(UTC) == instant.replace(tzinfo=UTC)
    table = pa.table({"custom_id": ["u1"], "x": [naive]})
    assert await attributes_of(table, zone=zone) == [{"date(x)": instant.isoformat() + "Z"}]


# -- ids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("007", "007"),
        (7, "7"),
        (2**70, str(2**70)),
        (np.int64(7), "7"),
        (Decimal("7"), "7"),
        (Decimal("7.00"), "7"),
        (UUID(int=7), str(UUID(int=7))),
        (None, "expected an id, got no value"),
        (float("nan"), "expected an id, got no value"),
        (pd.NA, "expected an id, got no value"),
        ("", "expected an id, got an empty text"),
        (7.0, "expected an id, got a number with decimals"),
        (Decimal("7.5"), "expected an id, got a number with decimals"),
        (True, "expected an id, got bool"),
        (b"7", "expected an id, got bytes"),
        (date(2026, 2, 28), "expected an id, got date"),
        (np.datetime64("2026-02-28", "ns"), "expected an id, got datetime64"),
    ],
    ids=repr,
)
async def test_an_id(given: Any, sent: str) -> None:
    (item,) = await items_of(Rows([{"custom_id": given}]))
    assert item["identifiers"]["custom_id"] == sent if isinstance(item, dict) else sent in item


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([7, 8], pa.uint8()),
        pa.array([Decimal(7), Decimal(8)], pa.decimal128(38, 0)),
        pa.array(["7", "8"]).dictionary_encode(),
        pa.array(["7", "8"], pa.string_view()),
        pa.array(["7", "8"], pa.large_string()),
    ],
    ids=lambda ids: str(ids.type),
)
async def test_ids_of_a_column(ids: pa.Array) -> None:
    found = await items_of(Rows(pa.table({"custom_id": ids})))
    assert found == [{"identifiers": {"custom_id": "7"}}, {"identifiers": {"custom_id": "8"}}]


async def test_ids_with_gaps_that_became_floats_are_refused_with_the_cure() -> None:
    frame = pd.DataFrame({"custom_id": [1, None], "x": ["a", "b"]})
    first, second = await items_of(Rows(frame))
    assert "Int64" in first
    assert second == "custom_id: expected an id, got no value"


# -- rows ------------------------------------------------------------------------------------------------------------


async def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    row = {"custom_id": None, "Tier": 1, "price": float("inf"), "seen": datetime(2026, 2, 28)}
    (reason,) = await items_of(Rows([row]))
    assert reason.split("; ") == [
        "custom_id: expected an id, got no value",
        "Tier: no attribute can be named so: the API takes 1 to 30 of a-z, 0-9 and _, also in date(…) and url(…)",
        "price: an infinite number cannot be sent",
        f"seen: {NO_ZONE}",
    ]
    table = pa.table({"custom_id": ["u1"], "price": [float("inf")], "seen": [datetime(2026, 2, 28)]})
    assert (await items_of(Rows(table)))[0].split("; ") == reason.split("; ")[2:]


async def test_a_cell_without_a_value_deletes_where_that_is_said() -> None:
    table = pa.table({"custom_id": ["u1"], "a": pa.array([None], pa.string()), "b": pa.array([None], pa.date32())})
    assert await attributes_of(table, delete=["a", "b"]) == [{"a": None, "date(b)": None}]
    assert await attributes_of(table) == [{}]


@pytest.mark.parametrize("kind", ["sqlite", "namedtuple", "sqlalchemy", "record"])
async def test_rows_of_drivers(kind: str) -> None:
    base = namedtuple("base", "custom_id x")

    class Alchemy(base):
        _mapping: ClassVar = {"custom_id": "u1", "x": 1}

    class Record:  # as asyncpg's: no Mapping
        def keys(self) -> list[str]:
            return ["custom_id", "x"]

        def __getitem__(self, key: str) -> Any:
            return {"custom_id": "u1", "x": 1}[key]

    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    row: Any = {
        "sqlite": lambda: database.execute("select 'u1' custom_id, 1 x").fetchone(),
        "namedtuple": lambda: base("u1", 1),
        "sqlalchemy": lambda: Alchemy("u1", 1),
        "record": Record,
    }[kind]()
    assert await attributes_of([row]) == [{"x": 1}]
    database.close()


async def test_rows_without_names_are_told_to_have_none() -> None:
    assert await items_of(Rows([("u1", 1)])) == ["expected a row with names of columns, got tuple"]


async def test_a_row_without_an_id_column_costs_itself() -> None:
    found = await items_of(Rows([{"id": "u1"}, {"custom_id": "u2"}]))
    assert found[0] == "custom_id: expected an id, found no such column"
    assert found[1] == {"identifiers": {"custom_id": "u2"}}


async def test_an_async_iterable_of_rows_is_closed() -> None:
    closed = []

    async def rows() -> AsyncIterator[dict[str, Any]]:
        try:
            for number in range(1000):
                yield {"custom_id": f"u{number}"}
        finally:
            closed.append(True)

    fake = FakeBatch(limits=False)
    client = BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport())
    async with client, client.profiles.ingest(Rows(rows())) as job:
        async for _ in job:
            break
    assert closed


async def test_a_generator_of_rows_is_closed() -> None:
    closed = []

    def rows() -> Iterator[dict[str, Any]]:
        try:
            for number in range(1000):
                yield {"custom_id": f"u{number}"}
        finally:
            closed.append(True)

    fake = FakeBatch(limits=False)
    client = BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport())
    async with client, client.profiles.ingest(Rows(rows())) as job:
        async for _ in job:
            break
    assert closed


# -- pandas and others -----------------------------------------------------------------------------------------------


async def test_a_frame_with_columns_of_several_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    frame = pd.DataFrame(
        {"custom_id": ["u1", 2, UUID(int=3)], "x": [Decimal("1.5"), "text", pd.Timestamp(0, tz="UTC")]}
    )
    assert await items_of(Rows(frame)) == [
        {"identifiers": {"custom_id": "u1"}, "attributes": {"x": 1.5}},
        {"identifiers": {"custom_id": "2"}, "attributes": {"x": "text"}},
        {"identifiers": {"custom_id": str(UUID(int=3))}, "attributes": {"date(x)": "1970-01-01T00:00:00Z"}},
    ]


async def test_the_index_of_a_frame_is_a_column_if_it_has_a_name() -> None:
    frame = pd.DataFrame({"custom_id": ["u1", "u2"], "x": [1, 2]})
    assert await attributes_of(frame[frame.x > 1]) == [{"x": 2}]
    assert await attributes_of(frame.set_index("custom_id")) == [{"x": 1}, {"x": 2}]


async def test_categories_and_texts_of_polars() -> None:
    frame = pl.DataFrame(
        {
            "custom_id": ["u1", "u2"],
            "a": pl.Series(["x", None], dtype=pl.Categorical),
            "b": pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])),
            "c": pl.Series([["x"], []], dtype=pl.List(pl.Categorical)),
        }
    )
    assert await attributes_of(frame) == [{"a": "x", "b": "x", "c": ["x"]}, {"b": "y", "c": []}]


async def test_chunks_of_frames_are_read_one_by_one() -> None:
    frames = (pd.DataFrame({"custom_id": [f"u{number}"], "x": [number]}) for number in range(3))
    assert await attributes_of(frames) == [{"x": 0}, {"x": 1}, {"x": 2}]


async def test_types_of_duckdb() -> None:
    relation = duckdb.connect().sql(
        "select 'u1' custom_id, sum(41) total, 'a'::enum('a', 'b') e, ['a'] l, map {'k': 'v'} m, {'x': 1} s,"
        " gen_random_uuid() u, timestamptz '2026-02-28 09:30:00+00' t"
    )
    (found,) = await attributes_of(relation)
    assert len(found.pop("u")) == 36
    assert found == {
        "total": 41,
        "e": "a",
        "l": ["a"],
        "m": {"k": "v"},
        "s": {"x": 1},
        "date(t)": "2026-02-28T09:30:00Z",
    }


async def test_a_table_that_pyarrow_cannot_read_is_refused() -> None:
    frame = pl.DataFrame({"custom_id": ["u1"], "x": pl.Series([1], dtype=pl.Int128)})
    with pytest.raises(InvalidInput, match="pyarrow cannot read this DataFrame"):
        await items_of(Rows(frame))


async def test_a_table_without_rows_can_be_read() -> None:
    assert await items_of(Rows(pa.table({"custom_id": pa.array([], pa.string())}))) == []
    assert await items_of(Rows(pd.DataFrame({"custom_id": []}))) == []


# -- columns ---------------------------------------------------------------------------------------------------------


TABLE = pa.table({"USER_ID": ["u1"], "Tier Level": [1], "plan ": ["gold"]})


@pytest.mark.parametrize(
    ("table", "options", "reason"),
    [
        (TABLE, {}, "expected the column 'custom_id', as `id` says, found none"),
        (TABLE, {"id": "user_id"}, "did you mean 'USER_ID'"),
        (TABLE, {"id": "USER_ID"}, "'Tier Level', 'plan ': no attribute can be named so"),
        (TABLE, {"id": "USER_ID"}, "The options `map` and `skip` (in Python, Rows(columns="),
        (TABLE, {"id": "USER_ID", "columns": {"tier level": "tier"}}, "did you mean 'Tier Level'"),
        (TABLE, {"id": "USER_ID", "delete": ["plan"]}, "as `delete` says, found none: did you mean 'plan '"),
        (
            pa.table([["u1"], [1], [2]], names=["custom_id", "x", "x"]),
            {},
            "two columns have the name 'x'",
        ),
        (
            pa.table({"custom_id": ["u1"], "a": [1], "b": [2]}),
            {"columns": {"a": "x", "b": "date(x)"}},
            "the columns 'a' and 'b' are one attribute",
        ),
        (pa.table({"custom_id": ["u1"], "x" * 31: [1]}), {}, "1 to 30 of a-z"),
        (pa.table({"custom_id": ["u1"], "item": ["a"]}), {"events": True}, "expected the column 'event_name'"),
    ],
)  # fmt: skip
async def test_columns_that_cannot_be_right_are_refused_before_anything_is_sent(
    table: pa.Table, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await items_of(Rows(table, **options))
    assert reason in caught.value.reason


async def test_two_columns_of_one_name_in_a_frame_are_refused() -> None:
    frame = pd.DataFrame([["u1", 1, 2]], columns=["custom_id", "x", "x"])
    with pytest.raises(InvalidInput, match="two columns have the name 'x'"):
        await items_of(Rows(frame))


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"id": ""}, "id"),
        ({"names": "cloud"}, "names"),
        ({"zone": "Europe/Pari"}, "zone"),
        ({"zone": 1}, "zone"),
        ({"columns": ["a"]}, "columns"),
        ({"columns": {"a": ""}}, "columns"),
        ({"columns": {"a": "x", "b": "x"}}, "columns"),
        ({"delete": "a"}, "delete"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Rows([], **options)
    assert caught.value.path == path


@pytest.mark.parametrize("source", [5, b"bytes", {"custom_id": "u1"}, Path("customers.xlsx")], ids=repr)
def test_what_is_no_table_is_refused(source: Any) -> None:
    with pytest.raises(InvalidInput):
        source_of(Rows(source), PROFILES)


def test_a_table_alone_is_told_to_need_rows() -> None:
    with pytest.raises(InvalidInput, match=r"Rows\(table\)"):
        source_of(TABLE, PROFILES)


def test_tables_need_pyarrow_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_api.ingest.sources.tables.opening.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"\[tables\]"):
        source_of(Rows(TABLE), PROFILES)


def test_rows_show_no_data() -> None:
    assert "u1@example.org" not in repr(Rows([{"custom_id": "u1@example.org"}]))


# -- Cloud Sync and events -------------------------------------------------------------------------------------------


ROW = {
    "custom_id": "u1",
    "batch__email_address": "u1@example.org",
    "date__birthday": "1990-01-01",
    "url__avatar": "https://example.org/u1.png",
    "is_vip": True,
    "tags": '["a","b"]',
    "note": "[sic] and so on",
    "broken": "[1",
    "last_updated_at": "2026-04-17T04:25:00Z",
}


@pytest.mark.parametrize("form", ["arrow", "mappings"])
async def test_tables_made_for_cloud_sync(form: str, tmp_path: Path) -> None:
    table = in_form(pa.Table.from_pylist([ROW]), form, tmp_path)
    assert await attributes_of(table, names="cloud-sync") == [
        {
            "$email_address": "u1@example.org",
            "date(birthday)": "1990-01-01T00:00:00Z",
            "url(avatar)": "https://example.org/u1.png",
            "is_vip": True,
            "tags": ["a", "b"],
            "note": "[sic] and so on",
            "broken": "[1",
        }
    ]


@pytest.mark.parametrize("form", ["arrow", "mappings"])
async def test_columns_that_look_like_cloud_syncs_are_told(form: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="names='cloud-sync'"):
        await items_of(Rows(in_form(pa.Table.from_pylist([ROW, ROW]), form, tmp_path)))
    with pytest.warns(UserWarning, match="events=True"):
        await items_of(Rows([{"custom_id": "u1", "event_name": "purchase"}]))


async def test_columns_that_are_mapped_are_meant_so() -> None:
    row = {"custom_id": "u1", "date__x": "a", "event_name": "b"}
    columns = {"date__x": "date__x", "event_name": "event_name"}
    assert await attributes_of([row], columns=columns) == [{"date__x": "a", "event_name": "b"}]


EVENTS = [
    {
        "custom_id": "u1",
        "event_name": "purchase",
        "event_time": "2026-11-27 11:00:00Z",
        "item": "Tee",
        "date__due": None,
    },
    {"custom_id": "u1", "event_name": "purchase", "event_time": None, "item": "Cap", "date__due": "2026-12-24"},
    {"custom_id": "u1", "event_name": None, "event_time": "yesterday", "item": "Cap", "date__due": "2026-12-24"},
]


@pytest.mark.parametrize("form", ["arrow", "mappings"])
async def test_rows_of_events(form: str, tmp_path: Path) -> None:
    table = in_form(pa.Table.from_pylist(EVENTS), form, tmp_path)
    first, second, third = await items_of(Rows(table, events=True, names="cloud-sync"))
    event = {"name": "purchase", "time": "2026-11-27T11:00:00Z", "attributes": {"item": "Tee"}}
    assert first == {"identifiers": {"custom_id": "u1"}, "events": [event]}
    assert second["events"] == [
        {"name": "purchase", "attributes": {"item": "Cap", "date(due)": "2026-12-24T00:00:00Z"}}
    ]
    assert third == (
        "event_name: expected the name of an event, got NoneType; "
        "event_time: expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z"
    )


async def test_objects_of_events_are_json_in_tables_of_cloud_sync() -> None:
    row = {"custom_id": "u1", "event_name": "x", "address": '{"city":"Ghent","zip":null}', "lines": '[{"sku":"A"}]'}
    (edit,) = await items_of(Rows([row], events=True, names="cloud-sync"))
    assert edit["events"][0]["attributes"] == {"address": {"city": "Ghent"}, "lines": [{"sku": "A"}]}
    with pytest.warns(UserWarning, match="events=True"):
        assert (await attributes_of([row], names="cloud-sync"))[0]["address"] == row["address"]


async def test_events_of_one_profile_go_together_in_order() -> None:
    now = datetime.now(UTC)
    rows = [
        {"custom_id": f"u{number % 2}", "event_name": "seen", "event_time": now, "number": number}
        for number in range(40)
    ]
    fake = FakeBatch(limits=False)
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        fates = [fate async for fate in client.profiles.ingest(Rows(rows, events=True))]
    assert sorted(fate.index for fate in fates) == list(range(40))
    assert {type(fate) for fate in fates} == {Delivered}
    sent = [(edit.edit["identifiers"]["custom_id"], len(edit.edit["events"])) for edit in fake.edits]
    assert sent == [("u0", 15), ("u1", 15), ("u0", 5), ("u1", 5)]
    held = fake.project().profiles.by_id["u0"].events
    assert [event["attributes"]["number"] for event in held] == list(range(0, 40, 2))


def test_only_profiles_have_events() -> None:
    with pytest.raises(InvalidInput, match="only profiles have events"):
        source_of(Rows([], events=True), CatalogItems("shoes"))


# -- CSV and JSON lines ----------------------------------------------------------------------------------------------


CSV = (
    "USER_ID,FIRST_NAME,BIRTH,batch__email_address,visits,tags,last_updated_at\n"
    'u1,Ann,1990-01-01,u1@example.org,41,"[""a"",""b""]",2026-04-17\n'
    "u2,,yesterday,,x,,\n"
    ",,,,,,\n"
)
COLUMNS = {"FIRST_NAME": "first_name", "BIRTH": "date(birth)"}


async def test_rows_of_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(CSV)
    options: dict[str, Any] = {"id": "USER_ID", "columns": COLUMNS, "names": "cloud-sync", "delete": ["FIRST_NAME"]}
    first, second = await read(source_of(Rows(path, **options), PROFILES))
    attributes: dict[str, Any] = {
        "first_name": "Ann",
        "date(birth)": "1990-01-01T00:00:00Z",
        "$email_address": "u1@example.org",
    }
    attributes |= {"visits": 41, "tags": ["a", "b"]}
    assert first == {"identifiers": {"custom_id": "u1"}, "attributes": attributes}
    error, line = second
    assert (told(error), line.number) == (f"line 3, BIRTH: {EXPECTED}", 3)


async def test_a_csv_file_that_needs_explaining(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes("id;preis;wann;plan;leer\nu1;12,5;2026-03-29 02:30;gr\xfcn;\nu2;1;;NULL;\n".encode("cp1252"))
    file = CsvFile(path, delimiter=";", decimal=",", encoding="cp1252", null="NULL", zone=PARIS)
    assert await attributes_of(file, id="id", columns={"wann": "date(wann)", "leer": None}) == [
        {"preis": 12.5, "date(wann)": "2026-03-29T01:00:00Z", "plan": "grün"},
        {"preis": 1, "plan": None},
    ]


async def test_events_of_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "custom_id,event_time,event_name,item,price\nu1,2026-11-27T11:00:00Z,purchase,Tee,12.5\nu1,,,Cap,9\n"
    )
    source = source_of(Rows(path, events=True), PROFILES)
    first, second = await read(source)
    event = {"name": "purchase", "time": "2026-11-27T11:00:00Z", "attributes": {"item": "Tee", "price": 12.5}}
    assert first == {"identifiers": {"custom_id": "u1"}, "events": [event]}
    assert told(second[0]) == "line 3, event_name: expected the name of an event, got NoneType"


async def test_all_that_is_wrong_with_a_line_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("custom_id,date(a),date(b)\nu1,x,y\n")
    (item,) = await read(source_of(path, PROFILES))
    assert told(item[0]) == f"line 2: date(a): {EXPECTED}; date(b): {EXPECTED}"


async def test_rows_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "customers.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"uid":7,"born":"1990-01-01","tags":["a",null],"x":null}\n\n{"uid":8,\n[1]\n'))
    source = source_of(Rows(path, id="uid", columns={"born": "date(born)"}), PROFILES)
    first, second, third = await read(source)
    attributes = {"date(born)": "1990-01-01T00:00:00Z", "tags": ["a"]}
    assert first == {"identifiers": {"custom_id": "7"}, "attributes": attributes}
    assert (told(second[0]), second[1].number) == ("the line is not valid JSON", 3)
    assert (told(third[0]), third[1].number) == ("expected a row with names of columns, got list", 4)


async def test_a_csv_file_as_rows_goes_on_at_a_line(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("uid,n\n" + "".join(f"u{number},{number}\n" for number in range(1000)))
    source: Any = source_of(Rows(path, id="uid"), PROFILES)
    async for _ in source.windows(100):
        mark = source.mark(700)
        if mark.index == 700:
            break
    again: Any = source_of(Rows(path, id="uid"), PROFILES)
    again.start_at(mark)
    found = [item["attributes"]["n"] for item in await read(again)]
    assert found == list(range(700, 1000))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("custom_id,date__birthday", "names='cloud-sync'"),
        ("custom_id,event_name,event_time", "events=True"),
    ],
)
def test_a_path_alone_to_what_looks_like_cloud_syncs_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\nu1,a\n")
    with pytest.raises(InvalidInput, match=reason):
        source_of(path, PROFILES)


def test_a_parquet_file_alone_is_told_to_need_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(TABLE, path)
    with pytest.raises(InvalidInput, match="Rows"):
        source_of(path, PROFILES)


# -- catalogs, chunks, Parquet ---------------------------------------------------------------------------------------


async def test_rows_of_a_catalog() -> None:
    table = pa.table({"sku": ["a", "b"], "price": [1.5, None]})
    assert await items_of(Rows(table, id="sku"), CatalogItems("shoes")) == [
        {"id": "a", "action": "add", "attributes": {"price": 1.5}},
        {"id": "b", "action": "add"},
    ]


async def test_a_table_is_split(tmp_path: Path) -> None:
    table = pa.table({"custom_id": [f"u{number}" for number in range(100)]})
    references = [reference async for reference in split(Rows(table), tmp_path / "spool", partitions=2)]
    assert sum(reference.items for reference in references) == 100


async def test_a_parquet_file_goes_on_at_a_row(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"custom_id": [f"u{number}" for number in range(1000)]}), path, row_group_size=300)
    fake = FakeBatch(limits=False)
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:

        def job() -> Any:
            return client.profiles.ingest(Rows(path), checkpoint=tmp_path / "checkpoint", chunk_size=50)

        async with job() as first:
            async for chunk in first.by_chunk():
                if chunk.indexes[0] >= 700:
                    break
        seen = len(fake.edits)
        async with job() as second:
            rest: list[Fate] = [fate async for fate in second]
            earlier = second.checkpoint.earlier["Delivered"]
    assert earlier + len(rest) == 1000
    assert len(fake.edits) - seen < 300
    assert {edit.edit["identifiers"]["custom_id"] for edit in fake.edits} == {f"u{number}" for number in range(1000)}


@pytest.mark.parametrize("start", [0, 1, 299, 300, 999, 1000])
async def test_a_parquet_file_is_read_from_any_row(tmp_path: Path, start: int) -> None:
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"custom_id": [f"u{number}" for number in range(1000)]}), path, row_group_size=300)
    source: Any = source_of(Rows(path), PROFILES)
    source.start_at(source.mark(start))
    found = [item async for window in source.windows(64) for item in window]
    assert [item["identifiers"]["custom_id"] for item in found] == [f"u{number}" for number in range(start, 1000)]
    assert source.position == source.size


async def test_how_long_a_table_is(tmp_path: Path) -> None:
    table = pa.table({"custom_id": ["u1", "u2"]})
    for form in ("arrow", "mappings", "pandas", "polars", "parquet"):
        size = size_of(source_of(Rows(in_form(table, form, tmp_path)), PROFILES))
        assert size is not None
        assert tuple(size) == (2, True)
    assert size_of(source_of(Rows(iter(table.to_batches())), PROFILES)) is None


async def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    path.write_bytes(b"custom_id\nu1\n")
    with pytest.raises(InvalidInput, match="not a Parquet file"):
        source_of(Rows(path), PROFILES)


async def test_a_damaged_parquet_file_ends_the_job_by_name(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pq.write_table(
        pa.table({"custom_id": [f"user number {number}" for number in range(5000)]}), path, row_group_size=500
    )
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="damaged") as caught:
        await items_of(Rows(path))
    assert caught.value.path == str(path)


async def test_large_rows_are_read_a_few_at_a_time() -> None:
    table = pa.table({"custom_id": [f"u{number}" for number in range(20)], "x": ["a" * 200_000] * 20})
    sizes = [len(window) async for window in source_of(Rows(table), PROFILES).windows(250)]
    assert max(sizes) <= 6


async def test_one_bad_row_costs_itself_alone() -> None:
    table = pa.table({"custom_id": [f"u{number}" for number in range(1000)], "x": [1.0] * 999 + [float("inf")]})
    fake = FakeBatch(limits=False)
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        fates = [fate async for fate in client.profiles.ingest(Rows(table))]
    invalid = [fate for fate in fates if isinstance(fate, Invalid)]
    assert [(fate.index, fate.error.path) for fate in invalid] == [(999, "x")]
    assert len(fates) == 1000


async def test_the_loop_goes_on_while_a_large_table_is_read() -> None:
    table = pa.table({"custom_id": [f"u{number}" for number in range(20_000)], "x": list(range(20_000))})
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    await items_of(Rows(table))
    counting.cancel()
    assert turns >= 200
