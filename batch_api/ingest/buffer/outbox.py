"""A file that remembers what a buffer accepted, until it is answered.

SQLite, in one file with its write-ahead log beside it. Whatever comes while a transaction is being written goes into
the next one, so a thousand edits that come together cost one wait for the disk. The transactions are written by a
thread of their own, because a disk that is slow for a moment would otherwise stop the event loop for that long.

The connection holds the file exclusively: a second process gets an error, and the lock ends with the process, however
that ends.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from batch_api.engine.errors import BatchError
from batch_api.engine.observe import logger
from batch_api.ingest.buffer.outboxfile import Contents, OutboxFile, SetAside, Statement, aside_row, edit_row
from batch_api.ingest.buffer.sequence import BufferedEdit

MOST_SET_ASIDE: Final = 10_000
"""Edits set aside at most; beyond that the oldest are deleted."""

_ADD = "INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?, ?)"
_SENT = "UPDATE edits SET sent = 1, checksum = ? WHERE number = ?"
_NOT_SENT = "UPDATE edits SET sent = 0, checksum = ? WHERE number = ?"
_DELETE = "DELETE FROM edits WHERE number = ?"
# An edit whose events were set aside may be refused later: the earlier record, with the whole edit, stays.
_SET_ASIDE = "INSERT OR IGNORE INTO aside VALUES (?, ?, ?, ?, ?, ?, ?)"
_REDUCE = "REPLACE INTO edits VALUES (?, ?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM aside WHERE number = ?"
_TRIM = "DELETE FROM aside WHERE number <= (SELECT number FROM aside ORDER BY number DESC LIMIT 1 OFFSET ?)"


class OutboxError(BatchError):
    """The outbox could not be written or read, for instance because the disk is full or failing."""

    may_pass = True


class Outbox:
    """The file. `owner` says which project and which operation it belongs to."""

    def __init__(self, path: str | os.PathLike[str], owner: str) -> None:
        self._file = OutboxFile(Path(path), owner)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch_api outbox")
        self._statements: list[Statement] = []
        self._commit: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def open(self) -> Contents:
        """Open the file, or create it. Sets damaged records aside, and returns the others.

        Raises `ConfigurationError` for a file that another process, or another buffer, has open; that belongs to
        another project or operation; that is not an outbox, or is a link to one; that cannot be opened; or whose
        structure is so damaged that edits may be missing. A refused file is left unchanged.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._file.open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Write what is left, and close the file. A cancellation is passed on once that is done."""
        if self._writer is not None:
            await through(self._writer)
        statements, self._statements = self._statements, []
        await through(asyncio.get_running_loop().run_in_executor(self._thread, self._close, statements))
        self._thread.shutdown(wait=False)

    # -- what the buffer calls -----------------------------------------------------------------------------------

    async def add(self, edit: BufferedEdit) -> None:
        """Return once the edit is on disk."""
        await self._written((_ADD, [edit_row(edit, sent=False)]))

    async def note_sent(self, edits: Iterable[BufferedEdit]) -> None:
        """Return once the disk says that these are about to be sent."""
        await self._written((_SENT, [_marked(edit, sent=True) for edit in edits]))

    def note_not_sent(self, edits: Iterable[BufferedEdit]) -> None:
        """None of these was sent or applied, after all."""
        self._note((_NOT_SENT, [_marked(edit, sent=False) for edit in edits]))

    def remove(self, edit: BufferedEdit) -> None:
        """Delete an edit that has its fate, or was withdrawn."""
        self._note((_DELETE, [(edit.index,)]))

    def set_aside(self, edit: BufferedEdit, fate: str, reason: str) -> None:
        """Keep an edit that did not get through, for someone to examine."""
        self._note((_SET_ASIDE, [aside_row(edit, fate, reason)]), (_TRIM, [(MOST_SET_ASIDE,)]))

    def reduce(self, edit: BufferedEdit) -> None:
        """Replace an edit with the part that is still to be sent."""
        self._note((_REDUCE, [edit_row(edit, sent=False)]))

    async def read_aside(self) -> list[SetAside]:
        """What was set aside, in the order in which it was accepted."""
        if self._commit is not None or self._is_writing:
            await self._written()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._file.read_aside)
        except sqlite3.Error as error:
            raise OutboxError(f"The outbox could not be read ({type(error).__name__}).") from None

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
        commit = self._commit = self._commit or loop.create_future()
        if not self._is_writing:
            self._writer = loop.create_task(self._write(), name="batch_api outbox")
        return commit  # an eager task has taken the transaction by now, and `_commit` is the next one's

    @property
    def _is_writing(self) -> bool:
        return self._writer is not None and not self._writer.done()

    async def _written(self, *statements: Statement) -> None:
        await asyncio.shield(self._note(*statements))

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._commit is not None:
            statements, self._statements = self._statements, []
            commit, self._commit = self._commit, None
            try:
                await loop.run_in_executor(self._thread, self._transact, statements)
            except Exception as error:  # of any kind: callers must not wait for ever
                self._failed(statements, commit, error)
            else:
                commit.set_result(None)

    def _failed(self, statements: list[Statement], commit: asyncio.Future[None], error: Exception) -> None:
        # Callers who wait get the error. Statements without one go with the next transaction: they must not be lost.
        self._statements = [one for one in statements if one[0] not in (_ADD, _SENT, _FORGET)] + self._statements
        commit.set_exception(OutboxError(f"The outbox could not be written ({type(error).__name__})."))
        commit.exception()  # perhaps nobody waits

    # -- in the thread -------------------------------------------------------------------------------------------

    def _transact(self, statements: Sequence[Statement]) -> None:
        self._file.transact(statements)

    def _close(self, statements: Sequence[Statement]) -> None:
        try:
            if statements and self._file.is_open:
                self._transact(statements)
        except sqlite3.Error as error:
            logger.error("the outbox could not be written (%s): some edits will be sent again", type(error).__name__)
        finally:
            self._file.close()


def _marked(edit: BufferedEdit, *, sent: bool) -> tuple[int, int]:
    """The new checksum, and the row that it is for."""
    number, *_, checksum = edit_row(edit, sent=sent)
    return checksum, number


async def through(task: asyncio.Future[None]) -> None:
    """Wait until the task is done, even if cancelled, and pass the cancellation on only then."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
