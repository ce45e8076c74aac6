"""`export`, `list`, `view`, `limits`, `doctor`, `fake`."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from batch_api import ConfigurationError
from batch_api.cli import account, exporting
from batch_api.testing import FakeBatch, exports
from tests.cli.conftest import KEY, PROJECT, Command, ask

# -- list and view ---------------------------------------------------------------------------------------------------


@pytest.fixture
def full(fake: FakeBatch) -> FakeBatch:
    """A fake with one of each."""
    ask(fake, lambda client: client.audiences.create("vip", display_name="Very important"))
    ask(fake, lambda client: client.audiences.update("vip", ["u1", "u2"]))
    ask(fake, lambda client: client.catalogs.create("shoes", {"title": "string", "price": "float"}))
    ask(fake, lambda client: client.profiles.export({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]}))
    ask(
        fake,
        lambda client: client.campaigns.create(
            {
                "name": "spring",
                "state": "DRAFT",
                "when": {"start_time": "now"},
                "messages": [{"channel_type": "push", "platform_type": ["ios"], "body": "Hello"}],
            }
        ),
    )
    return fake


@pytest.mark.parametrize(
    ("resource", "first", "cell"),
    [
        ("audiences", "name", "vip"),
        ("audience", "name", "vip"),
        ("catalogs", "name", "shoes"),
        ("campaigns", "id", "spring"),
        ("orchestrations", "id", "spring"),
        ("exports", "id", "PROFILE_ATTRIBUTES"),
        ("segments", "code", "ENGAGED"),
    ],
)
def test_lists(full: FakeBatch, batch_api: Command, resource: str, first: str, cell: str) -> None:
    table = batch_api("list", resource)
    assert table.exit_code == 0, table.output
    assert table.stdout.split()[0] == first
    assert cell in table.stdout


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_list_that_is_cut_short_is_no_list(full: FakeBatch, batch_api: Command, form: str) -> None:
    full.respond("audience_list", 200, {"audiences": [{"name": "vip"}], "has_more": True}, times=None)
    result = batch_api("list", "audiences", "--format", form)
    assert result.exit_code != 0
    assert result.stdout == "", "nobody takes a part for the whole"
    assert "audience_list: the list is incomplete" in result.stderr.replace("\n", " ")


def test_lists_for_programs(full: FakeBatch, batch_api: Command) -> None:
    (row,) = csv.DictReader(batch_api("list", "catalogs", "--format", "csv").stdout.splitlines())
    assert (row["name"], row["items"]) == ("shoes", "0")
    assert json.loads(row["fields"])[0] == {"name": "title", "type": "string"}
    (found,) = json.loads(batch_api("list", "exports", "--json").stdout)
    assert found["request"] == {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]}


def test_views(full: FakeBatch, batch_api: Command) -> None:
    table = batch_api("view", "catalog", "shoes").stdout
    assert "name: title, type: string; name: price, type: float" in table
    audience = json.loads(batch_api("view", "audiences", "vip", "--format", "json").stdout)
    assert (audience["name"], audience["nb_ids"]) == ("vip", 2)
    (row,) = csv.DictReader(batch_api("view", "audience", "vip", "-f", "csv").stdout.splitlines())
    assert row["display_name"] == "Very important"
    id = json.loads(batch_api("list", "exports", "--json").stdout)[0]["id"]
    assert "SUCCESS" in batch_api("view", "export", id).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "profiles"], "Expected one of audiences, catalogs"),
        (["view", "segments", "x"], "cannot show single segments"),
        (["view", "audience", "nobody"], "HTTP 404"),
    ],
)
def test_what_cannot_be_shown(fake: FakeBatch, batch_api: Command, arguments: list[str], said: str) -> None:
    result = batch_api(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


# -- limits ----------------------------------------------------------------------------------------------------------


def test_limits_need_no_key(batch_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATCH_REST_API_KEY", raising=False)
    assert "300 items a second, burst 1,000" in batch_api("limits").stdout
    found = {
        row["operation"]: row["limits"] for row in json.loads(batch_api("--share", 0.5, "limits", "--json").stdout)
    }
    assert found["profile_mass_update"] == ["5,000 items a second"]
    assert found["profile_export"] == ["0.5 requests a second", "2.5 requests an hour, burst 5"]


# -- doctor ----------------------------------------------------------------------------------------------------------


def test_the_doctor_finds_nothing(fake: FakeBatch, batch_api: Command) -> None:
    result = batch_api("doctor")
    assert result.exit_code == 0, result.output
    assert "BAD" not in result.stdout
    asked = {name for name, seen in fake.stats.items() if seen.requests}
    assert asked == {"segment_list"}, "it changes nothing"


def test_a_key_that_is_refused(fake: FakeBatch, batch_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_REST_API_KEY", "rest_wrong")
    result = batch_api("doctor")
    assert result.exit_code == 1
    assert "BAD  key          refused by the API for this project (HTTP 401)" in result.stdout


def test_a_project_that_is_not_there(fake: FakeBatch, batch_api: Command) -> None:
    fake.fail("segment_list", status=403, times=None)
    result = batch_api("doctor", "--json")
    assert result.exit_code == 1
    assert [one["subject"] for one in json.loads(result.stdout) if not one["good"]] == ["project"]


def test_a_host_that_cannot_be_reached(fake: FakeBatch, batch_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_BASE_URL", "http://127.0.0.1:9/2.11")
    result = batch_api("doctor")
    assert result.exit_code == 1
    assert "BAD  network      no connection to 127.0.0.1:9" in result.stdout


def test_no_keys(batch_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATCH_REST_API_KEY", raising=False)
    monkeypatch.setenv("BATCH_PROJECT_KEY", "a b")
    assert "Expected BATCH_REST_API_KEY to be set in the environment" in batch_api("doctor").stdout
    monkeypatch.setenv("BATCH_REST_API_KEY", "x")
    result = batch_api("doctor")
    assert result.exit_code == 1
    assert "BAD  credentials  Expected the project key to be visible ASCII characters" in result.stdout


def test_keys_that_others_can_read(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"BATCH_REST_API_KEY={KEY}\nBATCH_PROJECT_KEY={PROJECT}\nBATCH_BASE_URL={fake.url}\n")
    keys.chmod(0o644)
    result = batch_api("--credentials", keys, "doctor")
    assert result.exit_code == 1
    assert f"others can read {keys} (mode 0644): chmod 600 {keys}" in result.stdout
    assert not result.stderr
    result = batch_api("--credentials", keys, "list", "segments")
    assert result.exit_code == 0
    assert result.stderr == f"Warning: others can read {keys} (mode 0644): chmod 600 {keys}\n"
    keys.chmod(0o600)
    assert batch_api("--credentials", keys, "doctor").exit_code == 0
    assert not batch_api("--credentials", keys, "list", "segments").stderr


@pytest.mark.parametrize(
    "line",
    [
        "BATCH_REST_API_KEY=any",
        "export BATCH_REST_API_KEY=any # of the team",
        '  BATCH_REST_API_KEY = "any"\t# of the team',
        "BATCH_REST_API_KEY='any' #",
        "\ufeffBATCH_REST_API_KEY=any",
        "BATCH_REST_API_KEY=a#b # of the team",
        "BATCH_REST_API_KEY='a # b'",
    ],
)
def test_lines_with_keys(tmp_path: Path, line: str) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{line}\r\n# BATCH_PROJECT_KEY=no\r\nBATCH_PROJECT_KEY=yes\r\n", encoding="utf-8", newline="")
    value = "a#b" if "a#b" in line else "a # b" if "a # b" in line else "any"
    assert account.read(keys) == {"BATCH_REST_API_KEY": value, "BATCH_PROJECT_KEY": "yes"}


@pytest.mark.parametrize("line", ["BATCH_REST_API_KEY=", "BATCH_REST_API_KEY= # later", "BATCH_REST_API_KEY= #later"])
def test_lines_without_a_key(tmp_path: Path, line: str) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{line}\nBATCH_PROJECT_KEY=yes\n")
    with pytest.raises(ConfigurationError, match="BATCH_REST_API_KEY"):
        account.Account.found(keys)


@pytest.fixture
def dated(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A server whose answers carry a date that the test sets."""
    dates = {"date": ""}
    loop = asyncio.new_event_loop()
    ready, over, ports = threading.Event(), asyncio.Event(), []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.read(65_536)
        if request:
            date = f"date: {dates['date']}\r\n" if dates["date"] else ""
            body = '{"segments": []}'
            writer.write(f"HTTP/1.1 200 OK\r\n{date}content-length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    for name, value in (("REST_API_KEY", KEY), ("PROJECT_KEY", PROJECT), ("BASE_URL", f"http://127.0.0.1:{ports[0]}")):
        monkeypatch.setenv(f"BATCH_{name}", value)
    yield dates
    loop.call_soon_threadsafe(over.set)
    thread.join(10)
    loop.close()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "ok   clock        agrees with the API's"), (3600, "s behind the API's"), (-3600, "s ahead of the API's")],
)
def test_the_clock(dated: dict[str, str], batch_api: Command, seconds: int, said: str) -> None:
    dated["date"] = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    result = batch_api("doctor")
    assert said in result.stdout
    assert result.exit_code == (1 if seconds else 0)


# -- export ----------------------------------------------------------------------------------------------------------


def test_an_export_comes_in_parts_and_goes_on(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    edits: Any = [{"identifiers": {"custom_id": f"u{n}"}, "attributes": {"n": n}} for n in range(100)]
    ask(fake, lambda client: client.profiles.update(edits))
    fake.project().exports._part_bytes = 3_000
    command = ("export", "profiles", "--attribute", "n", "--identifier", "custom_id", "--output", "out")
    result = batch_api(*command)
    assert result.exit_code == 0, result.output
    parts = sorted((tmp_path / "out").glob("part-*.json"))
    assert len(parts) == 2
    lines = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert {line["identifiers"]["custom_id"] for line in lines} == {f"u{n}" for n in range(100)}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700

    parts[1].unlink()
    before = len(fake.storage_requests)
    result = batch_api(*command)
    assert result.exit_code == 0
    assert parts[1].exists()
    assert len(fake.storage_requests) == before + 1, "the other parts are there already"
    assert fake.stats["profile_export"].requests == 1

    result = batch_api("export", "profiles", "--attribute", "other", "--output", "out")
    assert result.exit_code == 2
    assert "out holds another export" in result.output

    id = json.loads((tmp_path / "out" / "export.json").read_text())["id"]
    result = batch_api("export", "profiles", "--id", id, "--output", "again", "--json")
    assert [row["bytes"] for row in json.loads(result.stdout)] == [part.stat().st_size for part in parts]
    (tmp_path / "out" / "export.json").write_text("{")
    assert "export.json is damaged" in batch_api(*command).output


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ([1, 2], ["part-0001.json", "part-0002.json"]),
        ([0, 1], ["part-0000.json", "part-0001.json"]),
        ([1, 1], ["part-0001.json", "part-0002.json"]),
        ([2, 2], ["part-0001.json", "part-0002.json"]),
        ([None, None], ["part-0001.json", "part-0002.json"]),
        ([1, None], ["part-0001.json", "part-0002.json"]),
    ],
)
def test_no_part_hides_another(
    fake: FakeBatch,
    batch_api: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    numbers: list[Any],
    names: list[str],
) -> None:
    edits: Any = [{"identifiers": {"custom_id": f"u{n}"}, "attributes": {"n": n}} for n in range(100)]
    ask(fake, lambda client: client.profiles.update(edits))
    fake.project().exports._part_bytes = 3_000
    made = exports.Exports._files

    def numbered(self: exports.Exports, export: exports.Export) -> list[exports.File]:
        return [
            dataclasses.replace(file, part=number) for file, number in zip(made(self, export), numbers, strict=True)
        ]

    monkeypatch.setattr(exports.Exports, "_files", numbered)
    before = os.umask(0o022)
    try:
        for _ in range(2):  # the second time they are there already
            result = batch_api("export", "profiles", "--attribute", "n", "--identifier", "custom_id", "--output", "out")
            assert result.exit_code == 0, result.output
            assert [line.split(":")[0] for line in result.stdout.splitlines()] == [f"out/{name}" for name in names]
    finally:
        os.umask(before)
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["export.json", *names]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    lines = [json.loads(line) for file in files[1:] for line in file.read_text().splitlines()]
    assert {line["identifiers"]["custom_id"] for line in lines} == {f"u{n}" for n in range(100)}
    assert len(fake.storage_requests) == 2


def test_a_part_that_is_another_file_is_left_alone(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    ask(fake, lambda client: client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"n": 1}}]))
    part = tmp_path / "export" / "part-0001.json"
    part.parent.mkdir()
    part.write_text("of another export")
    result = batch_api("export", "profiles")
    assert result.exit_code == 2
    assert "part-0001.json to have" in result.output
    assert part.read_text() == "of another export"
    part.unlink()
    part.symlink_to(tmp_path / "nowhere")
    result = batch_api("export", "profiles")
    assert result.exit_code == 2
    assert (
        "part-0001.json cannot be used, and was left unchanged: expected a regular file, got a symbolic link"
        in result.output
    )
    assert not (tmp_path / "nowhere").exists()


def test_events_of_a_period(fake: FakeBatch, batch_api: Command, tmp_path: Path) -> None:
    edit: Any = {"identifiers": {"custom_id": "u1"}, "events": [{"name": "seen"}]}
    ask(fake, lambda client: client.profiles.update([edit]))
    since = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    result = batch_api("export", "profiles", "--type", "events", "--event", "seen", "--from", since)
    assert result.exit_code == 0, result.output
    assert "seen" in (tmp_path / "export" / "part-0001.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--type", "events", "--event", "x"], "needs --from"),
        (["--type", "events", "--from", "2026-01-01T00:00:00Z"], "needs --event"),
        (["--type", "reachability", "--from", "2026-01-01T00:00:00Z"], "needs --channel"),
        (["--event", "x"], "takes no --event"),
    ],
)
def test_what_does_not_go_together(fake: FakeBatch, batch_api: Command, arguments: list[str], said: str) -> None:
    result = batch_api("export", "profiles", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not fake.stats["profile_export"].requests


def test_an_export_that_is_stopped_says_how_to_go_on(
    fake: FakeBatch, batch_api: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "carry_out", stopped)
    result = batch_api("export", "profiles")
    assert result.exit_code == 130
    assert "run the same command again" in result.output


def test_an_export_that_fails(fake: FakeBatch, batch_api: Command) -> None:
    fake.project().exports.fail_next()
    result = batch_api("export", "profiles")
    assert result.exit_code == 2
    assert "ended in ERROR" in result.output


# -- the rest --------------------------------------------------------------------------------------------------------


def test_the_fake_is_served(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "batch_api.cli", "fake", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
    assert process.returncode == 0


def test_the_version(batch_api: Command) -> None:
    assert batch_api("--version").stdout.startswith("batch_api ")


WITHOUT_TYPER = "import sys; sys.modules['typer'] = None\nfrom batch_api.cli import main\nsys.exit(main())"


def test_the_version_needs_no_extra(batch_api: Command) -> None:
    program = [sys.executable, "-c", WITHOUT_TYPER, "--version"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, batch_api("--version").stdout, "")


def test_without_the_extra_it_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TYPER], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "batch-api needs typer: install the extra [cli], as by pip install '.[cli]'\n"


def test_doctor_goes_through_the_proxy_and_says_so(batch_api: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is not there: what cannot be reached is named, without its password."""
    with socket.socket() as taken:  # nobody listens on this port
        taken.bind(("127.0.0.1", 0))
        proxy = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hidden@{proxy}")
        monkeypatch.setenv("BATCH_REST_API_KEY", "any")
        monkeypatch.setenv("BATCH_PROJECT_KEY", "project_any")
        monkeypatch.setenv("BATCH_BASE_URL", "https://api.test/2.11")
        result = batch_api("doctor")
    assert result.exit_code == 1
    assert f"no connection to the proxy http://{proxy}" in result.stdout
    assert "hidden" not in result.stdout + result.stderr
