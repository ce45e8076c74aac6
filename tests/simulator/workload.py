"""What a process does with its client: calls, jobs and buffers, and callers that lose patience."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson

from batch_api import BatchClient, BatchError, Fate, Holding, Sending, UpdateResult
from tests.simulator.ledger import CallRecord, Item, Ledger, edit_mark, event_mark
from tests.simulator.machine import Machine
from tests.simulator.trace import Trace

AUDIENCE, CATALOG = "vip", "stock"
HAIR = 0.05
"""Seconds by which anything may be late."""
LONGEST_TROUBLE = 120.0
"""Seconds of patience that outlast whatever goes wrong in a world."""
MOST_TURNS = 25
"""Turns of the loop after which a call is cancelled, at most: about as many as it has."""
LAST_WRITES = 1.0
"""Seconds that the writes to a checkpoint may take after a job's deadline."""
CAMPAIGN = {
    "state": "DRAFT",
    "when": {"start_time": "2031-01-01T00:00:00Z"},
    "messages": [{"channel_type": "push", "platform_type": ["ios"], "body": "New items"}],
}


class Calling(NamedTuple):
    """A call that is ready to be made."""

    operation: str
    items: list[Item]
    make: Callable[[BatchClient], Awaitable[object]]


class Desk:
    """Where the actors of a process find what they share."""

    def __init__(self, client: BatchClient, ledger: Ledger, trace: Trace, rng: random.Random, folder: Path) -> None:
        self.client = client
        self.ledger = ledger
        self.trace = trace
        self.rng = rng
        self.folder = folder

    def identity(self) -> str:
        """One of few, so that two edits are often of one."""
        return f"u{self.rng.randint(1, 12)}"

    def new_edit(self) -> Item:
        """An edit of a profile: some with an event, some with a value that is refused."""
        rng = self.rng
        return self.ledger.new(self.identity(), has_event=rng.random() < 0.3, is_odd=rng.random() < 0.1)

    async def rest(self, mean: float) -> None:
        await asyncio.sleep(self.rng.expovariate(1 / mean) if mean else 0.0)


def edit_of(item: Item) -> Any:
    edit: dict[str, Any] = {
        "identifiers": {"custom_id": item.identity},
        "attributes": {"serial": edit_mark(item.number), **({"note": ""} if item.is_odd else {})},
    }
    if item.has_event:
        edit["events"] = [{"name": event_mark(item.number)}]
    return edit


def member_of(item: Item) -> Any:
    return {"action": "add", "id": item.identity, "attributes": {"serial": edit_mark(item.number)}}


# -- single calls ---------------------------------------------------------------------------------


def draw_call(desk: Desk, names: tuple[str, ...]) -> Calling:
    return CALLS[desk.rng.choice(names)](desk)


def _update(desk: Desk) -> Calling:
    items = [desk.new_edit() for _ in range(desk.rng.choice([1, 1, 1, 3]))]
    return Calling("profile_update", items, lambda client: client.profiles.update(list(map(edit_of, items))))


def _safe_update(desk: Desk) -> Calling:
    item = desk.ledger.new(desk.identity())
    return Calling("profile_update", [item], lambda client: client.profiles.update([edit_of(item)]))


def _big_update(desk: Desk) -> Calling:
    items = [desk.ledger.new(f"u{number}") for number in range(desk.rng.choice([60, 100]))]
    return Calling("profile_update", items, lambda client: client.profiles.update(list(map(edit_of, items))))


def _mass_update(desk: Desk) -> Calling:
    items = [desk.new_edit() for _ in range(4)]
    return Calling("profile_mass_update", items, lambda client: client.profiles.mass_update(list(map(edit_of, items))))


def _edit_items(desk: Desk) -> Calling:
    items = [desk.ledger.new(desk.identity()) for _ in range(2)]
    return Calling(
        "catalog_items_edit", items, lambda client: client.catalogs.edit_items(CATALOG, list(map(member_of, items)))
    )


def _audience(desk: Desk) -> Calling:
    items = [desk.ledger.new(desk.identity()) for _ in range(2)]
    return Calling(
        "audience_update", items, lambda client: client.audiences.update(AUDIENCE, list(map(member_of, items)))
    )


def _campaign(desk: Desk) -> Calling:
    item = desk.ledger.new("campaign", once=True)
    campaign: Any = {**CAMPAIGN, "name": edit_mark(item.number)}
    return Calling("campaign_create", [item], lambda client: client.campaigns.create(campaign))


def _segments(desk: Desk) -> Calling:
    async def walk(client: BatchClient) -> None:
        async for _ in client.segments.list():
            pass

    return Calling("segment_list", [], walk)


CALLS: dict[str, Callable[[Desk], Calling]] = {
    "update": _update,
    "safe update": _safe_update,
    "big update": _big_update,
    "mass update": _mass_update,
    "edit items": _edit_items,
    "audience": _audience,
    "campaign": _campaign,
    "segments": _segments,
}


async def make_call(
    desk: Desk, calling: Calling, options: dict[str, Any], *, is_cut: bool = False, is_last: bool = False
) -> CallRecord:
    """Make a call, and write down what the caller was told."""
    now = asyncio.get_running_loop().time
    client = desk.client.with_options(**options) if options else desk.client
    record = CallRecord(calling.operation, options.get("deadline", 300.0), now(), calling.items, is_cut, is_last)
    record.expected_wait = client.wait_time(calling.operation, max(len(calling.items), 1))
    if options.get("resend_unsafe"):
        for item in calling.items:
            item.may_go_twice = True
    desk.ledger.calls.append(record)
    numbers = [item.number for item in calling.items]
    desk.trace(calling.operation, f"called with {_short(numbers)}")
    try:
        result = await calling.make(client)
    except BatchError as error:
        record.result, record.error = error.outcome, f"{type(error).__name__}: {error}"
        for item in calling.items:
            item.told.append(error.outcome)
    except asyncio.CancelledError:
        record.result = "cut"
        raise
    except Exception as error:
        record.result = "broke"
        desk.ledger.foreign_errors.append(f"{calling.operation} raised {error!r}")
    else:
        record.result = "ok"
        partly = {error.index for error in result.errors} if isinstance(result, UpdateResult) else set()
        for position, item in enumerate(calling.items):
            item.told.append("PartlyApplied" if position in partly or None in partly else "Delivered")
    finally:
        record.ended = now()
        desk.trace(calling.operation, f"{_short(numbers)} ended: {record.result} {record.error}")
    return record


class Caller(NamedTuple):
    """Makes calls one after another, or without waiting for each other (`rate`)."""

    calls: int
    names: tuple[str, ...]
    gap: float
    """Seconds between two calls, in the mean."""
    waits: bool
    """Whether it waits for one call before it makes the next."""
    options: dict[str, Any]
    cut_rate: float

    async def run(self, desk: Desk) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self.calls):
                calling = draw_call(desk, self.names)
                if desk.rng.random() < self.cut_rate:
                    making = _cut_somehow(desk, calling, self.options)
                else:
                    making = _alone(desk, calling, self.options)
                task = group.create_task(making)
                if self.waits:
                    await task
                await desk.rest(self.gap)


async def _alone(desk: Desk, calling: Calling, options: dict[str, Any]) -> None:
    await make_call(desk, calling, options)


async def _cut_somehow(desk: Desk, calling: Calling, options: dict[str, Any]) -> None:
    """Make a call, and lose patience with it."""
    rng = desk.rng
    seconds = rng.choice([0.0, 0.001, 0.03, 0.3]) * rng.random()
    how = rng.choice(["turns", "turns", "time", "timeout", "sibling"])
    making = make_call(desk, calling, options, is_cut=True)
    if how == "timeout":
        try:
            async with asyncio.timeout(seconds):
                await making
        except TimeoutError:
            pass
    elif how == "sibling":
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(making)
                await asyncio.sleep(seconds)
                raise _SiblingFailed
        except* _SiblingFailed:
            pass
    else:
        await _cancelled(desk, asyncio.create_task(making), calling.operation, seconds if how == "time" else None)


async def _cancelled(desk: Desk, task: asyncio.Task[Any], what: str, seconds: float | None) -> None:
    """Cancel it after so many seconds, or after any number of turns of the loop, and see that it ends."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Machine)
    cut_at = math.inf

    def cut() -> None:
        nonlocal cut_at
        if not task.done():
            cut_at = loop.time()
            task.cancel()

    if seconds is None:
        loop.after_turns(desk.rng.randint(0, MOST_TURNS), cut)
    else:
        loop.call_later(seconds, cut)
    await asyncio.wait({task})
    if loop.time() > cut_at + HAIR:
        desk.ledger.lateness.append(f"{what}, cancelled at {cut_at:.3f}, ended much later")


class _SiblingFailed(Exception):
    """A task beside the call failed."""


# -- jobs ---------------------------------------------------------------------------------


class Ingest(NamedTuple):
    """One job."""

    items: int
    what: str
    form: str
    choices: dict[str, Any]
    checkpoint: str | None
    leave_after: int | None
    """After so many fates it is left."""

    async def run(self, desk: Desk) -> None:
        items = self.make_items(desk)
        desk.ledger.orders.append(items)
        await self.go_through(desk, items)

    def make_items(self, desk: Desk) -> list[Item]:
        if self.what in ("update", "mass-update"):
            return [desk.new_edit() for _ in range(self.items)]
        return [desk.ledger.new(desk.identity()) for _ in range(self.items)]

    async def again(self, desk: Desk, items: list[Item]) -> None:
        """Run it once more, with what its checkpoint remembers, to the end."""
        patient = {**self.choices, "patience": 600.0, "deadline": None}
        await self._replace(choices=patient, leave_after=None).go_through(desk, items)

    async def go_through(self, desk: Desk, items: list[Item]) -> None:
        """Send the items, with what is remembered of an earlier life, and note their fates."""
        name, now = f"ingest {self.what}", asyncio.get_running_loop().time
        path = None if self.checkpoint is None else desk.folder / self.checkpoint
        if path is not None:
            desk.ledger.remembered |= {item.number for item in items}
        job = self._job(desk, items, path)
        started, seen = now(), 0
        try:
            async with job:
                async for fate in job:
                    desk.trace(name, f"{items[fate.index].number} is {type(fate).__name__}{_why(fate)}")
                    items[fate.index].told.append(type(fate).__name__)
                    seen += 1
                    if seen == self.leave_after:
                        return
        except BatchError as error:
            desk.trace(name, f"raised {error}")
            return
        finally:
            took = now() - started
            if took > (self.choices.get("deadline") or math.inf) + LAST_WRITES:
                desk.ledger.lateness.append(f"{name} took {took:.3f} s, its deadline is {self.choices['deadline']}")
        for item in items:
            if not item.told:
                item.told.append("nothing")
        if self.choices["patience"] > LONGEST_TROUBLE and not self.choices.get("deadline"):
            desk.ledger.patient_jobs.append(items)
        if self.checkpoint is not None and job.ended_by is None:
            desk.ledger.jobs_done.append(items)

    def _job(self, desk: Desk, items: list[Item], path: Path | None) -> Any:
        client, choices = desk.client, {**self.choices, "checkpoint": path, "run": None if path is None else "one"}
        if self.what == "catalog":
            return client.catalogs.ingest(CATALOG, self._as_source(desk, items, member_of), **choices)
        if self.what == "audience":
            return client.audiences.ingest(AUDIENCE, self._as_source(desk, items, member_of), **choices)
        return client.profiles.ingest(self._as_source(desk, items, edit_of), endpoint=cast(Any, self.what), **choices)

    def _as_source(self, desk: Desk, items: list[Item], content: Callable[[Item], dict[str, Any]]) -> Any:
        if self.form == "list":
            return list(map(content, items))
        if self.form == "generator":
            return _slowly(desk, items, content)
        if self.form == "iterator":
            return _one_by_one(items, content)
        path = desk.folder / f"items-{items[0].number}.jsonl"
        if not path.exists():
            path.write_bytes(b"".join(orjson.dumps(content(item)) + b"\n" for item in items))
        return path


async def _slowly(
    desk: Desk, items: list[Item], content: Callable[[Item], dict[str, Any]]
) -> AsyncIterator[dict[str, Any]]:
    for number, item in enumerate(items):
        if number % 7 == 0:
            await asyncio.sleep(0.01)
        yield content(item)


def _one_by_one(items: list[Item], content: Callable[[Item], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield content(item)


# -- buffers ---------------------------------------------------------------------------------


class Buffering(NamedTuple):
    """A buffer, and handlers that use it."""

    handlers: int
    edits: int
    """Of each handler."""
    gap: float
    outbox: str | None
    sending: dict[str, Any]
    most: int
    timeout: float | None
    cut_rate: float

    async def run(self, desk: Desk) -> None:
        order: list[Item] = []
        desk.ledger.orders.append(order)
        by_number: dict[int, Item] = {}
        put: list[Item] = []
        buffer = self.open(desk, lambda fate: self._trouble(desk, by_number, fate))
        async with buffer, asyncio.TaskGroup() as group:
            for _ in range(self.handlers):
                group.create_task(self._handle(desk, buffer, order, by_number, put))
        self._note_left(desk, buffer, by_number, put)

    def open(self, desk: Desk, on_trouble: Callable[[Any], object]) -> Any:
        path = None if self.outbox is None else desk.folder / self.outbox
        return desk.client.profiles.buffer(
            path, sending=Sending(**self.sending), holding=Holding(most_items=self.most), on_trouble=on_trouble
        )

    async def _handle(
        self, desk: Desk, buffer: Any, order: list[Item], by_number: dict[int, Item], put: list[Item]
    ) -> None:
        for _ in range(self.edits):
            item = desk.new_edit()
            by_number[item.number] = item
            order.append(item)
            if desk.rng.random() < self.cut_rate:
                await self._cut(desk, buffer, item)
            elif desk.rng.random() < 0.5:
                await buffer.put(edit_of(item), item.number)
                desk.trace("buffer", f"accepted {item.number}")
                put.append(item)
                if self.outbox is not None:
                    desk.ledger.accepted.add(item.number)
                    desk.ledger.remembered.add(item.number)
            else:
                await self._update(desk, buffer, item)
            await desk.rest(self.gap)

    async def _update(self, desk: Desk, buffer: Any, item: Item) -> None:
        now = asyncio.get_running_loop().time
        started = now()
        fate = await buffer.update(edit_of(item), item.number, timeout=self.timeout)
        if self.timeout is not None and now() - started >= self.timeout:
            desk.ledger.left_open.add(item.number)
        if self.timeout is not None and now() - started > self.timeout + HAIR:
            desk.ledger.lateness.append(f"buffer.update took {now() - started:.3f} s, its timeout is {self.timeout}")
        desk.trace("buffer", f"{item.number} is {type(fate).__name__}{_why(fate)}")
        item.told.append(type(fate).__name__)

    async def _cut(self, desk: Desk, buffer: Any, item: Item) -> None:
        task = asyncio.create_task(self._update(desk, buffer, item))
        await _cancelled(desk, task, "buffer.update", None)
        desk.trace("buffer", f"{item.number} was cut")

    def _trouble(self, desk: Desk, by_number: dict[int, Item], fate: Any) -> None:
        desk.trace("buffer", f"on_trouble: {fate.ref} is {type(fate).__name__}{_why(fate)}")
        if fate.ref is not None:
            item = by_number[fate.ref]
            if item.number in desk.ledger.accepted or not item.told:
                item.told.append(type(fate).__name__)

    def _note_left(self, desk: Desk, buffer: Any, by_number: dict[int, Item], put: list[Item]) -> None:
        """What was put and is not told of was delivered, unless it was left."""
        left = {fate.ref for fate in (*buffer.remainder.unsent, *buffer.remainder.unknown)}
        desk.trace("buffer", f"closed, left {_short(sorted(number for number in left if number is not None))}")
        for item in put:
            if not item.told and item.number not in left:
                item.told.append("Delivered")

    async def recover(self, desk: Desk) -> None:
        """Send what an earlier life left in the outbox."""
        async with self.open(desk, lambda fate: None) as buffer:
            await buffer.flush(3600)
            for aside in await buffer.aside():
                number = int(aside.edit["attributes"]["serial"].strip("z"))
                desk.trace("buffer", f"{number} is aside: {aside.fate}")
                desk.ledger.items[number].told.append(f"aside {aside.fate}")


Actor = Caller | Ingest | Buffering


def _why(fate: Fate) -> str:
    error = getattr(fate, "error", None)
    return "" if error is None else f" ({error})"


def _short(numbers: list[int]) -> str:
    return str(numbers) if len(numbers) <= 6 else f"{numbers[0]} to {numbers[-1]}"
