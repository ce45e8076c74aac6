"""`import`: what a person sees, and what is in the files beside."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batch_api import InvalidInput, Line
from batch_api.cli.leftovers import Leftovers
from batch_api.ingest.items.fates import Invalid
from batch_api.ingest.sources.jsonlines import JsonLines
from batch_api.testing import FakeBatch
from tests.cli.conftest import KEY, PROJECT, Command, ask

CSV = '''custom_id,$email_address,date(birthdate),plan
u1,ann@example.org,1990-05-04,gold
,bob@example.org,1990-05-04,gold
u3,eve@example.org,4 May 1990,"free, ""really"""
u4,dan@example.org
u5,zoe@example.org,1990-05-04,"two
lines",more
u6,joe@example.org,,
'''


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(CSV)
    return path


def stored(fake: FakeBatch) -> dict[str, Any]:
    return {name: profile.attributes for name, profile in fake.project().profiles.by_id.items()}


# -- bad lines -------------------------------------------------------------------------------------------------------


def test_bad_lines_are_repaired_and_imported_again(fake: FakeBatch, batch_api: Command, customers: Path) -> None:
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 1
    assert "delivered                  2\n" in result.stdout
    assert "invalid                    4   correct them in" in result.stdout
    assert set(stored(fake)) == {"u1", "u6"}
    letters = customers.with_name("customers.dead-letter.csv")
    assert letters.read_text() == (
        "#reason,custom_id,$email_address,date(birthdate),plan\n"
        '"line 3, custom_id: expected an id, got an empty cell",,bob@example.org,1990-05-04,gold\n'
        '"line 4, date(birthdate): expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z",'
        "u3,eve@example.org,4 May 1990,"
        '"free, ""really"""\n'
        '"line 5: expected 4 cells as in the header, got 2",u4,dan@example.org\n'
        '"line 6: expected 4 cells as in the header, got 5",u5,zoe@example.org,1990-05-04,"two\nlines",more\n'
    )
    assert stat.S_IMODE(letters.stat().st_mode) == 0o600

    repaired = letters.read_text().replace(",,bob", ",u2,bob").replace("4 May 1990", "1990-05-04")
    letters.write_text(repaired.replace("dan@example.org", "dan@example.org,,").replace(",more", ""))
    result = batch_api("import", "profiles", letters)
    assert result.exit_code == 0, result.output
    assert stored(fake) == {
        "u1": {"$email_address": "ann@example.org", "birthdate": "1990-05-04T00:00:00Z", "plan": "gold"},
        "u2": {"$email_address": "bob@example.org", "birthdate": "1990-05-04T00:00:00Z", "plan": "gold"},
        "u3": {"$email_address": "eve@example.org", "birthdate": "1990-05-04T00:00:00Z", "plan": 'free, "really"'},
        "u4": {"$email_address": "dan@example.org"},
        "u5": {"$email_address": "zoe@example.org", "birthdate": "1990-05-04T00:00:00Z", "plan": "two\nlines"},
        "u6": {"$email_address": "joe@example.org"},
    }


def test_what_is_still_bad_has_one_reason(fake: FakeBatch, batch_api: Command, customers: Path) -> None:
    batch_api("import", "profiles", customers)
    letters = customers.with_name("customers.dead-letter.csv")
    letters.write_text(letters.read_text().replace(",,bob", ",u2,bob"))
    assert batch_api("import", "profiles", letters).exit_code == 1
    again = letters.with_name("customers.dead-letter.dead-letter.csv").read_text()
    rows = list(csv.reader(again.splitlines(keepends=True)))
    assert [row[0] for row in rows] == [
        "#reason",
        "line 3, date(birthdate): expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z",
        "line 4: expected 5 cells as in the header, got 3",
        "line 5: expected 5 cells as in the header, got 6",
    ]
    assert [row[1] for row in rows] == ["custom_id", "u3", "u4", "u5"]


def test_lines_of_json(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"identifiers":{"custom_id":"u%d"},"attributes":{"n":1}}\n'
    path.write_text(good % 1 + '{"identifiers":{"custom_id":""}}\n' + "\n{nonsense\n" + good % 2)
    result = batch_api("import", "profiles", path, "--json")
    assert result.exit_code == 1
    letters = tmp_path / "a.dead-letter.jsonl"
    assert json.loads(result.stdout) | {"seconds": 0, "rate": 0} == {
        "source": str(path),
        "into": "profiles",
        "delivered": 2,
        "partly_applied": 0,
        "refused": 0,
        "invalid": 2,
        "unknown": 0,
        "unsent": 0,
        "seconds": 0,
        "rate": 0,
        "limit_share": pytest.approx(0, abs=1),
        "dead_letter": str(letters),
        "report": None,
        "checkpoint": str(path) + ".checkpoint",
        "already_imported": False,
        "finished": True,
        "error": None,
        "line": None,
        "exit_code": 1,
    }
    assert letters.read_text() == (
        "# line 2, identifiers.custom_id: expected a non-empty string, got an empty one\n"
        '{"identifiers":{"custom_id":""}}\n'
        "# line 4: the line is not valid JSON\n"
        "{nonsense\n"
    )
    letters.write_text(letters.read_text().replace('""', '"u3"').replace("{nonsense\n", good % 4))
    assert batch_api("import", "profiles", letters).exit_code == 0
    assert set(stored(fake)) == {"u1", "u2", "u3", "u4"}


@pytest.mark.parametrize("kind", ["link", "dangling link", "device", "folder"])
@pytest.mark.parametrize("which", ["dead-letter", "report"])
def test_leftovers_that_cannot_be_a_file_of_ours_are_refused_before_anything_is_sent(
    fake: FakeBatch, batch_api: Command, customers: Path, tmp_path: Path, which: str, kind: str
) -> None:
    target = tmp_path / "target"
    if kind == "link":
        target.write_text("kept")
        target.chmod(0o644)
    path = tmp_path / ("customers.dead-letter.csv" if which == "dead-letter" else "customers.report.jsonl")
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/null" if kind == "device" else target)
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 2
    assert f"{path.name} cannot be used, and was left unchanged: expected a regular file, got a" in result.output
    assert not fake.edits
    if kind == "link":
        assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("kept", 0o644)
    assert target.exists() == (kind == "link")


@pytest.mark.parametrize(("content", "is_ours"), [("# line 1: no JSON\nx\n", True), ("mine\n", False), ("", False)])
def test_an_import_that_goes_on_adds_to_no_file_but_its_own(tmp_path: Path, content: str, is_ours: bool) -> None:
    source, letters = tmp_path / "a.jsonl", tmp_path / "letters.jsonl"
    source.write_text("x\ny\n")
    letters.write_text(content)
    letters.chmod(0o644)
    with closing(
        Leftovers(JsonLines(source, with_lines=True), letters, tmp_path / "report.jsonl", goes_on=True)
    ) as leftovers:
        leftovers.take([Invalid(1, None, Line(2, b"y"), InvalidInput("no JSON"))])
    added = "# line 2: no JSON\ny\n"
    assert letters.read_text() == (content + added if is_ours else added)
    assert stat.S_IMODE(letters.stat().st_mode) == 0o600
    assert leftovers.kept == ([] if is_ours else [tmp_path / "letters.1.jsonl"])
    for kept in leftovers.kept:
        assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (content, 0o644)


def test_the_dead_letter_file_of_choice(fake: FakeBatch, batch_api: Command, customers: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "bad.csv"
    chosen.write_text("of an earlier import")
    result = batch_api("import", "profiles", customers, "--dead-letter", chosen)
    assert result.exit_code == 1
    assert chosen.read_text().startswith("#reason,")
    assert (tmp_path / "bad.1.csv").read_text() == "of an earlier import"
    assert "bad.1.csv" in result.stdout
    assert batch_api("import", "profiles", customers, "--dead-letter", customers).exit_code == 2
    assert customers.read_text() == CSV


def test_nothing_is_left_over_of_a_good_file(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("custom_id,n\nu1,1\n")
    assert batch_api("import", "profiles", "a.csv").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "a.csv.checkpoint"}
    assert batch_api("import", "profiles", "a.csv", "--no-checkpoint").exit_code == 0


def test_what_the_api_refuses_goes_into_a_report(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"identifiers": {"custom_id": f"u{n}"}, "attributes": {"n": n}}) for n in range(5)]
    lines[1] = lines[1].replace('"n": 1', '"Bad Name": 1')
    lines[3] = lines[3].replace('{"n": 3}', "3")
    path.write_text("\n".join(lines))
    result = batch_api("import", "profiles", path)
    assert result.exit_code == 1
    assert not (tmp_path / "a.dead-letter.jsonl").exists(), "they were sent"
    report = tmp_path / "a.report.jsonl"
    assert str(report) in result.stdout
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    entries = {entry["line"]: entry for entry in map(json.loads, report.read_text().splitlines())}
    assert {line: entry["fate"] for line, entry in entries.items()} == {2: "PartlyApplied", 4: "Refused"}
    assert [refused["attribute"] for refused in entries[2]["refused"]] == ["Bad Name"]
    assert entries[4]["text"] == lines[3]
    assert "HTTP 400" in entries[4]["error"]


# -- dry run ---------------------------------------------------------------------------------------------------------


def test_a_dry_run_checks_and_forecasts(
    batch_api: Command, customers: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("BATCH_REST_API_KEY", "BATCH_PROJECT_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = batch_api("import", "profiles", customers, "--dry-run")
    assert result.exit_code == 1
    assert "holds 6 items for profiles. Nothing was sent." in result.stdout
    assert "  line 3, custom_id: expected an id, got an empty cell\n" in result.stdout
    assert list(tmp_path.iterdir()) == [customers]
    (tmp_path / "a.csv").write_text("custom_id\n" + "u\n" * 3001)
    result = batch_api("import", "profiles", "a.csv", "--dry-run", "--endpoint", "update", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["items"] == 3001
    assert found["forecast_seconds"] == pytest.approx(3001 / 300, rel=0.3)


def test_a_dry_run_shows_some_reasons_only(batch_api: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("custom_id,n\n" + ",1\n" * 50)
    result = batch_api("import", "profiles", "a.csv", "--dry-run")
    assert result.stdout.count("expected an id, got an empty cell") == 20
    assert "50 are invalid" in result.stdout


# -- catalogs and audiences ------------------------------------------------------------------------------------------


def test_a_catalog_says_which_fields_are_text(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text("id,title,year\nB1,1984,1949\n")
    result = batch_api("import", "catalog", "books.csv")
    assert result.exit_code == 2, "a catalog that does not exist"
    assert not fake.edits
    ask(fake, lambda client: client.catalogs.create("books", {"title": "string", "year": "integer"}))
    result = batch_api("import", "catalog", "books.csv")
    assert result.exit_code == 0, result.output
    assert fake.project().catalogs.by_name["books"].items["B1"] == {"title": "1984", "year": 1949}


def test_an_audience_is_filled_and_replaced(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    ask(fake, lambda client: client.audiences.create("vip"))
    (tmp_path / "first.csv").write_text("id,visits\nu1,3\nu2,\n")
    (tmp_path / "vip.csv").write_text("email\nu3\n")
    assert batch_api("import", "audience", "first.csv", "--name", "vip").exit_code == 0
    assert batch_api("import", "audience", "vip.csv", "--mode", "replace").exit_code == 0
    operations = [(edit.operation, edit.edit) for edit in fake.edits]
    assert operations == [
        ("audience_update", {"id": "u1", "action": "add", "attributes": {"visits": 3}}),
        ("audience_update", {"id": "u2", "action": "add"}),
        ("audience_replace", {"id": "u3"}),
    ]


# -- options ---------------------------------------------------------------------------------------------------------


def test_how_cells_are_read(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("custom_id;zip;plan;date(d)\nu1;75011;NULL;2026-07-01\n")
    options = ("--delimiter", ";", "--text", "zip", "--null", "NULL", "--zone", "Europe/Paris")
    assert batch_api("import", "profiles", "a.csv", *options).exit_code == 0
    assert fake.edits[0].edit["attributes"] == {"zip": "75011", "plan": None, "date(d)": "2026-06-30T22:00:00Z"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.csv", "--zone", "Paris"], "such as Europe/Paris, got Paris"),
        (["a.csv", "--delimiter", "::"], "one character"),
        (["a.csv", "--text", "zip"], "expected the column zip"),
        (["a.txt"], "a name that ends in"),
        (["b.csv"], "expected a column custom_id"),
        (["absent.csv"], "does not exist"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    fake: FakeBatch, batch_api: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    for name in ("a.csv", "a.txt"):
        (tmp_path / name).write_text("custom_id,n\nu1,1\n")
    (tmp_path / "b.csv").write_text("id,n\nu1,1\n")
    result = batch_api("import", "profiles", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output
    assert not fake.edits


# -- keys ------------------------------------------------------------------------------------------------------------


def test_without_keys_it_says_which_are_missing(
    batch_api: Command, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATCH_REST_API_KEY", raising=False)
    monkeypatch.setenv("BATCH_PROJECT_KEY", "")
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 2
    assert "Expected BATCH_REST_API_KEY and BATCH_PROJECT_KEY to be set in the environment" in result.output
    assert "(or name a file with them by --credentials)" in result.output


def test_keys_from_a_file(fake: FakeBatch, batch_api: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "keys"
    keys.write_text(
        f"# ours\nexport BATCH_REST_API_KEY='{KEY}'\nBATCH_PROJECT_KEY={PROJECT}\n"
        f'BATCH_BASE_URL="{fake.url}"\nOTHER=1\n'
    )
    for name in ("BATCH_REST_API_KEY", "BATCH_PROJECT_KEY", "BATCH_BASE_URL"):
        monkeypatch.setenv(name, "wrong")
    (tmp_path / "a.csv").write_text("custom_id,n\nu1,1\n")
    assert batch_api("--credentials", keys, "import", "profiles", "a.csv").exit_code == 0
    keys.write_text("BATCH_REST_API_KEY=x\n")
    result = batch_api("--credentials", keys, "import", "profiles", "a.csv")
    assert result.exit_code == 2
    assert f"Expected BATCH_PROJECT_KEY to be set in {keys}." in result.output
    result = batch_api("--credentials", tmp_path / "absent", "import", "profiles", "a.csv")
    assert result.exit_code == 2
    assert "cannot be read" in result.output


def test_a_wrong_key_ends_it_and_the_right_one_goes_on(
    fake: FakeBatch, batch_api: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("custom_id,n\n" + "".join(f"u{n},{n}\n" for n in range(100)))
    monkeypatch.setenv("BATCH_REST_API_KEY", "rest_wrong")
    result = batch_api("import", "profiles", "a.csv")
    assert result.exit_code == 3
    assert "The import ended early." in result.stdout
    assert "not yet sent             100\n" in result.stdout
    assert "HTTP 401" in result.stdout
    assert "run the same command again" in result.stdout
    assert not (tmp_path / "a.report.jsonl").exists()
    monkeypatch.setenv("BATCH_REST_API_KEY", KEY)
    assert batch_api("import", "profiles", "a.csv").exit_code == 0
    assert len(stored(fake)) == 100


# -- checkpoints -----------------------------------------------------------------------------------------------------


def test_what_is_in_is_not_sent_again(fake: FakeBatch, batch_api: Command, customers: Path) -> None:
    batch_api("import", "profiles", customers)
    sent = len(fake.edits)
    result = batch_api("import", "profiles", customers)
    assert result.exit_code == 1
    assert "has already been imported: 2 delivered, 4 invalid." in result.stdout
    assert len(fake.edits) == sent
    customers.write_text("custom_id,plan\nu1,free\n")
    assert batch_api("import", "profiles", customers).exit_code == 0, "tomorrow's file under the same name"
    assert stored(fake)["u1"]["plan"] == "free"


def run_it(fake_url: str, *arguments: str, folder: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "BATCH_REST_API_KEY": KEY,
        "BATCH_PROJECT_KEY": PROJECT,
        "BATCH_BASE_URL": fake_url,
    }
    command = [sys.executable, "-m", "batch_api.cli", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def accepted(fake: FakeBatch) -> int:
    return fake.stats["profile_mass_update"].items


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """20 000 lines, of which 3 are bad: at the pace of the limits, 2 seconds."""
    lines = [f"u{n},{n}" for n in range(20_000)]
    for bad in (0, 12_345, 19_999):
        lines[bad] = f",{bad}"
    path = tmp_path / "many.csv"
    path.write_text("custom_id,n\n" + "\n".join(lines) + "\n")
    return path


def check_all_is_in(fake: FakeBatch, folder: Path) -> None:
    assert len(stored(fake)) == 19_997
    assert all(attributes == {"n": int(name[1:])} for name, attributes in stored(fake).items())
    letters = (folder / "many.dead-letter.csv").read_text().splitlines()
    assert [line.split(":")[0] for line in letters[1:]] == [
        '"line 2, custom_id',
        '"line 12347, custom_id',
        '"line 20001, custom_id',
    ]


def test_ctrl_c_drains_and_says_how_to_go_on(fake: FakeBatch, many: Path) -> None:
    first = run_it(fake.url or "", "import", "profiles", many.name, folder=many.parent)
    until(lambda: accepted(fake) > 0)
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=20)
    assert first.returncode == 130
    assert "Stopping once what was read is sent." in err
    assert "To resume, run the same command again." in out
    done = accepted(fake)
    assert 0 < done < 19_997
    second = run_it(fake.url or "", "import", "profiles", many.name, folder=many.parent)
    out, _ = second.communicate(timeout=20)
    assert second.returncode == 1
    assert "Before that:" in out
    assert accepted(fake) == 19_997, "nothing twice"
    check_all_is_in(fake, many.parent)


def test_kill_9_loses_nothing(fake: FakeBatch, many: Path) -> None:
    kills = 0
    for wanted in (1, 6_000, 12_000):
        running = run_it(fake.url or "", "import", "profiles", many.name, folder=many.parent)
        until(lambda wanted=wanted, running=running: accepted(fake) >= wanted or running.poll() is not None)
        running.kill()
        running.communicate()
        kills += 1
    last = run_it(fake.url or "", "import", "profiles", many.name, folder=many.parent)
    out, _ = last.communicate(timeout=20)
    assert last.returncode == 1, out
    check_all_is_in(fake, many.parent)
    assert accepted(fake) <= 19_997 + kills * 4 * 5_000, "repeated is what was in flight"
    assert stat.S_IMODE(many.with_name("many.csv.checkpoint").stat().st_mode) == 0o600
