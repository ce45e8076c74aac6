"""A file that remembers what a buffer accepted, until it is answered.

SQLite, in one file with its write-ahead log beside it. Whatever comes while a transaction is being written goes into
the next one, so a thousand edits that come together cost one wait for the disk. The transactions are written by a
thread of their own, because a disk that is slow for a moment would else stop the event loop for that long.

The connection holds the file exclusively: a second process gets an error, and the lock ends with the process however
that ends.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from batch_api.engine.errors import BatchError, ConfigurationError
from batch_api.engine.observe import logger
from batch_api.ingest.order import Held

MOST_SET_ASIDE: Final = 10_000
"""Edits kept aside at most; beyond that the oldest are forgotten."""

_MARK: Final = 0x42617463  # in the head of the file: whose it is
_VERSION: Final = 1
_BUSY = ("database is locked", "database table is locked")

_SCHEMA = f"""
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
PRAGMA application_id = {_MARK};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_ADD = "INSERT INTO edits (number, id, body, has_events, since) VALUES (?, ?, ?, ?, ?)"
_SENT = "UPDATE edits SET sent = 1 WHERE number = ?"
_NOT_SENT = "UPDATE edits SET sent = 0 WHERE number = ?"
_DELETE = "DELETE FROM edits WHERE number = ?"
_SET_ASIDE = "INSERT OR REPLACE INTO aside SELECT number, id, body, ?, ?, ? FROM edits WHERE number = ?"
_REDUCE = "UPDATE edits SET body = ?, has_events = 0, since = NULL, sent = 0 WHERE number = ?"
_FORGET = "DELETE FROM aside WHERE number = ?"
_TRIM = "DELETE FROM aside WHERE number <= (SELECT number FROM aside ORDER BY number DESC LIMIT 1 OFFSET ?)"

Statement = tuple[str, list[tuple[Any, ...]]]


class OutboxError(BatchError):
    """The outbox could not be written: the disk is full, or fails."""

    may_pass = True


class SetAside(NamedTuple):
    """An edit that did not get through, kept in the outbox for someone to look at."""

    number: int
    """Its `index` when it was accepted."""
    id: str
    edit: dict[str, Any]
    """The whole edit as it was accepted, events stamped."""
    fate: str
    """`Refused`, `Invalid` or `Unknown`."""
    reason: str
    """Why; quotes nothing of the edit."""
    at: datetime

    def __repr__(self) -> str:  # no id and no edit: they are people's
        return f"SetAside(number={self.number}, fate={self.fate!r}, reason={self.reason!r})"


class Found(NamedTuple):
    """An edit that was in the file when it was opened."""

    held: Held
    was_sent: bool
    """Whether it was in a request that was not answered, or whose answer was not noted."""


class Outbox:
    """The file. `owner` says which project and which operation it belongs to."""

    def __init__(self, path: str | os.PathLike[str], owner: str) -> None:
        self._path = Path(path)
        self._owner = owner
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch_api outbox")
        self._connection: sqlite3.Connection | None = None
        self._statements: list[Statement] = []
        self._commit: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self.next_number = 0
        """The first number that was never given."""

    async def open(self) -> list[Found]:
        """Open the file, or make it. Returns what is in it, in the order in which it was accepted.

        Raises `ConfigurationError` for a file that another process, or another buffer, has open; that belongs to
        another project or operation; that is no outbox; or that cannot be opened.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Write what is left, and let go of the file. A cancellation is passed on once that is done."""
        if self._writer is not None:
            await through(self._writer)
        statements, self._statements = self._statements, []
        await through(asyncio.get_running_loop().run_in_executor(self._thread, self._close, statements))
        self._thread.shutdown(wait=False)

    # -- what the buffer tells it --------------------------------------------------------------------------------

    async def add(self, edit: Held) -> None:
        """Return once the edit is on disk."""
        row = (edit.index, edit.id, edit.body, edit.has_events, edit.since)
        await self._written((_ADD, [row]))

    async def note_sent(self, edits: Iterable[Held]) -> None:
        """Return once it is on disk that these are about to be sent."""
        await self._written((_SENT, [(edit.index,) for edit in edits]))

    def note_not_sent(self, edits: Iterable[Held]) -> None:
        """Nothing of these was taken, after all."""
        self._note((_NOT_SENT, [(edit.index,) for edit in edits]))

    def remove(self, edit: Held) -> None:
        """It has its fate, or was withdrawn."""
        self._note((_DELETE, [(edit.index,)]))

    def set_aside(self, edit: Held, fate: str, reason: str) -> None:
        """Keep an edit that did not get through, for someone to look at."""
        self._note((_SET_ASIDE, [(fate, reason, time.time(), edit.index)]), (_TRIM, [(MOST_SET_ASIDE,)]))

    def reduce(self, edit: Held) -> None:
        """Only this much of the edit is still to be sent."""
        self._note((_REDUCE, [(edit.body, edit.index)]))

    async def read_aside(self) -> list[SetAside]:
        """What was kept aside, in the order in which it was accepted."""
        if self._statements or self._writer is not None:
            await self._written()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read_aside)

    async def forget(self, kept: Iterable[SetAside]) -> None:
        """Return once these are no longer kept."""
        await self._written((_FORGET, [(one.number,) for one in kept]))

    # -- one transaction for all that has gathered ---------------------------------------------------------------

    def _note(self, *statements: Statement) -> asyncio.Future[None]:
        """Write these with the next transaction; the future is that transaction's."""
        loop = asyncio.get_running_loop()
        for text, rows in statements:
            if self._statements and self._statements[-1][0] == text:
                self._statements[-1][1].extend(rows)
            else:
                self._statements.append((text, rows))
        if self._commit is None:
            self._commit = loop.create_future()
        if self._writer is None:
            self._writer = loop.create_task(self._write(), name="batch_api outbox")
        return self._commit

    async def _written(self, *statements: Statement) -> None:
        await asyncio.shield(self._note(*statements))

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._commit is not None:
                statements, self._statements = self._statements, []
                commit, self._commit = self._commit, None
                try:
                    await loop.run_in_executor(self._thread, self._transact, statements)
                except sqlite3.Error as error:
                    self._failed(statements, commit, error)
                else:
                    commit.set_result(None)
        finally:
            self._writer = None

    def _failed(self, statements: list[Statement], commit: asyncio.Future[None], error: sqlite3.Error) -> None:
        # Those who wait hear of it. What nobody waits for goes with the next transaction: these must not be lost.
        self._statements = [one for one in statements if one[0] not in (_ADD, _SENT, _FORGET)] + self._statements
        commit.set_exception(OutboxError(f"The outbox could not be written ({type(error).__name__})."))
        commit.exception()  # perhaps nobody waits

    # -- in the thread -------------------------------------------------------------------------------------------

    def _open(self) -> list[Found]:
        try:
            self._make_private()
            self._connection = connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE").execute("COMMIT")  # takes the lock, for as long as it is open
            self._check_owner(connection)
            return self._read(connection)
        except sqlite3.OperationalError as error:
            if str(error) in _BUSY:
                raise ConfigurationError(
                    f"The outbox {self._path} is in use: one buffer at a time. Give each process a file of its own."
                ) from None
            raise ConfigurationError(f"The outbox {self._path} cannot be opened: {error}.") from None
        except sqlite3.DatabaseError as error:
            raise ConfigurationError(f"The file {self._path} is no outbox: {error}.") from None
        except OSError as error:
            raise ConfigurationError(f"The outbox {self._path} cannot be opened: {error.strerror}.") from None

    def _make_private(self) -> None:
        """The file is readable by its owner alone; SQLite gives the files beside it the same mode."""
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            # By name: to close a descriptor of it would end the locks that another buffer of this process holds.
            self._path.chmod(0o600)

    def _check_owner(self, connection: sqlite3.Connection) -> None:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables == 0:
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO owner VALUES (?)", (self._owner,))
            return
        if mark != _MARK:
            raise ConfigurationError(f"The file {self._path} is a database, but no outbox.")
        if version != _VERSION:
            raise ConfigurationError(f"The outbox {self._path} was made by another version of this package.")
        found = connection.execute("SELECT name FROM owner").fetchone()
        if found is None:  # the process ended between the two
            connection.execute("INSERT INTO owner VALUES (?)", (self._owner,))
        elif found[0] != self._owner:
            raise ConfigurationError(
                f"The outbox {self._path} belongs to another project or catalog: give each a file of its own."
            )

    def _read(self, connection: sqlite3.Connection) -> list[Found]:
        rows = connection.execute("SELECT number, id, body, has_events, since, sent FROM edits ORDER BY number")
        found = [
            Found(Held(number, name, None, body, has_events=bool(events), since=since), bool(sent))
            for number, name, body, events, since, sent in rows
        ]
        (last,) = connection.execute(
            "SELECT max(number) FROM (SELECT max(number) AS number FROM edits UNION SELECT max(number) FROM aside)"
        ).fetchone()
        self.next_number = 0 if last is None else last + 1
        return found

    def _read_aside(self) -> list[SetAside]:
        assert self._connection is not None  # noqa: S101
        rows = self._connection.execute("SELECT number, id, body, fate, reason, at FROM aside ORDER BY number")
        return [
            SetAside(number, name, orjson.loads(body), fate, reason, datetime.fromtimestamp(at, UTC))
            for number, name, body, fate, reason, at in rows
        ]

    def _transact(self, statements: Sequence[Statement]) -> None:
        connection = self._connection
        assert connection is not None  # noqa: S101
        connection.execute("BEGIN")
        try:
            for statement, rows in statements:
                connection.executemany(statement, rows)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _close(self, statements: Sequence[Statement]) -> None:
        if self._connection is None:
            return
        try:
            if statements:
                self._transact(statements)
        except sqlite3.Error as error:
            logger.error("the outbox could not be written (%s): some of it will be sent again", type(error).__name__)
        finally:
            self._connection.close()
            self._connection = None


async def through(task: asyncio.Future[None]) -> None:
    """Wait until it is done, whatever happens meanwhile, and pass a cancellation on only then."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
