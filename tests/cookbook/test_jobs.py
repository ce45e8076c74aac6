"""Nightly jobs and the sync of a catalog, each twice, and interrupted."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch_api.testing import FakeBatch
from examples.cookbook import catalog_sync, nightly_database, nightly_parquet
from tests.cookbook.conftest import Connect

pytestmark = pytest.mark.virtual_time

DAY = date(2026, 11, 27)


@pytest.fixture
def database(folder: Path) -> Path:
    path = folder / "customers.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id, email, plan, visits, registered, changed)")
        connection.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)",
            [
                ("u1", "ann@example.org", "gold", 3, "2024-02-01", "2026-11-27T10:00:00"),
                ("u2", None, "free", 1, "2025-03-01", "2026-11-27T11:00:00"),
                ("u3", "eve@example.org", "free", 9, "2025-03-01", "2026-11-26T11:00:00"),
            ],
        )
    connection.close()
    return path


async def test_a_night_sends_what_changed_on_its_day_and_once(
    database: Path, connect: Connect, fake_batch: FakeBatch
) -> None:
    async with connect() as client:
        assert await nightly_database.nightly(client, database, DAY) == 0
        assert await nightly_database.nightly(client, database, DAY) == 0  # started again by mistake
    assert [received.edit for received in fake_batch.edits] == [
        {
            "identifiers": {"custom_id": "u1"},
            "attributes": {
                "$email_address": "ann@example.org",
                "plan": "gold",
                "visits": 3,
                "date(registered)": "2024-01-31T23:00:00Z",
            },
        },
        {
            "identifiers": {"custom_id": "u2"},
            "attributes": {"plan": "free", "visits": 1, "date(registered)": "2025-02-28T23:00:00Z"},
        },
    ]


async def test_a_bad_row_is_reported_and_the_others_are_in(
    database: Path, connect: Connect, fake_batch: FakeBatch
) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE customers SET email = 'no address' WHERE id = 'u1'")
    connection.close()
    async with connect() as client:
        assert await nightly_database.nightly(client, database, DAY) == 1
    (line,) = Path(f"{DAY}.troubles.jsonl").read_text().splitlines()
    assert json.loads(line).items() >= {"id": "u1", "fate": "PartlyApplied"}.items()
    assert fake_batch.project().profiles.by_id.keys() == {"u1", "u2"}


async def test_a_night_that_ends_early_is_finished_by_the_next_start(
    database: Path, connect: Connect, fake_batch: FakeBatch
) -> None:
    fake_batch.fail("profile_mass_update", 401)
    async with connect() as client:
        assert await nightly_database.nightly(client, database, DAY) == 3
        assert await nightly_database.nightly(client, database, DAY) == 0
    assert fake_batch.project().profiles.by_id.keys() == {"u1", "u2"}


async def test_a_parquet_file(folder: Path, connect: Connect, fake_batch: FakeBatch) -> None:
    pq.write_table(pa.table({"customer_id": [1, 2], "born": [date(1990, 5, 4), None]}), folder / "day.parquet")
    async with connect() as client:
        assert await nightly_parquet.nightly(client, "day.parquet", "2026-11-27") == 0
    assert fake_batch.edits[0].edit["attributes"] == {"date(born)": "1990-05-03T22:00:00Z"}
    assert len(fake_batch.edits) == 2


async def test_a_catalog_follows_the_shop(folder: Path, connect: Connect, fake_batch: FakeBatch) -> None:
    memory = folder / "shoes.json"
    shop = {f"SKU-{n}": {"title": f"Trail {n}", "price": 99.0 + n, "in_stock": True} for n in range(300)}
    async with connect() as client:
        assert await catalog_sync.sync(client, "shoes", shop, memory) == (300, [])
        assert await catalog_sync.sync(client, "shoes", shop, memory) == (0, [])
        shop["SKU-1"] = {**shop["SKU-1"], "price": 89.0}
        del shop["SKU-2"]
        assert await catalog_sync.sync(client, "shoes", shop, memory) == (2, [])
    items = fake_batch.project().catalogs.by_name["shoes"].items
    assert items.keys() == shop.keys()
    assert items["SKU-1"]["price"] == 89.0


async def test_what_a_catalog_refuses_is_named_and_tried_again(
    folder: Path, connect: Connect, fake_batch: FakeBatch
) -> None:
    memory = folder / "shoes.json"
    shop = {"a": {"title": "A", "price": 1.0, "in_stock": True}, "b": {"title": "B", "price": float("nan")}}
    async with connect() as client:
        assert await catalog_sync.sync(client, "shoes", shop, memory) == (1, ["b"])
        shop["b"] = {"title": "B", "price": 2.0}
        assert await catalog_sync.sync(client, "shoes", shop, memory) == (1, [])
