"""How a CSV file becomes typed records."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import csvfile
from examples.csvfile import Column, InputError, Record, attribute_names

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "input.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    ("cells", "kind", "first"),
    [
        (["1", "-20"], "integer", 1),
        (["9223372036854775807"], "integer", 2**63 - 1),
        (["9223372036854775808", "1.5"], "float", 9.223372036854775808e18),
        (["1", "2.50"], "float", 1.0),
        (["1e-05"], "float", 1e-05),
        (["1e999"], "string", "1e999"),
        (["nan"], "string", "nan"),
        (["true", "FALSE"], "bool", True),
        (["1997-01-18", "2024-02-29"], "date", datetime(1997, 1, 18, tzinfo=UTC)),
        (["2024-05-01 10:30"], "date", datetime(2024, 5, 1, 10, 30, tzinfo=UTC)),
        (["2024-05-01T10:30:15.25+02:00"], "date", datetime(2024, 5, 1, 8, 30, 15, 250_000, tzinfo=UTC)),
        (["2024-02-30"], "string", "2024-02-30"),
        (["0001-01-01T00:00+01:00"], "string", "0001-01-01T00:00+01:00"),
        (["19970118"], "integer", 19970118),
        (["007", "8"], "string", "007"),
        (["+32470123456"], "string", "+32470123456"),
        (["1", "x"], "string", "1"),
    ],
)
def test_a_column_has_the_type_that_all_its_cells_have(
    write: Write, cells: list[str], kind: str, first: object
) -> None:
    lines = [f"u{number},{cell}" for number, cell in enumerate(cells)]
    table = csvfile.read(write("\n".join(["id,value", *lines, "empty,"])))
    [column] = table.columns
    assert column.kind == kind
    value = table.records[0].attributes[column.attribute]
    assert value == first
    assert type(value) is type(first)
    assert table.records[-1] == Record("empty", {})


def test_dates_go_under_a_wrapped_name_and_others_do_not(write: Write) -> None:
    table = csvfile.read(write("id,since,score\nu1,2024-01-02,3"))
    assert table.columns == [Column("since", "date"), Column("score", "integer")]
    assert table.records[0].attributes.keys() == {"date(since)", "score"}


def test_names_become_names_of_attributes() -> None:
    header = ["E-Mail ", "Größe (cm)", "E_Mail", "名前", "x" * 40, "X" * 40, "__a__B"]
    assert attribute_names(header) == [
        "e_mail",
        "grosse_cm",
        "e_mail_2",
        "column_4",
        "x" * 30,
        "x" * 28 + "_2",
        "a_b",
    ]


@given(st.lists(st.text(max_size=50)))
def test_every_header_gives_valid_and_distinct_names(header: list[str]) -> None:
    names = attribute_names(header)
    assert all(re.fullmatch("[a-z0-9_]{1,30}", name) for name in names)
    assert len(set(names)) == len(header)


@pytest.mark.parametrize(
    "content",
    [
        "id,name\nu1,Zoë".encode(),
        "id,name\nu1,Zoë".encode("utf-8-sig"),
        "id,name\nu1,Zoë".encode("utf-16"),
        "id,name\nu1,Zoë".encode("cp1252"),
        b"id;name\r\nu1;Zo\xc3\xab\r\n",
        b"id\tname\nu1\t Zo\xc3\xab ",
        b'"id","name"\n"u1","Zo\xc3\xab"',
    ],
)
def test_encodings_separators_and_quotes(write: Write, content: bytes) -> None:
    assert csvfile.read(write(content)).records == [Record("u1", {"name": "Zoë"})]


def test_a_cell_may_hold_quotes_separators_and_lines(write: Write) -> None:
    table = csvfile.read(write('id,note\nu1,"a ""b"", c\nd"\n,x\n'))
    assert table.records == [Record("u1", {"note": 'a "b", c\nd'})]
    assert table.left_out == ["1 line without an id: 4"]


def test_what_separates_is_looked_for_outside_of_quotes(write: Write) -> None:
    assert csvfile.read(write('id,"a;b;c"\nu1,x')).records == [Record("u1", {"a_b_c": "x"})]


def test_the_id_column_may_be_any_and_is_text(write: Write) -> None:
    table = csvfile.read(write("score,key\n1,007"), "key")
    assert table.records == [Record("007", {"score": 1})]


def test_a_file_of_ids_alone(write: Write) -> None:
    table = csvfile.read(write("id\nu1\n\nu2\n"))
    assert [record.id for record in table.records] == ["u1", "u2"]
    assert table.columns == []
    assert table.left_out == ["1 line without an id: 3"]


def test_what_cannot_be_sent_is_left_out_and_told(write: Write) -> None:
    content = f"id,a,b\nu1,1,2\nu2,1,2,3\n{'x' * 513},1,2\nu3,{'y' * 301},4\n,,\n  ,5,6\nu4,7\n"
    table = csvfile.read(write(content))
    assert table.records == [
        Record("u1", {"a": "1", "b": 2}),
        Record("u3", {"b": 4}),
        Record("u4", {"a": "7"}),
    ]
    assert table.left_out == [
        "1 line with more cells than the header: 3",
        "1 line with an id of over 512 characters: 4",
        "2 lines without an id: 6, 7",
        "1 line with over 300 characters in a, sent without it: 5",
    ]


def test_a_profile_has_at_most_fifty_attributes(write: Write) -> None:
    header = ",".join(["id", *(f"c{number}" for number in range(52))])
    table = csvfile.read(write(f"{header}\nu1{',1' * 52}"))
    assert len(table.columns) == len(table.records[0].attributes) == 50
    assert table.left_out == ["columns after the first 50: c50, c51"]


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        ("", None, "expected the first line to name the columns, got an empty one"),
        ("id,name\n", None, "no line has an id in the column 'id'"),
        ("id,name\nu1,Ann", "email", "expected a column 'email', got: id, name."),
        ("id,name\nu1," + "x" * 200_000, None, "line 2: field larger than field limit"),
    ],
)
def test_files_that_cannot_be_used(write: Write, content: str, column: str | None, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        csvfile.read(write(content), column)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: No such file or directory\."):
        csvfile.read(tmp_path / "nowhere.csv")
