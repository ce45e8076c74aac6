"""A buffer with an outbox: what it accepted is sent, whatever happens to the process."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_api import BatchClient, ConfigurationError
from batch_api.ingest.buffer import outbox as module
from batch_api.ingest.buffer import stamps
from batch_api.ingest.buffer.outboxfile import SetAside
from batch_api.ingest.buffer.settings import Sending
from batch_api.ingest.items.fates import Delivered, Refused, Trouble, Unknown, Unsent
from batch_api.testing import FakeBatch
from tests.ingest.test_buffer import UPDATE, connect, edit_of, event_of, now

pytestmark = pytest.mark.virtual_time
QUICK = Sending(drain=1)


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def kept(path: Path) -> list[int]:
    """The numbers of the edits in the file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM edits ORDER BY number")]


async def leave_behind(client: BatchClient, fake: FakeBatch, path: Path, *edits: Any, **options: Any) -> None:
    """Put edits into an outbox and let none of them through."""
    outage = fake.storm(UPDATE, times=None)
    async with client.profiles.buffer(path, sending=QUICK, on_trouble=lambda _: None, **options) as buffer:
        for edit in edits:
            await buffer.put(edit)
    outage.stop()


# -- accepted is on disk -----------------------------------------------------------------------------------------------


async def test_what_was_left_is_sent_by_the_next_buffer_in_order(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.storm(UPDATE, times=None, skip=1)
    await leave_behind(client, fake, path, *[edit_of(n % 3, n=n) for n in range(30)])
    fake.clear_faults()
    sent = len(fake.edits)
    assert kept(path) == list(range(sent, 30))
    async with client.profiles.buffer(path) as buffer:
        assert len(buffer) == 30 - sent
        await buffer.put(edit_of(0, n=30))
    for id in range(3):
        seen = [
            edit.edit["attributes"]["n"] for edit in fake.edits if edit.edit["identifiers"]["custom_id"] == f"u{id}"
        ]
        assert seen == sorted(set(seen))
    assert len(fake.edits) == 31
    assert kept(path) == []


async def test_put_returns_once_the_edit_is_on_disk(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    fake.delay(UPDATE, 1)
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(1))
        copies = [path.with_name(f"copy.db{end}") for end in ("", "-wal")]
        for copy, end in zip(copies, ("", "-wal"), strict=True):
            copy.write_bytes(path.with_name(path.name + end).read_bytes())
        assert kept(copies[0]) == [0]


async def test_a_thousand_that_come_together_share_their_transactions(
    fake: FakeBatch, client: BatchClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions = 0
    transact = module.Outbox._transact

    def counted(self: Any, statements: Any) -> None:
        nonlocal transactions
        transactions += 1
        transact(self, statements)

    monkeypatch.setattr(module.Outbox, "_transact", counted)
    fake.delay(UPDATE, 0.05)
    async with client.profiles.buffer(path) as buffer:
        fates = await asyncio.gather(*(buffer.update(edit_of(number)) for number in range(1000)))
    assert {type(fate) for fate in fates} == {Delivered}
    assert fake.stats[UPDATE].accepted <= 6
    assert transactions <= 12


async def test_what_was_told_to_a_caller_is_not_sent_by_the_next(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    outage = fake.storm(UPDATE, times=None)
    async with client.profiles.buffer(path, sending=QUICK) as buffer:
        waits = asyncio.create_task(buffer.update(edit_of(1)))
        await buffer.put(edit_of(2))
    outage.stop()
    assert isinstance(await waits, Unknown | Unsent)
    assert {fate.id for fate in (*buffer.remainder.unsent, *buffer.remainder.unknown)} == {"u1", "u2"}
    async with client.profiles.buffer(path):
        pass
    assert [edit.edit for edit in fake.edits] == [edit_of(2)]


async def test_cancelled_before_it_left_it_is_withdrawn_from_the_file(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    async with client.profiles.buffer(path, sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 1)
        await buffer.put(edit_of(1))
        await asyncio.sleep(0.1)
        waits = asyncio.create_task(buffer.update(edit_of(2)))
        writes = asyncio.create_task(buffer.update(edit_of(3)))
        await asyncio.sleep(0.1)
        at_once = asyncio.create_task(buffer.put(edit_of(4)))
        await asyncio.sleep(0)
        for task in (waits, writes, at_once):
            task.cancel()
        await asyncio.wait({waits, writes, at_once})
        assert len(buffer) == 1
    assert [edit.edit for edit in fake.edits] == [edit_of(0), edit_of(1)]
    assert kept(path) == []


async def test_an_outage_is_waited_out_in_the_file_whatever_the_patience(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.fail(UPDATE, 500, seconds=7200)
    fake.fail(UPDATE, 401, seconds=7200)
    async with client.profiles.buffer(path, sending=Sending(patience=10, drain=20_000)) as buffer:
        await buffer.put(edit_of(1))
        assert isinstance(await buffer.update(edit_of(2)), Unknown)  # whoever waits is told in time
    assert [edit.edit for edit in fake.edits] == [edit_of(1)]
    assert now() >= 14_000


# -- events ------------------------------------------------------------------------------------------------------------


async def test_events_that_were_under_way_end_unknown_and_their_attributes_are_sent_again(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.delay(UPDATE, 1000)
    both = edit_of(1, tier="gold") | {"events": [{"name": "order_placed"}]}
    await leave_in_flight(client, path, both, event_of(2), edit_of(3))
    fake.clear_faults()
    troubles: list[Trouble] = []
    async with client.profiles.buffer(path, on_trouble=troubles.append) as buffer:
        await buffer.flush()
        [first, second] = await buffer.aside()
        assert (first.fate, first.id, first.edit["attributes"], first.edit["events"][0]["name"]) == (
            "Unknown",
            "u1",
            {"tier": "gold"},
            "order_placed",
        )
        assert "u1" not in repr(first)
        await buffer.forget([first])
        assert await buffer.aside() == [second]
    assert [(type(trouble), trouble.id) for trouble in troubles] == [(Unknown, "u1"), (Unknown, "u2")]
    assert [edit.edit for edit in fake.edits] == [edit_of(1, tier="gold"), edit_of(3)]
    async with client.profiles.buffer(path) as buffer:
        assert await buffer.aside() == [second]


async def test_events_that_were_under_way_are_sent_again_where_that_was_asked_for(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.delay(UPDATE, 1000)
    await leave_in_flight(client, path, event_of(1), resend_events=True)
    fake.clear_faults()
    async with client.profiles.buffer(path, resend_events=True):
        pass
    assert len(fake.project().profiles.by_id["u1"].events) == 1


async def test_events_whose_turn_never_came_are_sent_by_the_next(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    fake.delay(UPDATE, 1000)
    sending = Sending(in_flight=1, drain=1)
    async with client.profiles.buffer(path, sending=sending) as buffer:
        await buffer.put(edit_of(0))
        await asyncio.sleep(0.1)
        await buffer.put(event_of(1))
    fake.clear_faults()
    async with client.profiles.buffer(path):
        pass
    assert len(fake.project().profiles.by_id["u1"].events) == 1


async def test_an_event_keeps_the_time_of_its_acceptance_and_ends_invalid_once_it_is_too_old(
    fake: FakeBatch, client: BatchClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "now", fake.time.wall)
    fake.delay(UPDATE, 1000)
    async with client.profiles.buffer(path, sending=Sending(in_flight=1, drain=1)) as buffer:
        await buffer.put(edit_of(0))
        await asyncio.sleep(0.1)
        accepted = fake.time.wall()
        await buffer.put(event_of(1))
        await buffer.put(event_of(2, time=(accepted - stamps.MOST_AGE / 2).isoformat()))
    fake.clear_faults()
    await asyncio.sleep(13 * 3600)
    async with client.profiles.buffer(path) as buffer:
        await buffer.flush()
        [old] = await buffer.aside()
    assert (old.id, old.fate) == ("u2", "Invalid")
    assert "24 hours" in old.reason
    [event] = fake.project().profiles.by_id["u1"].events
    assert event["time"] == accepted.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def leave_in_flight(client: BatchClient, path: Path, *edits: Any, **options: Any) -> None:
    """A buffer that ends while its one request is unanswered."""
    async with client.profiles.buffer(path, sending=Sending(drain=1, in_flight=1), **options) as buffer:
        await asyncio.gather(*map(buffer.put, edits))
    assert len(buffer.remainder.unknown) == len(edits)


# -- what does not get through -----------------------------------------------------------------------------------------


async def test_what_is_refused_while_nobody_waits_is_kept_aside(
    fake: FakeBatch, client: BatchClient, path: Path
) -> None:
    bad = edit_of(2) | {"attributes": []}
    async with client.profiles.buffer(path, on_trouble=lambda _: None) as buffer:
        fates = await asyncio.gather(buffer.put(edit_of(1)), buffer.put(bad), buffer.update(edit_of(3)))
        assert isinstance(fates[2], Delivered)
        await buffer.flush()
        assert [(one.fate, one.edit) for one in await buffer.aside()] == [("Refused", bad)]
        assert isinstance(await buffer.update(bad), Refused)  # whoever waits has it himself
        assert len(await buffer.aside()) == 1


async def test_only_so_many_are_kept_aside(
    fake: FakeBatch, client: BatchClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SET_ASIDE", 3)
    async with client.profiles.buffer(path, on_trouble=lambda _: None) as buffer:
        for number in range(5):
            await buffer.put(edit_of(number) | {"attributes": []})
            await buffer.flush()
        assert [one.id for one in await buffer.aside()] == ["u2", "u3", "u4"]


# -- the file ----------------------------------------------------------------------------------------------------------


async def test_nobody_else_may_read_the_file(client: BatchClient, path: Path) -> None:
    path.touch(0o644)
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(1))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"outbox.db", "outbox.db-wal"} <= modes.keys()


async def test_one_buffer_at_a_time_has_it(client: BatchClient, path: Path) -> None:
    async with client.profiles.buffer(path) as buffer:
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="in use"):
                async with client.profiles.buffer(path):
                    pass
        assert isinstance(await buffer.update(edit_of(1)), Delivered)
        other = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('SELECT 1 FROM edits')",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "locked" in other.stderr
    async with client.profiles.buffer(path):
        pass


async def test_it_belongs_to_one_project_and_one_catalog(fake: FakeBatch, client: BatchClient, path: Path) -> None:
    await leave_behind(client, fake, path, edit_of(1))
    for other in (client.for_project("project_other").profiles.buffer(path), client.catalogs.buffer("shoes", path)):
        with pytest.raises(ConfigurationError, match="another project"):
            async with other:
                pass
    assert kept(path) == [0]
    assert fake.project_key.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be taken for one" * 20, b"another database"]
)
async def test_a_file_that_is_no_outbox_is_refused_and_left_alone(
    client: BatchClient, path: Path, content: bytes
) -> None:
    if content == b"another database":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE edits (mine)")
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="not an outbox"):
        async with client.profiles.buffer(path):
            pass


async def test_a_folder_that_does_not_exist_is_named(client: BatchClient, path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        async with client.profiles.buffer(path / "deeper"):
            pass


async def test_a_disk_that_fails_loses_nothing_that_was_accepted(
    fake: FakeBatch, client: BatchClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, broken = module.Outbox._transact, False

    def fails(self: Any, statements: Any) -> None:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        transact(self, statements)

    monkeypatch.setattr(module.Outbox, "_transact", fails)
    fake.delay(UPDATE, 0.1)
    async with client.profiles.buffer(path) as buffer:
        await buffer.put(edit_of(1))
        await asyncio.sleep(0.01)
        broken = True
        with pytest.raises(module.OutboxError, match="OperationalError"):
            await buffer.put(edit_of(2))
        assert isinstance(await buffer.update(edit_of(2)), Unsent)
        assert not await buffer.flush()
        broken = False
        assert isinstance(await buffer.update(event_of(3)), Delivered)
    assert len(fake.edits) == 2
    assert kept(path) == []


# -- kill -9 -----------------------------------------------------------------------------------------------------------

PROGRAM = """
import asyncio, sys
from batch_api import BatchClient

async def main(url, path, first, events):
    async with BatchClient("any", "project_any", base_url=url, limits={"profile_update": []}) as client:
        async with client.profiles.buffer(path, resend_events=events == "resend") as buffer:
            for number in range(int(first), 10**9):
                edit = {"identifiers": {"custom_id": f"u{number % 50}"}, "attributes": {"n": number}}
                if events != "none" and number % 2:
                    edit["events"] = [{"name": "seen", "attributes": {"n": number}}]
                await buffer.put(edit)
                print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def served() -> Iterator[tuple[str, FakeBatch]]:
    """A fake on a socket, on real time, in a thread of its own."""
    fake = FakeBatch(rest_api_key=None, project_key=None, limits=False)
    fake.project_key = "project_any"
    fake.delay(UPDATE, 0.002, 0.02)
    ready: list[str] = []
    up = threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with fake.serve() as url:
            ready.append(url)
            up.set()
            await over.wait()

    over = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    up.wait(10)
    yield ready[0], fake
    loop.call_soon_threadsafe(over.set)
    thread.join(10)
    loop.close()


@pytest.mark.slow
@pytest.mark.parametrize("events", ["none", "resend", "once"])
def test_killed_at_any_moment_nothing_is_lost(served: tuple[str, FakeBatch], path: Path, events: str) -> None:
    url, fake = served
    accepted: list[int] = []
    for kill in range(4):
        first = kill * 10_000  # what was accepted, but not yet printed, has a number of its own
        command = [sys.executable, "-c", PROGRAM, url, str(path), str(first), events]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                for _ in range(100 + 37 * kill):
                    process.stdout.readline()
            finally:
                process.kill()
            printed = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        accepted += range(first, max([first + 99 + 37 * kill, *printed]) + 1)

    async def finish() -> list[SetAside]:
        async with (
            BatchClient("any", "project_any", base_url=url, limits={UPDATE: []}) as client,
            client.profiles.buffer(path, resend_events=events == "resend") as buffer,
        ):
            await buffer.flush()
            return await buffer.aside()

    aside = asyncio.run(finish())
    sent = [edit.edit for edit in fake.edits]
    assert {edit["attributes"]["n"] for edit in sent} >= set(accepted)
    shown = {edit["identifiers"]["custom_id"]: edit["attributes"]["n"] for edit in sent}
    for number in accepted:
        assert shown[f"u{number % 50}"] >= number
    tracked = [event["attributes"]["n"] for edit in sent for event in edit.get("events", ())]
    unknown = {one.edit["attributes"]["n"] for one in aside}
    assert {one.fate for one in aside} <= {"Unknown"}
    if events == "once":
        assert len(tracked) == len(set(tracked))
    if events == "resend":
        assert not aside
    if events != "none":
        assert set(tracked) | unknown >= {number for number in accepted if number % 2}
