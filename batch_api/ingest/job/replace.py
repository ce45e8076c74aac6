"""Replaces the content of an audience with more ids than one request may carry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from attrs import evolve

from batch_api.engine.errors import BatchError
from batch_api.ingest.items.encoded import EncodedItems
from batch_api.ingest.items.fates import Refused
from batch_api.ingest.items.item_types import AudienceContent, ItemType
from batch_api.ingest.sending.delivery import MOST_SINGLE_REFUSALS, Delivery, Troubles, Turn, all_of, is_about_items
from batch_api.results import named


class AudienceIncomplete(BatchError):
    """The audience was emptied, but the job ended before all new ids were added. `__cause__` says why.

    Run the whole job again: it replaces from scratch or, with a checkpoint, continues without emptying the audience.
    """


class Replacement(NamedTuple):
    """What `mode="replace"` needs."""

    content: ItemType
    """How the first chunk is sent."""
    wait: Callable[[str | None], Awaitable[object]]
    """Returns when the change with this token is applied."""


class Opening:
    """The first chunk of `mode="replace"`: it empties the audience, and nothing else may be sent until that is applied.

    It is never sent again after an update: that would remove what was added since.
    """

    def __init__(self, content: Delivery, updates: Delivery, wait: Callable[[str | None], Awaitable[object]]) -> None:
        self._content = content
        self._updates = updates
        self._wait = wait
        self._refusals = 0
        self.began = False
        """Whether the audience was emptied, or may have been."""
        self.is_over = False
        """Whether the audience was emptied, so that updates may follow."""
        self._is_taken_up = False

    def take_up(self) -> None:
        """An earlier call emptied the audience, but may have ended before that was applied."""
        self.began = self._is_taken_up = True

    async def settle(self, rows: EncodedItems, on_turn: Turn) -> Troubles:
        """Replace with as many of the rows as the API takes at once, then add the others."""
        updates = self._updates
        if updates.ended_by is None and self._is_taken_up:
            await self._until_applied(None)  # waits for the latest change, since only the earlier call knew the token
        if updates.ended_by is not None or self._is_taken_up:
            return await updates.settle(rows, on_turn)
        content = evolve(rows, bodies=(b",".join(AudienceContent.of(rows.parts())),))
        response, error, lost_answer = await self._content.send(content, on_turn)
        self.began = self.began or response is not None or lost_answer is not None
        if response is not None:
            await self._until_applied(named(response.json(), "indexing_token"))
            return {}
        assert error is not None  # noqa: S101
        if not is_about_items(error):
            updates.end(error)
            return updates.left_over(rows, error, lost_answer)
        if len(rows) > 1:
            return await self._by_halves(rows, on_turn)
        self._refusals += 1
        if self._refusals > MOST_SINGLE_REFUSALS:
            updates.end(error)  # the ids are not at fault
        return all_of(rows, Refused, error, lost_answer=lost_answer)

    async def _by_halves(self, rows: EncodedItems, on_turn: Turn) -> Troubles:
        """Some id is invalid: replace with the first half that the API accepts, and find the id in the updates."""
        first, second = rows.halves()
        troubles = await self.settle(first, on_turn)
        after = self._updates.settle if self.is_over else self.settle
        return troubles | await after(second, on_turn)

    async def _until_applied(self, token: str | None) -> None:
        try:
            await self._wait(token)
        except BatchError as error:
            self._updates.end(error)
        self.is_over = True
