"""A table made for Cloud Sync, sent and exported again: what comes back is what went in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from batch_api import BatchClient, Rows
from batch_api.testing import FakeBatch
from batch_api.types import ExportRequest

NOW = datetime.now(UTC).replace(microsecond=0)
PROFILES = pa.table(
    {
        "custom_id": [f"u{number}" for number in range(20)],
        "batch__email_address": [f"u{number}@example.org" for number in range(20)],
        "date__birthday": [date(1970, 1, 1) + timedelta(days=500 * number) for number in range(20)],
        "url__avatar": [f"https://example.org/{number}.png" for number in range(20)],
        "price": pa.array([Decimal(number * 7) / 100 for number in range(20)], pa.decimal128(10, 2)),
        "visits": pa.array([None if number % 3 == 0 else number for number in range(20)], pa.int32()),
        "is_vip": [number % 2 == 0 for number in range(20)],
        "tags": [f'["t{number}","déjà"]' for number in range(20)],
        "last_updated_at": [NOW] * 20,
    }
)
EVENTS = pa.table(
    {
        "custom_id": [f"u{number % 2}" for number in range(40)],
        "event_name": ["purchase"] * 40,
        "event_time": [NOW - timedelta(minutes=number) for number in range(40)],
        "number": list(range(40)),
        "date__due": [date(2026, 12, 24)] * 40,
        "address": ['{"city":"Ghent"}'] * 40,
        "last_updated_at": [NOW] * 40,
    }
)


def as_csv(table: pa.Table, folder: Path) -> Path:
    path = folder / "table.csv"
    table.to_pandas().to_csv(path, index=False)
    return path


def as_parquet(table: pa.Table, folder: Path) -> Path:
    path = folder / "table.parquet"
    pq.write_table(table, path)
    return path


FORMS = pytest.mark.parametrize(
    "formed",
    [
        lambda table, folder: table,
        lambda table, folder: table.to_pylist(),
        lambda table, folder: table.to_pandas(),
        lambda table, folder: pl.from_arrow(table),
        lambda table, folder: duckdb.connect().from_arrow(table),
        as_csv,
        as_parquet,
    ],
    ids=["arrow", "mappings", "pandas", "polars", "duckdb", "csv", "parquet"],
)


def moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


@FORMS
async def test_attributes_there_and_back(formed: Any, tmp_path: Path) -> None:
    fake = FakeBatch(limits=False, export_seconds=0.0)
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        rows = Rows(formed(PROFILES, tmp_path), names="cloud-sync")
        assert (await client.profiles.ingest(rows).collect()).delivered == 20
        names = ["$email_address", "birthday", "avatar", "price", "visits", "is_vip", "tags"]
        request: ExportRequest = {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"], "attributes": names}
        export = await client.profiles.export(request)
        records = [record async for record in client.exports.records(export)]
    held = {record["identifiers"]["custom_id"]: record["attributes"] for record in records}
    assert held == {
        row["custom_id"]: {
            "$email_address": row["batch__email_address"],
            "birthday": moment(row["date__birthday"]),
            "avatar": row["url__avatar"],
            "price": float(row["price"]),
            "is_vip": row["is_vip"],
            "tags": json.loads(row["tags"]),
            **({} if row["visits"] is None else {"visits": row["visits"]}),
        }
        for row in PROFILES.to_pylist()
    }
    lines = tmp_path / "records.jsonl"
    lines.write_text("".join(json.dumps({"custom_id": name, **fields}) + "\n" for name, fields in held.items()))
    _is_read_alike_by_others(lines)


def _is_read_alike_by_others(lines: Path) -> None:
    prices = [float(price) for price in PROFILES["price"].to_pylist()]
    visits = PROFILES["visits"].to_pylist()
    by_pandas = pd.read_json(lines, lines=True, precise_float=True)
    assert list(by_pandas["price"]) == prices
    by_polars = pl.read_ndjson(lines, infer_schema_length=None)
    assert by_polars["price"].to_list() == prices
    assert by_polars["visits"].to_list() == visits
    by_duckdb = duckdb.connect().sql(f"select price, visits from read_json('{lines}') order by price").fetchall()
    assert by_duckdb == list(zip(prices, visits, strict=True))


@FORMS
async def test_events_there_and_back(formed: Any, tmp_path: Path) -> None:
    fake = FakeBatch(limits=False, export_seconds=0.0)
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        rows = Rows(formed(EVENTS, tmp_path), names="cloud-sync", events=True)
        assert (await client.profiles.ingest(rows).collect()).delivered == 40
        since = (NOW - timedelta(hours=1)).isoformat()
        request: ExportRequest = {"export_type": "EVENTS", "from": since, "to": "now", "events": ["purchase"]}
        records = [record async for record in client.exports.records(await client.profiles.export(request))]
    for name in ("u0", "u1"):
        assert [record["event"] for record in records if record["identifiers"]["custom_id"] == name] == [
            {
                "name": row["event_name"],
                "time": row["event_time"].isoformat().replace("+00:00", "Z"),
                "attributes": {
                    "number": row["number"],
                    "date(due)": moment(row["date__due"]),
                    "address": json.loads(row["address"]),
                },
            }
            for row in EVENTS.to_pylist()
            if row["custom_id"] == name
        ]
