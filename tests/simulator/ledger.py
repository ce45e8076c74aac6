"""The book of a world: what was handed over, what left, what arrived, what was taken, and what was told.

Each thing that is to happen once has a number, which it carries as text wherever it goes: `zz17zz` for an edit, and
`ev17ev` for its event. So the bytes on the wire tell what was sent, whatever sent it.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

_EDIT = re.compile(rb"zz(\d+)zz")
_EVENT = re.compile(rb"ev(\d+)ev")


def edit_mark(number: int) -> str:
    return f"zz{number}zz"


def event_mark(number: int) -> str:
    return f"ev{number}ev"


@dataclasses.dataclass(slots=True)
class Item:
    """One edit, id, catalog item or campaign, and all that is known of it."""

    number: int
    identity: str
    """Whose it is: two of one identity have an order."""
    has_event: bool = False
    is_odd: bool = False
    """Whether the API refuses a value in it, and takes the rest."""
    once: bool = False
    """Whether to take it twice does it twice, events aside."""
    may_go_twice: bool = False
    """Whether the caller allowed that."""
    sent: int = 0
    """How often it left the client, in whole or in part."""
    first_sent: int = -1
    last_sent: int = -1
    """Places in the order of all that was sent."""
    taken: int = 0
    """How often the API took it."""
    events_taken: int = 0
    refused_values: bool = False
    """Whether the API refused a value of it when it took the rest."""
    told: list[str] = dataclasses.field(default_factory=list)
    """What the caller was told: names of fates, outcomes of errors, or `Delivered` for a call that returned."""


@dataclasses.dataclass(slots=True)
class CallRecord:
    """One call, and how it went."""

    operation: str
    deadline: float
    started: float
    items: list[Item]
    is_cut: bool = False
    """Whether the caller may give up before it ends."""
    is_last: bool = False
    """Whether it is one of those that must succeed, when all is over."""
    expected_wait: float = 0.0
    """What `wait_time` said when it began."""
    ended: float | None = None
    result: str = ""
    """`ok`, the outcome of its error, or `cut`."""
    error: str = ""


@dataclasses.dataclass(slots=True)
class Arrival:
    """One request, as the server saw it."""

    time: float
    operation: str
    cost: int
    status: int
    """What it was answered; 0 if it never was."""
    injected: bool
    """Whether the answer was not the API's own."""
    is_awaited: bool
    """Whether the client still wanted to know. What it had given up on may arrive at any time, or never."""


class Ledger:
    """The book."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.calls: list[CallRecord] = []
        self.arrivals: list[Arrival] = []
        self.accepted: set[int] = set()
        """The numbers of edits that a buffer with an outbox accepted: they must not be lost."""
        self.remembered: set[int] = set()
        """The numbers of items that some file remembers, so that they may be told of again."""
        self.orders: list[list[Item]] = []
        """For each job and buffer: its items in the order in which it got them."""
        self.jobs_done: list[list[Item]] = []
        """The items of each job with a checkpoint, that in the end was done."""
        self.left_open: set[int] = set()
        """The numbers of edits whose caller waited for their fate no longer. They are Unknown as soon as they are in a
        request, though that may wait for its connection."""
        self.patient_jobs: list[list[Item]] = []
        """The items of each job that was to outlast any trouble of its world, and was not left."""
        self.foreign_errors: list[str] = []
        """What was raised, and is none of ours."""
        self.lateness: list[str] = []
        """What took longer than it was allowed to."""
        self._sendings = 0

    def new(self, identity: str, **facts: Any) -> Item:
        item = Item(len(self.items), identity, **facts)
        self.items.append(item)
        return item

    def sent(self, data: bytes) -> None:
        """These bytes left a client."""
        for number in _numbers(_EDIT, data):
            item = self.items[number]
            self._sendings += 1
            item.sent += 1
            item.last_sent = self._sendings
            if item.first_sent < 0:
                item.first_sent = self._sendings

    def taken(self, body: bytes, partial: set[int]) -> list[int]:
        """The API took a request, but for some values of the edits at the positions `partial`."""
        numbers = _numbers(_EDIT, body)
        for position, number in enumerate(numbers):
            self.items[number].taken += 1
            self.items[number].refused_values |= position in partial
        for number in _numbers(_EVENT, body):
            self.items[number].events_taken += 1
        return numbers


def _numbers(pattern: re.Pattern[bytes], data: bytes) -> list[int]:
    return [int(found) for found in pattern.findall(data)]
