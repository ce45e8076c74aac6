"""Delivers one chunk: sent, and retried in whole or in parts, until every item in it has its fate."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from attrs import evolve

from batch_api._operation import Encoded
from batch_api.engine.engine import Engine
from batch_api.engine.errors import APIError, BatchError, ServerError, TransportError, UnreadableAnswer
from batch_api.engine.limits import Limit
from batch_api.engine.response import Response
from batch_api.engine.retry import backoff
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import PartlyApplied, Refused, Trouble, Unknown, Unsent
from batch_api.ingest.items.item_types import ItemType
from batch_api.results import PartialError, partial_errors

MOST_SINGLE_REFUSALS = 8
"""If the API refuses more single items of a chunk than this, the items are not at fault: the rest is not tried."""
SMALLEST_CHUNK = 50
"""Persistent rejections do not make chunks smaller than this."""
UNREADABLE = 30.0
"""Seconds to keep retrying, at most, while answers are unreadable: that is rarely an outage that passes."""
_ABOUT_ONE_ITEM = (400, 413, 422)
_PERSISTENT = 2  # rejections of one request in a row
_LONGEST_BACKOFF = 30.0

Turn = Callable[[], object]
"""Called each time the rate limit has let a request through."""
Troubles = dict[int, Trouble]
"""By position in the source. All other items were delivered."""


class Sent(NamedTuple):
    """The result of a request: a successful answer, or an error."""

    response: Response | None
    error: BatchError | None
    lost_answer: BatchError | None
    """The first of the failures after which the request may have been applied all the same."""


class ChunkSize:
    """How many items go into a request: fewer while rejections persist, where the limit counts items."""

    def __init__(self, most: int, limits: Sequence[Limit]) -> None:
        self._most = most
        self.counts_items = any(limit.unit == "items" for limit in limits)
        """Whether smaller chunks help against rejections."""
        self.now = most

    def halve(self) -> None:
        """Send smaller requests: rejections persist, so the limit may be lower than we think."""
        self.now = max(self.now // 2, min(SMALLEST_CHUNK, self._most))

    def learn(self, response: Response) -> None:
        """Adapt to the rejections before an answer."""
        if not self.counts_items:
            return
        rejections = sum(attempt.status == 429 for attempt in response.attempts)
        if rejections >= _PERSISTENT:
            self.halve()
        elif not rejections:
            self.now = min(self.now + self.now // 10 + 1, self._most)


class _Chunk:
    """What the parts of one chunk share while they are sent."""

    def __init__(self, on_turn: Turn) -> None:
        self.on_turn = on_turn
        self.refusals: list[BatchError] = []
        """Of single items."""

    @property
    def is_hopeless(self) -> bool:
        """Whether so many items were refused that the items are not at fault."""
        return len(self.refusals) > MOST_SINGLE_REFUSALS


class Delivery:
    """Sends chunks of one kind, each until all its items have their fate. Never raises for an item.

    Once a call fails for a reason that is not an item's, nothing more is sent: `ended_by` says why, and the items that
    remain are unsent.

    Args:
        resend_events: Retry events after a failure that leaves open whether they were applied.
        patience: Seconds to keep retrying while nothing gets through.
        on_answer: Called with each successful answer.
        until: When, on the clock of the loop, to stop.
        on_crowd: Called when a chunk is split because rejections persist; without it, none is.
        on_rejected: Called when a request was rejected, and waits for the rate limit again.
        on_unsent: Called when nothing of a request was sent, though the rate limit had let it through.
    """

    def __init__(
        self,
        engine: Engine,
        item_type: ItemType,
        *,
        resend_events: bool,
        patience: float,
        on_answer: Callable[[Response], object],
        until: float = math.inf,
        on_crowd: Turn | None = None,
        on_rejected: Turn | None = None,
        on_unsent: Turn | None = None,
    ) -> None:
        self._engine = engine
        self._item_type = item_type
        self._resend_events = resend_events
        self._patience = patience
        self._on_answer = on_answer
        self._until = until
        self._on_crowd = on_crowd
        self._on_rejected = on_rejected
        self._on_unsent = on_unsent
        self._rng = random.Random()
        self._now = asyncio.get_running_loop().time
        self._has_delivered = False
        self._losses = 0  # in a row, of requests that may not be retried
        self._losing_since = 0.0
        self._not_before = -math.inf
        self.ended_by: BatchError | None = None

    def end(self, error: BatchError) -> None:
        """Send nothing more."""
        self.ended_by = self.ended_by or error

    def left_over(self, rows: EncodedItems, error: BatchError, lost_answer: BatchError | None) -> Troubles:
        """The fates of rows whose request failed with `error`, once this error or an earlier one has ended the job."""
        fate = fate_of(error)
        return all_of(rows, fate, error if fate is Unknown else self.ended_by or error, lost_answer=lost_answer)

    async def settle(self, rows: EncodedItems, on_turn: Turn, lost_answer: BatchError | None = None) -> Troubles:
        """The troubles of these rows, by position in the source; all other rows were delivered.

        `lost_answer`: another job may have sent them before, and they may have been applied.
        """
        chunk = _Chunk(on_turn)
        if lost_answer is not None and rows.has_events and not self._resend_events:
            return await self._attributes_only(rows, lost_answer, chunk)
        return await self._settle(rows, chunk, lost_answer)

    async def _settle(self, rows: EncodedItems, chunk: _Chunk, lost_answer: BatchError | None) -> Troubles:
        """`lost_answer`: they were sent before, and may have been applied."""
        if chunk.is_hopeless:
            return all_of(rows, Refused, chunk.refusals[-1], lost_answer=lost_answer)
        if self.ended_by is not None:
            return all_of(rows, Unsent, self.ended_by, lost_answer=lost_answer)
        response, error, lost_answer = await self.send(rows, chunk.on_turn, lost_answer)
        if response is not None:
            self._has_delivered = True
            return _refused_values(rows, response)
        assert error is not None  # noqa: S101
        if is_refused(error, 429):
            return await self._ease(rows, chunk, lost_answer)
        if is_refused(error, *_ABOUT_ONE_ITEM):
            return await self._bisect(rows, error, chunk, lost_answer)
        if error.outcome == "unknown" and rows.has_events and not self._resend_events:
            return await self._attributes_only(rows, lost_answer or error, chunk)
        self.end(error)
        return self.left_over(rows, error, lost_answer)

    async def send(self, rows: EncodedItems, on_turn: Turn, lost_answer: BatchError | None = None) -> Sent:
        """Send one request, and retry it while nothing gets through and nothing can be applied twice."""
        item_type, now = self._item_type, self._now
        events = rows.has_events and not self._resend_events
        content = rows.between(item_type.prefix, item_type.suffix)
        body = Encoded(content, len(rows), events)
        failures, give_up = 0, math.inf
        await self._until_calm()
        while True:
            try:
                response = await self._engine.send(
                    item_type.operation,
                    path=item_type.path,
                    body=body,
                    deadline=max(self._until - now(), 1e-3),
                    on_turn=on_turn,
                    on_unsent=self._on_unsent,
                    waits=self._waits(len(rows)),
                )
            except BatchError as error:
                lost_answer = lost_answer or (error if error.outcome == "unknown" else None)
                patience = UNREADABLE if isinstance(error, UnreadableAnswer) else math.inf
                give_up = min(give_up, now() + min(self._patience, patience))
                seconds = min(2 + backoff(failures + 1, self._rng), _LONGEST_BACKOFF)
                in_time = now() + seconds < min(give_up, self._until)
                if not _may_pass(error) or (events and error.outcome == "unknown") or not in_time:
                    return Sent(None, error, lost_answer)
                failures += 1
                await asyncio.sleep(seconds)
            else:
                self._losses, self._not_before = 0, -math.inf
                self._on_answer(response)
                return Sent(response, None, lost_answer)

    def _waits(self, items: int) -> Callable[[Response], bool]:
        """Whether a rejected request keeps waiting: at a limit for ever, in maintenance while patience lasts.

        But where the limit counts items and rejections persist, it is split instead.
        """
        give_up = math.inf
        rejections = 0

        def waits(response: Response) -> bool:
            nonlocal give_up, rejections
            if self._on_rejected is not None:
                self._on_rejected()
            if response.status != 429:
                give_up = min(give_up, self._now() + self._patience)
                return self._now() < give_up
            rejections += 1
            return rejections < _PERSISTENT or self._on_crowd is None or items <= SMALLEST_CHUNK

        return waits

    async def _ease(self, rows: EncodedItems, chunk: _Chunk, lost_answer: BatchError | None) -> Troubles:
        """Rejections persist: send smaller chunks from now on, and split this one in two."""
        if len(rows) <= SMALLEST_CHUNK or self._on_crowd is None:
            return await self._settle(rows, chunk, lost_answer)
        self._on_crowd()
        return await self._halves(rows, chunk, lost_answer)

    async def _halves(self, rows: EncodedItems, chunk: _Chunk, lost_answer: BatchError | None) -> Troubles:
        troubles: Troubles = {}
        for half in rows.halves():
            troubles |= await self._settle(half, chunk, lost_answer)
        return troubles

    async def _bisect(
        self, rows: EncodedItems, error: BatchError, chunk: _Chunk, lost_answer: BatchError | None
    ) -> Troubles:
        """Bisect a refused chunk until the bad items are isolated and all others delivered."""
        if len(rows) > 1:
            return await self._halves(rows, chunk, lost_answer)
        chunk.refusals.append(error)
        if chunk.is_hopeless and not self._has_delivered:
            self.end(error)  # nothing was ever accepted: the fault is not in the items, but in what they belong to
        return all_of(rows, Refused, error, lost_answer=lost_answer)

    async def _attributes_only(self, rows: EncodedItems, lost_answer: BatchError, chunk: _Chunk) -> Troubles:
        """The answer was lost: attributes may be written twice, events may not.

        Edits without events are retried as they are. Those with events are retried without them, and stay unknown.
        """
        whole = rows.parts()
        parts = [self._item_type.without_events(part) for part in whole]
        with_events = [at for at, (part, all_of_it) in enumerate(zip(parts, whole, strict=True)) if part != all_of_it]
        left = [at for at, part in enumerate(parts) if part is not None]
        troubles: Troubles = {}
        if left:
            rest = evolve(rows.take(left, [part or b"" for part in parts]), has_events=False)
            troubles = await self._settle(rest, chunk, lost_answer)
        else:
            self._note_loss(lost_answer)
        return troubles | all_of(rows, Unknown, lost_answer, with_events)

    def _note_loss(self, error: BatchError) -> None:
        """Nothing is retried, so no retry shows when the API is back: slow down, and give up once patience runs out."""
        now = self._now()
        self._losing_since = self._losing_since if self._losses else now
        self._losses += 1
        self._not_before = now + min(2 + backoff(self._losses, self._rng), _LONGEST_BACKOFF)
        if now - self._losing_since >= self._patience:
            self.end(error)

    async def _until_calm(self) -> None:
        """After losses, wait. Requests that were in flight may fail meanwhile and prolong it."""
        while True:
            seconds = self._not_before - self._now()
            if seconds <= 0:
                return
            await asyncio.sleep(seconds)


def is_refused(error: BatchError, *statuses: int) -> bool:
    """Whether the last attempt was refused with one of these statuses."""
    refused = bool(error.attempts) and error.attempts[-1].outcome == "refused"
    return refused and isinstance(error, APIError) and error.status in statuses


def is_about_items(error: BatchError) -> bool:
    """Whether the API refused the content of the request, rather than the request itself."""
    return is_refused(error, *_ABOUT_ONE_ITEM)


def _may_pass(error: BatchError) -> bool:
    """Whether the failure is an outage, which ends by itself."""
    if isinstance(error, TransportError):
        return error.may_pass
    return isinstance(error, ServerError | UnreadableAnswer)


_MakeTrouble = Callable[[int, str | None, Any, BatchError], Trouble]


def fate_of(error: BatchError) -> _MakeTrouble:
    """The fate of items whose request ended the job."""
    if error.outcome == "unknown":
        return Unknown
    # Over the limit or in maintenance, the API says nothing of the items.
    return Unsent if error.outcome == "not_sent" or is_refused(error, 429, 503) else Refused


def all_of(
    rows: EncodedItems,
    fate: _MakeTrouble,
    error: BatchError,
    positions: Iterable[int] | None = None,
    *,
    lost_answer: BatchError | None = None,
) -> Troubles:
    """One fate for all of the rows, or for some. What an earlier attempt may have applied stays unknown."""
    if lost_answer is not None:
        fate, error = Unknown, lost_answer
    chosen = range(len(rows)) if positions is None else positions
    return {rows.indexes[at]: fate(rows.indexes[at], rows.ids[at], rows.ref(at), error) for at in chosen}


def _refused_values(rows: EncodedItems, response: Response) -> Troubles:
    """The items of which the API refused some values, by a successful answer."""
    by_row: dict[int, list[PartialError]] = {}
    for error in partial_errors(response.json()):
        # An error that names no item, or one that does not exist, may concern any of them.
        positions = [error.index] if error.index is not None and 0 <= error.index < len(rows) else range(len(rows))
        for at in positions:
            by_row.setdefault(at, []).append(evolve(error, index=rows.indexes[at]))
    return {
        rows.indexes[at]: PartlyApplied(rows.indexes[at], rows.ids[at], rows.ref(at), tuple(errors))
        for at, errors in by_row.items()
    }
