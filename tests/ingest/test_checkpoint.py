"""A job that was cut off goes on where it stopped: nothing is lost, and what was repeated was in flight."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import random
import stat
import statistics
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, ConfigurationError, DeadlineExceeded, InvalidInput, Progress
from batch_api.ingest.items.fates import Delivered, Refused, Unknown
from batch_api.ingest.job import checkpoint as checkpoint_module
from batch_api.ingest.job.checkpoint import SLOT, Checkpoint
from batch_api.ingest.job.spans import Spans
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run

KEY, PROJECT = "rest_of_checkpoints", "project_of_checkpoints"


def profile(number: int, *, event: bool = False) -> dict[str, Any]:
    edit: dict[str, Any] = {"identifiers": {"custom_id": f"u{number}"}, "attributes": {"n": number}}
    return {**edit, "events": [{"name": "seen", "attributes": {"n": number}}]} if event else edit


def write(path: Path, edits: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(edit) + b"\n" for edit in edits))
    return path


def a_fake() -> FakeBatch:
    return FakeBatch(rest_api_key=KEY, project_key=PROJECT, limits=False)


def a_client(fake: FakeBatch, *, key: str = KEY, project: str = PROJECT) -> BatchClient:
    none: dict[str, list[Any]] = {"profile_update": [], "profile_mass_update": [], "audience_update": []}
    return BatchClient(key, project, transport=fake.transport(), limits=none)


async def send(client: BatchClient, source: Any, checkpoint: Path, **options: Any) -> list[Any]:
    """All fates of a call that comes to its end."""
    job = client.profiles.ingest(source, checkpoint=checkpoint, **{"chunk_size": 10, **options})
    return [fate async for fate in job]


def received(fake: FakeBatch) -> Counter[str]:
    return Counter(edit.edit["identifiers"]["custom_id"] for edit in fake.edits)


def events(fake: FakeBatch) -> Counter[str]:
    return Counter(edit.edit["identifiers"]["custom_id"] for edit in fake.edits if edit.edit.get("events"))


# -- going on --------------------------------------------------------------------------------------------------------


@pytest.mark.virtual_time
@pytest.mark.parametrize("as_path", [True, False])
async def test_the_same_call_goes_on(tmp_path: Path, as_path: bool) -> None:
    edits = [profile(number) for number in range(200)]
    path = write(tmp_path / "a.jsonl", edits)
    source: Any = path if as_path else edits
    fake = a_fake()
    fake.delay(None, 0.02, 0.05)
    async with a_client(fake) as client:
        seen = 0
        async with client.profiles.ingest(source, checkpoint=tmp_path / "point", chunk_size=10) as job:
            async for chunk in job.by_chunk():
                seen += len(chunk)
                if seen >= 100:
                    break
        fates = await send(client, source, tmp_path / "point")
        assert 90 <= 200 - len(fates) <= 100, "all but the last chunk was noted"
        assert all(isinstance(fate, Delivered) for fate in fates)
        assert set(received(fake)) == {f"u{number}" for number in range(200)}
        assert sum(received(fake).values()) <= 200 + 50, "what was in flight, and what was not looked at"
        sent = len(fake.edits)
        if as_path:
            assert await send(client, source, tmp_path / "point") == []
        else:
            with pytest.raises(ConfigurationError, match="is finished, so nothing would be sent"):
                await send(client, source, tmp_path / "point")
        assert len(fake.edits) == sent, "a finished job sends nothing"


@pytest.mark.virtual_time
@pytest.mark.parametrize("resend", [False, True])
async def test_what_was_answered_is_not_sent_again_though_nobody_saw_it(tmp_path: Path, resend: bool) -> None:
    """The caller looks at nothing, and the process ends: the next call tells the fates and sends the rest."""
    path = write(tmp_path / "a.jsonl", [profile(number, event=True) for number in range(200)])
    fake = a_fake()
    fake.delay(None, 0.02, 0.05)
    async with a_client(fake) as client:
        async with client.profiles.ingest(path, checkpoint=tmp_path / "point", chunk_size=10):
            await asyncio.sleep(60)  # the job goes no further than some chunks ahead of its caller
        assert 10 < sum(events(fake).values()) < 200
        fates = await send(client, path, tmp_path / "point", resend_events=resend)
    assert Counter(type(fate) for fate in fates) == {Delivered: 200}
    assert sorted(fate.index for fate in fates) == list(range(200))
    assert set(events(fake).values()) == {1}


@pytest.mark.virtual_time
async def test_an_answer_that_nobody_saw_is_told_by_the_next_call(tmp_path: Path) -> None:
    edits: list[Any] = [profile(number, event=True) for number in range(30)]
    edits[13]["attributes"] = "gold"  # refused
    edits[25]["attributes"]["Gold"] = 1  # taken in part, and its event: nobody will ever know for certain
    fake = a_fake()
    async with a_client(fake) as client:
        async with client.profiles.ingest(edits, checkpoint=tmp_path / "point", chunk_size=10):
            await asyncio.sleep(60)
        refs = [(edit, number) for number, edit in enumerate(edits)]
        fates = {fate.index: fate for fate in await send(client, refs, tmp_path / "point")}
    assert sorted(fates) == list(range(30))
    assert all(fate.ref == index for index, fate in fates.items())
    kinds = {index: type(fate) for index, fate in fates.items() if type(fate) is not Delivered}
    assert kinds == {13: Refused, 25: Unknown}
    assert set(events(fake).values()) == {1}


@pytest.mark.virtual_time
@pytest.mark.parametrize("as_path", [True, False])
async def test_progress_goes_on_too(tmp_path: Path, as_path: bool) -> None:
    edits = [profile(number) for number in range(1000)]
    path = write(tmp_path / "a.jsonl", edits)
    source: Any = path if as_path else edits
    fake = a_fake()
    fake.delay(None, 1.0)
    parts: list[float | None] = []
    left: list[float | None] = []
    async with a_client(fake) as client:
        async with client.profiles.ingest(source, checkpoint=tmp_path / "point", chunk_size=10) as job:
            seen = 0
            async for chunk in job.by_chunk():
                seen += len(chunk)
                if seen > 700:
                    break

        def note(progress: Progress) -> None:
            parts.append(progress.part)
            left.append(progress.seconds_left)

        job = client.profiles.ingest(source, checkpoint=tmp_path / "point", chunk_size=10, on_progress=note)
        await job.collect()
        assert job.progress.earlier == 700
        assert job.progress.done == 300
    assert parts[0] is not None
    assert 0.69 < parts[0] < 0.8
    assert parts[-1] == pytest.approx(1.0)
    assert left[-1] == pytest.approx(0.0)
    known = [seconds for seconds in left if seconds is not None]
    assert statistics.median(known) < 12, "300 items in threes of ten, a second each"


@pytest.mark.virtual_time
async def test_a_deadline_is_for_what_is_left(tmp_path: Path) -> None:
    edits = [profile(number) for number in range(40_000)]
    fake = FakeBatch(rest_api_key=KEY, project_key=PROJECT)
    async with BatchClient(KEY, PROJECT, transport=fake.transport()) as client:
        with pytest.raises(DeadlineExceeded):
            await client.profiles.ingest(edits, deadline=2.5).collect()
        async with client.profiles.ingest(edits, checkpoint=tmp_path / "point") as job:
            seen = 0
            async for chunk in job.by_chunk():
                seen += len(chunk)
                if seen > 25_000:
                    break
        summary = await client.profiles.ingest(edits, checkpoint=tmp_path / "point", deadline=2.5).collect()
    assert summary.delivered >= 10_000
    assert len(fake.project().profiles.by_id) == 40_000


async def test_a_finished_checkpoint_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(1), {"nobody": 1}])
    async with a_client(a_fake()) as client:
        async with client.profiles.ingest(path, checkpoint=tmp_path / "point") as job:
            assert job.checkpoint is not None
            assert not job.checkpoint.was_finished
            assert len([fate async for fate in job]) == 2
        async with client.profiles.ingest(path, checkpoint=tmp_path / "point") as job:
            assert job.checkpoint is not None
            assert job.checkpoint.was_finished
            assert job.checkpoint.earlier == {"Delivered": 1, "Invalid": 1}
            assert [fate async for fate in job] == []


def night(day: str, rows: int = 200) -> Iterator[dict[str, Any]]:
    return ({"identifiers": {"custom_id": f"u{n}"}, "attributes": {"day": day}} for n in range(rows))


async def test_each_night_sends_its_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fake = a_fake()
    async with a_client(fake) as client:
        for day, rows in (("mon", 200), ("tue", 200), ("wed", 210)):
            job = client.profiles.ingest(night(day, rows), checkpoint=tmp_path / "point", run=day)
            summary = await job.collect()
            assert (summary.delivered, summary.was_finished) == (rows, False)
            assert {profile.attributes["day"] for profile in fake.project().profiles.by_id.values()} == {day}
        assert not caplog.records
        sent = len(fake.edits)
        summary = await client.profiles.ingest(night("wed"), checkpoint=tmp_path / "point", run="wed").collect()
    assert (summary.delivered, summary.was_finished) == (0, True), "a run that is started twice says so"
    assert repr(summary) == "Summary(was_finished=True)"
    assert "finished already: nothing is sent" in caplog.text
    assert len(fake.edits) == sent


async def test_a_night_without_a_name_is_no_success_of_nothing(tmp_path: Path) -> None:
    fake = a_fake()
    async with a_client(fake) as client:
        await client.profiles.ingest(night("mon"), checkpoint=tmp_path / "point").collect()
        for day in ("tue", "wed"):
            with pytest.raises(ConfigurationError, match=r"nothing would be sent.*name each run, as in run='"):
                await client.profiles.ingest(night(day), checkpoint=tmp_path / "point").collect()
        assert len(fake.edits) == 200
        await client.profiles.ingest(night("thu"), checkpoint=tmp_path / "point", run="thu").collect()
    assert len(fake.edits) == 400


@pytest.mark.virtual_time
async def test_a_run_that_is_not_finished_is_not_lost(tmp_path: Path) -> None:
    fake = a_fake()
    fake.delay(None, 0.02, 0.05)
    async with a_client(fake) as client:
        async with client.profiles.ingest(night("mon"), checkpoint=tmp_path / "point", run="mon", chunk_size=10) as job:
            async for _ in job.by_chunk():
                break
        for run in ("tue", None):
            with pytest.raises(ConfigurationError, match=r"another run, which is not finished: mon\."):
                await client.profiles.ingest(night("tue"), checkpoint=tmp_path / "point", run=run).collect()
        await client.profiles.ingest(night("mon"), checkpoint=tmp_path / "point", run="mon").collect()
        await client.profiles.ingest(night("tue"), checkpoint=tmp_path / "point", run="tue").collect()
    assert {profile.attributes["day"] for profile in fake.project().profiles.by_id.values()} == {"tue"}


async def test_a_file_is_sent_again_in_another_run(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(1)])
    fake = a_fake()
    async with a_client(fake) as client:
        for run, delivered in (("mon", 1), ("mon", 0), ("tue", 1), (None, 1), (None, 0)):
            summary = await client.profiles.ingest(path, checkpoint=tmp_path / "point", run=run).collect()
            assert summary.delivered == delivered


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"run": "mon"}, "run: expected a path as checkpoint"),
        ({"run": "mon", "checkpoint": Checkpoint("point", run="tue")}, "run: expected a path as checkpoint"),
        ({"run": "", "checkpoint": "point"}, "run: expected a non-empty string"),
        ({"run": 7, "checkpoint": "point"}, "run: expected a non-empty string, got int"),
    ],
)
async def test_a_run_that_cannot_be(options: dict[str, Any], said: str) -> None:
    async with a_client(a_fake()) as client:
        with pytest.raises(InvalidInput, match=said):
            client.profiles.ingest([], **options)


@pytest.mark.virtual_time
async def test_an_invalid_line_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("custom_id,n\n" + "".join(f"{'' if n % 7 == 3 else f'u{n}'},{n}\n" for n in range(100)))
    fake = a_fake()
    fake.delay(None, 0.02, 0.05)
    told: list[int] = []
    async with a_client(fake) as client:
        for _ in range(100):
            job = client.profiles.ingest(path, checkpoint=tmp_path / "point", chunk_size=10)
            chunks = job.by_chunk()
            try:
                told += (await anext(chunks)).indexes
                with contextlib.suppress(StopAsyncIteration):
                    await anext(chunks)  # the first is seen when the second is asked for
            except StopAsyncIteration:
                break
            finally:
                await job.aclose()
    assert sorted(told) == list(range(100))


@pytest.mark.virtual_time
async def test_what_ended_the_job_is_no_fate_to_remember(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number, event=True) for number in range(60)])
    fake = a_fake()
    fake.fail("profile_mass_update", status=401, skip=2, times=None)
    async with a_client(fake) as client:
        fates = await send(client, path, tmp_path / "point")
        assert Counter(type(fate).__name__ for fate in fates)["Delivered"] == 20
        fake.clear_faults()
        rest = await send(client, path, tmp_path / "point")
    assert Counter(type(fate).__name__ for fate in rest) == {"Delivered": 40}
    assert set(events(fake).values()) == {1}
    assert len(events(fake)) == 60


@pytest.mark.virtual_time
async def test_a_job_that_is_stopped_is_not_finished(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(800)])
    fake = a_fake()
    fake.delay(None, 0.02, 0.05)
    async with a_client(fake) as client:
        async with client.profiles.ingest(path, checkpoint=tmp_path / "point", chunk_size=10) as job:
            first = 0
            async for chunk in job.by_chunk():
                first += len(chunk)
                job.stop()
        assert 0 < first < 800
        assert len(await send(client, path, tmp_path / "point")) == 800 - first
    assert set(received(fake).values()) == {1}


# -- events ----------------------------------------------------------------------------------------------------------


async def cut_off(client: BatchClient, path: Path, checkpoint: Path) -> None:
    """A call that ends while its chunks are on the wire."""
    async with client.profiles.ingest(path, checkpoint=checkpoint, chunk_size=10):
        await asyncio.sleep(0.03)


@pytest.mark.virtual_time
async def test_events_that_may_have_been_sent_are_not_sent_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number, event=number % 2 == 0) for number in range(100)])
    fake = a_fake()
    fake.delay(None, 0.04, 0.04)  # accepted, and not answered, when the call is cut off
    async with a_client(fake) as client:
        await cut_off(client, path, tmp_path / "point")
        sent = set(events(fake))
        assert sent
        fates = await send(client, path, tmp_path / "point")
    unknown = {fate.id for fate in fates if isinstance(fate, Unknown)}
    assert sent <= unknown
    assert all(fate.error.outcome == "unknown" for fate in fates if isinstance(fate, Unknown))
    assert set(events(fake).values()) == {1}, "no event twice"
    assert set(events(fake)) | unknown == {f"u{number}" for number in range(0, 100, 2)}, "none missing but those"
    stored = fake.project().profiles.by_id
    assert {name: found.attributes for name, found in stored.items()} == {f"u{n}": {"n": n} for n in range(100)}
    assert len(fates) == 100


@pytest.mark.virtual_time
async def test_they_are_if_the_caller_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number, event=True) for number in range(100)])
    fake = a_fake()
    fake.delay(None, 0.04, 0.04)
    async with a_client(fake) as client:
        await cut_off(client, path, tmp_path / "point")
        fates = await send(client, path, tmp_path / "point", resend_events=True)
    assert all(isinstance(fate, Delivered) for fate in fates)
    assert set(events(fake)) == {f"u{number}" for number in range(100)}


@pytest.mark.virtual_time
async def test_an_edit_of_events_alone_is_not_sent_at_all(tmp_path: Path) -> None:
    edits = [{key: value for key, value in profile(n, event=True).items() if key != "attributes"} for n in range(30)]
    path = write(tmp_path / "a.jsonl", edits)
    fake = a_fake()
    fake.delay(None, 0.04, 0.04)
    async with a_client(fake) as client:
        await cut_off(client, path, tmp_path / "point")
        fates = await send(client, path, tmp_path / "point")
    assert len(fates) == 30
    assert set(received(fake).values()) == {1}
    assert {fate.id for fate in fates if isinstance(fate, Unknown)} | set(events(fake)) == {f"u{n}" for n in range(30)}


# -- cut off anywhere ------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.floats(0.0, 0.4), max_size=6),
    seed=st.integers(0, 1000),
    resend=st.booleans(),
    coalesce=st.booleans(),
)
def test_cut_off_at_any_moment(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[float], seed: int, resend: bool, coalesce: bool
) -> None:
    """With answers lost on top, repeated identifiers, and lines that are none."""
    folder = tmp_path_factory.mktemp("cut")
    dice = random.Random(seed)
    count = 120
    path = folder / "a.jsonl"
    edits: list[dict[str, Any]] = [
        {
            "identifiers": {"custom_id": f"u{dice.randrange(60)}"},
            "attributes": {f"n{number}": number},
            **({"events": [{"name": "seen", "attributes": {"n": number}}]} if dice.random() < 0.3 else {}),
        }
        for number in range(count)
    ]
    lines = [orjson.dumps(edit) for edit in edits]
    bad = set(dice.sample(range(count), 4))
    path.write_bytes(b"".join((b"{" if number in bad else line) + b"\n" for number, line in enumerate(lines)))
    fake = a_fake()
    fake.delay(None, 0.01, 0.06)
    fake.fail(status=500, times=None, probability=0.1)
    fake.reset(times=None, probability=0.05, after_acceptance=True)
    options: dict[str, Any] = {"chunk_size": 10, "resend_events": resend, "coalesce": coalesce}
    told: dict[int, Any] = {}

    async def call(seconds: float | None) -> None:
        async with (
            a_client(fake) as client,
            client.profiles.ingest(path, checkpoint=folder / "point", **options) as job,
        ):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for chunk in job.by_chunk():
                        told.update({fate.index: fate for fate in chunk})

    for seconds in cuts:
        run(call(seconds))
    run(call(None))

    assert sorted(told) == list(range(count))
    assert {index for index, fate in told.items() if type(fate).__name__ == "Invalid"} == bad
    stored = fake.project().profiles.by_id
    sent = Counter(event["attributes"]["n"] for edit in fake.edits for event in edit.edit.get("events", ()))
    for number, edit in enumerate(edits):
        if number in bad:
            continue
        held = stored[edit["identifiers"]["custom_id"]].attributes
        assert held[f"n{number}"] == number, "no attribute is lost"
        if "events" in edit:
            fate = type(told[number]).__name__
            assert fate in ("Delivered", "Unknown")
            assert sent[number] >= 1 or (fate == "Unknown" and not resend), "no event is lost, but those told unknown"
            assert sent[number] <= 1 or resend, "no event twice"


# -- what is refused -------------------------------------------------------------------------------------------------


async def begun(client: BatchClient, path: Path, checkpoint: Path) -> None:
    job = client.profiles.ingest(path, checkpoint=checkpoint, chunk_size=10)
    async for _ in job.by_chunk():
        break
    await job.aclose()


@pytest.mark.parametrize("change", [b"x", b" ", b""])
async def test_a_file_that_changed_is_refused(tmp_path: Path, change: bytes) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(1000)])
    async with a_client(a_fake()) as client:
        await begun(client, path, tmp_path / "point")
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + change + content[middle + 1 :])
        with pytest.raises(InvalidInput, match="the file has changed since"):
            await send(client, path, tmp_path / "point")
        path.write_bytes(content)
        assert len(await send(client, path, tmp_path / "point")) > 800, "with the old one it goes on"
        path.write_bytes(content[:middle] + change + content[middle + 1 :])
        assert len(await send(client, path, tmp_path / "point")) >= 999, "once it is finished, another begins anew"


async def test_a_checkpoint_of_another_job_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(500)])
    fake = FakeBatch(rest_api_key=KEY, project_key=None, limits=False)
    async with a_client(fake) as client:
        await begun(client, path, tmp_path / "point")
        with pytest.raises(ConfigurationError, match="belongs to another job"):
            await send(client.for_project("project_2222"), path, tmp_path / "point")
        with pytest.raises(ConfigurationError, match="belongs to another job"):
            [fate async for fate in client.audiences.ingest("vip", ["u1"], checkpoint=tmp_path / "point")]


async def test_one_process_at_a_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(500)])
    async with a_client(a_fake()) as client:
        async with client.profiles.ingest(path, checkpoint=tmp_path / "point"):
            with pytest.raises(ConfigurationError, match="Another process"):
                await send(client, path, tmp_path / "point")
        assert len(await send(client, path, tmp_path / "point")) == 500


@pytest.mark.parametrize("content", [b"custom_id,plan\nu1,gold\n", b"\0" * (2 * SLOT)])
async def test_what_is_no_checkpoint_is_left_alone(tmp_path: Path, content: bytes) -> None:
    point = tmp_path / "point"
    point.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not a checkpoint"):
        await Checkpoint(point).open("job", None)
    assert point.read_bytes() == content


# -- the file --------------------------------------------------------------------------------------------------------


async def test_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    point = tmp_path / "point"
    point.touch(0o644)
    checkpoint = Checkpoint(point)
    await checkpoint.open("job", None)
    checkpoint.close()
    assert stat.S_IMODE(point.stat().st_mode) == 0o600


async def noted(point: Path, *chunks: range) -> None:
    checkpoint = Checkpoint(point)
    await checkpoint.open("job", None)
    for chunk in chunks:
        await checkpoint.sending(chunk)
    checkpoint.close()


async def doubtful(point: Path) -> list[tuple[int, int]]:
    checkpoint = Checkpoint(point)
    await checkpoint.open("job", None)
    checkpoint.close()
    return list(checkpoint._doubtful)


async def test_a_torn_write_leaves_the_one_before(tmp_path: Path) -> None:
    point = tmp_path / "point"
    await noted(point, range(10), range(20, 30))  # the third write, so in the first slot
    content = bytearray(point.read_bytes())
    content[40] ^= 1
    point.write_bytes(content)
    assert await doubtful(point) == [(0, 10)]


async def test_a_first_write_that_is_torn_is_none(tmp_path: Path) -> None:
    point = tmp_path / "point"
    await noted(point)
    whole = point.read_bytes()
    for length in (0, 1, 7, 8, 20, len(whole) - 1):
        point.write_bytes(whole[:length])
        assert await doubtful(point) == []


async def test_a_disk_that_is_full_stops_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(50)])
    fake = a_fake()
    real = checkpoint_module._write

    def full(file: Any, sequence: int, content: bytes) -> None:
        if sequence > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file, sequence, content)

    monkeypatch.setattr(checkpoint_module, "_write", full)
    async with a_client(fake) as client:
        with pytest.raises(OSError, match="No space"):
            await send(client, path, tmp_path / "point")
    assert not fake.edits, "what cannot be noted is not sent"


async def test_much_that_is_out_of_order_is_taken_for_doubtful(tmp_path: Path) -> None:
    point = tmp_path / "point"
    checkpoint = Checkpoint(point)
    await checkpoint.open("job", None)
    await checkpoint.sending(range(0, 50_000, 2))
    checkpoint.close()
    assert await doubtful(point) == [(0, 49_999)]
    assert point.stat().st_size <= 2 * SLOT


async def test_nothing_of_people_is_in_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [profile(number) for number in range(25)])
    async with a_client(a_fake()) as client:
        await send(client, path, tmp_path / "point")
    content = (tmp_path / "point").read_bytes()
    assert b"u1" not in content
    assert KEY.encode() not in content
    assert PROJECT.encode() not in content
    assert b'"size":%d' % path.stat().st_size in content


# -- spans -----------------------------------------------------------------------------------------------------------

_moves = st.lists(
    st.tuples(
        st.booleans(),
        st.one_of(st.lists(st.integers(0, 40), unique=True), st.builds(range, st.integers(0, 40), st.integers(0, 40))),
    )
)


@given(moves=_moves)
def test_spans_are_a_set(moves: list[tuple[bool, Any]]) -> None:
    spans, plain = Spans(), set[int]()
    for is_added, indexes in moves:
        if is_added:
            spans.add(indexes)
            plain |= set(indexes)
        else:
            spans.remove(indexes)
            plain -= set(indexes)
        assert {index for index in range(50) if index in spans} == plain
        listed = list(spans)
        assert all(start < stop for start, stop in listed)
        assert all(one[1] < other[0] for one, other in pairwise(listed)), "in order, and apart"
        assert spans.end == max(plain, default=-1) + 1
        assert spans.prefix == next(number for number in range(60) if number not in plain)
        assert list(Spans(listed)) == listed
