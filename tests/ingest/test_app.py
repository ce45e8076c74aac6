"""More than a call of the legacy API takes, split, and the fate of each: on a wire that answers by a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from batch_api import AudienceIncomplete, BatchAppClient, ConfigurationError, InvalidInput, Refused, Unknown
from tests.engine.script import NO_CONNECTION, RESET, Answer, Script
from tests.ingest.world import fates_of, kinds, one_each

pytestmark = pytest.mark.virtual_time

SENT = Answer(201, {"token": "t"})
QUEUED = Answer(200, {"token": "t"})
INDEXED = Answer(202, {"indexing_token": "t"})
APPLIED = Answer(200, {"name": "vip", "indexing_state": "APPLIED"})
REFUSED = Answer(400, {"code": 31, "type": "MALFORMED_PARAMETER", "message": "no"})
DENIED = Answer(401, {"code": 10, "type": "AUTHENTICATION_INVALID", "message": "no"})
MESSAGE = {"group_id": "shipped", "message": {"body": "On its way"}}


def a_client(script: Script, **options: Any) -> BatchAppClient:
    return BatchAppClient("rest_0", f"APP{id(script)}", transport=script, **options)


def bodies(script: Script) -> list[Any]:
    return [orjson.loads(request.content) for request in script.requests]


def recipients(script: Script, type: str = "custom_ids") -> list[list[str]]:
    return [body["recipients"][type] for body in bodies(script)]


# -- transactional ---------------------------------------------------------------------------------------------------


async def test_25_000_recipients_with_1_percent_bad_take_three_calls() -> None:
    script = Script(SENT)
    users: list[Any] = [f"u{number}" for number in range(25_000)]
    for number in range(0, 25_000, 100):
        users[number] = [7, "", None, b"\xff", "u1"][number // 100 % 5]
    async with a_client(script) as client:
        fates = await fates_of(client.transactional.ingest(MESSAGE, users))
    assert one_each(fates, 25_000)
    assert kinds(fates) == {"Delivered": 24_750, "Invalid": 250}
    assert [len(call) for call in recipients(script)] == [10_000, 10_000, 4_750]
    assert sorted(name for call in recipients(script) for name in call) == sorted(
        name for number, name in enumerate(users) if number % 100
    )
    assert {orjson.dumps({**body, "recipients": None}) for body in bodies(script)} == {
        orjson.dumps({**MESSAGE, "recipients": None})
    }


async def test_a_lost_answer_is_told_to_each_recipient_and_nobody_is_written_to_twice() -> None:
    script = Script(SENT, RESET, SENT)
    users = [(f"u{number}", number) for number in range(25_000)]
    async with a_client(script) as client:
        fates = await fates_of(client.transactional.ingest(MESSAGE, users))
    assert kinds(fates) == {"Delivered": 15_000, "Unknown": 10_000}
    assert len(script.requests) == 3
    unknown = [fate for fate in fates if isinstance(fate, Unknown)]
    assert sorted(fate.index for fate in unknown) == list(range(10_000, 20_000))
    assert all(fate.ref == fate.index and fate.id == f"u{fate.index}" for fate in unknown)
    assert {fate.error.outcome for fate in unknown} == {"unknown"}


async def test_an_api_that_loses_everything_is_not_fed_everything() -> None:
    """Who is unknown may never be written to again: better a few of them, and the rest unsent."""
    script = Script(SENT, Answer(500, {"code": 1, "type": "SERVER_ERROR", "message": "no"}))
    async with a_client(script) as client:
        job = client.transactional.ingest(MESSAGE, (f"u{number}" for number in range(3_000)), chunk_size=10)
        fates = await fates_of(job)
    assert one_each(fates, 3_000)
    found = kinds(fates)
    assert found["Delivered"] == 10
    assert 100 < found["Unknown"] < 500
    assert found["Unsent"] > 2_400
    assert script.times[-1] - script.times[0] < 700
    assert job.ended_by is not None


async def test_after_losses_the_job_goes_on() -> None:
    lost = Answer(500, {"code": 1, "type": "SERVER_ERROR", "message": "no"})
    script = Script(SENT, lost, lost, lost, SENT)
    async with a_client(script) as client:
        fates = await fates_of(client.transactional.ingest(MESSAGE, (f"u{n}" for n in range(100)), chunk_size=10))
    assert kinds(fates) == {"Delivered": 70, "Unknown": 30}
    assert script.times[3] - script.times[2] > 2  # one was at the gate when the first got lost


async def test_a_lost_answer_is_sent_again_only_if_asked() -> None:
    script = Script(RESET, SENT)
    async with a_client(script) as client:
        fates = await fates_of(client.transactional.ingest(MESSAGE, ["u1"], "tokens", resend=True))
    assert kinds(fates) == {"Delivered": 1}
    assert recipients(script, "tokens") == [["u1"], ["u1"]]


async def test_what_never_left_is_sent_again() -> None:
    script = Script(NO_CONNECTION, SENT)
    async with a_client(script) as client:
        assert kinds(await fates_of(client.transactional.ingest(MESSAGE, ["u1"]))) == {"Delivered": 1}
    assert len(script.requests) == 2


async def test_a_refused_call_is_halved_until_the_bad_one_stands_alone() -> None:
    class Judge(Script):
        async def send(self, request: Any) -> Answer:
            self.steps = [REFUSED if b'"bad"' in request.content else SENT]
            return await super().send(request)

    script = Judge(SENT)
    users = [f"u{number}" for number in range(100)]
    users[37] = "bad"
    async with a_client(script, limits={"transactional_send": []}) as client:
        fates = await fates_of(client.transactional.ingest(MESSAGE, users))
    assert [fate.index for fate in fates if isinstance(fate, Refused)] == [37]
    taken = [orjson.loads(one.content) for one in script.requests if b'"bad"' not in one.content]
    assert sorted(name for body in taken for name in body["recipients"]["custom_ids"]) == sorted({*users} - {"bad"})


async def test_a_rejected_key_ends_the_job() -> None:
    script = Script(DENIED)
    async with a_client(script) as client:
        job = client.transactional.ingest(MESSAGE, (f"u{number}" for number in range(30_000)))
        fates = await fates_of(job)
    assert one_each(fates, 30_000)
    assert set(kinds(fates)) <= {"Refused", "Unsent"}
    assert len(script.requests) <= 3
    assert job.ended_by is not None


async def test_a_stream_of_recipients() -> None:
    async def users() -> AsyncIterator[str]:
        for number in range(3):
            yield f"u{number}"

    script = Script(SENT)
    async with a_client(script) as client:
        summary = await client.transactional.ingest(MESSAGE, users()).collect()
    assert summary.delivered == 3
    assert recipients(script) == [["u0", "u1", "u2"]]


async def test_a_checkpoint_keeps_recipients_from_a_second_message(tmp_path: Path) -> None:
    users = [f"u{number}" for number in range(30)]
    first, second = Script(SENT, SENT, SENT), Script(SENT)
    path = tmp_path / "send.checkpoint"
    for script in (first, second):
        async with BatchAppClient("rest_0", "APP_OF_THE_CHECKPOINT", transport=script) as client:
            job = client.transactional.ingest(MESSAGE, users, checkpoint=path, chunk_size=10)
            async with job:
                async for _ in job:
                    if script is first and len(script.requests) == 2:
                        break
    told = recipients(first) + recipients(second)
    assert len([name for call in told for name in call]) <= 30
    assert b"On its way" not in path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (({**MESSAGE, "recipients": {"custom_ids": ["u1"]}}, ["u2"]), "message.recipients"),
        (({"message": {"body": "b"}}, ["u1"]), "group_id"),
        (({**MESSAGE, "group_id": "a b"}, ["u1"]), "group_id"),
        (({**MESSAGE, "custom_payload": {"com.batch": {}}}, ["u1"]), "custom_payload"),
        ((MESSAGE, "u1"), "recipients"),
        ((MESSAGE, {"u1": 1}), "recipients"),
        ((MESSAGE, Path("users.csv")), "recipients"),
        ((MESSAGE, ["u1"], "emails"), "type"),
        (("message", ["u1"]), "message"),
    ],
)
async def test_sends_that_cannot_be_right(arguments: Any, path: str) -> None:
    async with a_client(Script(SENT)) as client:
        with pytest.raises(InvalidInput) as raised:
            client.transactional.ingest(*arguments)
    assert raised.value.path == path


async def test_a_payload_is_written_as_text() -> None:
    script = Script(SENT)
    async with a_client(script) as client:
        await client.transactional.ingest({**MESSAGE, "custom_payload": {"order": 7}}, ["u1"]).collect()
    assert bodies(script)[0]["custom_payload"] == '{"order":7}'


# -- custom data -----------------------------------------------------------------------------------------------------


async def test_custom_data_is_split_and_sent_again() -> None:
    script = Script(QUEUED, RESET, QUEUED)
    updates: list[Any] = [{"id": f"u{number}", "update": {"values": {"u.n": number}}} for number in range(25_000)]
    updates[3] = {"id": "u3", "update": {"values": {}}}
    async with a_client(script) as client:
        fates = await fates_of(client.custom_data.ingest(updates))
    assert one_each(fates, 25_000)
    assert kinds(fates) == {"Delivered": 24_999, "Invalid": 1}
    assert [len(body) for body in bodies(script)] == [10_000, 10_000, 10_000, 4_999]


async def test_dates_of_custom_data_are_written_as_this_api_takes_them() -> None:
    script = Script(QUEUED)
    update = {"id": "u1", "update": {"values": {"date(u.since)": datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)}}}
    async with a_client(script) as client:
        await client.custom_data.ingest([update]).collect()
    assert bodies(script)[0][0]["update"]["values"] == {"date(u.since)": "2026-02-03T04:05:06"}


async def test_updates_of_one_user_keep_their_order() -> None:
    script = Script(QUEUED)
    updates = [{"id": "u1", "update": {"values": {"u.n": number}}} for number in range(3)]
    async with a_client(script) as client:
        await client.custom_data.ingest(updates).collect()
    assert [[item["update"]["values"]["u.n"] for item in body] for body in bodies(script)] == [[0], [1], [2]]


async def test_lines_of_a_file(tmp_path: Path) -> None:
    script = Script(QUEUED)
    path = tmp_path / "users.jsonl"
    path.write_text('{"id": "u1", "update": {"values": {"u.n": 1}}}\n{"id": 7}\n')
    async with a_client(script) as client:
        fates = await fates_of(client.custom_data.ingest(path))
    assert kinds(fates) == {"Delivered": 1, "Invalid": 1}


async def test_deletions_are_split() -> None:
    script = Script(QUEUED)
    async with a_client(script) as client:
        fates = await fates_of(client.custom_data.ingest_deletions([*(f"u{number}" for number in range(12_000)), 7]))
    assert kinds(fates) == {"Delivered": 12_000, "Invalid": 1}
    assert [(request.method, len(orjson.loads(request.content))) for request in script.requests] == [
        ("DELETE", 10_000),
        ("DELETE", 2_000),
    ]


# -- events ----------------------------------------------------------------------------------------------------------


async def test_events_are_split_by_the_thousand_over_all_users() -> None:
    script = Script(Answer(202))
    users = [{"id": f"u{number}", "events": [{"name": "ue.a"}] * 3} for number in range(1_000)]
    async with a_client(script) as client:
        fates = await fates_of(client.trigger_events.ingest(users))
    assert kinds(fates) == {"Delivered": 1_000}
    assert [sum(len(user["events"]) for user in body) for body in bodies(script)] == [999, 999, 999, 3]


async def test_events_of_one_user_that_come_one_by_one_travel_together() -> None:
    script = Script(Answer(202))
    users = [{"id": "u1", "events": [{"name": f"ue.e{number}"}]} for number in range(2_500)]
    async with a_client(script) as client:
        fates = await fates_of(client.trigger_events.ingest(users))
    assert one_each(fates, 2_500)
    assert kinds(fates) == {"Delivered": 2_500}
    assert len(script.requests) <= 4
    sent = [event["name"] for body in bodies(script) for user in body for event in user["events"]]
    assert sent == [f"ue.e{number}" for number in range(2_500)]


async def test_events_whose_answer_is_lost_are_not_tracked_twice() -> None:
    script = Script(RESET, Answer(202))
    users = [{"id": f"u{number}", "events": [{"name": "ue.a"}]} for number in range(1_500)]
    async with a_client(script) as client:
        fates = await fates_of(client.trigger_events.ingest(users))
    assert kinds(fates) == {"Unknown": 1_000, "Delivered": 500}
    assert len(script.requests) == 2


async def test_events_whose_answer_is_lost_are_tracked_again_if_asked() -> None:
    script = Script(RESET, Answer(202))
    async with a_client(script) as client:
        job = client.trigger_events.ingest([{"id": "u", "events": [{"name": "ue.a"}]}], resend=True)
        assert kinds(await fates_of(job)) == {"Delivered": 1}
    assert len(script.requests) == 2


async def test_events_that_cannot_be_right_hold_up_nobody() -> None:
    script = Script(Answer(202))
    users: list[Any] = [
        {"id": "u1", "events": [{"name": "ue.a"}]},
        {"id": "u2", "events": [{"name": "a"}]},
        {"id": "u3", "events": [{"name": "ue.a"}] * 1_001},
    ]
    async with a_client(script) as client:
        assert kinds(await fates_of(client.trigger_events.ingest(users))) == {"Delivered": 1, "Invalid": 2}


# -- audiences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["custom_ids", "advertising_ids", "install_ids"])
async def test_ids_of_an_audience_are_split(type: Any) -> None:
    script = Script(INDEXED)
    ids: list[Any] = [f"u{number}" for number in range(12_000)]
    ids[1] = {"action": "remove", "id": "u1"}
    ids[2] = {"id": "u2"}
    async with a_client(script) as client:
        fates = await fates_of(client.audiences.ingest("vip", ids, type))
    assert kinds(fates) == {"Delivered": 11_999, "Invalid": 1}
    version = "1.1" if type == "install_ids" else "1.0"
    assert [request.method for request in script.requests] == ["PATCH", "PATCH"]
    assert all(f"/{version}/" in one.url and one.url.endswith("/custom-audience/vip") for one in script.requests)
    first = bodies(script)[0]
    assert first.get("type") == (None if type == "install_ids" else type)
    assert first["ids"][:2] == [{"action": "add", "id": "u0"}, {"action": "remove", "id": "u1"}]


async def test_an_audience_is_replaced_once_and_then_added_to() -> None:
    script = Script(INDEXED, APPLIED, INDEXED)
    async with a_client(script) as client:
        job = client.audiences.ingest("vip", (f"i{n}" for n in range(25_000)), "install_ids", mode="replace")
        assert (await job.collect()).delivered == 25_000
    assert [request.method for request in script.requests] == ["PUT", "GET", "PATCH", "PATCH"]
    assert orjson.loads(script.requests[0].content)["ids"][0] == {"id": "i0"}
    assert orjson.loads(script.requests[2].content)["ids"][0] == {"action": "add", "id": "i10000"}


@pytest.mark.parametrize("type", ["custom_ids", "install_ids"])
async def test_a_checkpoint_is_of_one_audience(type: Any, tmp_path: Path) -> None:
    path = tmp_path / "ids.checkpoint"
    async with BatchAppClient("rest_0", "APP_OF_AUDIENCES", transport=Script(INDEXED)) as client:
        async with client.audiences.ingest("vip", ["u1", "u2"], type, checkpoint=path, chunk_size=1) as job:
            await anext(aiter(job))
        with pytest.raises(ConfigurationError, match="another job"):
            await client.audiences.ingest("gold", ["u1"], type, checkpoint=path).collect()
        assert (await client.audiences.ingest("vip", ["u1", "u2"], type, checkpoint=path).collect()).delivered == 2


async def test_an_audience_that_stands_half_full_says_so() -> None:
    script = Script(INDEXED, APPLIED, DENIED)
    async with a_client(script) as client:
        job = client.audiences.ingest("vip", (f"i{n}" for n in range(25_000)), "install_ids", mode="replace")
        fates = await fates_of(job)
    assert one_each(fates, 25_000)
    assert job.is_incomplete
    assert isinstance(job.ended_by, AudienceIncomplete)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"name": "a b", "ids": []}, "name"),
        ({"name": "vip", "ids": [], "type": "emails"}, "type"),
        ({"name": "vip", "ids": [], "mode": "merge"}, "mode"),
        ({"name": "vip", "ids": [], "mode": "replace"}, "mode"),
    ],
)
async def test_audiences_that_cannot_be_right(options: dict[str, Any], path: str) -> None:
    async with a_client(Script(INDEXED)) as client:
        with pytest.raises(InvalidInput) as raised:
            client.audiences.ingest(**options)
    assert raised.value.path == path
