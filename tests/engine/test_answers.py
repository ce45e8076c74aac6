"""What an answer 2xx means: a success is what can be read, and all else is a failure that leaves the question open."""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import json
import logging
import pickle
import time
import zlib
from typing import Any

import httpx
import pytest

from batch_api import BatchError, UnreadableAnswer
from batch_api._generated.cep.registry import OPERATIONS as CEP
from batch_api._generated.mep.registry import API as MEP
from batch_api._operation import Operation
from batch_api.engine.errors import APIError, NotFound, RateLimited, TransportError
from batch_api.testing.clock import run
from batch_api.testing.document import answer_schema
from tests.engine.script import (
    BROKEN,
    CREATE,
    NO_CONNECTION,
    OK,
    READ,
    RESET,
    TOO_MANY,
    UPDATE,
    WRITE,
    Answer,
    Script,
    Seen,
    an_edit,
    engine_on,
)
from tests.engine.test_engine import failure, send

BODY = json.dumps({"code": "SUCCESS"}).encode()
ERROR = {"error_code": "INTERNAL", "error_message": "nothing applied, mila@example.org"}

UNREADABLE = [
    pytest.param(Answer(200, b"<html>We are down</html>"), "not JSON", id="a page"),
    pytest.param(Answer(299, b"\xff\xfe"), "not JSON", id="no text"),
    pytest.param(Answer(200, BODY[:-1]), "not JSON", id="cut"),
    pytest.param(Answer(200, b"[" * 100_000), "not JSON", id="too deep"),
    pytest.param(Answer(206, b"{}"), "part of the content", id="a part"),
    pytest.param(Answer(206), "part of the content", id="an empty part"),
    pytest.param(Answer(200, ERROR), "describes an error", id="an error"),
    pytest.param(Answer(200, {**ERROR, "more": 1}), "describes an error", id="an error with more"),
    pytest.param(Answer(200, {"error_code": "INTERNAL"}), "describes an error", id="an error's name"),
    pytest.param(Answer(200, BODY, headers={"Content-Encoding": "br"}), "cannot be decoded", id="unknown coding"),
    pytest.param(Answer(200, BODY, headers={"Content-Encoding": "gzip"}), "cannot be decoded", id="no gzip"),
    pytest.param(
        Answer(200, gzip.compress(BODY)[:-9], headers={"Content-Encoding": "gzip"}),
        "cannot be decoded",
        id="cut gzip",
    ),
]


@pytest.mark.parametrize(("answer", "why"), UNREADABLE)
def test_what_cannot_be_read_is_no_success(answer: Answer, why: str) -> None:
    script, seen = Script(answer), Seen()
    error = failure(script, CREATE, observer=seen)
    assert type(error) is UnreadableAnswer
    assert isinstance(error, APIError)
    assert (error.status, error.outcome, error.may_pass, error.retry) == (answer.status, "unknown", True, "later")
    assert error.response is not None
    assert error.response.content == answer.body
    assert why in str(error)
    assert "It may have been applied" in str(error)
    assert "mila" not in str(error)
    assert [(attempt.status, attempt.outcome) for attempt in seen] == [(answer.status, "unknown")]
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


@pytest.mark.parametrize(("answer", "why"), UNREADABLE)
def test_it_is_sent_again_where_twice_does_no_harm(answer: Answer, why: str) -> None:
    response = send(Script(answer, answer, OK))
    assert [attempt.outcome for attempt in response.attempts] == ["unknown", "unknown", "taken"]
    script = Script(answer)
    assert len(failure(script).attempts) == len(script.requests) == 5
    script = Script(answer)
    failure(script, UPDATE, [an_edit(events=[{"name": "seen"}])])
    assert len(script.requests) == 1, "an event would count twice"
    script = Script(answer, OK)
    assert send(script, UPDATE, [an_edit()]).status == 202


def test_the_name_of_an_error_in_a_success_shows() -> None:
    error = failure(Script(Answer(200, ERROR)), CREATE)
    assert (error.error_code, error.error_message) == ("INTERNAL", ERROR["error_message"])
    assert "HTTP 200 INTERNAL, but its body describes an error" in str(error)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {}),
        (b"\xef\xbb\xbf" + BODY, {}),
        (gzip.compress(BODY), {"Content-Encoding": "gzip"}),
        (gzip.compress(b"\xef\xbb\xbf" + BODY), {"Content-Encoding": "gzip"}),
        (zlib.compress(BODY), {"Content-Encoding": "deflate"}),
        (zlib.compress(BODY)[2:-4], {"Content-Encoding": "deflate"}),
    ],
)
def test_what_can_be_read_is_read(body: bytes, headers: dict[str, str]) -> None:
    response = send(Script(Answer(200, body, headers=headers)))
    assert response.json() == {"code": "SUCCESS"}
    assert response.content.endswith(BODY)


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf"])
def test_an_empty_success_is_one(body: bytes) -> None:
    assert send(Script(Answer(202, body)), CREATE).json() is None


def test_an_empty_success_has_no_coding_to_be_wrong() -> None:
    assert send(Script(Answer(204, headers={"Content-Encoding": "br"})), CREATE).status == 204


def test_a_body_is_read_as_json_once() -> None:
    response = send(Script(Answer(200, {"a": [1]})))
    assert response.json() is response.json()


def test_the_errors_of_the_legacy_api_are_told_from_its_answers() -> None:
    create = Operation("thing_create", "POST", "/things/create", (201,))
    api = MEP._replace(operations={"thing_create": create}, scope_parameter=None)
    error = failure(Script(Answer(200, {"code": 1, "type": "SERVER_ERROR", "message": "oops"})), create, api=api)
    assert (type(error), error.error_code) == (UnreadableAnswer, "SERVER_ERROR")
    assert send(Script(Answer(200, {"type": "custom_ids", "name": "vip"})), create, api=api).status == 200


@pytest.mark.parametrize(("api", "operations"), [("cep", CEP), ("mep", MEP.operations)])
def test_no_answer_of_the_document_looks_like_an_error(api: Any, operations: dict[str, Operation]) -> None:
    names = {"cep": {"error_code"}, "mep": {"type", "message"}}[api]
    looked_at = 0
    for operation in operations.values():
        for status in range(200, 207):
            schema = answer_schema(operation, status, api)
            if schema is not None:
                looked_at += 1
                assert not names <= set(schema.get("properties", ())), operation.name
    assert looked_at > 15


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_errors_with_any_body_are_the_errors_they_are(coding: str) -> None:
    body = gzip.compress(json.dumps({"error_code": "NOT_HERE", "error_message": "x"}).encode())
    error = failure(Script(Answer(404, body, headers={"Content-Encoding": coding})))
    assert type(error) is NotFound
    assert error.error_code == ("NOT_HERE" if coding == "gzip" else None)


# -- what an error says of a read --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble", [BROKEN, RESET, Answer(200, b"<html>"), Answer(404), Answer(307), Answer(200, b"{", cut_short=True)]
)
def test_an_error_about_a_read_says_that_nothing_was_changed(trouble: Answer) -> None:
    said = str(failure(Script(trouble), READ))
    assert "It was a read: nothing was changed." in said
    assert "applied" not in said
    assert "applied" in str(failure(Script(trouble), CREATE))


def test_what_was_not_sent_is_told_of_reads_too() -> None:
    assert "Nothing was sent." in str(failure(Script(NO_CONNECTION), READ))


def test_a_download_is_a_read() -> None:
    error = TransportError("The download of the file failed.", stage="download", outcome="unknown")
    assert str(error) == "The download of the file failed. It was a read: nothing was changed."
    assert "may have been applied" in str(TransportError("Lost.", stage="receive", outcome="unknown"))


# -- Retry-After -------------------------------------------------------------------------------------------------------


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about pauses."""
    return [said for record in caplog.records if "Retry-After" in (said := record.getMessage())]


@pytest.mark.parametrize("asked", ["3601", "86400", "1e99", "DATE"])
def test_a_retry_after_is_believed_up_to_an_hour(asked: str, caplog: pytest.LogCaptureFixture) -> None:
    value = email.utils.formatdate(time.time() + 864_000, usegmt=True) if asked == "DATE" else asked
    script = Script(Answer(429, headers={"Retry-After": value}), OK)
    with caplog.at_level(logging.WARNING, "batch_api"):
        send(script, deadline=10_000)
    assert 3600 <= script.times[1] - script.times[0] <= 3961
    (said,) = told(caplog)
    assert said.startswith("thing_write: Retry-After asks for ")
    assert said.endswith("s; pausing for 3600 s")
    error = failure(Script(Answer(429, headers={"Retry-After": value})), deadline=5)
    assert type(error) is RateLimited
    assert error.retry_after == 3600


def test_an_hour_is_believed_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(Answer(429, headers={"Retry-After": "3600"}), OK)
    with caplog.at_level(logging.WARNING, "batch_api"):
        send(script, deadline=10_000)
    assert told(caplog) == []


def test_one_pause_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """Requests that were on the wire together are rejected together."""

    async def main() -> None:
        script = Script(OK, *[Answer(429, headers={"Retry-After": "90000"}, after=1.0)] * 10, OK)
        engine = engine_on(script, deadline=10_000)
        await engine.send(WRITE, body={"name": "x"})
        await asyncio.gather(*(engine.send(WRITE, body={"name": "x"}) for _ in range(10)))

    with caplog.at_level(logging.WARNING, "batch_api"):
        run(main())
    assert len(told(caplog)) == 1


# -- resume ------------------------------------------------------------------------------------------------------------


def test_a_pause_can_be_lifted() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        script = Script(Answer(429, headers={"Retry-After": "3000"}), OK)
        engine = engine_on(script, deadline=10_000)
        calls = [asyncio.create_task(engine.send(WRITE, body={"name": "x"})) for _ in range(5)]
        await asyncio.sleep(10)
        assert len(script.requests) == 1
        assert engine.wait_time("thing_write") > 2900
        script.steps = [Answer(202, {}, after=2.0), OK]
        engine.resume("thing_write")
        assert engine.wait_time("thing_write") < 1
        await asyncio.sleep(1)
        assert script.times[1:] == [pytest.approx(10, abs=0.01)], "one goes at once, and alone"
        await asyncio.gather(*calls)
        assert loop.time() < 13

    run(main())


def test_only_what_was_named_is_resumed_and_without_a_name_all_is() -> None:
    async def main() -> None:
        paused = Answer(429, headers={"Retry-After": "3000"})
        engine = engine_on(Script(paused, paused, OK), deadline=10_000)
        calls = [
            asyncio.create_task(engine.send(READ)),
            asyncio.create_task(engine.send(WRITE, body={"name": "x"})),
        ]
        await asyncio.sleep(1)
        engine.resume("thing_view")
        await asyncio.sleep(1)
        assert [call.done() for call in calls] == [True, False]
        engine.resume()
        await asyncio.sleep(1)
        assert [call.done() for call in calls] == [True, True]

    run(main())


def test_a_limit_that_refuses_still_pauses_again() -> None:
    async def main() -> None:
        script = Script(TOO_MANY)
        engine = engine_on(script, deadline=10_000)
        call = asyncio.create_task(engine.send(WRITE, body={"name": "x"}))
        await asyncio.sleep(100)
        before = len(script.requests)
        engine.resume()
        await asyncio.sleep(1)
        assert len(script.requests) == before + 1
        assert engine.wait_time("thing_write") > 10, "and the pauses go on growing"
        call.cancel()

    run(main())


def test_resuming_what_is_not_paused_changes_nothing() -> None:
    async def main() -> None:
        script = Script(OK)
        engine = engine_on(script)
        engine.resume()
        await engine.send(WRITE, body={"name": "x"})
        before = engine.wait_time("thing_list")
        engine.resume()
        assert engine.wait_time("thing_list") == before
        with pytest.raises(BatchError, match="no operation 'nonsense'"):
            engine.resume("nonsense")

    run(main())


def test_a_lost_request_of_a_write_may_have_been_taken() -> None:
    script = Script(Answer(error=httpx.ReadError("")))
    assert "It may have been applied" in str(failure(script, CREATE))
