"""`import` of files as people really have them: what arrives, what is set aside, what is refused, and the exit code."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from batch_api.testing import FakeBatch
from tests.cli.conftest import Command, ask

BOM = b"\xef\xbb\xbf"
AN_EDIT = '{"identifiers":{"custom_id":"%s"},"attributes":{"n":%d}}'

Attributes = dict[str, dict[str, Any]]


class Case(NamedTuple):
    """A file, and what has to come of it."""

    name: str
    content: bytes
    delivered: Attributes
    set_aside: int = 0
    options: tuple[str, ...] = ()
    hint: str = ""
    id: str = ""


class Refused(NamedTuple):
    """A file that is refused whole before anything is sent, and what is said about it."""

    name: str
    content: bytes
    said: str
    options: tuple[str, ...] = ()
    id: str = ""


def a_zip(*names: str) -> bytes:
    path = Path("made.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "custom_id\nu1\n")
    content = path.read_bytes()
    path.unlink()
    return content


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def edits(*names: str) -> bytes:
    return "".join(AN_EDIT % (name, 1) + "\n" for name in names).encode()


def column(name: str, cells: list[str]) -> bytes:
    """A file with the ids u0, u1, … and a column."""
    return "\n".join([f"custom_id,{name}", *(f"u{at},{cell}" for at, cell in enumerate(cells))]).encode()


NUMBERS: dict[str, Any] = {
    "-0": 0,
    "-0.0": -0.0,
    "0.1000000000000000055511151231257827": 0.1,
    "1.0": 1.0,
    "1000000000000000000.5": 1e18,
    "TRUE": True,
    **{
        text: text
        for text in (
            ".5",
            "5.",
            "+5",
            "1_000",
            "NaN",
            "Infinity",
            "null",
            "None",
            "NA",
            "\\N",
            "#N/A",
            "Yes",
            "-",
            "0x1F",
        )
    },
    "\u0661\u0662": "\u0661\u0662",
}
MOMENTS = {
    "2023-02-10 15:45:31": "2023-02-10T15:45:31Z",
    # Postgres
    "2023-02-10 15:41:33.895+01": "2023-02-10T14:41:33.895000Z",
    "2023-02-10 15:45:31+00": "2023-02-10T15:45:31Z",
    "2023-02-10 15:45:31+05:30": "2023-02-10T10:15:31Z",
    "1890-01-01 00:00:00+00:09:21": "1889-12-31T23:50:39Z",
    # BigQuery
    "2023-02-10 15:45:31 UTC": "2023-02-10T15:45:31Z",
    "2023-02-10 15:45:31.123456 UTC": "2023-02-10T15:45:31.123456Z",
    # Snowflake
    "2023-02-10 15:45:31.000 +0000": "2023-02-10T15:45:31Z",
    "2023-02-10 15:45:31.123456789 -0800": "2023-02-10T23:45:31.123456Z",
    "2023-02-10 15:45:31.000 Z": "2023-02-10T15:45:31Z",
    # SQL Server, and others
    "2023-02-10 15:45:31.1234567 +01:00": "2023-02-10T14:45:31.123456Z",
    "2023-02-10 15:45 gmt": "2023-02-10T15:45:00Z",
}
NO_MOMENTS = [
    "2023-13-10 15:45:31+01",
    "2023-02-10 15:45:31 CET",
    "10/02/2023",
    "1676043931",
    "0000-00-00",
    "2023-02-10 UTC",
]

PARTS = "custom_id,plan,date(since)\nu{0}1,gold,2026-01-01\nu{0}2,free,2026-01-02\n"
SINCE = {"gold": "2026-01-01T00:00:00Z", "free": "2026-01-02T00:00:00Z"}
ALL_PARTS = {
    f"u{part}{number}": {"plan": plan, "date(since)": SINCE[plan]}
    for part in (1, 2, 3)
    for number, plan in ((1, "gold"), (2, "free"))
}

READ = [
    # -- line ends, quotes and blank lines
    Case("cr.csv", b"custom_id,plan\ru1,gold\ru2,free\r", {"u1": {"plan": "gold"}, "u2": {"plan": "free"}}),
    Case(
        "quotes.csv",
        b'custom_id,note\r\nu1,"first\r\nsecond ""so"" ; , last"\r\nu2,x',
        {"u1": {"note": 'first\r\nsecond "so" ; , last'}, "u2": {"note": "x"}},
    ),
    Case("cr-quoted.csv", b'custom_id,note\nu1,"a\ru9,b"\nu2,ok\n', {"u1": {"note": "a\ru9,b"}, "u2": {"note": "ok"}}),
    Case(
        "cr-last.csv",
        b"custom_id,plan,note\nu1,gold,call\rlater\nu2,free,ok\n",
        {"u2": {"plan": "free", "note": "ok"}},
        1,
    ),
    Case(
        "cr-middle.csv",
        b"custom_id,note,plan\nu1,call\rlater,gold\nu2,ok,free\n",
        {"u2": {"plan": "free", "note": "ok"}},
        1,
    ),
    Case("backslash.csv", b'custom_id,note\nu1,"say \\"hi\\", ok"\nu2,x\n', {"u2": {"note": "x"}}, 1),
    Case(
        "blank.csv",
        b"\n\ncustom_id,plan\n\nu1,gold\n   \n,,\n,\nu2,free\n\n\n",
        {"u1": {"plan": "gold"}, "u2": {"plan": "free"}},
    ),
    Case(
        "excel-rows.csv",
        b"custom_id,date(born),plan\nu1,1990-05-04,gold\n,,\n ,,\n",
        {"u1": {"date(born)": "1990-05-04T00:00:00Z", "plan": "gold"}},
    ),
    Case("quoted-blanks.csv", b'"custom_id","plan"\n"u1","gold"\n"",""\n"  "\n', {"u1": {"plan": "gold"}}),
    Case("cr-rows.csv", b"custom_id,plan,\ru1,gold,\r,,\r", {"u1": {"plan": "gold"}}),
    # -- columns that are none
    Case("comma.csv", b"custom_id,plan,\nu1,gold,\nu2,free,\n", {"u1": {"plan": "gold"}, "u2": {"plan": "free"}}),
    Case("padded.csv", b"custom_id,plan\nu1,gold,,,\nu2,free, ,\n", {"u1": {"plan": "gold"}, "u2": {"plan": "free"}}),
    Case(
        "nameless-later.csv",
        b"custom_id,plan,\n" + b"u1,gold,\n" * 150 + b"u2,free,oh\nu3,free,\n",
        {"u1": {"plan": "gold"}, "u3": {"plan": "free"}},
        1,
    ),
    # -- byte order marks, and parts that were put together
    Case("two-marks.csv", BOM + BOM + b"custom_id,plan\nu1,x\n", {"u1": {"plan": "x"}}),
    Case("parts.csv", b"custom_id,plan\nu1,x\ncustom_id,plan\nu2,y\n", {"u1": {"plan": "x"}, "u2": {"plan": "y"}}),
    Case(
        "marked-parts.csv",
        BOM + b'"custom_id",plan\r\nu1,x\r\n' + BOM + b'"custom_id",plan\r\nu2,y\r\n',
        {"u1": {"plan": "x"}, "u2": {"plan": "y"}},
    ),
    Case("parts.csv.gz", b"".join(packed(PARTS.format(part)) for part in (1, 2, 3)), ALL_PARTS),
    Case("members.csv.gz", packed("custom_id\nu1\n") + packed("u2\n") + packed("u3\n"), {"u1": {}, "u2": {}, "u3": {}}),
    Case("tape.csv.gz", packed("custom_id\nu1\n") + bytes(1024), {"u1": {}}, id="padded with NUL, as tapes do"),
    Case("mark.jsonl", BOM, {}),
    Case("marked-parts.jsonl", BOM + edits("u1", "u2") + BOM + edits("u3"), {f"u{n}": {"n": 1} for n in (1, 2, 3)}),
    Case("header.csv", b"custom_id,plan\n", {}),
    # -- what Excel writes
    Case("sep.csv", b"sep=;\r\ncustom_id;plan\r\nu1;gold\r\n", {"u1": {"plan": "gold"}}),
    Case(
        "sep-said.csv",
        BOM + b"sep=;\r\ncustom_id;plan\r\nu1;gold\r\n",
        {"u1": {"plan": "gold"}},
        options=("--delimiter", ";"),
    ),
    Case("sep-tab.csv", b"SEP=\t\ncustom_id\tplan\nu1\tgold, or so\n", {"u1": {"plan": "gold, or so"}}),
    Case(
        "comma-decimals.csv",
        b"custom_id;price;n;v\nu1;12,5;3;1.5\nu2;-0,25;4;1.234,5\n",
        {"u1": {"price": 12.5, "n": 3, "v": "1.5"}, "u2": {"price": -0.25, "n": 4, "v": "1.234,5"}},
        options=("--delimiter", ";", "--decimal", ","),
    ),
    Case(
        "comma-texts.csv",
        b"custom_id;price\nu1;12,5\nu2;12\n",
        {"u1": {"price": "12,5"}, "u2": {"price": 12}},
        options=("--delimiter", ";"),
        hint="price: cells such as 12,5 would be text. If they are numbers: option `decimal`",
    ),
    Case(
        "latin.csv",
        b"custom_id,city\r\nu1,Orl\xe9ans\r\nu2,Paris\r\n",
        {"u2": {"city": "Paris"}},
        1,
        hint="If they are Windows-1252, as Excel saves CSV: option `encoding` cp1252",
    ),
    Case(
        "cp1252.csv",
        b"custom_id,city\r\nu1,Orl\xe9ans\r\nu2,10 \x96 20 \x80\r\nu3,\x81\r\n",
        {"u1": {"city": "Orléans"}, "u2": {"city": "10 \u2013 20 €"}},
        1,
        options=("--encoding", "cp1252"),
    ),
    Case(
        "utf16.csv",
        "custom_id\tcity\r\nu1\tMünchen\r\n".encode("utf-16"),
        {"u1": {"city": "München"}},
        options=("--encoding", "utf-16", "--delimiter", "\t"),
    ),
    Case(
        "utf16.csv.gz",
        gzip.compress("custom_id,city\nu1,ü\n".encode("utf-16-be")),
        {"u1": {"city": "ü"}},
        options=("--encoding", "UTF-16BE"),
    ),
    Case("half.csv", "custom_id\nu1\nu2".encode("utf-16") + b"x", {"u1": {}}, 1, options=("--encoding", "utf-16")),
    Case(
        "marked.csv", BOM + "custom_id,city\nu1,ü\n".encode(), {"u1": {"city": "ü"}}, options=("--encoding", "cp1252")
    ),
    Case(
        "space.csv",
        b" custom_id , plan\xc2\xa0\n u1,  gold\xe2\x80\x8b \n\xc2\xa0,\n",
        {"u1": {"plan": "gold"}},
        options=("--trim",),
    ),
    Case("ids.csv", b"custom_id,plan\nu1 ,x\n", {"u1 ": {"plan": "x"}}, hint="Ids begin or end with white space"),
    # -- cells
    Case("nul.csv", b"custom_id,plan\nu1,go\x00ld\nu2,free\n", {"u1": {"plan": "go\x00ld"}, "u2": {"plan": "free"}}),
    Case(
        "ids-like-numbers.csv",
        b"custom_id,n\n007,1\n1e5,2\n123.0,3\n9007199254740993,9007199254740993\n12345678901234567890,9223372036854775808\n",
        {
            "007": {"n": 1},
            "1e5": {"n": 2},
            "123.0": {"n": 3},
            "9007199254740993": {"n": 9007199254740993},
            "12345678901234567890": {"n": "9223372036854775808"},
        },
    ),
    Case(
        "numbers.csv",
        column("v", list(NUMBERS)),
        {f"u{at}": {"v": value} for at, value in enumerate(NUMBERS.values())},
        hint="v: #N/A, NA, NaN, None, \\N, null would be text",
    ),
    Case(
        "nulls.csv",
        b"custom_id,v,w\nu1,NULL,\\N\nu2,,x\n",
        {"u1": {"v": None, "w": None}, "u2": {"w": "x"}},
        options=("--null", "NULL", "--null", "\\N"),
    ),
    Case(
        "days.csv",
        b"custom_id,born\nu1,1990-05-04\n",
        {"u1": {"born": "1990-05-04"}},
        hint="name the column date(born)",
    ),
    Case(
        "moments.csv",
        column("date(seen)", list(MOMENTS)),
        {f"u{at}": {"date(seen)": value} for at, value in enumerate(MOMENTS.values())},
    ),
    Case("no-moments.csv", column("date(seen)", NO_MOMENTS), {}, len(NO_MOMENTS)),
    # -- JSON lines
    Case("two-on-a-line.jsonl", (AN_EDIT % ("u1", 1)).encode() + edits("u2", "u3"), {"u3": {"n": 1}}, 1),
    Case(
        "mixed.jsonl",
        BOM
        + "\r\n".join(
            [
                AN_EDIT % ("u1", 1),
                "",
                "  ",
                "# a note",
                AN_EDIT % ("u2", 2) + ",",
                '{"identifiers":{"custom_id":"u3"},"attributes":{"x":NaN}}',
                '{"identifiers":{"custom_id":5}}',
                '{"custom_id":"u6"}',
                '{"identifiers":{"custom_id":"u7"},"attributes":{"x":"\\ud83d"}}',
                '{"identifiers":{"custom_id":"u8"},"attributes":{"x":"a\\u0000b"}}',
                '{"identifiers":{"custom_id":"u9"},"attributes":{"x":1,"x":2}}',
                '{"identifiers":{"custom_id":"u10","custom_id":"u11"}}',
                '{"identifiers":{"custom_id":"u13"},"attributes":{"x":1e400}}',
                "null",
                '"text"',
                '{"identifiers":{"custom_id":"u😀"}}',
                "[" * 3000,
                AN_EDIT % ("u16", 16),
            ]
        ).encode(),
        {"u1": {"n": 1}, "u8": {"x": "a\x00b"}, "u9": {"x": 2}, "u11": {}, "u😀": {}, "u16": {"n": 16}},
        9,
    ),
]

REFUSED = [
    Refused("empty.csv", b"", "empty.csv: expected a first line that names the columns, got an empty file"),
    Refused("mark.csv", BOM, "mark.csv: expected a first line that names the columns, got an empty file"),
    Refused("blank.csv", b"\n ,\n\n", "got an empty file"),
    # -- headers
    Refused("space.csv", b"custom_id, plan\nu1, gold\n", "no attribute can be named ' plan': the option `trim`"),
    Refused(
        "nbsp.csv", 'custom_id,plan\xa0,"city "\nu1,gold,Paris\n'.encode(), r"named 'plan\xa0', 'city ': the option"
    ),
    Refused("words.csv", b"custom_id,Plan Name\nu1,x\n", "named 'Plan Name': the API takes 1 to 30 of a-z, 0-9 and _"),
    Refused("long.csv", b"custom_id," + b"x" * 31 + b"\nu1,x\n", "the API takes 1 to 30"),
    Refused(
        "upper.csv",
        b"CUSTOM_ID,PLAN\nu1,gold\n",
        "found 'CUSTOM_ID', 'PLAN'. Perhaps 'CUSTOM_ID' is meant: use the option `id`",
    ),
    Refused("padded-id.csv", b"custom_id ,plan\nu1,gold\n", "Perhaps 'custom_id ' is meant: use the option `trim`"),
    Refused("twice.csv", b"custom_id,email,email\nu1,a,b\n", "expected each name once, found 'email' several times"),
    Refused("index.csv", b",custom_id,plan\n0,u1,x\n", "column 1 has cells, but no name: pandas writes its index so"),
    Refused("nameless.csv", b"custom_id,plan,\nu1,x,\nu2,x,y\n", "column 3 has cells, but no name."),
    Refused("semicolons.csv", b"custom_id;plan\nu1;gold\n", "the delimiter may be wrong: it looks like ';'"),
    # -- files that are something else
    Refused(
        "utf16.csv", "custom_id,plan\r\nu1,gold\r\n".encode("utf-16"), "expected text, got UTF-16: save it as UTF-8"
    ),
    Refused("utf16.jsonl", "\ufeff{}\n".encode("utf-16-be"), "expected text, got UTF-16"),
    Refused("bare16.csv", "custom_id,plan\r\nu1,gold\r\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    Refused("utf32.csv", "custom_id,plan\nu1,gold\n".encode("utf-32"), "got UTF-32"),
    Refused("gzip.csv", packed("custom_id\nu1\n"), "got gzip: give it a name that ends in .gz"),
    Refused("plain.csv.gz", b"custom_id,plan\nu1,a\n", "plain.csv.gz: expected gzip, as its name says, got plain text"),
    Refused("nothing.csv.gz", b"", "expected gzip, as its name says, got an empty file"),
    Refused("zstd.csv.gz", b"\x28\xb5\x2f\xfd\x00\x00", "expected gzip, as its name says, got Zstandard"),
    Refused("twice.csv.gz", gzip.compress(packed("custom_id\nu1\n")), "expected text, got gzip"),
    Refused("parquet.csv", b"PAR1\x15\x04\x15\x10", "got Parquet: give it a name that ends in .parquet"),
    Refused("page.csv", b"\n<!DOCTYPE html>\n<html>Sign in</html>", "got an HTML page"),
    Refused("old.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "got an Excel workbook: save it as CSV"),
    Refused(
        "array.jsonl", b"[\n" + edits("u0", "u1").replace(b"}\n", b"},\n") + edits("u2") + b"]\n", "got a JSON array"
    ),
    Refused("flat-array.jsonl", BOM + b" [" + edits("u0").strip() + b"]", "got a JSON array"),
    Refused("array.jsonl.gz", gzip.compress(b"# a note\n[]"), "got a JSON array"),
    Refused("objects.jsonl", b'{\n  "identifiers": {"custom_id": "u1"}\n}\n', "got objects over several lines"),
    # -- gzip that is not whole
    Refused(
        "garbage.csv.gz",
        packed("custom_id\nu1\nu2\n") + b"garbage",
        "garbage.csv.gz: after line 3 comes something that",
    ),
    Refused("no-end.csv.gz", packed("custom_id\nu1\n")[:-4], "the file breaks off after line 2, so it is incomplete"),
]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.id or case.name)
def test_what_can_be_read_arrives(fake: FakeBatch, batch_api: Command, case: Case) -> None:
    Path(case.name).write_bytes(case.content)
    result = batch_api("import", "profiles", case.name, *case.options)
    assert result.exit_code == (1 if case.set_aside else 0), result.output
    assert sent(fake) == case.delivered
    letters = Path(case.name.removesuffix(".gz"))
    letters = letters.with_name(f"{letters.stem}.dead-letter{letters.suffix}")
    assert letters.exists() == bool(case.set_aside)
    assert f"invalid {case.set_aside:>20}" in result.stdout or not case.set_aside
    assert case.hint in result.stderr
    assert ("Note:" in result.stderr) == bool(case.hint)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id or case.name)
def test_what_cannot_be_read_is_refused_before_anything_is_sent(
    fake: FakeBatch, batch_api: Command, case: Refused
) -> None:
    Path(case.name).write_bytes(case.content)
    for options in ((), ("--no-checkpoint",), ("--dry-run",), ("--json",)):
        result = batch_api("import", "profiles", case.name, *case.options, *options)
        assert result.exit_code == 2, result.output
        assert case.said in result.stderr.replace("\n", " ")
        assert result.stderr.endswith(" Nothing was sent.\n")
        if "--json" in options:
            found = json.loads(result.stdout)
            assert case.said in found["error"]
            assert (found["source"], found["delivered"], found["exit_code"]) == (case.name, 0, 2)
    assert not fake.edits
    assert not Path(f"{case.name}.checkpoint").exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a.csv",), "a zip archive: unpack it"),
        (("[Content_Types].xml", "xl/a.xml"), "an Excel workbook: save it as CSV"),
    ],
)
def test_archives(fake: FakeBatch, batch_api: Command, names: tuple[str, ...], said: str) -> None:
    Path("a.csv").write_bytes(a_zip(*names))
    result = batch_api("import", "profiles", "a.csv")
    assert result.exit_code == 2
    assert f"a.csv: expected text, got {said}" in result.stderr


def sent(fake: FakeBatch) -> Attributes:
    """What the fake accepted, by profile."""
    return {edit.edit["identifiers"]["custom_id"]: edit.edit.get("attributes", {}) for edit in fake.edits}


# -- lists of ids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["update", "replace"])
def test_a_list_without_a_header_loses_nobody(fake: FakeBatch, batch_api: Command, mode: str) -> None:
    ask(fake, lambda client: client.audiences.create("vip"))
    Path("vip.csv").write_bytes(BOM + b"u1\nu2\n\nu3,oops\nu4\n")
    for options in ((), ("--dry-run",)):
        result = batch_api("import", "audience", "vip.csv", "--mode", mode, *options)
        assert result.exit_code == 2
        assert "If the file is a list without a header: the option `no-header`" in result.stderr
        assert "u1" not in result.stderr
    assert not fake.edits

    result = batch_api("import", "audience", "vip.csv", "--mode", mode, "--no-header")
    assert result.exit_code == 1, "u3 is set aside"
    assert set(fake.project().audiences.by_name["vip"].ids) == {"u1", "u2", "u4"}
    letters = Path("vip.dead-letter.csv")
    assert letters.read_text() == '#reason,id\n"line 4: expected 1 cells as in the header, got 2",u3,oops\n'
    letters.write_text(letters.read_text().replace(",oops", ""))
    result = batch_api("import", "audience", letters, "--name", "vip", "--no-header")
    assert result.exit_code == 0, "dead letters have a header, and may be imported by the same command"
    assert set(fake.project().audiences.by_name["vip"].ids) == {"u1", "u2", "u3", "u4"}


@pytest.mark.parametrize("header", ["id", "custom_id,visits", "E-mail", " User ID ", "#reason,emails"])
def test_names_of_columns_of_ids(fake: FakeBatch, batch_api: Command, header: str) -> None:
    ask(fake, lambda client: client.audiences.create("vip"))
    Path("vip.csv").write_text(f"{header}\n{'x,' if '#' in header else ''}u1{',3' if 'visits' in header else ''}\n")
    assert batch_api("import", "audience", "vip.csv").exit_code == 0
    assert set(fake.project().audiences.by_name["vip"].ids) == {"u1"}


# -- gzip files that are not whole -----------------------------------------------------------------------------------

LINES = 12_000
TRUE = {f"u{number}": number * 7919 % 100_003 for number in range(LINES)}
WHOLE = packed("custom_id,n\n" + "".join(f"{name},{n}\n" for name, n in TRUE.items()))


def damaged() -> bytes:
    """Two bytes are wrong, in a place where that shows by the checksum alone."""
    draw = random.Random(13)
    while True:
        content = bytearray(WHOLE)
        at = draw.randrange(len(WHOLE) // 3, len(WHOLE) * 2 // 3)
        content[at] ^= 0x10
        try:
            gzip.decompress(content)
        except gzip.BadGzipFile:
            return bytes(content)
        except (EOFError, zlib.error):
            continue


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (WHOLE[: len(WHOLE) // 2], "customers.csv.gz: the file breaks off after line"),
        (damaged(), "customers.csv.gz: the file is damaged, which shows after line"),
        (WHOLE + b"garbage", "customers.csv.gz: after line 12001 comes something that is not gzip"),
    ],
    ids=["breaks off", "damaged", "garbage"],
)
def test_gzip_that_is_not_whole(fake: FakeBatch, batch_api: Command, content: bytes, said: str) -> None:
    path = Path("customers.csv.gz")
    path.write_bytes(content)
    for options in ((), ("--dry-run",)):
        result = batch_api("import", "profiles", path, *options)
        assert result.exit_code == 2, result.output
        assert said in result.stderr
        assert not fake.edits, "found before the first request"

    result = batch_api("import", "profiles", path, "--no-checkpoint", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == found["exit_code"] == 3, "it was found when some of it had been sent"
    assert said in found["error"]
    assert found["delivered"] == len(fake.edits) > 1_000
    assert found["line"] > 1_000
    assert not found["finished"]

    result = batch_api("import", "profiles", path, "--no-checkpoint")
    assert result.exit_code == 3
    assert said in result.stdout
    assert "The import ended early." in result.stdout
    assert f"delivered {found['delivered']:>18,}" in result.stdout

    path.write_bytes(WHOLE)
    assert batch_api("import", "profiles", path).exit_code == 0, "nothing is in the way of the whole file"
    assert sent(fake) == {name: {"n": n} for name, n in TRUE.items()}


# -- dead letters of files that say how they are read -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("sep=;\r\ncustom_id;city;date(born)\r\nu1;Köln;4 May\r\n".encode(), ()),
        ("custom_id,city,date(born)\r\nu1,Köln,4 May\r\n".encode("cp1252"), ("--encoding", "cp1252")),
        ("custom_id,city,date(born)\r\nu1,Köln,4 May\r\n".encode("utf-16"), ("--encoding", "utf-16")),
        ("sep=;\ncustom_id;city;date(born)\nu1;Köln;4 May\n".encode("cp1252"), ("--encoding", "cp1252")),
    ],
    ids=["sep", "cp1252", "utf-16", "both"],
)
def test_dead_letters_are_read_by_the_same_command(
    fake: FakeBatch, batch_api: Command, content: bytes, options: tuple[str, ...]
) -> None:
    Path("a.csv").write_bytes(content)
    assert batch_api("import", "profiles", "a.csv", *options).exit_code == 1
    letters = Path("a.dead-letter.csv")
    for again in ("again", "and again"):
        assert batch_api("import", "profiles", letters, *options).exit_code == 1, again
        letters = Path(f"{letters.stem}.dead-letter.csv")
    letters.write_bytes(letters.read_bytes().replace(b"4 May", b"1990-05-04"))
    result = batch_api("import", "profiles", letters, *options)
    assert result.exit_code == 0, result.output
    assert sent(fake)["u1"] == {"city": "Köln", "date(born)": "1990-05-04T00:00:00Z"}
