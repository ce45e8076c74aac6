"""The buffer, against a fake and on virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from batch_api import BadRequest, BatchClient, BufferFull, ConfigurationError, InvalidInput, Limit, models
from batch_api.ingest.buffer import sender as dispatch
from batch_api.ingest.buffer import stamps
from batch_api.ingest.buffer.settings import Holding, Sending
from batch_api.ingest.items.fates import Delivered, Invalid, PartlyApplied, Refused, Trouble, Unknown, Unsent
from batch_api.testing import FakeBatch

UPDATE = "profile_update"

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def fake() -> FakeBatch:
    return FakeBatch(limits=False)


@pytest.fixture
async def client(fake: FakeBatch) -> AsyncIterator[BatchClient]:
    async with connect(fake) as client:
        yield client


def connect(fake: FakeBatch, **options: Any) -> BatchClient:
    lifted: dict[str, list[Limit]] | None = {UPDATE: [], "catalog_items_edit": []} if fake._limits == "off" else None
    options = {"transport": fake.transport(), "limits": lifted, **options}
    return BatchClient(fake.rest_api_key, fake.project_key, **options)


def edit_of(id: object, **attributes: Any) -> Any:
    return {"identifiers": {"custom_id": f"u{id}"}, "attributes": attributes or {"tier": "gold"}}


def event_of(id: object, name: str = "order_placed", **event: Any) -> dict[str, Any]:
    return {"identifiers": {"custom_id": f"u{id}"}, "events": [{"name": name, **event}]}


def now() -> float:
    return asyncio.get_running_loop().time()


def attributes(fake: FakeBatch, id: object) -> dict[str, Any]:
    return fake.project().profiles.by_id[f"u{id}"].attributes


# -- gathering ---------------------------------------------------------------------------------------------------------


async def test_a_thousand_callers_at_once_are_a_few_full_requests(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 0.02, 0.05)
    async with client.profiles.buffer() as buffer:
        fates = await asyncio.gather(*(buffer.update(edit_of(number), ref=number) for number in range(1000)))
    assert {type(fate) for fate in fates} == {Delivered}
    assert [fate.ref for fate in fates] == list(range(1000))
    assert [fate.id for fate in fates] == [f"u{number}" for number in range(1000)]
    assert [entry.items for entry in fake.stats[UPDATE].log] == [200] * 5
    assert now() < 0.15


async def test_a_lone_edit_is_sent_at_once(fake: FakeBatch, client: BatchClient) -> None:
    async with client.profiles.buffer() as buffer:
        for number in range(3):
            began = now()
            assert isinstance(await buffer.update(edit_of(number)), Delivered)
            assert now() - began < 1e-3
    assert fake.stats[UPDATE].accepted == 3


@pytest.mark.parametrize(
    ("in_flight", "alone"),
    [(1, [1]), (2, [1, 1]), (4, [1, 1, 1, 2])],  # of several places the last is for several edits
)
async def test_edits_gather_while_so_many_requests_are_in_flight(
    fake: FakeBatch, client: BatchClient, in_flight: int, alone: list[int]
) -> None:
    async with client.profiles.buffer(sending=Sending(in_flight=in_flight)) as buffer:
        await buffer.update(edit_of("first"))  # the first request of a client goes alone
        fake.delay(UPDATE, 1)
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(buffer.update(edit_of(number)))
                await asyncio.sleep(0.01)
    assert [entry.items for entry in fake.stats[UPDATE].log] == [1, *alone, 20 - sum(alone)]


async def test_one_request_waits_at_the_gate_and_a_call_beside_the_buffer_comes_between() -> None:
    fake = FakeBatch()
    fake.delay(UPDATE, 0.01)
    async with connect(fake) as client, client.profiles.buffer() as buffer:
        many = asyncio.gather(*(buffer.update(edit_of(number)) for number in range(5000)))
        await asyncio.sleep(5)
        began = now()
        await client.profiles.update([edit_of("someone in front of a screen")])
        assert now() - began < 200 / 300 + 0.1
        assert {type(fate) for fate in await many} == {Delivered}
    assert fake.rejections == 0


async def test_a_request_is_bounded_in_items_and_bytes(fake: FakeBatch, client: BatchClient) -> None:
    big = "x" * 200
    async with client.profiles.buffer(sending=Sending(most_items=50, most_bytes=5_000)) as buffer:
        await asyncio.gather(*(buffer.update(edit_of(number, big=big)) for number in range(60)))
        await asyncio.gather(*(buffer.update(edit_of(number)) for number in range(60)))
    assert [entry.items for entry in fake.stats[UPDATE].log] == [19, 19, 19, 3, 50, 10]


# -- order -------------------------------------------------------------------------------------------------------------


async def test_edits_of_one_profile_go_one_after_the_other_in_the_order_of_acceptance(
    fake: FakeBatch, client: BatchClient
) -> None:
    fake.delay(UPDATE, 0.01, 0.5)
    async with client.profiles.buffer() as buffer, asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(buffer.update(edit_of("same", n=number)))
            group.create_task(buffer.update(edit_of(number)))
    seen = [edit.edit["attributes"]["n"] for edit in fake.edits if "n" in edit.edit["attributes"]]
    assert seen == list(range(40))
    assert fake.stats[UPDATE].accepted == 40


async def test_after_a_failure_the_order_is_the_same(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 0.01, 0.5)
    fake.fail(UPDATE, 500, times=40, probability=0.5)
    fake.reset(UPDATE, times=20, probability=0.5)
    async with client.profiles.buffer() as buffer:
        fates = await asyncio.gather(*(buffer.update(edit_of(number % 3, n=number)) for number in range(60)))
    assert {type(fate) for fate in fates} == {Delivered}
    for id in range(3):
        seen = [
            edit.edit["attributes"]["n"] for edit in fake.edits if edit.edit["identifiers"]["custom_id"] == f"u{id}"
        ]
        assert seen == list(range(id, 60, 3))


# -- fates -------------------------------------------------------------------------------------------------------------


async def test_the_bad_edit_of_one_caller_does_not_fail_the_others(fake: FakeBatch, client: BatchClient) -> None:
    edits = [edit_of(number) for number in range(200)]
    edits[77]["attributes"] = []  # the whole request is malformed
    async with client.profiles.buffer() as buffer:
        fates = await asyncio.gather(*map(buffer.update, edits))
    assert [type(fate) for fate in fates] == [Refused if number == 77 else Delivered for number in range(200)]
    assert isinstance(fates[77], Refused)
    assert isinstance(fates[77].error, BadRequest)
    assert len(fake.project().profiles.by_id) == 199
    assert fake.stats[UPDATE].requests <= 1 + 2 * 8 + 2


async def test_when_too_many_are_refused_the_rest_is_not_tried(fake: FakeBatch, client: BatchClient) -> None:
    fake.fail(UPDATE, 400, times=None)
    async with client.profiles.buffer() as buffer:
        fates = await asyncio.gather(*(buffer.update(edit_of(number)) for number in range(200)))
    assert {type(fate) for fate in fates} == {Refused}
    assert fake.stats[UPDATE].requests < 50


async def test_what_may_have_been_taken_once_stays_unknown_whatever_comes_later(
    fake: FakeBatch, client: BatchClient
) -> None:
    fake.reset(UPDATE, after_acceptance=True, times=10)
    fake.fail(UPDATE, 401, times=None)
    async with client.profiles.buffer() as buffer:
        assert isinstance(await buffer.update(edit_of(1)), Unknown)
        assert isinstance(await buffer.update(edit_of(2)), Refused)


async def test_models_are_taken_and_left_as_they_are(fake: FakeBatch, client: BatchClient) -> None:
    edit = models.EditProfile(
        identifiers=models.CustomIdIdentifier(custom_id="u1"), events=[models.ProfileEvent(name="order_placed")]
    )
    async with client.profiles.buffer() as buffer:
        assert isinstance(await buffer.update(edit), Delivered)
    assert [event["name"] for event in fake.project().profiles.by_id["u1"].events] == ["order_placed"]
    assert edit.to_dict()["events"] == [{"name": "order_placed"}]


async def test_values_that_are_refused_come_back_to_their_caller(client: BatchClient) -> None:
    async with client.profiles.buffer() as buffer:
        good, bad = await asyncio.gather(
            buffer.update(edit_of(1)), buffer.update(edit_of(2, **{"$email_address": "no address", "tier": "gold"}))
        )
    assert isinstance(good, Delivered)
    assert isinstance(bad, PartlyApplied)
    assert [error.attribute for error in bad.error] == ["$email_address"]
    assert {error.index for error in bad.error} == {bad.index}


@pytest.mark.parametrize(
    "edit", [None, 7, {}, {"identifiers": {}}, {"identifiers": {"custom_id": ""}}, edit_of(1, score=float("nan"))]
)
async def test_what_cannot_be_right_is_never_sent(fake: FakeBatch, client: BatchClient, edit: Any) -> None:
    async with client.profiles.buffer() as buffer:
        fate = await buffer.update(edit, ref="mine")
        assert isinstance(fate, Invalid)
        assert fate.ref == "mine"
        with pytest.raises(InvalidInput):
            await buffer.put(edit)
    assert fake.stats[UPDATE].requests == 0


@pytest.mark.parametrize("status", [429, 503])
async def test_what_took_nothing_fails_no_edit_however_long_it_lasts(fake: FakeBatch, status: int) -> None:
    fake.fail(UPDATE, status, seconds=3600)
    patience = None if status == 429 else 7200
    async with (
        connect(fake, deadline=10) as client,
        client.profiles.buffer(sending=Sending(patience=patience)) as buffer,
    ):
        fates = await asyncio.gather(*(buffer.update(event_of(number)) for number in range(500)))
    assert {type(fate) for fate in fates} == {Delivered}
    assert sum(len(profile.events) for profile in fake.project().profiles.by_id.values()) == 500


async def test_a_lost_answer_is_no_matter_for_attributes(fake: FakeBatch, client: BatchClient) -> None:
    fake.reset(UPDATE, after_acceptance=True, times=7)
    async with client.profiles.buffer() as buffer:
        assert isinstance(await buffer.update(edit_of(1)), Delivered)


async def test_a_lost_answer_leaves_events_unknown_and_sends_attributes_again(
    fake: FakeBatch, client: BatchClient
) -> None:
    fake.reset(UPDATE, times=1)  # before it was taken, but who knows
    both = edit_of(1, tier="gold") | {"events": [{"name": "order_placed"}]}
    async with client.profiles.buffer() as buffer:
        fates = await asyncio.gather(*map(buffer.update, [both, edit_of(2), event_of(3)]))
    assert [type(fate) for fate in fates] == [Unknown, Delivered, Unknown]
    assert attributes(fake, 1) == {"tier": "gold"}
    assert fake.project().profiles.by_id["u1"].events == []


async def test_events_are_sent_again_where_that_was_asked_for(fake: FakeBatch, client: BatchClient) -> None:
    fake.reset(UPDATE, after_acceptance=True, times=3)
    async with client.profiles.buffer(resend_events=True) as buffer:
        assert isinstance(await buffer.update(event_of(1)), Delivered)
    assert len(fake.project().profiles.by_id["u1"].events) == 4


async def test_an_outage_longer_than_patience_ends_edits_and_a_later_one_fares_better(
    fake: FakeBatch, client: BatchClient
) -> None:
    outage = fake.fail(UPDATE, 500, times=None)
    async with client.profiles.buffer(sending=Sending(patience=60)) as buffer:
        fate = await buffer.update(edit_of(1))
        assert isinstance(fate, Unknown)
        assert 60 <= now() < 90
        began = now()
        assert isinstance(await buffer.update(edit_of(2)), Unknown)  # it is known by now that nothing gets through
        assert now() - began < 30
        outage.stop()
        assert isinstance(await buffer.update(edit_of(3)), Delivered)


async def test_a_key_that_is_refused_is_told_at_once(fake: FakeBatch, client: BatchClient) -> None:
    fake.fail(UPDATE, 401, times=1)
    async with client.profiles.buffer() as buffer:
        fate = await buffer.update(edit_of(1))
        assert isinstance(fate, Refused)
        assert now() < 1
        assert isinstance(await buffer.update(edit_of(1)), Delivered)


# -- events ------------------------------------------------------------------------------------------------------------


async def test_an_event_is_stamped_when_it_is_accepted_and_not_when_it_is_sent(
    fake: FakeBatch, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "now", fake.time.wall)
    fake.fail(UPDATE, 503, seconds=3600)
    accepted = fake.time.wall()
    given = event_of(1)
    async with client.profiles.buffer(sending=Sending(patience=7200)) as buffer:
        await buffer.update(given)
    [event] = fake.project().profiles.by_id["u1"].events
    assert event["time"] == accepted.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert given == event_of(1)


async def test_the_time_of_an_event_stays_as_it_was_given(fake: FakeBatch, client: BatchClient) -> None:
    at = fake.time.wall().isoformat()
    async with client.profiles.buffer() as buffer:
        assert isinstance(await buffer.update(event_of(1, time=at)), Delivered)
    assert [event["time"] for event in fake.project().profiles.by_id["u1"].events] == [at]


@pytest.mark.parametrize("outage", ["maintenance", "failure"])
async def test_an_event_that_is_too_old_when_its_turn_comes_ends_invalid(
    fake: FakeBatch, client: BatchClient, monkeypatch: pytest.MonkeyPatch, outage: str
) -> None:
    monkeypatch.setattr(stamps, "now", fake.time.wall)
    monkeypatch.setattr(dispatch, "LONGEST_PAUSE", 300.0)
    monkeypatch.setattr(dispatch, "_DOUBLINGS", 11)
    resend = outage == "failure"
    fake.fail(UPDATE, 500 if resend else 503, seconds=25 * 3600)
    days = 3 * 24 * 3600
    async with client.profiles.buffer(sending=Sending(patience=days), resend_events=resend) as buffer:
        old = asyncio.create_task(buffer.update(event_of(1)))
        plain = asyncio.create_task(buffer.update(edit_of(2)))
        await asyncio.sleep(4 * 3600)
        later = asyncio.create_task(buffer.update(event_of(1, "returned")))
        fate = await old
        assert isinstance(fate, Invalid)
        assert "24 hours" in str(fate.error)
        assert isinstance(await plain, Delivered)
        assert isinstance(await later, Delivered)
    assert [event["name"] for event in fake.project().profiles.by_id["u1"].events] == ["returned"]


# -- cancelling --------------------------------------------------------------------------------------------------------


async def test_a_caller_that_is_cancelled_before_the_edit_left_withdraws_it(
    fake: FakeBatch, client: BatchClient
) -> None:
    async with client.profiles.buffer(sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 1)
        first = asyncio.create_task(buffer.update(edit_of(1)))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(buffer.update(edit_of(2)))
        behind = asyncio.create_task(buffer.update(edit_of(2, tier="silver")))
        await asyncio.sleep(0.1)
        first.cancel()  # it left
        second.cancel()  # it did not
        assert isinstance(await behind, Delivered)
        assert len(buffer) == 0
    assert [edit.edit for edit in fake.edits] == [edit_of(0), edit_of(1), edit_of(2, tier="silver")]


async def test_callers_that_give_up_waiting_for_room_leave_none_taken(fake: FakeBatch, client: BatchClient) -> None:
    holding = Holding(most_items=2)
    async with client.profiles.buffer(holding=holding, sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 1)
        tasks = [asyncio.create_task(buffer.update(edit_of(number))) for number in range(6)]
        await asyncio.sleep(0.1)
        assert len(buffer) == 2
        for task in tasks[2:5]:
            task.cancel()
        assert [type(fate) for fate in await asyncio.gather(*tasks[:2], tasks[5])] == [Delivered] * 3
        assert len(buffer) == 0
    assert len(fake.edits) == 4


async def test_after_its_timeout_an_edit_is_withdrawn_or_goes_on_and_the_fate_says_which(
    fake: FakeBatch, client: BatchClient
) -> None:
    async with client.profiles.buffer(sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 10)
        first = asyncio.create_task(buffer.update(edit_of(1), timeout=3))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(buffer.update(edit_of(2), timeout=3))
        assert isinstance(await first, Unknown)
        assert isinstance(await second, Unsent)
        assert now() == pytest.approx(3.1, abs=0.01)
        fake.clear_faults()
        assert isinstance(await buffer.update(edit_of(3), timeout=30), Delivered)
    assert [edit.edit for edit in fake.edits] == [edit_of(0), edit_of(1), edit_of(3)]


async def test_an_edit_whose_turn_comes_after_its_timeout_for_certain_is_not_accepted(
    fake: FakeBatch, client: BatchClient
) -> None:
    fake.storm(UPDATE, retry_after=60)
    async with client.profiles.buffer() as buffer:
        await buffer.put(edit_of(1))
        await asyncio.sleep(0.1)
        assert isinstance(await buffer.update(edit_of(2), timeout=3), Unsent)
        assert now() < 1
        assert isinstance(await buffer.update(edit_of(3), timeout=100), Delivered)
    assert [edit.edit for edit in fake.edits] == [edit_of(1), edit_of(3)]


# -- full --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("holding", [Holding(most_items=10), Holding(most_bytes=700)])
async def test_a_full_buffer_makes_callers_wait_in_the_order_in_which_they_came(
    fake: FakeBatch, client: BatchClient, holding: Holding
) -> None:
    fake.delay(UPDATE, 1)
    most = 0
    async with client.profiles.buffer(holding=holding) as buffer:

        async def one(number: int) -> int:
            nonlocal most
            fate = await buffer.update(edit_of(f"{number:02}"))
            most = max(most, len(buffer))
            assert isinstance(fate, Delivered)
            return fate.index

        indexes = await asyncio.gather(*map(one, range(50)))
    assert indexes == sorted(indexes)
    assert 8 <= most <= 10


async def test_a_large_edit_is_not_starved_by_small_ones(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1)
    async with client.profiles.buffer(holding=Holding(most_bytes=1_000), sending=Sending(in_flight=1)) as buffer:
        small = [asyncio.create_task(buffer.update(edit_of(number))) for number in range(10)]
        large = asyncio.create_task(buffer.update(edit_of("large", text="x" * 2_000)))
        await asyncio.sleep(0)
        small += [asyncio.create_task(buffer.update(edit_of(number))) for number in range(10, 30)]
        await asyncio.gather(large, *small)
    assert [edit.edit["identifiers"]["custom_id"] for edit in fake.edits].index("ularge") == 10


async def test_a_full_buffer_raises_if_it_was_told_to(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1)
    async with client.profiles.buffer(holding=Holding(most_items=1, when_full="raise")) as buffer:
        await buffer.put(edit_of(1))
        with pytest.raises(BufferFull, match="Nothing was sent"):
            await buffer.update(edit_of(2))
        with pytest.raises(BufferFull):
            await buffer.put(edit_of(2))
        await buffer.flush()
        assert isinstance(await buffer.update(edit_of(2)), Delivered)


async def test_a_full_buffer_drops_if_it_was_told_to_and_says_so(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1)
    troubles: list[Trouble] = []
    holding = Holding(most_items=1, when_full="drop")
    async with client.profiles.buffer(holding=holding, on_trouble=troubles.append) as buffer:
        await buffer.put(edit_of(1))
        fate = await buffer.update(edit_of(2))
        assert isinstance(fate, Unsent)
        assert isinstance(fate.error, BufferFull)
        await buffer.put(edit_of(3), ref="three")
    assert [(type(trouble), trouble.ref) for trouble in troubles] == [(Unsent, "three")]
    assert len(fake.edits) == 1


# -- ending ------------------------------------------------------------------------------------------------------------


async def test_leaving_the_block_sends_what_is_there(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1)
    async with client.profiles.buffer() as buffer:
        for number in range(500):
            await buffer.put(edit_of(number))
    assert len(fake.edits) == 500
    assert not buffer.remainder
    with pytest.raises(ConfigurationError, match="closed"):
        await buffer.put(edit_of(1))
    assert isinstance(await buffer.update(edit_of(1)), Unsent)


async def test_flush_waits_for_what_was_accepted_and_not_for_what_comes_after(
    fake: FakeBatch, client: BatchClient
) -> None:
    async with client.profiles.buffer(sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 1)
        await buffer.put(edit_of(1))
        flushing = asyncio.create_task(buffer.flush())
        await asyncio.sleep(0.5)
        await buffer.put(edit_of(2))
        began = now()
        assert not await flushing
        assert now() - began == pytest.approx(0.5, abs=0.01)
        assert len(buffer) == 1


async def test_flush_says_what_is_still_unsent(fake: FakeBatch, client: BatchClient) -> None:
    async with client.profiles.buffer(sending=Sending(in_flight=1)) as buffer:
        await buffer.update(edit_of(0))
        fake.delay(UPDATE, 10)
        await buffer.put(edit_of(1), ref="left")
        await asyncio.sleep(0.1)
        await buffer.put(edit_of(2), ref="waits")
        left = await buffer.flush(timeout=1)
        assert left
        assert [fate.ref for fate in left.unknown] == ["left"]
        assert [fate.ref for fate in left.unsent] == ["waits"]
        assert "1 unsent, 1 unknown" in repr(left)
    assert len(fake.edits) == 3


@pytest.mark.parametrize("by", ["drain", "deadline"])
async def test_leaving_takes_no_longer_than_it_may_and_names_what_is_left(
    fake: FakeBatch, client: BatchClient, by: str
) -> None:
    fake.delay(UPDATE, 1000)
    troubles: list[Trouble] = []
    if by == "deadline":
        client = client.with_options(deadline=5)
    sending = Sending(in_flight=1, drain=5 if by == "drain" else None)
    async with client.profiles.buffer(sending=sending, on_trouble=troubles.append) as buffer:
        waits = asyncio.create_task(buffer.update(edit_of(2), ref=2))
        await asyncio.sleep(0)
        await buffer.put(edit_of(1), ref=1)
        await asyncio.sleep(1)
        began = now()
        behind = asyncio.create_task(buffer.update(edit_of(2), ref=3))
        await asyncio.sleep(0)
        await buffer.put(edit_of(3), ref=4)
    assert now() - began == pytest.approx(5, abs=0.1)
    assert {fate.ref for fate in buffer.remainder.unknown} == {1, 2}
    assert {fate.ref for fate in buffer.remainder.unsent} == {3, 4}
    assert isinstance(await waits, Unknown)
    assert isinstance(await behind, Unsent)
    assert [(type(trouble), trouble.ref) for trouble in troubles] == [(Unsent, 4), (Unknown, 1)]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_was_only_ever_rejected_is_unsent_and_not_unknown(fake: FakeBatch, client: BatchClient) -> None:
    fake.storm(UPDATE, times=None)
    troubles: list[Trouble] = []
    async with client.profiles.buffer(sending=Sending(drain=20), on_trouble=troubles.append) as buffer:
        await buffer.put(event_of(1))
    assert [type(trouble) for trouble in troubles] == [Unsent]


async def test_cancelled_in_its_block_it_still_sends_what_is_there_and_leaves_no_task(
    fake: FakeBatch, client: BatchClient
) -> None:
    fake.delay(UPDATE, 1)

    async def backend() -> None:
        async with client.profiles.buffer() as buffer:
            for number in range(300):
                await buffer.put(edit_of(number))
            await asyncio.Event().wait()

    task = asyncio.create_task(backend())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(fake.edits) == 300
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelled_again_it_ends_at_once(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1000)
    troubles: list[Trouble] = []

    async def backend() -> None:
        async with client.profiles.buffer(on_trouble=troubles.append) as buffer:
            await buffer.put(edit_of(1))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(backend())
    await asyncio.sleep(10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert now() < 11
    assert [type(trouble) for trouble in troubles] == [Unknown]
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_those_who_wait_for_room_when_it_closes_are_told(fake: FakeBatch, client: BatchClient) -> None:
    fake.delay(UPDATE, 1)
    async with client.profiles.buffer(holding=Holding(most_items=1)) as buffer:
        await buffer.put(edit_of(1))
        updating = asyncio.create_task(buffer.update(edit_of(2)))
        putting = asyncio.create_task(buffer.put(edit_of(3)))
        await asyncio.sleep(0.1)
    assert isinstance(await updating, Unsent)
    with pytest.raises(ConfigurationError):
        await putting


async def test_a_transport_that_breaks_in_its_own_way_ends_edits_and_not_the_buffer(fake: FakeBatch) -> None:
    class Broken:
        broken = True
        inner = fake.transport()

        async def send(self, request: Any) -> Any:
            raise RuntimeError("someone@example.org")

        async def aclose(self) -> None: ...

    async with connect(fake, transport=Broken()) as client, client.profiles.buffer() as buffer:
        fate = await buffer.update(edit_of(1))
        assert isinstance(fate, Unknown)
        assert "example.org" not in repr(fate)


# -- telling -----------------------------------------------------------------------------------------------------------


async def test_troubles_of_edits_that_nobody_waits_for_are_logged_without_data(
    fake: FakeBatch, client: BatchClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "batch_api"):
        async with client.profiles.buffer() as buffer:
            await buffer.put(edit_of("someone", **{"$email_address": "no address of someone"}))
    [record] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "PartlyApplied" in record.getMessage()
    assert "someone" not in caplog.text


async def test_a_callback_that_raises_stops_nothing(fake: FakeBatch, client: BatchClient) -> None:
    def broken(_: Trouble) -> None:
        raise RuntimeError

    async with client.profiles.buffer(on_trouble=broken) as buffer:
        await buffer.put(edit_of(1, **{"$email_address": "no address"}))
        await buffer.put(edit_of(2))
    assert fake.stats[UPDATE].items == 2


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Sending(in_flight=0),
        lambda: Sending(most_items=True),
        lambda: Sending(patience=float("nan")),
        lambda: Sending(drain=-1),
        lambda: Holding(most_bytes=0),
        lambda: Holding(when_full="explode"),  # type: ignore[arg-type]
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError):
        wrong()


async def test_more_items_than_a_request_takes_are_refused(client: BatchClient) -> None:
    with pytest.raises(ConfigurationError, match="200"):
        client.profiles.buffer(sending=Sending(most_items=201))


async def test_a_buffer_is_used_once_and_inside_its_block(client: BatchClient) -> None:
    buffer = client.profiles.buffer()
    assert isinstance(await buffer.update(edit_of(1)), Unsent)
    async with buffer:
        with pytest.raises(ConfigurationError, match="no outbox"):
            await buffer.aside()
    with pytest.raises(ConfigurationError, match="make a new one"):
        async with buffer:
            pass


# -- catalogs ----------------------------------------------------------------------------------------------------------


async def test_items_of_a_catalog_fare_the_same(fake: FakeBatch, client: BatchClient) -> None:
    await client.catalogs.create("shoes", {"stock": "integer"})
    fake.delay("catalog_items_edit", 0.05)
    async with client.catalogs.buffer("shoes") as buffer:
        items = [{"id": f"SKU-{n % 500}", "action": "add", "attributes": {"stock": n}} for n in range(1000)]
        fates = await asyncio.gather(*map(buffer.update, items))
        assert isinstance(await buffer.update({"id": "SKU-1"}), Invalid)
    assert {type(fate) for fate in fates} == {Delivered}
    assert fake.stats["catalog_items_edit"].accepted <= 8
    last = {edit.edit["id"]: edit.edit["attributes"]["stock"] for edit in fake.edits}
    assert last == {f"SKU-{n}": n + 500 for n in range(500)}


async def test_items_of_a_catalog_that_does_not_exist_end_refused(client: BatchClient) -> None:
    async with client.catalogs.buffer("hats") as buffer:
        fates = await asyncio.gather(
            *(buffer.update({"id": f"{n}", "action": "add", "attributes": {"a": 1}}) for n in range(100))
        )
    assert {type(fate) for fate in fates} == {Refused}
