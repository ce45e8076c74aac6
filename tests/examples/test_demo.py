"""The demo's job, against a fake with the documented limits."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from batch_api import BatchClient, Limit
from batch_api.cli.account import Account
from batch_api.cli.app import app
from batch_api.ingest.items.item_types import AudienceChanges, ItemType, ProfileEdits
from batch_api.ingest.items.reading import read as read_window
from batch_api.ingest.sources.open import open_source
from batch_api.testing import FakeBatch
from batch_api.types import ProfileEvent
from examples import csvfile, demo
from examples.board import Row, share_of, table
from examples.csvfile import Record
from tests.serving import served

ODD = "\n".join(
    [
        "\ufeffkey;Visits;Rate;Größe;Since",
        'u1;1;0.5;"a; ""b""";2024-01-02',
        "u2;;1.5;;2024-02-03 10:00",
        "",
        " ;5;2;x;2024-01-02",
        "u1;7;2.0;c;",
    ]
)

Read = Callable[[str], csvfile.Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str) -> csvfile.Table:
        path = tmp_path / "input.csv"
        path.write_text(content, encoding="utf-8")
        return csvfile.read(path)

    return read


KEY, PROJECT = "rest_of_the_demo", "project_of_the_demo"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatch]:
    """A fake that is served, for commands that keep to no limits."""
    fake = FakeBatch(rest_api_key=KEY, project_key=PROJECT, limits=False, index_seconds=0.0, export_seconds=0.0)
    with served(fake):
        monkeypatch.setattr(Account, "client", lambda account, *, share=1.0: client_of(fake))
        for name, value in (("REST_API_KEY", KEY), ("PROJECT_KEY", PROJECT)):
            monkeypatch.setenv(f"BATCH_{name}", value)
        yield fake


def client_of(fake: FakeBatch) -> BatchClient:
    none: dict[str, list[Limit]] = {name: [] for name in fake.stats}
    return BatchClient(KEY, PROJECT, base_url=fake.url, limits=none)


async def command(*arguments: str) -> int:
    """The command in this process, in a thread with an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    assert result.exit_code in (0, 1), result.output
    return result.exit_code


def run(
    fake: FakeBatch, customers: csvfile.Table, folder: Path, command: demo.Command = command
) -> tuple[demo.Job, dict[str, Row]]:
    """All phases."""

    async def statistics() -> demo.Statistics:
        return {name: figures.as_dict() for name, figures in fake.stats.items()}

    async def all_phases() -> tuple[demo.Job, dict[str, Row]]:
        async with client_of(fake) as client:
            job = demo.Job(client, command, customers, csvfile.read(demo.DATA / "cars.csv"), folder)
            return job, {row.phase: row for row in await job.run(statistics)}

    return asyncio.run(all_phases())


def test_all_of_an_odd_file_arrives_with_its_types(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    _, rows = run(shop, read(ODD), tmp_path)
    first, second = shop.project().profiles.by_id["u1"], shop.project().profiles.by_id["u2"]
    assert first.attributes == {"visits": 7, "rate": 2.0, "grosse": "c"}
    assert second.attributes == {"rate": 1.5, "since": "2024-02-03T10:00:00Z"}
    assert second.kinds == {"since": "date"}
    assert [event["attributes"] for event in first.events] == [
        {"visits": 1, "rate": 0.5, "grosse": 'a; "b"', "date(since)": "2024-01-02T00:00:00Z"},
        {"visits": 7, "rate": 2.0, "grosse": "c"},
    ]
    assert {event["name"] for event in first.events} == {"purchase"}
    assert shop.project().audiences.by_name["customers"].ids.keys() == {"u1", "u2"}
    assert len(shop.project().catalogs.by_name["cars"].items) == 406
    assert [(row.phase, row.items, row.rejected, row.lost) for row in rows.values()] == [
        ("profiles", 2, 0, 0),
        ("purchases", 2, 0, 0),
        ("catalog", 406, 0, 0),
        ("audience", 2, 0, 0),
        ("exports", 2 + 3, 0, 0),
    ]
    assert rows["profiles"].requests == rows["purchases"].requests == 1
    assert rows["profiles"].share is None
    assert sum(row.requests for row in rows.values()) == sum(figures.requests for figures in shop.stats.values())


def test_a_file_of_ids_alone(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    _, rows = run(shop, read("id\nu1\nu2\n"), tmp_path)
    assert shop.project().profiles.by_id.keys() == {"u1", "u2"}
    assert not any(row.lost for row in rows.values())


def test_what_the_server_loses_is_seen(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    async def lose(*arguments: str) -> int:
        code = await command(*arguments)
        project = shop.project()
        if arguments[1] == "catalog":
            del project.catalogs.by_name["cars"].items["car-001"]
        if arguments[1] == "audience":
            del project.profiles.by_id["u2"]
            project.profiles.by_id["u1"].attributes["visits"] = 8
            project.audiences.by_name["customers"].ids.clear()
        return code

    job, _ = run(shop, read(ODD), tmp_path, lose)
    phases = (job.profiles, job.purchases, job.catalog, job.audience, job.exports)
    assert [phase.lost for phase in phases] == [2, 1, 1, 2, 2]


def test_what_the_server_holds_twice_is_seen(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    event: ProfileEvent = {"name": "purchase", "attributes": {"visits": 7, "rate": 2.0, "grosse": "c"}}

    async def once_more(*arguments: str) -> int:
        if arguments[1] == "catalog":
            async with client_of(shop) as client:
                await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "events": [event]}])
        return await command(*arguments)

    _, rows = run(shop, read(ODD), tmp_path, once_more)
    assert [row.lost for row in rows.values()] == [0, 1, 0, 0, 1]


def test_refused_values_are_told_apart_from_lost_ones(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    error = {"bulk_index": 0, "attribute": "visits", "category": "type"}
    answer = {"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]}
    shop.respond("profile_mass_update", 202, answer)
    job, rows = run(shop, read(ODD), tmp_path)
    assert job.refused == Counter({"visits (type)": 1})
    assert rows["profiles"].lost == 2


def test_a_command_that_fails_ends_it(shop: FakeBatch, read: Read, tmp_path: Path) -> None:
    async def fail(*arguments: str) -> int:
        return 3

    with pytest.raises(demo.Failed):
        run(shop, read(ODD), tmp_path, fail)
    assert not shop.edits


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CELL = TEXT | st.integers().map(str) | st.floats().map(str) | st.booleans().map(str) | st.datetimes().map(str)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(st.lists(CELL, max_size=5), min_size=1, max_size=12))
def test_nothing_of_any_file_is_lost(tmp_path: Path, header: list[str], lines: list[list[str]]) -> None:
    """Whatever is in a file, the command reads from ours what was read from it, and finds nothing invalid."""
    path = tmp_path / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", *header], ["u1"], *lines])
    records = csvfile.read(path).records
    profiles = demo.profile_edits(records)
    sent = demo.write_lines(tmp_path / "profiles.jsonl", profiles)
    assert [demo._mark(edit["identifiers"], edit["attributes"]) for edit in items_of(sent, ProfileEdits("update"))] == [
        demo._mark(edit["identifiers"], edit["attributes"]) for edit in profiles
    ]
    ids = [edit["identifiers"]["custom_id"] for edit in profiles]
    audience = demo.write_ids(tmp_path / "customers.csv", ids)
    assert [item["id"] for item in items_of(audience, AudienceChanges("customers"))] == ids


def items_of(path: Path, kind: ItemType) -> list[Any]:
    """What an import would send of a file."""

    async def walk() -> list[Any]:
        found: list[Any] = []
        async for items in open_source(path, kind).windows(250):
            window = read_window(kind, items, len(found))
            assert not window.invalid
            found += orjson.loads(b"[%b]" % b",".join(window.rows.parts() if window.rows else []))
        return found

    return asyncio.run(walk())


def test_events_of_a_profile_come_in_order_at_most_fifteen_in_an_edit() -> None:
    records = [Record(f"u{number % 2}", {"n": number}) for number in range(62)]
    edits = demo.event_edits([*records, Record("u2", {f"c{number}": 1 for number in range(25)})])
    assert Counter(edit["identifiers"]["custom_id"] for edit in edits) == {"u0": 3, "u1": 3, "u2": 1}
    events = [edit["events"] for edit in edits if edit["identifiers"]["custom_id"] == "u1"]
    assert [len(part) for part in events] == [15, 15, 1]
    assert [event["attributes"]["n"] for part in events for event in part] == list(range(1, 62, 2))
    assert len(edits[-1]["events"][0]["attributes"]) == 20


def test_share_is_that_of_the_limit_most_used() -> None:
    limits = [Limit(5), Limit(1000, unit="items")]
    assert share_of(limits, requests_per_second=5, items_per_second=100) == 1.0
    assert share_of(limits, requests_per_second=1, items_per_second=900) == 0.9
    assert share_of([], 1, 1) == 0.0


def test_the_table_adds_up() -> None:
    drawn = io.StringIO()
    Console(file=drawn, width=120).print(
        table([Row("one", 1, 2000, 1.0, 0.5, 0, 0), Row("two", 2, 1, 0.5, None, 3, 4)])
    )
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in drawn.getvalue().splitlines()]
    assert [line for line in lines if line] == [
        ["one", "1", "2,000", "1.0", "50%", "0", "0"],
        ["two", "2", "1", "0.5", "", "3", "4"],
        ["all", "3", "2,001", "1.5", "", "3", "4"],
    ]


def test_the_command_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "input.csv"
    path.write_text(ODD, encoding="utf-8")
    quick = ("--limits", "off", "--index-seconds", "0", "--export-seconds", "0")
    monkeypatch.setattr(demo, "fake_api", partial(demo.fake_api, *quick))
    assert demo.main([str(path), "--id", "key"]) == 0
    output = capsys.readouterr().out
    assert "3 records of 2 profiles" in output
    assert "Left out: 2 lines without an id: 4, 5." in output
    assert "0 requests rejected, 0 items lost." in output


def test_the_exit_status_tells_of_losses_and_failures(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def demonstrate(*_: object) -> list[Row]:
        return [Row("profiles", 1, 1, 1.0, None, 0, lost=1)]

    monkeypatch.setattr(demo, "_demonstrate", demonstrate)
    assert demo.main([]) == 1
    monkeypatch.undo()
    monkeypatch.setattr(demo, "fake_api", partial(demo.fake_api, "--project", "project_of_someone_else"))
    assert demo.main([]) == 1
    said = capfd.readouterr()
    assert "The import ended early. profile_mass_update: the last attempt was answered with HTTP 401" in said.out
    assert said.err == "The demo ended early. The import ended with exit code 3.\n"


def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["nowhere.csv"]) == 2
    assert capsys.readouterr().err == "nowhere.csv: No such file or directory.\n"
    assert demo.main([str(demo.DATA / "cars.csv"), "--id", "sku"]) == 2
    assert "expected a column 'sku'" in capsys.readouterr().err
