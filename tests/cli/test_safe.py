"""What others wrote neither commands a terminal nor runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import stat
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from batch_api.cli import exporting, output
from batch_api.cli.converting import row_of
from batch_api.cli.safe import inert, visible, visible_cell, visible_json
from batch_api.testing import FakeBatch
from batch_api.testing.exports import File
from batch_api.types import EditProfile
from tests.cli.conftest import Command, ask

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\r[red]:cat:"
SHOWN = "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202egnp.exe\\u2066\\r[red]:cat:"


def is_harmless(text: str) -> bool:
    return not any(
        unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text
    ) and not any(
        unicodedata.bidirectional(letter) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
        for letter in text
    )


_texts = st.text(alphabet=st.one_of(st.characters(), st.characters(categories=["Cc", "Cf", "Cs"])))


@given(_texts)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert is_harmless(visible(text))
    assert not set("\n\t") & set(visible_cell(text))
    written = visible_json(json.dumps(text, ensure_ascii=False))
    assert is_harmless(written)
    assert json.loads(written) == text


@pytest.mark.parametrize("text", ["gold", "Zoë", "日本", "👩‍👩‍👧 family", "[red]", ":cat:", "a\tb\nc", "שלום"])
def test_ordinary_text_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "=cmd|'/c calc'!A1",
        "+cmd",
        "-2+3",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "\n1",
        "\uff1d1",
        "-",
        "+33 x",
        "--1",
    ],
)
def test_what_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell",
    ["", "gold", "-5", "+33639980001", "+33 6 39 98 00 01", "-0.5", "-1,5", "+1e5", "12", "a=b", "'=1", "x@y.z", "5%"],
)
def test_other_cells_stay(cell: str) -> None:
    assert inert(cell) == cell


@pytest.fixture
def hostile(fake: FakeBatch) -> FakeBatch:
    """A fake with an audience whose name is an attack."""
    ask(fake, lambda client: client.audiences.create("vip", display_name=HOSTILE))
    ask(fake, lambda client: client.audiences.create("calc", display_name="=HYPERLINK(1);\n=2"))
    return fake


@pytest.mark.parametrize("command", [("list", "audiences"), ("view", "audience", "vip")])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_names_neither_command_nor_run(
    hostile: FakeBatch, batch_api: Command, command: tuple[str, ...], form: str
) -> None:
    result = batch_api(*command, "--format", form)
    assert result.exit_code == 0, result.output
    assert is_harmless(result.stdout)
    if form == "json":
        found = json.loads(result.stdout)
        names = [row["display_name"] for row in (found if isinstance(found, list) else [found])]
        assert HOSTILE in names
    else:
        assert SHOWN in result.stdout
    if form == "csv" and command[0] == "list":
        assert '"\'=HYPERLINK(1);\\n=2"' in result.stdout, "quoted, so that no semicolon begins a cell"


def test_a_state_that_commands_is_shown() -> None:
    assert exporting._state("\x1be", HOSTILE).plain == f"Export \\x1be: {SHOWN}"


def test_nothing_that_is_printed_commands() -> None:
    said = io.StringIO()
    table = Table("id", HOSTILE)
    table.add_row("1", HOSTILE)
    console = output.SafeConsole(file=said, width=200, force_terminal=True, color_system=None)
    console.print(HOSTILE, table)
    assert said.getvalue().count(SHOWN) == 3
    assert is_harmless(said.getvalue())


# -- exports as one file ---------------------------------------------------------------------------------------------

RECORDS: list[dict[str, Any]] = [
    {"identifiers": {"custom_id": "u1"}, "attributes": {"plan": "=cmd", "n": 1, "date(born)": "1990-05-04T00:00:00Z"}},
    {
        "identifiers": {"custom_id": "u2", "installation_ids": ["i1", "=i2"]},
        "attributes": {"$phone_number": "+33639980001", "note": 'a "b",\nc;=d', "ok": True, "custom_id": "x"},
    },
    {"identifiers": {"custom_id": "u3"}, "event": {"name": "buy", "attributes": {"amount": 1.5, "label": None}}},
]


@pytest.fixture
def exported(fake: FakeBatch) -> str:
    """The id of an export in three parts of different forms."""
    id = ask(fake, lambda client: client.profiles.export({"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]}))
    fake.project().exports.by_id[id].files = [
        File("file_1", 1, json.dumps(RECORDS[:1]).encode()),
        File("file_2", 2, json.dumps(RECORDS[1]).encode()),
        File("file_3", 2, json.dumps(RECORDS[2], indent=1).encode()),
    ]
    return id


def test_all_parts_as_json_lines(exported: str, batch_api: Command) -> None:
    for _ in range(2):  # again, over what is there
        result = batch_api("export", "profiles", "--id", exported, "--format", "jsonl", "--json")
        assert result.exit_code == 0, result.output
        path = Path("export/records.jsonl")
        assert [json.loads(line) for line in path.read_text().splitlines()] == RECORDS
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [row["path"] for row in json.loads(result.stdout)][-1] == str(path)
        assert sorted(file.name for file in path.parent.iterdir()) == [
            "part-0001.json", "part-0002.json", "part-0003.json", "records.jsonl",
        ]  # fmt: skip


def test_all_parts_as_csv(exported: str, batch_api: Command) -> None:
    result = batch_api("export", "profiles", "--id", exported, "--format", "csv")
    assert result.exit_code == 0, result.output
    path = Path("export/records.csv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
    assert list(rows[0]) == [
        "custom_id", "plan", "n", "date(born)", "installation_ids", "$phone_number", "note", "ok",
        "attributes.custom_id", "event.name", "event.attributes.amount", "event.attributes.label",
    ]  # fmt: skip
    filled = [{name: cell for name, cell in row.items() if cell} for row in rows]
    assert filled == [
        {"custom_id": "u1", "plan": "'=cmd", "n": "1", "date(born)": "1990-05-04T00:00:00Z"},
        {
            "custom_id": "u2",
            "installation_ids": '["i1", "=i2"]',
            "$phone_number": "+33639980001",
            "note": 'a "b",\nc;=d',
            "ok": "true",
            "attributes.custom_id": "x",
        },
        {"custom_id": "u3", "event.name": "buy", "event.attributes.amount": "1.5"},
    ]


def test_attributes_come_in_again(fake: FakeBatch, batch_api: Command) -> None:
    edits: list[EditProfile] = [
        {"identifiers": {"custom_id": f"u{n}"}, "attributes": {"n": n, "plan": "gold", "$phone_number": "+33639980001"}}
        for n in range(20)
    ]
    ask(fake, lambda client: client.profiles.update(edits))
    attributes = ("--attribute", "n", "--attribute", "plan", "--attribute", "$phone_number")
    assert batch_api("export", "profiles", *attributes, "--identifier", "custom_id", "--format", "csv").exit_code == 0
    before = len(fake.edits)
    assert batch_api("import", "profiles", "export/records.csv").exit_code == 0
    assert [edit.edit for edit in list(fake.edits)[before:]] == edits


def test_a_part_that_is_no_json_is_told(fake: FakeBatch, batch_api: Command, exported: str) -> None:
    fake.project().exports.by_id[exported].files = [File("file_1", 1, b"<html>")]
    result = batch_api("export", "profiles", "--id", exported, "--format", "csv")
    assert result.exit_code == 2
    assert "part-0001.json: expected JSON, got an HTML page" in result.output
    assert [file.name for file in Path("export").iterdir()] == ["part-0001.json"], "no half file"


@given(st.dictionaries(st.sampled_from(["a", "b.c", "identifiers"]), st.dictionaries(st.text(), st.text())))
def test_no_cell_of_a_row_is_run(record: dict[str, Any]) -> None:
    for cell in row_of(record).values():
        assert inert(cell) == cell
