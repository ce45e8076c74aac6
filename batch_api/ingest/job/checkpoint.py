"""What a job has done, on disk: so that the same call continues after whatever ended the one before.

A file of two slots, each with a sequence number and a checksum. They are written in turns and flushed each time, so one
of them is always whole, and the higher number counts. A chunk is noted before its first byte leaves, again once it is
answered, and struck out when the caller has seen its fates. So after kill -9 it is known what was certainly applied,
what certainly was not, and what is uncertain: at most the chunks that were in flight.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import orjson

from batch_api.engine.arguments import text
from batch_api.engine.errors import BatchError, ConfigurationError, InvalidInput
from batch_api.engine.observe import logger
from batch_api.ingest import private
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import ChunkResult, Delivered, PartlyApplied, Trouble, Unknown, Unsent, result_of
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.items.reading import Window
from batch_api.ingest.job.spans import Spans
from batch_api.ingest.sources.files import FileSource, Mark
from batch_api.ingest.threads import in_thread

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two processes with one checkpoint go unnoticed there
    fcntl = None

SLOT = 1 << 16
"""Bytes from one slot to the next. What is written is a few hundred, unless much is out of order."""
_HEAD = struct.Struct("<8sQII")  # magic, sequence, length and checksum of what follows
_MAGIC = b"BatchCP2"
_flush = getattr(os, "fdatasync", os.fsync)


class Checkpoint:
    """The memory of one job, for one process at a time. Its file is readable by its owner alone (mode 0600).

    With an iterable, it is up to the caller that the next call has the same items in the same order, and that other
    items come under another name of `run`. A file is identified by its size and the SHA-256 of its content, wherever it
    is and whatever its date: reading it once takes little time compared with sending it, and nothing less would notice
    a cell changed in the middle.
    """

    def __init__(self, path: str | os.PathLike[str], *, run: str | None = None) -> None:
        self.path = Path(path)
        self.run = None if run is None else text(run, "run")
        """The name of this run; `None` if it has none."""
        self.start = Mark(0, 0, 1)
        """Where to resume. Items after it may be done, too."""
        self.is_finished = False
        """Whether all items have their fates."""
        self.fates: Counter[str] = Counter()
        """How many ended in each fate, in all calls together."""
        self.earlier: Counter[str] = Counter()
        """The same, for the calls that this one resumes."""
        self.was_finished = False
        """Whether those finished the job: then this one has nothing to do."""
        self._what = ""
        self._source: dict[str, Any] | None = None
        self._file: IO[bytes] | None = None
        self._input: FileSource | None = None
        self._done = Spans()  # the caller has seen its fate
        self._delivered = Spans()  # delivered in full, but the caller has not seen it yet
        self._sent = Spans()  # sent, and perhaps applied
        self._doubtful = Spans()  # sent by an earlier call
        self._taken = Spans()  # delivered by an earlier call
        self._stripped: set[int] = set()
        self._sequence = 0
        self._wanted = self._saved = 0
        self._saving = asyncio.Lock()

    # -- beginning and end ---------------------------------------------------------------------------------------

    async def open(self, what: str, source: object) -> None:
        """Read what an earlier call left, or begin.

        Args:
            what: Which job it is: a checkpoint is of no use to another one.
            source: Where the items come from. A file is set to begin at `start`.

        A finished checkpoint starts afresh for another job, another run or a changed file: there is nothing in it to
        lose. Raises `ConfigurationError` for an unfinished one of another job or run; for a finished one, where the
        source is no file and the run has no name, because nothing would be sent; for one that another process holds or
        that is damaged; and for a link or anything but a file of ours, which is left unchanged. Raises `InvalidInput`
        if the source file has changed, or is compressed and not whole; and `OSError`.
        """
        self._input = source if isinstance(source, FileSource) else None
        identity = None if self._input is None else await asyncio.to_thread(_identity, self._input)
        if self.run is not None:
            identity = {**(identity or {}), "run": self.run}
        self._what, self._source = what, identity
        self._file = _locked(self.path)
        try:
            await self._begin()
        except BaseException:
            self.close()
            raise

    async def _begin(self) -> None:
        what, identity = self._what, self._source
        assert self._file is not None  # noqa: S101
        state = self._read(self._file)
        private.tighten(self._file.fileno())
        if state is None or (state["finished"] and (state["what"], state["source"]) != (what, identity)):
            await self._save()
            return
        if state["what"] != what:
            raise ConfigurationError(
                f"The checkpoint {self.path} belongs to another job, which is not finished: {state['what']}. Name"
                " another file, or delete this one to abandon that job."
            )
        if _run_of(state["source"]) != self.run:
            raise ConfigurationError(
                f"The checkpoint {self.path} belongs to another run, which is not finished: {_run_of(state['source'])}."
                " Finish that one, with its items, or delete the checkpoint to abandon it."
            )
        if state["source"] != identity:
            raise InvalidInput(
                "the file has changed since the job began, so the job cannot be resumed. Restore the old file, or"
                f" delete the checkpoint {self.path} to start from the beginning",
                path="source",
            )
        if state["finished"] and identity is None:
            raise ConfigurationError(
                f"The job of the checkpoint {self.path} is finished, so nothing would be sent. If these are other"
                " items, name each run, as in run='2026-02-28', or delete the checkpoint."
            )
        self._take(state)
        if self.was_finished:
            logger.warning("the job of a checkpoint is finished already: nothing is sent")

    def _take(self, state: dict[str, Any]) -> None:
        self.is_finished = self.was_finished = state["finished"]
        self.fates = Counter(state["fates"])
        self.earlier = Counter(state["fates"])
        self._done = Spans(state["done"])
        self._delivered, self._taken = Spans(state["delivered"]), Spans(state["delivered"])
        self._sent, self._doubtful = Spans(state["sent"]), Spans(state["sent"])
        if self._input is not None:
            self.start = Mark(*state["mark"])
            self._input.start_at(self.start)

    @property
    def done(self) -> int:
        """How many items are done, anywhere in the source."""
        return sum(stop - start for start, stop in self._done)

    @property
    def has_delivered(self) -> bool:
        """Whether anything was delivered in full."""
        return self.fates["Delivered"] > 0 or len(self._delivered) > 0

    async def finish(self, total: int) -> None:
        """Note that the source ended after `total` items. If all have their fates, the job is finished."""
        self.is_finished = self.was_finished or self._done.prefix == total
        await self._save()

    def close(self) -> None:
        """Close the file. May be called again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- while the job runs --------------------------------------------------------------------------------------

    def sift(
        self, item_type: ItemType, window: Window, *, resend_events: bool
    ) -> tuple[EncodedItems | None, ChunkResult]:
        """The items of a window that are still to be sent, and the fates of the others.

        Items that an earlier call delivered are not sent again. Edits that it may have delivered are sent without
        their events, unless `resend_events`.
        """
        troubles: list[Trouble] = [fate for fate in window.invalid if fate.index not in self._done]
        rows = window.rows
        if rows is None or rows.indexes[0] >= max(self._done.end, self._taken.end, self._doubtful.end):
            return rows, result_of(troubles)
        contents = rows.parts()
        left: list[int] = []
        taken: list[int] = []
        for at, index in enumerate(rows.indexes):
            if index in self._done:
                continue
            if index in self._taken:
                taken.append(at)
                continue
            if rows.has_events and not resend_events and index in self._doubtful:
                without = item_type.without_events(contents[at])
                if without is None:
                    troubles.append(Unknown(index, rows.ids[at], rows.ref(at), _lost_answer()))
                    continue
                if without != contents[at]:
                    contents[at] = without
                    self._stripped.add(index)
            left.append(at)
        delivered = [Delivered(rows.indexes[at], rows.ids[at], rows.ref(at)) for at in taken]
        return (rows.take(left, contents) if left else None), result_of([*troubles, *delivered])

    def unconfirmed(self, indexes: Iterable[int], ids: Sequence[str | None], refs: Sequence[Any]) -> dict[int, Trouble]:
        """The items of a chunk that were sent without their events: whatever their answer, they stay unknown."""
        if not self._stripped:
            return {}
        return {
            index: Unknown(index, name, ref, _lost_answer())
            for index, name, ref in zip(indexes, ids, refs, strict=True)
            if index in self._stripped
        }

    async def sending(self, indexes: Sequence[int]) -> None:
        """Note what is about to be sent. When this returns, it is on disk."""
        self._sent.add(indexes)
        await self._save()

    async def answered(self, result: ChunkResult) -> None:
        """Note the answer for a chunk. When this returns, it is on disk.

        Only items that may have been applied in part stay unknown until the caller has seen their fates.
        """
        self._sent.remove(result.indexes)
        self._delivered.add(result.indexes)
        self._delivered.remove(list(result.troubles))
        self._sent.add([index for index, fate in result.troubles.items() if isinstance(fate, PartlyApplied | Unknown)])
        await self._save()

    async def told(self, result: ChunkResult, ended_by: BatchError | None) -> None:
        """Note that the caller has seen these fates.

        Items that have their fates only because the job ended, by `ended_by`, are not done: the next call sends them.
        If nothing of an item can have been applied, it counts as never sent.
        """
        left = [trouble for trouble in result.troubles.values() if is_open(trouble, ended_by)]
        self._done.add(result.indexes)
        self._delivered.remove(result.indexes)
        self._sent.remove(result.indexes)
        self.fates["Delivered"] += result.delivered
        self.fates.update(type(trouble).__name__ for trouble in result.troubles.values())
        self.fates.subtract(type(trouble).__name__ for trouble in left)
        self.fates = +self.fates
        self._done.remove([trouble.index for trouble in left])
        self._sent.add([trouble.index for trouble in left if isinstance(trouble, Unknown)])
        await self._save()

    # -- the file ------------------------------------------------------------------------------------------------

    async def _save(self) -> None:
        """Write the current state in a thread, since a disk may stall. Calls made meanwhile share the next write."""
        self._wanted += 1
        mine = self._wanted
        async with self._saving:
            if self._saved < mine and self._file is not None:
                self._sequence += 1
                writing = self._wanted
                await in_thread(_write, self._file, self._sequence, self._state())
                self._saved = writing

    def _state(self) -> bytes:
        if self._input is not None:
            self.start = self._input.mark(self._done.prefix)
        state = {
            "what": self._what,
            "source": self._source,
            "finished": self.is_finished,
            "fates": self.fates,
            "mark": [self.start.index, self.start.offset, self.start.line],
            "done": list(self._done),
            "delivered": list(self._delivered),
            "sent": list(self._sent),
        }
        content = orjson.dumps(state)
        if len(content) > SLOT - _HEAD.size:
            # Some thousand spans do not fit. Keep the first, and count all after it as sent and unanswered.
            prefix = self._done.prefix
            end = max(self._done.end, self._delivered.end, self._sent.end)
            done = [[0, prefix]] if prefix else []
            content = orjson.dumps({**state, "done": done, "delivered": [], "sent": [[prefix, end]]})
        return content

    def _read(self, file: IO[bytes]) -> dict[str, Any] | None:
        """The state saved last; `None` if none ever was."""
        found = [slot for number in (0, 1) if (slot := _read_slot(file, number)) is not None]
        if found:
            self._sequence, content = max(found)
            state: dict[str, Any] = orjson.loads(content)
            return state
        size = os.fstat(file.fileno()).st_size
        if size and not _is_first_write(file, size):
            raise ConfigurationError(f"{self.path} is not a checkpoint, or is damaged: choose another file.")
        return None

    def __repr__(self) -> str:
        return f"<Checkpoint {self.path.name}: {self._done.prefix} items done>"


def is_open(trouble: Trouble, ended_by: BatchError | None) -> bool:
    """Whether another call may still give the item a better fate."""
    if isinstance(trouble, Unsent):
        return True
    return ended_by is not None and (isinstance(trouble, Unknown) or trouble.error is ended_by)


def _lost_answer() -> BatchError:
    return BatchError("It was sent before the job was interrupted, and the answer is not known.", outcome="unknown")


def _run_of(source: dict[str, Any] | None) -> str | None:
    return None if source is None else source.get("run")


def _identity(source: FileSource) -> dict[str, Any]:
    """What tells a file from others. One that is compressed and damaged is found here, before anything is sent."""
    source.check_whole()
    with source.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"size": file.tell(), "sha256": digest}


def _locked(path: Path) -> IO[bytes]:
    """The file, created if need be, and locked until it is closed. An existing one is not changed."""
    try:
        file = open(path, "x+b", buffering=0, opener=private.new)  # noqa: SIM115
    except FileExistsError:
        file = open(path, "r+b", buffering=0, opener=private.existing)  # noqa: SIM115
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise ConfigurationError(f"Another process is using the checkpoint {path}.") from None
    return file


def _write(file: IO[bytes], sequence: int, content: bytes) -> None:
    head = _HEAD.pack(_MAGIC, sequence, len(content), zlib.crc32(content, sequence & 0xFFFFFFFF))
    file.seek((sequence + 1) % 2 * SLOT)
    if file.write(head + content) != len(head) + len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    _flush(file.fileno())


def _read_slot(file: IO[bytes], number: int) -> tuple[int, bytes] | None:
    file.seek(number * SLOT)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    magic, sequence, length, checksum = _HEAD.unpack(head)
    content = file.read(length) if magic == _MAGIC and length <= SLOT else b""
    whole = len(content) == length and length > 0 and zlib.crc32(content, sequence & 0xFFFFFFFF) == checksum
    return (sequence, content) if whole else None


def _is_first_write(file: IO[bytes], size: int) -> bool:
    """Whether it is a first write that was cut short: then nothing was sent either."""
    file.seek(0)
    content = file.read(SLOT + 1)
    return size <= SLOT and (content.startswith(_MAGIC[:size]) or not any(content))
