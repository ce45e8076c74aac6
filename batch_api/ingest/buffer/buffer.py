"""A buffer for web backends: a thousand handlers call at once, a few full requests go out.

It flushes when idle: an edit is sent at once if few requests are in flight; otherwise it is held, with others, until
one of them returns. Nothing waits for a timer, so there is no latency to configure, and none is added under light load.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from batch_api.engine.encode import encode_items
from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, BufferFull, ConfigurationError, DeadlineExceeded, InvalidInput
from batch_api.engine.loop import running_loop
from batch_api.engine.observe import logger
from batch_api.ingest.buffer.flow import FlowControl
from batch_api.ingest.buffer.outbox import Outbox, through
from batch_api.ingest.buffer.outboxfile import Contents, SetAside
from batch_api.ingest.buffer.sender import Sender
from batch_api.ingest.buffer.sequence import BufferedEdit, Stage
from batch_api.ingest.buffer.settings import Holding, Sending
from batch_api.ingest.buffer.stamps import stamp
from batch_api.ingest.items.fates import Delivered, Fate, Invalid, PartlyApplied, Trouble, Unknown, Unsent
from batch_api.ingest.items.item_types import ItemType


@frozen(repr=False)
class Remainder:
    """What a buffer had not finished at some moment. Truthy if there is anything."""

    unsent: tuple[Unsent, ...]
    """Accepted, but not sent."""
    unknown: tuple[Unknown, ...]
    """Sent, but not answered."""

    def __bool__(self) -> bool:
        return bool(self.unsent or self.unknown)

    def __repr__(self) -> str:
        return f"Remainder({len(self.unsent)} unsent, {len(self.unknown)} unknown)"


class Buffer:
    """A buffer of profile edits, or of the items of a catalog: `async with` it.

    `update` returns the fate of an edit; `put` returns once it is accepted. Leaving the block sends what is left. A
    buffer belongs to one event loop, and its tasks end with the block.
    """

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        what: str,
        *,
        outbox: str | PathLike[str] | None,
        resend_events: bool,
        sending: Sending | None,
        holding: Holding | None,
        on_trouble: Callable[[Trouble], object] | None,
    ) -> None:
        self._item_type = item_type
        self._holding = holding or Holding()
        self._flow = FlowControl(self._holding)
        self._outbox = None if outbox is None else Outbox(outbox, f"{what} of project {engine.project_mark}")
        self._resend_events = resend_events
        self._on_trouble = on_trouble
        sending = sending or Sending()
        self._drain = engine.deadline if sending.drain is None else sending.drain
        self._sender = Sender(
            engine,
            item_type,
            sending,
            patience=engine.deadline if sending.patience is None else sending.patience,
            resend_events=resend_events,
            outbox=self._outbox,
            finish=self._finish,
        )
        self._held: OrderedDict[int, BufferedEdit] = OrderedDict()
        self._next = 0
        self._something_ended = asyncio.Event()
        self._state = "not open yet"
        self._left: Remainder | None = None

    # -- the caller's side ---------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._state != "not open yet":
            raise ConfigurationError(f"The buffer is {self._state}: make a new one.")
        running_loop()  # fails here under another event loop, rather than at the first edit
        if self._outbox is not None:
            self._restore(await self._outbox.open(), self._outbox)
        self._state = "open"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._state = "closed"
        self._flow.close(self._not_open())
        try:
            await self.flush(self._drain)
        finally:
            await through(asyncio.ensure_future(self._end()))

    async def update(self, edit: Mapping[str, Any] | Any, ref: Any = None, *, timeout: float | None = None) -> Fate:
        """Send an edit, together with others, and return its fate. Never raises for an edit.

        Raises `BufferFull` if the buffer is full and its `when_full` is "raise".

        Args:
            edit: The edit.
            ref: Returned with the fate.
            timeout: Seconds to wait for the fate. After that the edit is withdrawn, and ends `Unsent`. If a request
                already carries it, that request continues, and the fate is `Unknown`. An edit that certainly cannot be
                sent in time ends `Unsent` at once.

        If the caller is cancelled, the edit is withdrawn in the same way.
        """
        try:
            held = self._read(edit, ref)
        except InvalidInput as error:
            return Invalid(self._number(), None, ref, error)
        held.caller = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                if timeout is not None and self._sender.wait_time() > timeout:
                    raise TimeoutError
                await self._accept(held)
                return await held.caller
        except TimeoutError:
            return self._out_of_time(held, held.caller)
        except BatchError as error:
            if isinstance(error, BufferFull) and self._holding.when_full == "raise":
                raise
            return self._not_accepted(held, error)
        except asyncio.CancelledError:
            self._withdraw(held)
            raise

    async def put(self, edit: Mapping[str, Any] | Any, ref: Any = None) -> None:
        """Return once an edit is accepted: with an outbox, once it is on disk.

        `on_trouble` is called with its fate, unless it is delivered in full. If the caller is cancelled, the edit is
        withdrawn, unless a request already carries it.

        Raises:
            InvalidInput: The edit is invalid.
            BufferFull: The buffer is full, and its `when_full` is "raise".
            ConfigurationError: The buffer is not open.
            BatchError: The outbox could not be written.
        """
        held = self._read(edit, ref)
        try:
            await self._accept(held)
        except BufferFull as error:
            if self._holding.when_full == "raise":
                raise
            self._tell(self._not_accepted(held, error))
        except asyncio.CancelledError:
            self._withdraw(held)
            raise

    async def flush(self, timeout: float | None = None) -> Remainder:
        """Wait until every edit accepted so far has its fate, for at most `timeout` seconds; return those without."""
        last = self._next
        try:
            async with asyncio.timeout(timeout):
                while self._held and next(iter(self._held)) < last:
                    self._something_ended.clear()
                    await self._something_ended.wait()
        except TimeoutError:
            return self.remainder
        return Remainder((), ())

    @property
    def remainder(self) -> Remainder:
        """The edits without a fate: those of now or, after the block, those that were left when it ended.

        With an outbox, edits that no caller waits for are kept there, and sent by the next buffer that opens it.
        """
        return _remainder(self._held.values()) if self._left is None else self._left

    def __len__(self) -> int:
        """How many edits are accepted but have no fate yet."""
        return len(self._held)

    async def aside(self) -> list[SetAside]:
        """Edits that the outbox has set aside: they ended `Refused`, `Invalid` or `Unknown` with no caller waiting.

        Records that were damaged on disk are here too, with what is left of them as `raw`. At most the last 10 000.
        Raises `ConfigurationError` without an outbox and outside the block, `OutboxError` if the file cannot be read.
        """
        return await self._open_outbox().read_aside()

    async def forget(self, kept: Iterable[SetAside]) -> None:
        """Delete these from what is set aside."""
        await self._open_outbox().forget(list(kept))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return (
            f"<Buffer of {self._item_type.operation.name}, {self._state}: {len(self)} edits, {self._flow.bytes} bytes>"
        )

    def _open_outbox(self) -> Outbox:
        if self._outbox is None:
            raise ConfigurationError("The buffer has no outbox: pass outbox= to keep what did not get through.")
        if self._state != "open":
            raise self._not_open()
        return self._outbox

    def _not_open(self) -> ConfigurationError:
        return ConfigurationError(f"The buffer is {self._state}: use it inside its `async with`.")

    # -- accepting -----------------------------------------------------------------------------------------------

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _read(self, edit: object, ref: Any) -> BufferedEdit:
        """Check and encode an edit. Raises `InvalidInput`."""
        fields = self._item_type.plain(edit)
        seen = self._item_type.check_one(fields)
        since = None
        if seen.has_events:
            fields, since = stamp(fields)
        try:
            body = encode_items([fields])
        except InvalidInput as error:
            raise InvalidInput(error.reason, path=error.path) from None
        return BufferedEdit(-1, seen.id, ref, body, has_events=seen.has_events, since=since)

    async def _accept(self, held: BufferedEdit) -> None:
        if self._state != "open":
            raise self._not_open()
        await self._flow.take(len(held.body))
        held.index = self._number()
        self._held[held.index] = held
        if self._outbox is not None:
            try:
                await self._outbox.add(held)
            except BatchError:
                self._let_go(held)
                raise
        if held.stage is Stage.ACCEPTED:
            self._sender.add(held)

    def _not_accepted(self, held: BufferedEdit, error: BatchError) -> Unsent:
        return Unsent(self._number() if held.index < 0 else held.index, held.id, held.ref, error)

    def _out_of_time(self, held: BufferedEdit, caller: asyncio.Future[Fate]) -> Fate:
        if caller.done() and not caller.cancelled():
            return caller.result()
        if self._withdraw(held):
            error = DeadlineExceeded("The edit could not be sent within its timeout.", outcome="not_sent")
            return self._not_accepted(held, error)
        error = DeadlineExceeded("The edit's timeout passed while its request was in flight.", outcome="unknown")
        return Unknown(held.index, held.id, held.ref, error)

    def _withdraw(self, held: BufferedEdit) -> bool:
        """Withdraw an edit, unless a request may already carry it. Returns whether it was withdrawn, now or before."""
        if held.stage not in (Stage.ACCEPTED, Stage.WAITING) or held.lost_answer is not None:
            return False
        if held.index in self._held:
            if held.stage is Stage.WAITING:
                self._sender.withdraw(held)
            if self._outbox is not None:
                self._outbox.remove(held)
            self._let_go(held)
        return True

    def _restore(self, left: Contents, outbox: Outbox) -> None:
        """Queue what an earlier process left, ahead of what is accepted from now on."""
        self._next = left.next_number
        for number in left.damaged:
            error = BatchError("The record of an edit in the outbox is damaged: see `aside()`.", outcome="unknown")
            self._tell(Unknown(number, None, None, error))
        for held, was_sent in left.found:
            if was_sent and held.has_events and not self._resend_events:
                self._end_events(held, outbox)
                if not held.body:
                    continue
            self._flow.fill(len(held.body))
            self._held[held.index] = held
            self._sender.add(held)

    def _end_events(self, held: BufferedEdit, outbox: Outbox) -> None:
        """Its events may have been applied and are not retried; its attributes are."""
        error = BatchError("The process ended before the answer came.", outcome="unknown")
        outbox.set_aside(held, "Unknown", str(error))
        self._tell(Unknown(held.index, held.id, None, error))
        held.body, held.has_events, held.since = self._item_type.without_events(held.body) or b"", False, None
        if held.body:
            outbox.reduce(held)
        else:
            outbox.remove(held)

    # -- ending --------------------------------------------------------------------------------------------------

    def _finish(self, held: BufferedEdit, fate: Fate) -> None:
        """Report the fate to the caller who waits for it, otherwise to the outbox and to `on_trouble`."""
        is_told = held.is_awaited
        if held.caller is not None and is_told:
            held.caller.set_result(fate)
        if self._outbox is not None:
            if not is_told and not isinstance(fate, Delivered | PartlyApplied):
                self._outbox.set_aside(held, type(fate).__name__, str(fate.error))
            self._outbox.remove(held)
        self._let_go(held)
        if not is_told and not isinstance(fate, Delivered):
            self._tell(fate)

    def _let_go(self, held: BufferedEdit) -> None:
        held.stage = Stage.OVER
        del self._held[held.index]
        self._flow.free(len(held.body))
        self._something_ended.set()

    def _tell(self, trouble: Trouble) -> None:
        if self._on_trouble is None:
            logger.warning("an edit of the buffer ended as %r", trouble)
            return
        try:
            self._on_trouble(trouble)
        except Exception:
            # No traceback: what it raises may quote anything.
            logger.error("on_trouble raised an exception, which was ignored; the buffer continues")

    async def _end(self) -> None:
        """Send nothing more: end the tasks, and give what is left its fate, or keep it in the outbox."""
        await self._sender.stop()
        self._left = _remainder(self._held.values())
        fates: list[Unsent | Unknown] = [*self._left.unsent, *self._left.unknown]
        for fate in fates:
            held = self._held[fate.index]
            if self._outbox is None or held.is_awaited:
                self._finish(held, fate)
            else:
                if held.stage is Stage.CHOSEN:
                    self._outbox.note_not_sent([held])
                self._let_go(held)
        if self._outbox is not None:
            await self._outbox.close()


def _remainder(edits: Iterable[BufferedEdit]) -> Remainder:
    error = DeadlineExceeded("The buffer could not be emptied in time.", outcome="not_sent")
    lost = DeadlineExceeded("The buffer could not be emptied in time.", outcome="unknown")
    unsent: list[Unsent] = []
    unknown: list[Unknown] = []
    for edit in edits:
        if edit.stage is Stage.LEFT or edit.lost_answer is not None:
            unknown.append(Unknown(edit.index, edit.id, edit.ref, edit.lost_answer or lost))
        else:
            unsent.append(Unsent(edit.index, edit.id, edit.ref, error))
    return Remainder(tuple(unsent), tuple(unknown))
