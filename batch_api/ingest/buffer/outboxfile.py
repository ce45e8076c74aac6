"""The file of an outbox: SQLite, and trusted only as far as its checksums go.

A disk may corrupt what it stores, and people open files with tools that write. SQLite notices damage to its own
structure, and no more; so each row carries a checksum, and a row whose checksum does not match is set aside for someone
to examine. Everything here runs in the thread of the outbox.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

import orjson

from batch_api.engine.errors import ConfigurationError
from batch_api.ingest import private
from batch_api.ingest.buffer.sequence import BufferedEdit

DAMAGED: Final = "Its record in the outbox is damaged. `raw` is what is left of it."

_MARK: Final = 0x42617463  # in the head of the file: says that it is an outbox
_VERSION: Final = 2  # 1 had no checksums
_BUSY: Final = ("database is locked", "database table is locked")
_BESIDE: Final = ("-wal", "-shm", "-journal")
_LOG_MAGIC: Final = (0x377F0682, 0x377F0683)
_MOST_NUMBER: Final = 2**53
"""Numbers are below this: no process gets that far, so a higher one is damaged."""

_TABLES: Final = (
    "CREATE TABLE owner (name TEXT NOT NULL)",
    # Nothing is NOT NULL: rows of version 1 must fit in, damaged or not.
    "CREATE TABLE edits (number INTEGER PRIMARY KEY, id TEXT, body BLOB, has_events INTEGER, since REAL, sent INTEGER,"
    " checksum INTEGER)",
    "CREATE TABLE aside (number INTEGER PRIMARY KEY, id TEXT, body BLOB, fate TEXT, reason TEXT, at REAL,"
    " checksum INTEGER)",
)
_FROM_VERSION_1: Final = (
    "ALTER TABLE edits RENAME TO before",
    _TABLES[1],
    "INSERT INTO edits SELECT number, id, body, has_events, since, sent, NULL FROM before",
    "DROP TABLE before",
    "ALTER TABLE aside RENAME TO before",
    _TABLES[2],
    "INSERT INTO aside SELECT number, id, body, fate, reason, at, NULL FROM before",
    "DROP TABLE before",
)
_EDITS: Final = "SELECT number, id, body, has_events, since, sent, checksum FROM edits ORDER BY number"
_ASIDE: Final = "SELECT number, id, body, fate, reason, at, checksum FROM aside ORDER BY number"
_ADOPT_DAMAGED: Final = "INSERT INTO aside VALUES (?, '', ?, 'Unknown', ?, ?, NULL)"

_OPENING = threading.Lock()

Row = tuple[Any, ...]
Statement = tuple[str, list[Row]]


class SetAside(NamedTuple):
    """An edit that did not get through, kept in the outbox for someone to examine."""

    number: int
    """Its `index` when it was accepted; for a damaged record, a number of its own."""
    id: str
    """Its identifier; empty for a damaged record."""
    edit: dict[str, Any]
    """The whole edit as it was accepted, events stamped; empty for a damaged record."""
    fate: str
    """`Refused`, `Invalid` or `Unknown`."""
    reason: str
    """Why, without quoting the edit."""
    at: datetime
    """When it was set aside."""
    raw: bytes = b""
    """For a record that was damaged on disk, its JSON as it is now, which may be wrong anywhere; otherwise empty."""

    def __repr__(self) -> str:  # no id and no edit: they may be personal data
        return f"SetAside(number={self.number}, fate={self.fate!r}, reason={self.reason!r})"


class Found(NamedTuple):
    """An edit that was in the file when it was opened."""

    held: BufferedEdit
    was_sent: bool
    """Whether it was in a request that was not answered, or whose answer was not recorded."""


class Contents(NamedTuple):
    """What was in the file when it was opened."""

    found: list[Found]
    """The edits, in the order in which they were accepted."""
    damaged: list[int]
    """The numbers under which damaged records were set aside."""
    next_number: int
    """The first number that was never used."""


def edit_row(edit: BufferedEdit, *, sent: bool) -> Row:
    """An edit as a row of `edits`."""
    about = (edit.index, edit.id, int(edit.has_events), edit.since, int(sent))
    return (edit.index, edit.id, edit.body, *about[2:], _checksum(edit.body, about))


def aside_row(edit: BufferedEdit, fate: str, reason: str) -> Row:
    """An edit as a row of `aside`."""
    about = (edit.index, edit.id, fate, reason, time.time())
    return (edit.index, edit.id, edit.body, *about[2:], _checksum(edit.body, about))


class OutboxFile:
    """The file, once it is open. `owner` says which project and which operation it belongs to."""

    def __init__(self, path: Path, owner: str) -> None:
        self._path = path
        self._owner = owner
        self._connection: sqlite3.Connection | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> Contents:
        """Open the file, or create it. See `Outbox.open`."""
        try:
            with _OPENING:
                connection = self._lock()
            _check_structure(connection)
            self._check_version(connection)
            self._check_owner(connection)
            return _read(connection)
        except sqlite3.OperationalError as error:
            if str(error) in _BUSY:
                raise ConfigurationError(
                    f"The outbox {self._path} is in use by another buffer: use a separate file for each process."
                ) from None
            raise ConfigurationError(f"The outbox {self._path} cannot be opened: {error}.") from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter where SQLite quotes what is broken
            why = "its structure is broken" if isinstance(error, UnicodeDecodeError) else error
            raise ConfigurationError(
                f"The file {self._path} is not an outbox, or is damaged: {why}. Move it away to start a new one."
            ) from None
        except OSError as error:
            raise ConfigurationError(f"The outbox {self._path} cannot be opened: {error.strerror}.") from None

    def transact(self, statements: Sequence[Statement]) -> None:
        """Execute all of them or, if one fails, none."""
        with _transaction(self._opened) as connection:
            for statement, rows in statements:
                connection.executemany(statement, rows)

    def read_aside(self) -> list[SetAside]:
        """What was set aside, in the order in which it was accepted."""
        return [_set_aside(row) for row in self._opened.execute(_ASIDE)]

    def close(self) -> None:
        """Close the file. May be called again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _opened(self) -> sqlite3.Connection:
        assert self._connection is not None  # noqa: S101
        return self._connection

    # -- opening -------------------------------------------------------------------------------------------------

    def _lock(self) -> sqlite3.Connection:
        """The file, created if need be, and locked until it is closed.

        One thread of this process at a time: closing the descriptor of a file that was just created would end the locks
        that another buffer took on it meanwhile.
        """
        for end in _BESIDE:  # SQLite would follow a link
            private.check(self._beside(end))
        is_blank = self._make() or self._is_blank()
        self._make_private()
        self._connection = connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        connection.text_factory = _text
        connection.execute("PRAGMA synchronous = FULL")
        if is_blank:
            self._set_up(connection)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE").execute("COMMIT")  # takes the lock, for as long as it is open
        return connection

    def _make(self) -> bool:
        """Create the file, unless something has its name."""
        try:
            open(self._path, "xb", opener=private.new).close()
        except FileExistsError:
            return False
        return True

    def _is_blank(self) -> bool:
        """Whether there is nothing in the file yet. Raises `ConfigurationError` if what is in it is not ours.

        It is read without a lock and without a change. By SQLite, because to close a descriptor of our own would end
        the locks that this process may hold on it.
        """
        found = private.check(self._path)
        if found is None or not found.st_size:
            return True
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as file:
            (mark,) = file.execute("PRAGMA application_id").fetchone()
            (tables,) = file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not mark and not tables:  # version 1 wrote its mark into the log first
            mark = _mark_in_log(self._beside("-wal"))
            if mark is None:
                return True
        if mark != _MARK:
            raise ConfigurationError(f"The file {self._path} is a database, but not an outbox: choose another file.")
        return False

    def _make_private(self) -> None:
        """By name, for the same reason. SQLite gives the files beside it the same mode when it makes them."""
        private.tighten(self._path)
        for end in _BESIDE:
            if private.check(self._beside(end)) is not None:
                private.tighten(self._beside(end))

    def _beside(self, end: str) -> Path:
        return self._path.with_name(self._path.name + end)

    def _set_up(self, connection: sqlite3.Connection) -> None:
        """Create the tables before there is a log: so the mark is in the file itself, readable without a lock."""
        with _transaction(connection, "BEGIN EXCLUSIVE"):
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if tables:  # another process was faster
                return
            for table in _TABLES:
                connection.execute(table)
            connection.execute("INSERT INTO owner VALUES (?)", (self._owner,))
            connection.execute(f"PRAGMA application_id = {_MARK}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _check_version(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 1:
            _migrate(connection)
        elif version != _VERSION:
            raise ConfigurationError(
                f"The outbox {self._path} was written by another version of this package: empty it with that version,"
                " or name another file."
            )
        tables = {text for (text,) in connection.execute("SELECT sql FROM sqlite_schema")}
        if tables != set(_TABLES):
            raise sqlite3.DatabaseError("its tables are not those of an outbox")

    def _check_owner(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT name FROM owner").fetchone()
        if found is None:  # version 1 could end between making the table and filling it
            connection.execute("INSERT INTO owner VALUES (?)", (self._owner,))
        elif found[0] != self._owner:
            raise ConfigurationError(
                f"The outbox {self._path} belongs to another project or catalog: use a separate file for each."
            )


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
    connection.execute(begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _text(raw: bytes) -> str:
    """Text from the file, even if it is no longer valid: its checksum will show."""
    return raw.decode(errors="surrogateescape")


def _mark_in_log(path: Path) -> int | None:
    """The mark in the first page 1 of a write-ahead log; `None` if there is none. SQLite never locks this file."""
    try:
        log = path.open("rb")
    except FileNotFoundError:
        return None
    with log:
        head = log.read(32)
        if head and int.from_bytes(head[:4]) not in _LOG_MAGIC:
            return 0  # something else
        size = min(int.from_bytes(head[8:12]), 1 << 16)
        while len(frame := log.read(24 + size)) == 24 + size:
            if int.from_bytes(frame[:4]) == 1:
                return int.from_bytes(frame[24 + 68 : 24 + 72])
    return None


def _check_structure(connection: sqlite3.Connection) -> None:
    """Raises if pages are damaged, since rows might be missing. Single values are left to the checksums."""
    for (message,) in connection.execute("PRAGMA quick_check"):
        if message != "ok" and " value in " not in message:
            raise sqlite3.DatabaseError("its structure is broken")


def _migrate(connection: sqlite3.Connection) -> None:
    """From version 1, which had no checksums: rows that look right are trusted."""
    with _transaction(connection):
        for statement in _FROM_VERSION_1:
            connection.execute(statement)
        rows = [row[:-1] for row in connection.execute(_EDITS)]
        sums = [(_checksum_of(row), row[0]) for row in rows if _is_edit(row) and _is_object(row[2])]
        connection.executemany("UPDATE edits SET checksum = ? WHERE number = ?", sums)
        rows = [row[:-1] for row in connection.execute(_ASIDE)]
        sums = [(_checksum_of(row), row[0]) for row in rows if _is_aside(row) and _is_object(row[2])]
        connection.executemany("UPDATE aside SET checksum = ? WHERE number = ?", sums)
        connection.execute(f"PRAGMA user_version = {_VERSION}")


# -- rows ----------------------------------------------------------------------------------------------------------


def _read(connection: sqlite3.Connection) -> Contents:
    """The edits; those that are damaged are set aside first."""
    found: list[Found] = []
    damaged: list[tuple[int, bytes]] = []
    for row in connection.execute(_EDITS):
        *values, checksum = row
        if _is_edit(values) and checksum == _checksum_of(values):
            number, name, body, events, since, sent = values
            found.append(
                Found(BufferedEdit(number, name, None, body, has_events=bool(events), since=since), bool(sent))
            )
        else:
            damaged.append((values[0], _raw(values[2])))
    (last,) = connection.execute("SELECT max(number) FROM aside WHERE number < ?", (_MOST_NUMBER,)).fetchone()
    free = max(-1 if last is None else last, found[-1].held.index if found else -1) + 1
    # A damaged row gets a new number: its own may be wrong as well, and belong to another edit.
    renumbered = range(free, free + len(damaged))
    if damaged:
        now = time.time()
        with _transaction(connection):
            for number, (old, raw) in zip(renumbered, damaged, strict=True):
                connection.execute(_ADOPT_DAMAGED, (number, raw, DAMAGED, now))
                connection.execute("DELETE FROM edits WHERE number = ?", (old,))
    return Contents(found, list(renumbered), free + len(damaged))


def _set_aside(row: Row) -> SetAside:
    *values, checksum = row
    number, name, body, fate, reason, at = values
    if _is_aside(values) and checksum == _checksum_of(values):
        return SetAside(number, name, orjson.loads(body), fate, reason, datetime.fromtimestamp(at, UTC))
    return SetAside(number, "", {}, "Unknown", DAMAGED, _moment(at) or datetime.fromtimestamp(0, UTC), _raw(body))


def _checksum(body: bytes, about: tuple[Any, ...]) -> int:
    return crc32(body, crc32(ascii(about).encode()))  # not repr, which differs between versions of Unicode


def _checksum_of(values: Sequence[Any]) -> int:
    number, name, body, *rest = values
    return _checksum(body, (number, name, *rest))


def _is_edit(values: Sequence[Any]) -> bool:
    """Whether each is of its kind."""
    number, name, body, has_events, since, sent = values
    return (
        _is_item(number, name, body)
        and (type(has_events), type(sent)) == (int, int)
        and {has_events, sent} <= {0, 1}
        and (since is None or (type(since) is float and math.isfinite(since)))
    )


def _is_aside(values: Sequence[Any]) -> bool:
    """Whether each is of its kind."""
    number, name, body, fate, reason, at = values
    texts = type(fate) is str and type(reason) is str
    return _is_item(number, name, body) and texts and type(at) is float and _moment(at) is not None


def _is_item(number: Any, name: Any, body: Any) -> bool:
    return 0 <= number < _MOST_NUMBER and type(name) is str and type(body) is bytes


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _moment(at: Any) -> datetime | None:
    """When it was set aside, if that can be read."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _raw(value: Any) -> bytes:
    """Whatever a cell holds, as bytes."""
    if isinstance(value, bytes):
        return value
    return b"" if value is None else str(value).encode(errors="surrogateescape")
