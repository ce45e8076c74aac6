"""Sends the edits of a buffer: at once while few requests are in flight, otherwise together with others."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from typing import Final, TypeGuard

from batch_api.engine.engine import Engine
from batch_api.engine.errors import BatchError, ConfigurationError, InvalidInput
from batch_api.engine.observe import logger
from batch_api.engine.retry import backoff
from batch_api.ingest.buffer.outbox import Outbox
from batch_api.ingest.buffer.sequence import BufferedEdit, Sequencer, Stage
from batch_api.ingest.buffer.settings import Sending
from batch_api.ingest.buffer.stamps import TOO_OLD, is_too_old
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import Delivered, Fate, Invalid, Refused, Trouble, Unknown, Unsent
from batch_api.ingest.items.item_types import ItemType
from batch_api.ingest.sending.delivery import ChunkSize, Delivery, all_of, is_about_items

LONGEST_PAUSE: Final = 10.0
"""Seconds between two retries while nothing gets through, at most."""
_DOUBLINGS: Final = 8  # of the pause between two retries


class _Chunk:
    """The edits of one request, and how far it has come."""

    def __init__(self, edits: list[BufferedEdit]) -> None:
        self.edits = edits
        self._unanswered = 0

    def left(self) -> None:
        """It is about to be sent."""
        self._unanswered += 1
        self._set(Stage.LEFT)

    def took_nothing(self) -> None:
        """A part was rejected, or not even sent. Once that holds for all parts, the chunk counts as never sent."""
        self._unanswered -= 1
        if not self._unanswered:
            self._set(Stage.CHOSEN)

    def _set(self, stage: Stage) -> None:
        for edit in self.edits:
            edit.stage = stage


class Sender:
    """Sends what is added, in the order of `Sequencer`, and calls `finish` with the fate of each.

    Its only timer runs while nothing gets through: then one request at a time is tried, with pauses in between.
    """

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        sending: Sending,
        *,
        patience: float,
        resend_events: bool,
        outbox: Outbox | None,
        finish: Callable[[BufferedEdit, Fate], None],
    ) -> None:
        self._engine = engine
        self._item_type = item_type
        most = item_type.operation.max_items
        if most is not None and sending.most_items > most:
            raise ConfigurationError(
                f"Expected most_items of at most {most}, got {sending.most_items}: a request of"
                f" {item_type.operation.name} takes no more."
            )
        self._sending = sending
        self._size = ChunkSize(sending.most_items, engine.limits_of(item_type.operation))
        self._patience = patience
        self._resend_events = resend_events
        self._outbox = outbox
        self._finish = finish
        self._sequencer = Sequencer()
        self._requests: set[asyncio.Task[None]] = set()
        self._at_gate: _Chunk | None = None
        self._is_due = False
        self._is_stopped = False
        self._failures = 0
        self._failing_since = math.inf
        self._pause: asyncio.TimerHandle | None = None
        self._rng = random.Random()

    def add(self, edit: BufferedEdit) -> None:
        """Send this, when its turn comes."""
        self._sequencer.add(edit)
        self._soon()

    def withdraw(self, edit: BufferedEdit) -> None:
        """Do not send this edit, which is still waiting."""
        self._sequencer.over(edit)
        self._soon()

    def wait_time(self) -> float:
        """Seconds that a request made now would wait for the rate limit."""
        return self._engine.wait_time(self._item_type.operation.name)

    async def stop(self) -> None:
        """End all requests. The edits that they carried stay as they are."""
        self._is_stopped = True
        if self._pause is not None:
            self._pause.cancel()
        for request in self._requests:
            request.cancel()
        if self._requests:
            await asyncio.wait(self._requests)

    # -- starting requests ---------------------------------------------------------------------------------------

    def _soon(self) -> None:
        """Look for something to send once the handlers that are ready now have run and added their edits."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._send_some)

    def _send_some(self) -> None:
        """Start a request, if one may start. The next one starts once the rate limit has let this one through."""
        self._is_due = False
        most = 1 if self._failures else self._sending.in_flight
        if self._is_stopped or self._pause or self._at_gate or len(self._requests) >= most:
            return
        if len(self._sequencer) == 1 and 2 <= most - 1 == len(self._requests):
            return  # the last request in flight carries several edits: a single one waits for more, or for an answer
        edits = self._next_edits()
        if edits:
            self._at_gate = chunk = _Chunk(edits)
            request = asyncio.get_running_loop().create_task(self._request(chunk), name="batch_api buffer")
            self._requests.add(request)
            request.add_done_callback(self._returned)

    def _next_edits(self) -> list[BufferedEdit]:
        """The edits to send next. Those whose events have become too old end here."""
        edits: list[BufferedEdit] = []
        while self._sequencer and not edits:
            for edit in self._sequencer.take(most_items=self._size.now, most_bytes=self._sending.most_bytes):
                if is_too_old(edit.since):
                    error = InvalidInput(TOO_OLD, path="events")
                    self._end(edit, Invalid(edit.index, edit.id, edit.ref, error))
                else:
                    edits.append(edit)
        return edits

    def _passed(self, chunk: _Chunk) -> None:
        """The rate limit let a request through: another may wait for it now."""
        if self._at_gate is chunk:
            self._at_gate = None
            self._soon()
        if any(is_too_old(edit.since) for edit in chunk.edits):
            raise _CameTooLate
        chunk.left()

    def _returned(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        self._soon()

    # -- one request ---------------------------------------------------------------------------------------------

    async def _request(self, chunk: _Chunk) -> None:
        try:
            troubles = await self._settle(chunk)
        finally:
            if self._at_gate is chunk:
                self._at_gate = None
        self._note_outcome(chunk, troubles)
        again = [edit for edit in chunk.edits if self._may_retry(edit, troubles.get(edit.index))]
        if again:
            if self._outbox is not None:
                self._outbox.note_not_sent(again)
            self._sequencer.put_back(again)
        for edit in chunk.edits:
            if edit.stage is not Stage.WAITING:
                self._end(edit, troubles.get(edit.index) or Delivered(edit.index, edit.id, edit.ref))

    async def _settle(self, chunk: _Chunk) -> dict[int, Trouble]:
        """Send a chunk once: edits that fail through no fault of their own may be retried with a later chunk."""
        rows = _rows(chunk.edits)
        delivery = Delivery(
            self._engine,
            self._item_type,
            resend_events=self._resend_events,
            patience=0.0,
            on_answer=self._size.learn,
            on_crowd=self._size.halve if self._size.counts_items else None,
            on_rejected=chunk.took_nothing,
            on_unsent=chunk.took_nothing,
        )
        try:
            if self._outbox is not None and rows.has_events and not self._resend_events:
                await self._outbox.note_sent(chunk.edits)
            return await delivery.settle(rows, lambda: self._passed(chunk))
        except BatchError as error:  # of the outbox
            return all_of(rows, Unsent, error)
        except Exception as error:  # of a transport of the caller's; its text may quote anything
            logger.error("a request of the buffer failed with %s", type(error).__name__)
            broken = BatchError(f"The request failed with {type(error).__name__}.", outcome="unknown")
            return all_of(rows, Unknown, broken)

    def _note_outcome(self, chunk: _Chunk, troubles: dict[int, Trouble]) -> None:
        """Note whether anything gets through at all."""
        failures = [trouble for trouble in troubles.values() if _never_arrived(trouble)]
        if len(failures) < len(chunk.edits):
            self._failures, self._failing_since = 0, math.inf
        elif not isinstance(failures[0].error, _CameTooLate):
            loop = asyncio.get_running_loop()
            self._failures += 1
            self._failing_since = min(self._failing_since, loop.time())
            seconds = min(backoff(min(self._failures, _DOUBLINGS), self._rng), LONGEST_PAUSE)
            if self._pause is None:
                self._pause = loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        self._soon()

    def _may_retry(self, edit: BufferedEdit, trouble: Trouble | None) -> bool:
        """Whether the edit may get through later, and cannot be applied twice."""
        if trouble is None or not _never_arrived(trouble):
            return False
        error = trouble.error
        if isinstance(trouble, Unknown):
            edit.lost_answer = error
            if edit.has_events and not self._resend_events:
                return False
        if self._outbox is not None and not edit.is_awaited:
            return True
        turn = asyncio.get_running_loop().time() + self.wait_time()
        return error.may_pass and turn < self._failing_since + self._patience

    def _end(self, edit: BufferedEdit, fate: Fate) -> None:
        self._sequencer.over(edit)
        if isinstance(fate, Unsent) and is_about_items(fate.error):
            # So many single edits were refused that the rest was not tried.
            fate = Refused(edit.index, edit.id, edit.ref, fate.error)
        if edit.lost_answer is not None and isinstance(fate, Refused | Unsent):
            fate = Unknown(edit.index, edit.id, edit.ref, edit.lost_answer)  # an earlier request may have been applied
        self._finish(edit, fate)


class _CameTooLate(BatchError):
    """When the rate limit let a request through, one of its events had become too old."""

    may_pass = True


def _never_arrived(trouble: Trouble) -> TypeGuard[Refused | Unsent | Unknown]:
    """Whether, as far as we know, the API never examined the edit."""
    return isinstance(trouble, Refused | Unsent | Unknown) and not is_about_items(trouble.error)


def _rows(edits: list[BufferedEdit]) -> EncodedItems:
    return EncodedItems(
        [edit.index for edit in edits],
        [edit.id for edit in edits],
        [edit.ref for edit in edits],
        tuple(edit.body for edit in edits),
        any(edit.has_events for edit in edits),
    )
