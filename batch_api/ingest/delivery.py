"""One chunk on its way: sent, halved, sent again, until every item in it has its fate."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence

from attrs import evolve

from batch_api._generated.runtime import Encoded
from batch_api.engine.engine import Engine
from batch_api.engine.errors import APIError, BatchError, Outcome, ServerError, TransportError
from batch_api.engine.limits import Limit
from batch_api.engine.response import Response
from batch_api.engine.retry import backoff
from batch_api.ingest.fates import ErrorFate, PartlyApplied, Refused, Trouble, Unknown, Unsent
from batch_api.ingest.kinds import Kind
from batch_api.ingest.rows import Rows
from batch_api.results import PartialError, UpdateResult

MOST_SINGLE_REFUSALS = 8
"""When so many items of a chunk are refused each by itself, it is not the items: the rest is not tried one by one."""
SMALLEST_CHUNK = 50
_ABOUT_ONE_ITEM = (400, 413, 422)
_LONGEST_BACKOFF = 30.0

Turn = Callable[[], object]
"""Called each time a request has passed the gate."""


class ChunkSize:
    """How many items go into a request: fewer while rejections persist, where the limit counts items."""

    def __init__(self, most: int, limits: Sequence[Limit]) -> None:
        self._most = most
        self._counts_items = any(limit.unit == "items" for limit in limits)
        self.now = most

    def learn(self, response: Response) -> None:
        """Take note of what an answer cost."""
        if not self._counts_items:
            return
        rejections = sum(attempt.status == 429 for attempt in response.attempts)
        if rejections > 1:
            self.now = max(self.now // 2, min(SMALLEST_CHUNK, self.now))
        elif not rejections:
            self.now = min(self.now + self.now // 10 + 1, self._most)


class Delivery:
    """Sends chunks of one kind, each until all its items have their fate. Never raises for an item.

    Once a call fails for what is no item's fault, nothing more is sent: `ended_by` says why, and the items whose turn
    never came are unsent.
    """

    def __init__(
        self,
        engine: Engine,
        kind: Kind,
        *,
        resend_events: bool,
        patience: float,
        on_answer: Callable[[Response], object],
    ) -> None:
        self._engine = engine
        self._kind = kind
        self._resend_events = resend_events
        self._patience = patience
        self._on_answer = on_answer
        self._rng = random.Random()
        self.ended_by: BatchError | None = None

    async def settle(self, rows: Rows, on_turn: Turn) -> dict[int, Trouble]:
        """The troubles of these rows, by position in the source; whoever is not among them was delivered."""
        return await self._settle(rows, on_turn, refusals=[])

    async def _settle(self, rows: Rows, on_turn: Turn, *, refusals: list[BatchError]) -> dict[int, Trouble]:
        if self.ended_by is not None:
            return all_of(rows, Unsent, self.ended_by)
        try:
            response = await self._send(rows, on_turn)
        except BatchError as error:
            if _is_about_items(error):
                return await self._find_the_bad_one(rows, error, on_turn, refusals)
            if error.outcome == "unknown" and rows.has_events and not self._resend_events:
                return await self._attributes_only(rows, error, on_turn)
            self.ended_by = error
            return all_of(rows, _END[error.outcome], error)
        self._on_answer(response)
        return _refused_values(rows, response)

    async def _send(self, rows: Rows, on_turn: Turn) -> Response:
        """One request, and again while nothing gets through and nothing can be done twice."""
        kind = self._kind
        events = rows.has_events and not self._resend_events
        body = Encoded(b"%b%b%b" % (kind.prefix, rows.body, kind.suffix), len(rows), events)
        now = asyncio.get_running_loop().time
        until = now() + self._patience
        failures = 0
        while True:
            try:
                return await self._engine.send(kind.operation, body=body, on_turn=on_turn)
            except (TransportError, ServerError) as error:
                safe = error.outcome != "unknown" or not events
                if not safe or now() >= until or getattr(error, "stage", "") == "tls":
                    raise
                failures += 1
                await asyncio.sleep(min(2 + backoff(failures, self._rng), _LONGEST_BACKOFF))

    async def _find_the_bad_one(
        self, rows: Rows, error: BatchError, on_turn: Turn, refusals: list[BatchError]
    ) -> dict[int, Trouble]:
        """Halve what was refused until the bad items stand alone, and the others are through."""
        if len(rows) == 1 or len(refusals) > MOST_SINGLE_REFUSALS:
            refusals.append(error)
            return all_of(rows, Refused, error)
        troubles: dict[int, Trouble] = {}
        for half in rows.halves():
            troubles |= await self._settle(half, on_turn, refusals=refusals)
        return troubles

    async def _attributes_only(self, rows: Rows, error: BatchError, on_turn: Turn) -> dict[int, Trouble]:
        """After an answer that was lost: attributes may be written twice, events may not.

        Edits without events go again as they are. Those with events go without them, and stay unknown.
        """
        parts = [self._kind.without_events(part) for part in rows.parts()]
        changed = [at for at, (part, whole) in enumerate(zip(parts, rows.parts(), strict=True)) if part != whole]
        left = [(at, part) for at, part in enumerate(parts) if part is not None]
        troubles: dict[int, Trouble] = {}
        if left:
            rest = Rows(
                [rows.indexes[at] for at, _ in left],
                [rows.ids[at] for at, _ in left],
                None if rows.refs is None else [rows.refs[at] for at, _ in left],
                b",".join(part for _, part in left),
                [len(part) for _, part in left],
                has_events=False,
            )
            troubles = await self._settle(rest, on_turn, refusals=[])
        return troubles | all_of(rows, Unknown, error, changed)


_END: dict[Outcome, ErrorFate] = {"unknown": Unknown, "not_sent": Unsent, "refused": Refused}


def _is_about_items(error: BatchError) -> bool:
    """Whether the API refused what a call says, and took nothing of it."""
    return isinstance(error, APIError) and error.status in _ABOUT_ONE_ITEM and error.attempts[-1].outcome == "refused"


def all_of(
    rows: Rows, fate: ErrorFate, error: BatchError, positions: Iterable[int] | None = None
) -> dict[int, Trouble]:
    """One fate for all of the rows, or for some."""
    chosen = range(len(rows)) if positions is None else positions
    return {
        rows.indexes[at]: fate(rows.indexes[at], rows.ids[at], None if rows.refs is None else rows.refs[at], error)
        for at in chosen
    }


def _refused_values(rows: Rows, response: Response) -> dict[int, Trouble]:
    """The items of which the API refused a part, from an answer that took the rest."""
    if b"rror" not in response.content:
        return {}
    by_row: dict[int, list[PartialError]] = {}
    for error in UpdateResult.of(response).errors:
        # An error that names no item, or one that is not there, may concern any of them.
        positions = [error.index] if error.index is not None and 0 <= error.index < len(rows) else range(len(rows))
        for at in positions:
            by_row.setdefault(at, []).append(evolve(error, index=rows.indexes[at]))
    return {
        rows.indexes[at]: PartlyApplied(
            rows.indexes[at], rows.ids[at], None if rows.refs is None else rows.refs[at], tuple(errors)
        )
        for at, errors in by_row.items()
    }
