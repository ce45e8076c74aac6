"""The demo's job, against a fake with the documented limits."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from batch_api import Attempt, BatchClient, Limit
from batch_api.testing import FakeBatch, clock
from examples import csvfile, demo
from examples.board import Board, Row, share_of, table
from examples.csvfile import Record
from tests.examples.conftest import Connect

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


def job_of(client: BatchClient, customers: csvfile.Table) -> demo.Job:
    items = csvfile.read(demo.DATA / "cars.csv")
    return demo.Job(client, customers, items, Board(Console(file=io.StringIO())))


async def run(job: demo.Job, fake: FakeBatch) -> dict[str, Row]:
    async def statistics() -> demo.Statistics:
        return {name: figures.as_dict() for name, figures in fake.stats.items()}

    return {row.phase: row for row in await job.run(statistics)}


async def test_all_of_an_odd_file_arrives_with_its_types(fake: FakeBatch, connect: Connect, read: Read) -> None:
    async with connect() as client:
        rows = await run(job_of(client, read(ODD)), fake)
    first, second = fake.project().profiles.by_id["u1"], fake.project().profiles.by_id["u2"]
    assert first.attributes == {"visits": 7, "rate": 2.0, "grosse": "c"}
    assert second.attributes == {"rate": 1.5, "since": "2024-02-03T10:00:00Z"}
    assert second.kinds == {"since": "date"}
    assert [event["attributes"] for event in first.events] == [
        {"visits": 1, "rate": 0.5, "grosse": 'a; "b"', "date(since)": "2024-01-02T00:00:00Z"},
        {"visits": 7, "rate": 2.0, "grosse": "c"},
    ]
    assert {event["name"] for event in first.events} == {"purchase"}
    assert fake.project().audiences.by_name["customers"].ids.keys() == {"u1", "u2"}
    assert len(fake.project().catalogs.by_name["cars"].items) == 406
    assert [(row.phase, row.items, row.rejected, row.lost) for row in rows.values()] == [
        ("profiles", 2, 0, 0),
        ("purchases", 2, 0, 0),
        ("catalog", 406, 0, 0),
        ("audience", 2, 0, 0),
        ("exports", 2 + 3, 0, 0),
    ]
    assert rows["profiles"].requests == rows["purchases"].requests == 1
    assert rows["profiles"].share is None
    assert sum(row.requests for row in rows.values()) == sum(figures.requests for figures in fake.stats.values())


async def test_the_default_input_is_within_the_limits_and_uses_them(fake: FakeBatch, connect: Connect) -> None:
    async with connect() as client:
        rows = await run(job_of(client, csvfile.read(demo.DATA / "purchases.csv")), fake)
    assert (rows["profiles"].items, rows["exports"].items) == (2357, 2357 + 6919)
    assert not any(row.rejected or row.lost for row in rows.values())
    assert rows["purchases"].share == pytest.approx(1, abs=0.02)
    assert rows["catalog"].share == pytest.approx(1, abs=0.03)
    assert sum(row.seconds for row in rows.values()) < 30


async def test_a_file_of_ids_alone(fake: FakeBatch, connect: Connect, read: Read) -> None:
    async with connect() as client:
        rows = await run(job_of(client, read("id\nu1\nu2\n")), fake)
    assert fake.project().profiles.by_id.keys() == {"u1", "u2"}
    assert not any(row.lost for row in rows.values())


async def test_what_the_server_loses_is_seen(fake: FakeBatch, connect: Connect, read: Read) -> None:
    def lose(attempt: Attempt) -> None:
        if attempt.operation == "audience_update":
            project = fake.project()
            del project.profiles.by_id["u2"]
            project.profiles.by_id["u1"].attributes["visits"] = 8
            project.audiences.by_name["customers"].ids.clear()
            del project.catalogs.by_name["cars"].items["car-001"]

    async with connect(observer=lose) as client:
        job = job_of(client, read(ODD))
        await run(job, fake)
    phases = (job.profiles, job.purchases, job.audience, job.exports)
    assert [phase.lost for phase in phases] == [2, 1, 2, 2]


async def test_what_the_server_holds_twice_is_seen(fake: FakeBatch, connect: Connect, read: Read) -> None:
    async with connect() as client:
        event = {"name": "purchase", "attributes": {"visits": 7, "rate": 2.0, "grosse": "c"}}
        await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "events": [event]}])
        rows = await run(job_of(client, read(ODD)), fake)
    assert [row.lost for row in rows.values()] == [0, 1, 0, 0, 1]


async def test_rejected_requests_are_counted_and_lose_nothing(fake: FakeBatch, connect: Connect, read: Read) -> None:
    fake.storm("profile_update", times=2)
    async with connect() as client:
        rows = await run(job_of(client, read(ODD)), fake)
    assert (rows["purchases"].rejected, rows["purchases"].requests) == (2, 3)
    assert not any(row.lost for row in rows.values())


async def test_refused_values_are_told_apart_from_lost_ones(fake: FakeBatch, connect: Connect, read: Read) -> None:
    error = {"bulk_index": 0, "attribute": "visits", "category": "type"}
    answer = {"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]}
    fake.respond("profile_mass_update", 202, answer)
    async with connect() as client:
        job = job_of(client, read(ODD))
        rows = await run(job, fake)
    assert job.refused == Counter({"visits (type)": 1})
    assert rows["profiles"].lost == 2


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CELL = TEXT | st.integers().map(str) | st.floats().map(str) | st.booleans().map(str) | st.datetimes().map(str)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(st.lists(CELL, max_size=5), min_size=1, max_size=12))
def test_nothing_of_any_file_is_lost(tmp_path: Path, header: list[str], lines: list[list[str]]) -> None:
    path = tmp_path / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", *header], ["u1"], *lines])

    async def losses() -> list[int]:
        fake = FakeBatch()
        async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
            job = job_of(client, csvfile.read(path))
            rows = await run(job, fake)
        assert not job.refused
        return [row.lost for row in rows.values()]

    assert clock.run(losses()) == [0, 0, 0, 0, 0]


def test_events_of_a_profile_come_in_order_at_most_fifteen_in_an_edit_and_one_edit_in_a_round() -> None:
    records = [Record(f"u{number % 2}", {"n": number}) for number in range(62)]
    rounds = demo.event_edits([*records, Record("u2", {f"c{number}": 1 for number in range(25)})])
    assert [[edit["identifiers"]["custom_id"] for edit in edits] for edits in rounds] == [
        ["u0", "u1", "u2"],
        ["u0", "u1"],
        ["u0", "u1"],
    ]
    events = [edit["events"] for edits in rounds for edit in edits if edit["identifiers"]["custom_id"] == "u1"]
    assert [len(part) for part in events] == [15, 15, 1]
    assert [event["attributes"]["n"] for part in events for event in part] == list(range(1, 62, 2))
    assert len(rounds[0][2]["events"][0]["attributes"]) == 20


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
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def demonstrate(*_: object) -> list[Row]:
        return [Row("profiles", 1, 1, 1.0, None, 0, lost=1)]

    monkeypatch.setattr(demo, "_demonstrate", demonstrate)
    assert demo.main([]) == 1
    monkeypatch.undo()
    monkeypatch.setattr(demo, "fake_api", partial(demo.fake_api, "--project", "project_of_someone_else"))
    assert demo.main([]) == 1
    assert (
        "The demo ended early. profile_mass_update: the last attempt was answered HTTP 401" in capsys.readouterr().err
    )


def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["nowhere.csv"]) == 2
    assert capsys.readouterr().err == "nowhere.csv: No such file or directory.\n"
    assert demo.main([str(demo.DATA / "cars.csv"), "--id", "sku"]) == 2
    assert "there is no column 'sku'" in capsys.readouterr().err
