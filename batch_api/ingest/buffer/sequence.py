"""The order in which edits are sent: first come, first served, and one at a time for each identifier."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from batch_api.engine.errors import BatchError
    from batch_api.ingest.items.fates import Fate


class Stage(Enum):
    """How far an edit has come."""

    ACCEPTED = "being written to the outbox"
    WAITING = "waiting to be sent"
    CHOSEN = "in a request that waits for the rate limit"
    LEFT = "sent, not yet answered"
    OVER = "finished or withdrawn"


class BufferedEdit:
    """An edit that was accepted and has no fate yet."""

    __slots__ = ("body", "caller", "has_events", "id", "index", "lost_answer", "ref", "since", "stage")

    def __init__(
        self, index: int, id: str, ref: Any, body: bytes, *, has_events: bool = False, since: float | None = None
    ) -> None:
        self.index = index
        self.id = id
        self.ref = ref
        self.body = body
        self.has_events = has_events
        self.since = since
        """When the earliest of its events happened, in seconds since 1970."""
        self.caller: asyncio.Future[Fate] | None = None
        """The caller who waits for the fate, if any."""
        self.lost_answer: BatchError | None = None
        """Set once a request that carried it may have been applied without an answer."""
        self.stage = Stage.ACCEPTED

    @property
    def is_awaited(self) -> bool:
        return self.caller is not None and not self.caller.done()

    def __repr__(self) -> str:
        return f"<BufferedEdit {self.index}: {self.stage.value}, {len(self.body)} bytes>"


class Sequencer:
    """The edits that wait.

    An edit is not ready while an earlier one of the same identifier is ready or in flight: the order in which the API
    applies edits that arrive together is not documented.
    """

    def __init__(self) -> None:
        self._ready: OrderedDict[int, BufferedEdit] = OrderedDict()
        self._behind: dict[str, OrderedDict[int, BufferedEdit]] = {}

    def __bool__(self) -> bool:
        """Whether any edit is ready."""
        return bool(self._ready)

    def __len__(self) -> int:
        """How many are ready."""
        return len(self._ready)

    def add(self, edit: BufferedEdit) -> None:
        """Queue an edit, last of all."""
        edit.stage = Stage.WAITING
        behind = self._behind.get(edit.id)
        if behind is not None:
            behind[edit.index] = edit
        else:
            self._behind[edit.id] = OrderedDict()
            self._ready[edit.index] = edit

    def take(self, *, most_items: int, most_bytes: int) -> list[BufferedEdit]:
        """The next edits, as many as fit into one request; at least one, if any is ready."""
        taken: list[BufferedEdit] = []
        size = 0
        while self._ready and len(taken) < most_items:
            first = next(iter(self._ready.values()))
            size += len(first.body) + 1
            if taken and size > most_bytes:
                break
            self._ready.popitem(last=False)
            first.stage = Stage.CHOSEN
            taken.append(first)
        return taken

    def put_back(self, edits: Iterable[BufferedEdit]) -> None:
        """None of these was applied: they come first again, in their order."""
        for edit in reversed(list(edits)):
            edit.stage = Stage.WAITING
            self._ready[edit.index] = edit
            self._ready.move_to_end(edit.index, last=False)

    def over(self, edit: BufferedEdit) -> None:
        """The edit was answered or withdrawn: the next one of the same identifier may be sent."""
        waits = edit.stage is Stage.WAITING
        edit.stage = Stage.OVER
        behind = self._behind[edit.id]
        if waits and behind.pop(edit.index, None) is not None:
            return
        self._ready.pop(edit.index, None)
        if behind:
            index, following = behind.popitem(last=False)
            self._ready[index] = following
        else:
            del self._behind[edit.id]

    def __iter__(self) -> Iterator[BufferedEdit]:
        """Those that are ready."""
        return iter(self._ready.values())
