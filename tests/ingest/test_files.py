"""Files as sources: what is read from them, what cannot be, and where to go on."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, CsvFile, InvalidInput, Line
from batch_api.ingest.items.item_types import AudienceChanges, CatalogItems, ProfileEdits
from batch_api.ingest.sources import csvdates, files
from batch_api.ingest.sources.csvlayout import is_blank
from batch_api.ingest.sources.files import FileSource, Mark
from batch_api.ingest.sources.open import open_source
from batch_api.testing import FakeBatch

PROFILES = ProfileEdits("update")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


async def items_of(source: FileSource, size: int = 3) -> list[Any]:
    return [item async for window in source.windows(size) for item in window]


async def attributes_of(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [item["attributes"] for item in await items_of(open_source(CsvFile(path, **options), PROFILES))]


def told(item: Any) -> tuple[int, str]:
    """Line and reason of an item that could not be read."""
    error, line = item
    assert isinstance(error, InvalidInput)
    return line.number, error.reason


# -- JSON lines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", ""])
async def test_json_lines_come_as_they_are(tmp_path: Path, end: str) -> None:
    lines = [b'{"a": %d}' % number for number in range(10)]
    path = write(tmp_path, "a.jsonl", b"\n".join(lines) + end.encode())
    assert await items_of(open_source(path, PROFILES)) == lines


async def test_empty_lines_comments_and_a_mark_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"a":1}\r\n\r\n# line 7: why\n  \n{"a":2}')
    source = open_source(path, PROFILES, with_lines=True)
    assert await items_of(source) == [(b'{"a":1}', Line(1, b'{"a":1}')), (b'{"a":2}', Line(5, b'{"a":2}'))]


async def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    lines = [b'{"number": %d}' % number for number in range(100_000)]
    path = write(tmp_path, "a.jsonl.gz", gzip.compress(b"\n".join(lines)))
    source = open_source(path, PROFILES)
    assert await items_of(source, 250) == lines
    assert source.position == source.size == path.stat().st_size


async def test_a_packed_file_that_is_torn_is_no_end(tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(b'{"number": %d}' % number for number in range(100_000)))
    path = write(tmp_path, "a.jsonl.gz", whole[:-20])
    found: list[Any] = []

    async def take_all() -> None:
        async for window in open_source(path, PROFILES).windows(250):
            found.extend(window)

    with pytest.raises(InvalidInput, match=r"a\.jsonl\.gz: the file breaks off after line 9\d{4}, .* fetch") as raised:
        await take_all()
    assert raised.value.outcome == "unknown", "some of it may have been sent by then"
    assert found == [b'{"number": %d}' % number for number in range(len(found))]


async def test_a_file_without_line_ends_is_no_file_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 1000)
    monkeypatch.setattr(files, "LONGEST_LINE", 10_000)
    with pytest.raises(InvalidInput, match="got a longer one"):
        await items_of(open_source(write(tmp_path, "a.jsonl", b"1," * 20_000), PROFILES))


async def test_no_more_than_a_window_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", b'{"a":1}\n' * 10)
    assert [len(window) async for window in open_source(path, PROFILES).windows(4)] == [4, 4, 2]
    path = write(tmp_path, "a.csv", "custom_id\n" + "u\n" * 10)
    assert [len(window) async for window in open_source(path, PROFILES).windows(4)] == [4, 4, 2]


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a", "a.gz", "csv"])
def test_a_name_that_says_nothing_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="a name that ends in"):
        open_source(write(tmp_path, name, "{}"), PROFILES)


# -- what cells are --------------------------------------------------------------------------------------------------


async def test_a_typed_header(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.csv",
        "custom_id,$email_address,date(birthdate),plan,url(page)\n"
        'u1,ann@example.org,1990-05-04,"gold, or ""so""",https://example.org/1\n'
        "u2,,,,\n",
    )
    assert await items_of(open_source(path, PROFILES)) == [
        {
            "identifiers": {"custom_id": "u1"},
            "attributes": {
                "$email_address": "ann@example.org",
                "date(birthdate)": "1990-05-04T00:00:00Z",
                "plan": 'gold, or "so"',
                "url(page)": "https://example.org/1",
            },
        },
        {"identifiers": {"custom_id": "u2"}},
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", 0),
        ("42", 42),
        ("-7", -7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
        ("2.50", 2.5),
        ("-0.5", -0.5),
        ("true", True),
        ("FALSE", False),
        ("007", "007"),
        ("+33612345678", "+33612345678"),
        ("12e5", "12e5"),
        ("NaN", "NaN"),
        ("1 000", "1 000"),
        (" 42", " 42"),
        (".5", ".5"),
        ("٣", "٣"),
        ("gold", "gold"),
    ],
)
async def test_a_cell_is_what_it_would_be_as_json(tmp_path: Path, cell: str, value: object) -> None:
    path = write(tmp_path, "a.csv", f"custom_id,n\nu1,{cell}\n")
    (attributes,) = await attributes_of(path)
    assert attributes == {"n": value}
    assert type(attributes["n"]) is type(value)


async def test_ids_links_and_native_attributes_are_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "custom_id,$phone_number,url(x),zip,n\n42,336,7,75011,1\n")
    (item,) = await items_of(open_source(CsvFile(path, text=["zip"]), PROFILES))
    assert item["identifiers"] == {"custom_id": "42"}
    assert item["attributes"] == {"$phone_number": "336", "url(x)": "7", "zip": "75011", "n": 1}


async def test_the_marker_deletes_and_an_empty_cell_does_not(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "custom_id,date(d),plan,$email_address\nu1,NULL,NULL,NULL\nu2,,,\nu3,,NULL,x\n")
    found = await items_of(open_source(CsvFile(path, null="NULL"), PROFILES))
    assert [item.get("attributes") for item in found] == [
        {"date(d)": None, "plan": None, "$email_address": None},
        None,
        {"plan": None, "$email_address": "x"},
    ]


@pytest.mark.parametrize(
    ("cell", "zone", "value"),
    [
        ("1990-05-04", "UTC", "1990-05-04T00:00:00Z"),
        ("2026-07-01", "Europe/Paris", "2026-06-30T22:00:00Z"),
        ("2026-01-01", "Europe/Paris", "2025-12-31T23:00:00Z"),
        ("2026-07-01T10:20", "UTC", "2026-07-01T10:20:00Z"),
        ("2026-07-01 10:20:30", "UTC", "2026-07-01T10:20:30Z"),
        ("2026-07-01T10:20:30Z", "Europe/Paris", "2026-07-01T10:20:30Z"),
        ("2026-07-01t10:20:30z", "Europe/Paris", "2026-07-01T10:20:30Z"),
        ("2026-07-01T10:20:30.25+02:00", "UTC", "2026-07-01T08:20:30.250000Z"),
        ("2026-07-01T10:20:30+0200", "UTC", "2026-07-01T08:20:30Z"),
    ],
)
async def test_dates(tmp_path: Path, cell: str, zone: str, value: str) -> None:
    path = write(tmp_path, "a.csv", f"custom_id,date(d)\nu1,{cell}\n")
    assert await attributes_of(path, zone=ZoneInfo(zone)) == [{"date(d)": value}]


@pytest.mark.parametrize(
    "cell",
    ["last May", "04/05/1990", "1990-02-30", "1990-13-01", "19900504", "1990-5-4", "2026-07-01T25:00Z", "1", " "],
)
async def test_what_is_no_date_is_invalid(tmp_path: Path, cell: str) -> None:
    path = write(tmp_path, "a.csv", f"custom_id,date(d)\nu1,2000-01-01\nu2,{cell}\nu3,2000-01-01\n")
    first, bad, last = await items_of(open_source(path, PROFILES))
    assert told(bad) == (3, "expected a date such as 2026-02-28 or 2026-02-28T09:30:00Z")
    assert "u2" not in str(bad[0])
    assert first["attributes"] == last["attributes"] == {"date(d)": "2000-01-01T00:00:00Z"}


async def test_a_date_that_is_none_in_utc(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "custom_id,date(d)\nu1,0001-01-01\n")
    east = timezone(timedelta(hours=2))
    ((number, _),) = [told(item) for item in await items_of(open_source(CsvFile(path, zone=east), PROFILES))]
    assert number == 2


async def test_days_are_remembered_up_to_a_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvdates.Dates, "_MOST", 2)
    days = [f"2026-01-{day:02}" for day in (1, 2, 3, 1, 2)]
    path = write(tmp_path, "a.csv", "custom_id,date(d)\n" + "".join(f"u,{day}\n" for day in days))
    assert await attributes_of(path) == [{"date(d)": f"{day}T00:00:00Z"} for day in days]


# -- lines that are none ---------------------------------------------------------------------------------------------


async def test_what_is_invalid_says_why_and_where_and_nothing_else_is(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.csv",
        "custom_id,plan\n"  # 1
        "u1,gold\n"
        ",gold\n"  # 3
        "u2\n"  # 4
        "u3,gold,more\n"  # 5
        "\n"  # 6: nothing there
        'u4,"two\nlines"\n'  # 7 and 8
        'u5,"open"x\n'  # 9
        "u6,silver\n",
    )
    found = await items_of(open_source(path, PROFILES))
    assert [item["identifiers"]["custom_id"] for item in found if isinstance(item, dict)] == ["u1", "u4", "u6"]
    assert found[4]["attributes"] == {"plan": "two\nlines"}
    assert [told(item) for item in found if not isinstance(item, dict)] == [
        (3, "expected an id, got an empty cell"),
        (4, "expected 2 cells as in the header, got 1"),
        (5, "expected 2 cells as in the header, got 3"),
        (9, "a quote is not closed, or closed too early"),
    ]


@pytest.mark.parametrize("header", ["id,$x", "custom id", ""])
def test_a_header_without_the_id_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InvalidInput):
        open_source(write(tmp_path, "a.csv", f"{header}\n" if header else ""), PROFILES)


@pytest.mark.parametrize("header", ["custom_id,a,a", "custom_id,,a", "custom_id,custom_id", 'custom_id,"a'])
def test_a_header_that_is_no_use_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InvalidInput):
        open_source(write(tmp_path, "a.csv", f"{header}\nu1,1,2\n"), PROFILES)


def test_a_column_that_is_not_there_cannot_be_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="expected the column zipp"):
        open_source(CsvFile(write(tmp_path, "a.csv", "custom_id,zip\n"), text=["zipp"]), PROFILES)


async def test_another_delimiter_is_said_and_hinted_at(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "custom_id;n\nu1;1,5\n")
    with pytest.raises(InvalidInput, match="the delimiter may be wrong"):
        open_source(path, PROFILES)
    assert await attributes_of(path, delimiter=";") == [{"n": "1,5"}]


async def test_a_line_that_is_not_utf_8(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b"custom_id,n\nu1,caf\xe9\nu2,caf\xc3\xa9\n")
    bad, good = await items_of(open_source(path, PROFILES))
    assert told(bad) == (2, "the line is not valid UTF-8")
    assert bad[1].text == b"u1,caf\xe9"
    assert good["attributes"] == {"n": "café"}


async def test_a_quote_that_is_never_closed_takes_one_line_with_it(tmp_path: Path) -> None:
    rows = [f"u{number},gold" for number in range(20_000)]
    rows[10] = 'u10,"gold'
    path = write(tmp_path, "a.csv", "custom_id,plan\n" + "\n".join(rows) + "\n")
    found = await items_of(open_source(path, PROFILES), 250)
    assert len(found) == 20_000
    assert [told(item)[0] for item in found if not isinstance(item, dict)] == [12]


async def test_a_quote_that_another_seems_to_close(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'custom_id,plan\nu1,"gold\nu2,gold\nu3,"silver"\nu4,"x, ""y"""\nu5,z\n')
    found = await items_of(open_source(path, PROFILES))
    assert [told(item)[0] for item in found if not isinstance(item, dict)] == [2]
    assert [item["attributes"]["plan"] for item in found[1:]] == ["gold", "silver", 'x, "y"', "z"]


async def test_the_rest_of_a_torn_record_is_not_taken_for_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'custom_id,plan\nu1,"two"wrong\nu2,"some\nbody" x,gold\nu3,gold\n')
    found = await items_of(open_source(path, PROFILES))
    assert [told(item)[0] for item in found if not isinstance(item, dict)] == [2, 3, 4]
    assert found[-1]["identifiers"] == {"custom_id": "u3"}


async def test_a_cell_too_long_for_the_reader(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", f"custom_id,plan\nu1,{'x' * 200_000}\nu2,gold\n")
    bad, good = await items_of(open_source(path, PROFILES))
    assert told(bad) == (2, "a cell is too long")
    assert good["identifiers"] == {"custom_id": "u2"}


# -- other kinds -----------------------------------------------------------------------------------------------------


async def test_items_of_a_catalog(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "title,id,price\nTrail 9,SKU-9,59.9\n,SKU-4,\n")
    assert await items_of(open_source(path, CatalogItems("shoes"))) == [
        {"id": "SKU-9", "action": "add", "attributes": {"title": "Trail 9", "price": 59.9}},
        {"id": "SKU-4", "action": "add"},
    ]


async def test_ids_of_an_audience(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "email,visits\nann@example.org,3\nbob@example.org,\n")
    assert await items_of(open_source(path, AudienceChanges("vip"))) == [
        {"id": "ann@example.org", "action": "add", "attributes": {"visits": 3}},
        {"id": "bob@example.org", "action": "add"},
    ]
    path = write(tmp_path, "b.csv", "visits,id\n3,u1\n")
    assert (await items_of(open_source(path, AudienceChanges("vip"))))[0]["id"] == "u1"


async def test_a_column_of_reasons_is_for_people(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", '#reason,id,visits\n"line 3: no id",u1,3\n')
    assert await items_of(open_source(path, AudienceChanges("vip"))) == [
        {"id": "u1", "action": "add", "attributes": {"visits": 3}}
    ]


# -- going on from a mark --------------------------------------------------------------------------------------------

_lines = st.lists(st.sampled_from(["u{},gold", 'u{},"two\nlines"', "", "u{}", 'u{},"x"y', ",", 'u{},"open', "é{},ü"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    lines=_lines,
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    packed=st.booleans(),
    at=st.integers(0, 30),
    block=st.integers(1, 60),
)
async def test_from_each_mark_the_rest_is_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    end: str,
    mark: bool,
    packed: bool,
    at: int,
    block: int,
) -> None:
    text = end.join(["custom_id,plan", *(line.format(number) for number, line in enumerate(lines))])
    content = (b"\xef\xbb\xbf" if mark else b"") + text.encode()
    path = write(tmp_path, "a.csv.gz" if packed else "a.csv", gzip.compress(content) if packed else content)
    with monkeypatch.context() as patched:
        patched.setattr(files, "BLOCK", block)
        patched.setattr(files, "PACKED_BLOCK", block)
        source = open_source(path, PROFILES, with_lines=True)
        whole = list(map(repr_of, await items_of(source, 4)))
        found = source.mark(at)
        assert found.index <= at
        other = open_source(path, PROFILES, with_lines=True)
        other.start_at(found)
        assert list(map(repr_of, await items_of(other, 3))) == whole[found.index :]


def repr_of(item: Any) -> str:
    content, line = item
    return f"{content!r} {line.number} {line.text!r}"


async def test_json_lines_go_on_from_a_mark_as_well(tmp_path: Path) -> None:
    lines = [b'{"number": %d}' % number for number in range(1000)]
    path = write(tmp_path, "a.jsonl", b"# comment\n\n" + b"\r\n".join(lines))
    source = open_source(path, PROFILES)
    await items_of(source, 100)
    mark = source.mark(700)
    assert 600 < mark.index <= 700
    other = open_source(path, PROFILES, with_lines=True)
    other.start_at(mark)
    rest = await items_of(other)
    assert [item for item, _ in rest] == lines[mark.index :]
    assert rest[0][1].number == mark.index + 3
    assert source.mark(0) == mark, "those before it are forgotten"
    assert Mark(0, 0, 1) == open_source(path, PROFILES).mark(99)


# -- against the csv module ------------------------------------------------------------------------------------------

# not a lone \r: the writer of CPython 3.11 leaves it unquoted
_cells = st.text(alphabet=st.sampled_from('abé,;"\n \x0b\u2028\x1c'), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    rows=st.lists(st.tuples(_cells, _cells), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    delimiter=st.sampled_from(",;"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.integers(1, 40),
)
async def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, str]],
    end: str,
    delimiter: str,
    quoting: Any,
    block: int,
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, delimiter=delimiter, quoting=quoting).writerows([("custom_id", "n"), *rows])
    path = write(tmp_path, "a.csv", text.getvalue())
    with monkeypatch.context() as patched:
        patched.setattr(files, "BLOCK", block)
        found = await items_of(open_source(CsvFile(path, delimiter=delimiter), PROFILES))
    kept = [(name, cell) for name, cell in rows if name.strip()]
    assert [
        (item["identifiers"]["custom_id"], item.get("attributes", {}).get("n", ""))
        for item in found
        if isinstance(item, dict)
    ] == kept
    assert len(found) == sum(not is_blank(row) for row in rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(text=st.text(alphabet=st.sampled_from('ab,"\n\r'), max_size=60))
async def test_any_text_is_read_as_the_csv_module_reads_it_or_told(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "a.csv", "custom_id,n\n" + text)
    found = await items_of(open_source(path, PROFILES))
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="\n"), strict=True) if not is_blank(row)]
    except csv.Error:
        assert any(not isinstance(item, dict) for item in found)
        return
    read = [
        [item["identifiers"]["custom_id"], item.get("attributes", {}).get("n", "")] if isinstance(item, dict) else None
        for item in found
    ]
    assert read == [row[:2] if len(row) >= 2 and is_blank(row[2:]) and row[0] else None for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(text=st.text(alphabet=st.sampled_from('ab,"\n'), max_size=60))
async def test_every_line_is_in_exactly_one_item(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "a.csv", "custom_id,n\n" + text)
    found = await items_of(open_source(path, PROFILES, with_lines=True))
    lines = b"\n".join(line.text for _, line in found).split(b"\n") if found else []
    blank = [b"", *(line for line in lines + text.encode().split(b"\n") if not line.strip(b'",'))]
    assert [line for line in lines if line not in blank] == [
        line for line in text.encode().split(b"\n") if line not in blank
    ]


# -- how far it has come ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
async def test_the_position_is_that_of_what_was_given_out(tmp_path: Path, name: str) -> None:
    lines = [b"custom_id,n"] if name == "a.csv" else []
    path = write(tmp_path, name, b"\n".join([*lines, *[b"u1,%06d" % number for number in range(1000)]]))
    source = open_source(path, PROFILES)
    positions = [source.position async for _ in source.windows(100)]
    assert positions[0] < 2_000
    assert positions == sorted(set(positions))
    assert positions[-1] < source.size
    assert source.position == source.size


# -- how to read a CSV file ------------------------------------------------------------------------------------------


async def test_what_a_path_does_not_say(tmp_path: Path) -> None:
    path = write(tmp_path, "clients.tsv", "custom_id\tzip\tplan\tdate(since)\nu1\t01\t-\t2026-02-28\nu2\t2\t\t\nu3\n")
    fake = FakeBatch(rest_api_key=None, limits=False)
    file = CsvFile(path, delimiter="\t", null="-", text=["zip"], zone=timezone(timedelta(hours=1)), with_lines=True)
    async with BatchClient("any", fake.project_key, transport=fake.transport()) as client:
        fates = [fate async for fate in client.profiles.ingest(file)]
    assert sorted((fate.ref.number, type(fate).__name__) for fate in fates) == [
        (2, "Delivered"),
        (3, "Delivered"),
        (4, "Invalid"),
    ]
    assert [received.edit.get("attributes") for received in fake.edits] == [
        {"zip": "01", "plan": None, "date(since)": "2026-02-27T23:00:00Z"},
        {"zip": "2"},
    ]


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    packed = write(tmp_path, "dump.txt.gz", gzip.compress(b"custom_id;n\nu1;1\n"))
    assert await attributes_of(packed, delimiter=";") == [{"n": 1}]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"delimiter": ""}, "delimiter"),
        ({"delimiter": "||"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"null": ""}, "null"),
        ({"null": 0}, "null"),
        ({"text": "zip"}, "text"),
        ({"zone": "Europe/Paris"}, "zone"),
    ],
)
def test_ways_of_reading_that_cannot_be(options: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        CsvFile("a.csv", **options)
    assert raised.value.path == path


def test_a_line_shows_nobody() -> None:
    assert repr(Line(3, b"ann@example.org")) == "<line 3>"
