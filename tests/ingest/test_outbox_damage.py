"""An outbox whose file was damaged, or written by another version: what is whole is sent, the rest is set aside."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, ConfigurationError
from batch_api.ingest.buffer import outboxfile
from batch_api.ingest.buffer.outboxfile import SetAside
from batch_api.ingest.items.fates import Refused, Trouble, Unknown
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.ingest.test_buffer import UPDATE, connect, edit_of, event_of
from tests.ingest.test_outbox import leave_behind, leave_in_flight

VERSION_1 = """
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE owner (name TEXT NOT NULL);
CREATE TABLE edits (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, body BLOB NOT NULL,
    has_events INTEGER NOT NULL, since REAL, sent INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE aside (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, body BLOB NOT NULL,
    fate TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
PRAGMA application_id = 0x42617463;
PRAGMA user_version = 1;
COMMIT;
"""


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def execute(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement, values)


async def opened(client: BatchClient, path: Path, **options: Any) -> tuple[list[Trouble], list[SetAside]]:
    """What a buffer that opens the file tells, and what it keeps aside once all is sent."""
    troubles: list[Trouble] = []
    async with client.profiles.buffer(path, on_trouble=troubles.append, **options) as buffer:
        await buffer.flush()
        return troubles, await buffer.aside()


# -- one row ----------------------------------------------------------------------------------------------------------

WRONG: list[tuple[str, Any]] = [
    ("id", b"u1"),
    ("id", 1),
    ("id", "u9"),
    ("id", None),
    ("body", "{}"),
    ("body", b"{}"),
    ("body", b"no JSON"),
    ("body", b'["an array"]'),
    ("body", b""),
    ("body", None),
    ("body", 5),
    ("has_events", 1),
    ("has_events", 2),
    ("has_events", "yes"),
    ("since", "yesterday"),
    ("since", 1.5),
    ("since", 9e999),
    ("since", b"\0"),
    ("sent", 1),
    ("sent", -1),
    ("sent", None),
    ("checksum", 0),
    ("checksum", None),
    ("checksum", "x"),
    ("number", 2**63 - 1),
    ("number", -(2**63)),
    ("number", -1),
    ("number", 77),
]


@pytest.mark.virtual_time
async def test_rows_that_are_not_as_they_were_written_are_set_aside_and_told(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    edits = [edit_of(number) for number in range(2 * len(WRONG))]  # every other one is damaged
    await leave_behind(client, fake, path, *edits)
    for at, (column, value) in enumerate(WRONG):
        execute(path, f"UPDATE edits SET {column} = ? WHERE number = {2 * at}", values=(value,))
    troubles, aside = await opened(client, path)
    assert [edit.edit for edit in fake.edits] == edits[1::2]
    assert {type(trouble) for trouble in troubles} == {Unknown}
    assert [trouble.index for trouble in troubles] == [one.number for one in aside]
    assert all("damaged" in str(trouble.error) for trouble in troubles)
    assert {(one.id, one.fate, one.reason) for one in aside} == {("", "Unknown", outboxfile.DAMAGED)}
    assert not any(one.edit for one in aside)
    raws = [value for column, value in WRONG if column == "body"]
    left = [orjson.dumps(edits[2 * at]) for at, (column, _) in enumerate(WRONG) if column != "body"]
    assert sorted(one.raw for one in aside) == sorted([*left, b"{}", b"{}", *raws[2:5], b"", b"5"])
    # and the numbers go on as if nothing had been
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(5))
        await buffer.flush()
        assert await buffer.aside() == aside
        await buffer.forget(aside)
        assert await buffer.aside() == []


@pytest.mark.virtual_time
async def test_what_is_logged_of_it_names_nobody(
    fake: FakeBatch, client: BatchClient, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await leave_behind(client, fake, path, edit_of("secret"))
    execute(path, "UPDATE edits SET since = 'secret'")
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "batch_api"):
        async with client.profiles.buffer(path) as buffer:
            [aside] = await buffer.aside()
    assert "damaged" in caplog.text
    assert "secret" not in caplog.text + repr(aside)
    assert b"secret" in aside.raw


WRONG_ASIDE: list[tuple[str, Any]] = [
    ("body", b"no JSON"),
    ("body", None),
    ("id", b"\xff"),
    ("fate", 3),
    ("reason", None),
    ("at", "then"),
    ("at", 1e300),
    ("at", None),
    ("number", -(2**63)),
    ("number", 2**63 - 1),
]


@pytest.mark.virtual_time
async def test_what_is_kept_aside_may_be_damaged_as_well(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    bad = [edit_of(number) | {"attributes": []} for number in range(len(WRONG_ASIDE) + 1)]
    async with client.profiles.buffer(path, on_trouble=lambda _: None) as buffer:
        for edit in bad:
            await buffer.put(edit)
    for number, (column, value) in enumerate(WRONG_ASIDE):
        execute(path, f"UPDATE aside SET {column} = ? WHERE number = {number}", values=(value,))
    _, found = await opened(client, path)
    damaged = [one for one in found if one.reason == outboxfile.DAMAGED]
    [whole] = [one for one in found if one not in damaged]
    assert (whole.fate, whole.edit) == ("Refused", bad[-1])
    assert len(damaged) == len(WRONG_ASIDE)
    assert not any(one.edit for one in damaged)
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(3))  # a number can still be given
        await buffer.forget(damaged)
        assert await buffer.aside() == [whole]


@pytest.mark.virtual_time
async def test_whether_events_were_under_way_is_covered(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    fake.delay(UPDATE, 1000)
    await leave_in_flight(client, path, event_of(1))
    fake.clear_faults()
    execute(path, "UPDATE edits SET sent = 0")
    _, [aside] = await opened(client, path)
    assert aside.reason == outboxfile.DAMAGED
    assert not fake.edits


@pytest.mark.virtual_time
async def test_an_edit_that_was_set_aside_with_its_events_stays_whole_when_the_rest_is_refused(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.delay(UPDATE, 1000)
    await leave_in_flight(client, path, edit_of(1) | event_of(1))
    fake.clear_faults()
    fake.fail(UPDATE, 400)
    troubles, [aside] = await opened(client, path)
    assert [type(trouble) for trouble in troubles] == [Unknown, Refused]
    assert aside.edit["events"][0]["name"] == "order_placed"


# -- any bytes, any cells ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """An outbox with edits of all sorts, and all that is in it."""
    path = tmp_path_factory.mktemp("filled") / "outbox.db"
    edits = [edit_of(number, n=number) for number in range(20)]
    edits += [edit_of(number, text="x" * 6_000) for number in range(20, 23)]  # more than a page of the file
    edits += [event_of(number) for number in range(23, 28)]

    async def fill() -> list[dict[str, Any]]:
        fake = FakeBatch(limits=False)
        async with connect(fake) as client:
            async with client.profiles.buffer(path, on_trouble=lambda _: None) as buffer:
                for number in (30, 31):
                    await buffer.put(edit_of(number) | {"attributes": []})
                await buffer.flush()
            sent = len(fake.edits)
            fake.delay(UPDATE, 1000)
            await leave_in_flight(client, path, event_of(28), event_of(29))
            fake.clear_faults()
            await leave_behind(client, fake, path, *edits)
            assert len(fake.edits) == sent
        return [orjson.loads(body) for body in contents(path)]

    return path, run(fill())


def contents(path: Path) -> list[bytes]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM edits UNION ALL SELECT body FROM aside")]


async def fates_in(path: Path) -> tuple[list[Any], list[SetAside]]:
    """What is sent by a buffer that opens the file, and what is kept aside."""
    fake = FakeBatch(limits=False)
    async with connect(fake) as client:
        _, aside = await opened(client, path)
    return [edit.edit for edit in fake.edits], aside


def assert_nothing_is_lost_or_changed(edits: list[dict[str, Any]], sent: list[Any], aside: list[SetAside]) -> None:
    left = list(edits)
    for edit in [*sent, *(one.edit for one in aside if one.reason != outboxfile.DAMAGED)]:
        left.remove(edit)  # ValueError, if it is not as it was written, or comes twice
    assert len(left) == sum(one.reason == outboxfile.DAMAGED for one in aside)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_bytes_change_nothing_is_lost_and_nothing_else_is_sent(
    filled: tuple[Path, list[dict[str, Any]]], data: st.DataObject
) -> None:
    original, edits = filled
    content = bytearray(original.read_bytes())
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(1, 255))
    for place, change in data.draw(st.lists(places, min_size=1, max_size=3)):
        content[place] ^= change
    path = original.with_name("flipped.db")
    path.write_bytes(content)
    try:
        sent, aside = run(fates_in(path))
    except ConfigurationError:
        pass  # what is missing cannot be told from what never was
    else:
        assert_nothing_is_lost_or_changed(edits, sent, aside)
    finally:
        for file in original.parent.glob("flipped.db*"):
            file.unlink()


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats()
CELLS = st.none() | NUMBERS | st.text("ab{}1", max_size=5) | st.binary(max_size=9)


@settings(max_examples=25, deadline=None)
@given(
    table=st.sampled_from(["edits", "aside"]),
    column=st.integers(1, 5),
    row=st.integers(0, 29),
    value=CELLS,
)
def test_whatever_cell_changes_its_row_alone_is_set_aside(
    filled: tuple[Path, list[dict[str, Any]]], table: str, column: int, row: int, value: Any
) -> None:
    original, edits = filled
    path = original.with_name("cell.db")
    shutil.copyfile(original, path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        name = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")][column]
        numbers = [number for (number,) in connection.execute(f"SELECT number FROM {table} ORDER BY number")]
        place = (numbers[row % len(numbers)],)
        (before,) = connection.execute(f"SELECT {name} FROM {table} WHERE number = ?", place).fetchone()
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE number = ?", (value, *place))
        (after,) = connection.execute(f"SELECT {name} FROM {table} WHERE number = ?", place).fetchone()
    changed = (type(before), before) != (type(after), after)
    try:
        sent, aside = run(fates_in(path))
    finally:
        path.unlink()
    assert_nothing_is_lost_or_changed(edits, sent, aside)
    assert sum(one.reason == outboxfile.DAMAGED for one in aside) == changed


@pytest.mark.virtual_time
async def test_a_file_from_which_rows_are_missing_is_refused(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    await leave_behind(client, fake, path, *[edit_of(number, text="x" * 500) for number in range(40)])
    content = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'edits'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    cells = (root - 1) * size + 3  # how many cells the page has, in two bytes
    path.write_bytes(content[: cells + 1] + b"\1" + content[cells + 2 :])
    with pytest.raises(ConfigurationError, match=r"damaged.*Move it away"):
        await opened(client, path)


@pytest.mark.virtual_time
async def test_tables_that_are_not_ours_are_refused(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    await leave_behind(client, fake, path, edit_of(1))
    execute(path, "CREATE TRIGGER mine AFTER INSERT ON edits BEGIN DELETE FROM edits; END")
    with pytest.raises(ConfigurationError, match="its tables are not those"):
        await opened(client, path)


# -- version 1 --------------------------------------------------------------------------------------------------------


def make_version_1(path: Path, owner: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        fill_version_1(connection, owner)


def fill_version_1(connection: sqlite3.Connection, owner: str) -> None:
    connection.executescript(VERSION_1)
    rows = [
        (3, "u3", orjson.dumps(edit_of(3)), 0, None, 0),
        (4, "u4", orjson.dumps(edit_of(4) | event_of(4)), 1, 4e9, 1),
        (5, "u5", "no blob", 0, None, 0),
        (6, "u6", orjson.dumps(event_of(6)), 1, "never", 0),
        (7, "u7", b"[]", 0, None, 0),
        (8, "u8", orjson.dumps(edit_of(8)), 0, None, 0),
        (2**63 - 1, "u9", orjson.dumps(edit_of(9)), 0, None, 0),
    ]
    asides = [
        (1, "u1", orjson.dumps(edit_of(1)), "Refused", "for a reason", 1e9),
        (2, "u2", b"{", "Refused", "for a reason", 1e9),
    ]
    with connection:
        connection.execute("INSERT INTO owner VALUES (?)", (owner,))
        connection.executemany("INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO aside VALUES (?, ?, ?, ?, ?, ?)", asides)


async def owner_of(client: BatchClient, path: Path) -> str:
    async with client.profiles.buffer(path):
        pass
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (owner,) = connection.execute("SELECT name FROM owner").fetchone()
    path.unlink()
    return str(owner)


@pytest.mark.virtual_time
@pytest.mark.parametrize("is_killed", [False, True])
async def test_version_1_is_taken_over_with_all_that_is_in_it(
    fake: FakeBatch, client: BatchClient, path: Path, is_killed: bool
) -> None:
    owner = await owner_of(client, path)
    if is_killed:  # nothing has come from the log into the file itself yet
        copied = path.with_name("copied.db")
        with contextlib.closing(sqlite3.connect(copied)) as connection:
            fill_version_1(connection, owner)
            for end in ("", "-wal"):
                shutil.copyfile(f"{copied}{end}", f"{path}{end}")
        assert b"custom_id" not in path.read_bytes()
    else:
        make_version_1(path, owner)
    troubles, aside = await opened(client, path)
    assert [edit.edit for edit in fake.edits] == [edit_of(3), edit_of(4), edit_of(8)]
    assert {type(trouble) for trouble in troubles} == {Unknown}
    assert {one.number: one.edit for one in aside if one.reason != outboxfile.DAMAGED} == {
        1: edit_of(1),
        4: edit_of(4) | event_of(4),
    }
    raws = {one.raw for one in aside if one.reason == outboxfile.DAMAGED}
    assert raws == {b"{", b"no blob", orjson.dumps(event_of(6)), b"[]", orjson.dumps(edit_of(9))}
    # and is version 2 from now on
    troubles, again = await opened(client, path)
    assert (troubles, again) == ([], aside)


@pytest.mark.virtual_time
async def test_version_1_is_taken_over_whole_or_not_at_all(
    client: BatchClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_version_1(path, await owner_of(client, path))
    before = contents(path)
    monkeypatch.setattr(outboxfile, "_FROM_VERSION_1", (*outboxfile._FROM_VERSION_1, "SELECT nonsense"))
    with pytest.raises(ConfigurationError, match="nonsense"):
        await opened(client, path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert contents(path) == before


@pytest.mark.virtual_time
async def test_a_later_version_is_refused(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    await leave_behind(client, fake, path, edit_of(1))
    execute(path, "PRAGMA user_version = 3")
    with pytest.raises(ConfigurationError, match="another version"):
        await opened(client, path)
