"""`import` of tables: columns that are renamed, left out or Cloud Sync's, rows of events, Parquet."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch_api.testing import FakeBatch
from tests.cli.conftest import Command, ask

CSV = """USER_ID,Tier Level,BIRTH,batch__email_address,tags,last_updated_at,notes
u1,3,1990-01-01,u1@example.org,"[""a""]",2026-01-01,x
u2,gold,yesterday,u2@example.org,,2026-01-01,x
"""
OPTIONS = [
    *("--id", "USER_ID"),
    *("--names", "cloud-sync"),
    *("--map", "Tier Level=tier"),
    *("--map", "BIRTH=date(birth)"),
    *("--skip", "notes"),
]


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "customers.parquet"
    table = pa.table({"custom_id": [1, 2], "born": [date(1990, 1, 1)] * 2, "score": [1.5, float("inf")]})
    pq.write_table(table, path)
    return path


def stored(fake: FakeBatch) -> dict[str, Any]:
    return {name: profile.attributes for name, profile in fake.project().profiles.by_id.items()}


def test_a_csv_file_is_read_as_the_options_say(fake: FakeBatch, batch_api: Command, customers: Path) -> None:
    result = batch_api("import", "profiles", customers, *OPTIONS)
    assert result.exit_code == 1
    attributes = {"tier": 3, "birth": "1990-01-01T00:00:00Z", "$email_address": "u1@example.org", "tags": ["a"]}
    assert stored(fake) == {"u1": attributes}
    letters = customers.with_name("customers.dead-letter.csv")
    letters.write_text(letters.read_text().replace("yesterday", "1991-01-01"))
    assert batch_api("import", "profiles", letters, *OPTIONS).exit_code == 0
    assert stored(fake)["u2"] == {"tier": "gold", "birth": "1991-01-01T00:00:00Z", "$email_address": "u2@example.org"}


def test_a_dry_run_shows_each_column(fake: FakeBatch, batch_api: Command, customers: Path) -> None:
    result = batch_api("import", "profiles", customers, *OPTIONS, "--dry-run")
    assert result.exit_code == 1
    assert not fake.edits
    shown = [line.split() for line in result.stdout.splitlines()]
    assert ["USER_ID", "the", "id", "1"] in shown
    assert ["BIRTH", "date(birth)", "date", "1", "1"] in shown
    assert ["Tier", "Level", "tier", "integer", "1"] in shown
    assert ["notes", "left", "out"] in shown
    as_json = json.loads(batch_api("import", "profiles", customers, *OPTIONS, "--dry-run", "--json").stdout)
    assert {"column": "tags", "sent as": "tags", "type": "list", "filled": 1, "refused": None} in as_json["columns"]


@pytest.mark.parametrize(
    ("header", "options", "cure"),
    [
        ("custom_id,date__birthday", (), "the option `names cloud-sync`"),
        ("USER_ID,date__birthday", ("--id", "USER_ID"), "the option `names cloud-sync`"),
        ("custom_id,event_name", (), "the option `events`"),
        ("USER_ID,plan", (), "the option `id`"),
        ("USER_ID,plan", ("--id", "user_id"), "did you mean 'USER_ID'"),
        ("custom_id,Tier Level", (), "The options `map` and `skip`"),
        ("custom_id,Tier Level", ("--skip", "tier level"), "did you mean 'Tier Level'"),
        ("custom_id,a,b", ("--map", "a=x", "--map", "b=date(x)"), "are one attribute"),
        ("custom_id,a", ("--map", "a"), "COLUMN=KEY"),
    ],
)
def test_columns_that_cannot_be_right_are_told_with_the_cure(
    fake: FakeBatch, batch_api: Command, tmp_path: Path, header: str, options: tuple[str, ...], cure: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\nu1,a,b\n")
    result = batch_api("import", "profiles", path, *options)
    assert result.exit_code == 2
    assert cure in " ".join(result.stderr.split())
    assert not fake.edits


def test_rows_of_events(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    now = datetime.now(UTC).isoformat()
    path.write_text(f"custom_id,event_name,event_time,item\nu1,purchase,{now},Tee\nu1,purchase,{now},Cap\n")
    assert batch_api("import", "profiles", path, "--events").exit_code == 0
    events = fake.project().profiles.by_id["u1"].events
    assert [event["attributes"]["item"] for event in events] == ["Tee", "Cap"]
    assert len(fake.edits) == 1


def test_dead_letters_of_parquet_are_rows_to_import_again(fake: FakeBatch, batch_api: Command, parquet: Path) -> None:
    result = batch_api("import", "profiles", parquet, "--map", "score=points")
    assert result.exit_code == 1
    letters = parquet.with_name("customers.dead-letter.jsonl")
    assert letters.read_text() == (
        "# line 2, score: an infinite number cannot be sent\n"
        '{"custom_id":"2","date(born)":"1990-01-01T00:00:00Z","points":null}\n'
    )
    assert "with --id custom_id" in " ".join(result.stdout.split())
    letters.write_text(letters.read_text().replace("null", "2.5"))
    assert batch_api("import", "profiles", letters, "--id", "custom_id").exit_code == 0
    born = "1990-01-01T00:00:00Z"
    assert stored(fake) == {"1": {"born": born, "points": 1.5}, "2": {"born": born, "points": 2.5}}


def test_a_dry_run_of_parquet(fake: FakeBatch, batch_api: Command, parquet: Path) -> None:
    result = batch_api("import", "profiles", parquet, "--dry-run", "--zone", "Europe/Paris")
    shown = [line.split() for line in result.stdout.splitlines()]
    assert ["born", "date(born)", "date", "1"] in shown
    assert ["score", "score", "float", "1", "1"] in shown
    assert not fake.edits


def test_a_catalog_of_another_id(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    path = tmp_path / "shoes.csv"
    path.write_text("SKU,Title,price\na,1984,1.5\n")
    ask(fake, lambda client: client.catalogs.create("shoes", {"title": "string", "price": "float"}))
    result = batch_api("import", "catalog", path, "--id", "SKU", "--map", "Title=title")
    assert result.exit_code == 0
    assert fake.project().catalogs.by_name["shoes"].items["a"] == {"title": "1984", "price": 1.5}
