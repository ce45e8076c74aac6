"""One call through the engine: what is sent, how often, and what the caller is told when it fails."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import pickle
import random
import ssl
import time
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from batch_api._operation import Encoded, LimitFact, Operation
from batch_api.engine.errors import (
    APIError,
    AuthenticationFailed,
    BadRequest,
    BatchError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidInput,
    Maintenance,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    TransportError,
)
from batch_api.engine.limits import Limit
from batch_api.testing.clock import VirtualClock, run
from tests.engine.script import (
    BROKEN,
    CREATE,
    DEFAULT,
    KEY,
    MAINTENANCE,
    NEVER,
    NO_CONNECTION,
    OK,
    PROJECT,
    READ,
    RESET,
    TOO_MANY,
    UPDATE,
    WRITE,
    Answer,
    Script,
    Seen,
    an_edit,
    api_of,
    edits,
    engine_on,
)


def send(script: Script, operation: Operation = WRITE, body: object = None, **options: Any) -> Any:
    """One call on a fresh virtual clock."""

    async def main() -> Any:
        engine = engine_on(script, **options)
        payload = body if body is not None or operation.method == "GET" else {"name": "x"}
        return await engine.send(operation, body=payload)

    return run(main())


def failure(script: Script, operation: Operation = WRITE, body: object = None, **options: Any) -> Any:
    with pytest.raises(BatchError) as caught:
        send(script, operation, body, **options)
    return caught.value


# -- what is sent --------------------------------------------------------------------------------------------------


def test_a_request_carries_both_keys_and_its_body_in_bytes() -> None:
    script = Script(OK)
    response = send(script, UPDATE, [an_edit()])
    (request,) = script.requests
    headers = dict(request.headers)
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["X-Batch-Project"] == PROJECT
    assert headers["Content-Type"] == "application/json"
    assert request.method == "POST"
    assert request.url.endswith(".example/2.11/profiles/update")
    assert request.content == b'[{"identifiers":{"custom_id":"u1"}}]'
    assert response.status == 202
    assert response.json() == {"code": "SUCCESS"}


def test_a_query_is_escaped_and_what_is_not_given_is_left_out() -> None:
    script = Script(Answer(200, {}))

    async def main() -> None:
        await engine_on(script).send(
            READ, query={"name": "a b&c=d/é", "limit": 5, "deep": True, "status": ["x", "y"], "from": None}
        )

    run(main())
    assert script.requests[0].url.endswith("/things/view?name=a+b%26c%3Dd%2F%C3%A9&limit=5&deep=true&status=x&status=y")


def test_an_encoded_body_goes_out_as_it_is() -> None:
    script = Script(OK)
    send(script, UPDATE, Encoded(b'[{"identifiers": {"custom_id": "raw"}}]', items=1, has_events=False))
    assert script.requests[0].content == b'[{"identifiers": {"custom_id": "raw"}}]'


def test_a_callable_key_is_asked_for_each_attempt() -> None:
    script = Script(TOO_MANY, OK)
    keys = iter(["rest_old", "rest_new"])

    async def main() -> None:
        engine = engine_on(script)
        engine._credentials = type(engine._credentials)(engine.api, lambda: next(keys), PROJECT)
        await engine.send(WRITE, body={})

    run(main())
    assert [dict(request.headers)["Authorization"] for request in script.requests] == [
        "Bearer rest_old",
        "Bearer rest_new",
    ]


def test_bad_input_is_refused_before_anything_is_sent() -> None:
    script = Script(OK)
    error = failure(script, UPDATE, [an_edit(), an_edit(attributes={"score": float("nan")})])
    assert isinstance(error, InvalidInput)
    assert isinstance(error, ValueError)
    assert (error.index, error.path, error.outcome) == (1, "attributes.score", "not_sent")
    assert "item 1" in str(error)
    assert "Nothing was sent." in str(error)
    assert script.requests == []


# -- success, however it looks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"code": "SUCCESS"}),
        Answer(204),
        Answer(202, b" \r\n"),
        Answer(299, ["odd"]),
        Answer(202, {"news": {"of": ["a", "kind"]}}),
        Answer(200, {"error_code": 7, "error_message": "no error"}),
        Answer(200, {"error_code": "COUNT", "value": 3}),
    ],
)
def test_a_success_never_fails_for_what_its_json_says_or_for_its_status(answer: Answer) -> None:
    response = send(Script(answer))
    assert response.status == answer.status
    assert response.content == answer.body


def test_a_redirect_is_a_success_only_where_the_operation_says_so() -> None:
    download = Operation("file", "GET", "/file", (307,), (), replay=True)
    response = send(Script(Answer(307, headers={"Location": "https://elsewhere.example/f"})), download)
    assert response.headers["location"] == "https://elsewhere.example/f"
    error = failure(Script(Answer(307)), READ)
    assert (type(error), error.status, error.outcome) == (APIError, 307, "unknown")


# -- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (400, BadRequest, "refused"),
        (401, AuthenticationFailed, "refused"),
        (403, PermissionDenied, "refused"),
        (404, NotFound, "refused"),
        (409, APIError, "refused"),
        (422, APIError, "refused"),
        (451, APIError, "refused"),
    ],
)
def test_a_refusal_is_raised_at_once(status: int, kind: type[APIError], outcome: str) -> None:
    script = Script(Answer(status, {"error_code": "SOME_CODE", "error_message": "words"}))
    error = failure(script)
    assert type(error) is kind
    assert (error.status, error.error_code, error.error_message) == (status, "SOME_CODE", "words")
    assert error.response is not None
    assert (error.outcome, error.operation, error.response.status) == (outcome, "thing_write", status)
    assert [attempt.status for attempt in error.attempts] == [status]
    assert "Nothing was applied." in str(error)
    assert f"HTTP {status} SOME_CODE" in str(error)
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 529, 599, 408])
@pytest.mark.parametrize("body", [b"<html><h1>Bad gateway</h1></html>", b"", b'{"error_code": 7}', b'["odd"]', b"\xff"])
def test_any_failure_with_any_body_is_a_server_error(status: int, body: bytes) -> None:
    error = failure(Script(Answer(status, body)), CREATE)
    assert type(error) is ServerError
    assert (error.status, error.outcome, error.error_code) == (status, "unknown", None)
    assert "It may have been applied" in str(error)
    assert "html" not in str(error)


def test_an_error_whose_body_never_came_is_still_that_error() -> None:
    error = failure(Script(Answer(401, b"{", cut_short=True)))
    assert type(error) is AuthenticationFailed


# -- sending again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [BROKEN, RESET, Answer(408), Answer(502, b"<html>"), NO_CONNECTION])
def test_what_may_be_repeated_is_repeated_after_a_failure(trouble: Answer) -> None:
    script = Script(trouble, trouble, OK)
    response = send(script)
    assert response.status == 202
    assert len(response.attempts) == 3
    waits = [b - a for a, b in zip(script.times, script.times[1:], strict=False)]
    assert waits[0] <= 0.52
    assert waits[1] <= 1.02


@pytest.mark.parametrize("trouble", [BROKEN, RESET])
def test_failures_are_repeated_four_times_at_most(trouble: Answer) -> None:
    script = Script(trouble)
    error = failure(script)
    assert len(script.requests) == len(error.attempts) == 5
    assert error.outcome == "unknown"
    assert "5 attempts" in str(error)


@pytest.mark.parametrize("trouble", [BROKEN, RESET, Answer(408), Answer(202, b"{", cut_short=True)])
@pytest.mark.parametrize(
    ("operation", "body"),
    [(CREATE, {"name": "x"}), (UPDATE, [an_edit(), an_edit(events=[{"name": "bought"}])])],
)
def test_what_may_not_be_repeated_is_sent_once(trouble: Answer, operation: Operation, body: object) -> None:
    script = Script(trouble, OK)
    error = failure(script, operation, body)
    assert len(script.requests) == 1
    assert error.outcome == "unknown"


def test_edits_without_events_may_be_repeated() -> None:
    script = Script(RESET, OK)
    send(script, UPDATE, edits(3, attributes={"tier": "gold"}))
    assert len(script.requests) == 2


def test_the_caller_may_choose_to_repeat_all_the_same() -> None:
    script = Script(BROKEN, Answer(201, {"id": "x"}))

    async def main() -> None:
        await engine_on(script).with_options(resend_unsafe=True).send(CREATE, body={})

    run(main())
    assert len(script.requests) == 2


def test_what_never_left_is_always_sent_again() -> None:
    script = Script(NO_CONNECTION, NO_CONNECTION, Answer(201, {"id": "x"}))
    assert send(script, CREATE).status == 201
    error = failure(Script(NO_CONNECTION), CREATE)
    assert isinstance(error, TransportError)
    assert (error.stage, error.outcome, len(error.attempts)) == ("connect", "not_sent", 5)
    assert "Nothing was sent." in str(error)


def test_a_certificate_that_fails_is_final() -> None:
    reason = ssl.SSLCertVerificationError("certificate verify failed")
    untrusted = httpx.ConnectError("tls")
    untrusted.__cause__ = reason
    script = Script(Answer(error=untrusted, sent=False))
    error = failure(script)
    assert (error.stage, error.outcome, len(script.requests)) == ("tls", "not_sent", 1)


def test_a_replay_that_is_refused_stays_unknown() -> None:
    """The first create may have been taken: then the second one is refused because it exists."""
    script = Script(RESET, Answer(400, {"error_code": "MALFORMED_PARAMETER", "error_message": "exists"}))
    error = failure(script)
    assert type(error) is BadRequest
    assert error.outcome == "unknown"
    assert [attempt.outcome for attempt in error.attempts] == ["unknown", "refused"]
    assert "It may have been applied" in str(error)


@pytest.mark.parametrize(
    ("steps", "may_pass"),
    [
        ((Answer(400),), False),
        ((Answer(401),), False),
        ((Answer(404),), False),
        ((BROKEN,), True),
        ((RESET,), True),
        ((NO_CONNECTION,), True),
        ((TOO_MANY,), True),
        ((MAINTENANCE,), True),
        ((NEVER,), True),
        ((Answer(error=ssl.SSLCertVerificationError("self-signed"), sent=False),), False),
    ],
)
def test_an_error_says_whether_it_may_pass_by_itself(steps: tuple[Answer, ...], may_pass: bool) -> None:
    assert failure(Script(*steps), deadline=60).may_pass is may_pass


def test_a_create_whose_last_attempt_may_have_been_taken_never_looks_safe() -> None:
    for steps in ((TOO_MANY, BROKEN), (NO_CONNECTION, RESET), (MAINTENANCE, RESET), (TOO_MANY, NEVER)):
        error = failure(Script(*steps), CREATE, deadline=60)
        assert error.outcome == "unknown", steps
        assert "Nothing was" not in str(error)


def test_an_error_of_the_callers_own_transport_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError):
        send(Script(Answer(error=ZeroDivisionError())))


# -- rejections and maintenance ------------------------------------------------------------------------------------


def test_a_rejection_is_waited_out_and_sent_again_even_where_nothing_may_be_repeated() -> None:
    script = Script(*[TOO_MANY] * 6, Answer(201, {"id": "x"}))
    response = send(script, CREATE, deadline=600)
    assert response.status == 201
    waits = [b - a for a, b in zip(script.times, script.times[1:], strict=False)]
    for wait in waits:
        assert 1 <= wait <= 1.1 + 0.1, "a limit of one second needs no longer pause"


@pytest.mark.parametrize("asked", ["7", " 7 ", "7.0", "DATE"])
def test_retry_after_is_read_in_seconds_and_as_a_date(asked: str) -> None:
    value = email.utils.formatdate(time.time() + 7.9, usegmt=True) if asked == "DATE" else asked
    script = Script(Answer(429, headers={"Retry-After": value}), OK)
    send(script)
    assert 6.5 <= script.times[1] - script.times[0] <= 8.8


@pytest.mark.parametrize(
    "nonsense", ["", "soon", "-3", "0", "nan", "inf", "1e999", "Mon, 99 Foo 2026", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_nonsensical_retry_after_is_no_retry_after(nonsense: str) -> None:
    script = Script(Answer(429, headers={"Retry-After": nonsense}), OK)
    send(script)
    assert 1 <= script.times[1] - script.times[0] <= 1.2


def test_a_pause_longer_than_the_deadline_raises_the_last_answer_at_once() -> None:
    script = Script(
        Answer(429, {"error_code": "TOO_MANY_REQUESTS", "error_message": "x"}, headers={"Retry-After": "900"})
    )
    seen: list[float] = []

    async def main() -> None:
        try:
            await engine_on(script, deadline=30).send(WRITE, body={})
        finally:
            seen.append(asyncio.get_running_loop().time())

    with pytest.raises(RateLimited) as caught:
        run(main())
    assert seen[0] < 1
    assert caught.value.outcome == "refused"
    assert "last attempt" in str(caught.value)


def test_maintenance_is_a_refusal_and_waited_out() -> None:
    script = Script(MAINTENANCE, MAINTENANCE, Answer(201, {"id": "x"}))
    assert send(script, CREATE).status == 201
    error = failure(Script(MAINTENANCE), CREATE, deadline=60)
    assert type(error) is Maintenance
    assert error.outcome == "refused"
    assert len(error.attempts) > 2


def test_maintenance_does_not_slow_down_what_comes_after() -> None:
    async def main() -> None:
        script = Script(MAINTENANCE, Answer(200, {}))
        engine = engine_on(script)
        await asyncio.gather(*(engine.send(DEFAULT) for _ in range(3)))
        assert script.times[-1] - script.times[-2] == pytest.approx(1.02, abs=0.001)

    run(main())


def test_a_503_that_does_not_say_maintenance_is_a_failure_like_others() -> None:
    script = Script(Answer(503, b"<html>Service Unavailable</html>"))
    error = failure(script, CREATE)
    assert type(error) is ServerError
    assert (error.outcome, len(script.requests)) == ("unknown", 1)


# -- deadlines -----------------------------------------------------------------------------------------------------


def test_a_deadline_on_the_wire_is_unknown_whatever_came_before() -> None:
    for first in (OK, TOO_MANY, NO_CONNECTION):
        steps = (NEVER,) if first is OK else (first, NEVER)
        error = failure(Script(*steps), READ, deadline=20, timeout=100)
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error, TimeoutError)
        assert error.outcome == "unknown"
        assert error.attempts[-1].fault == "DeadlineExceeded"


def test_a_call_may_have_a_deadline_of_its_own() -> None:
    async def main() -> None:
        engine, now = engine_on(Script(NEVER), deadline=20, timeout=100), asyncio.get_running_loop().time
        for own, seconds in ((7, 7), (None, 20), (40, 40)):
            began = now()
            with pytest.raises(DeadlineExceeded, match=f"the deadline of {seconds} s"):
                await engine.send(READ, deadline=own)
            assert now() - began == pytest.approx(seconds, abs=0.1)

    run(main())


def test_a_deadline_before_the_body_left_is_not_sent() -> None:
    error = failure(Script(Answer(after=100, sent=False)), deadline=20)
    assert isinstance(error, DeadlineExceeded)
    assert error.outcome == "not_sent"


@pytest.mark.parametrize(("reads_body", "outcome"), [(False, "not_sent"), (True, "unknown")])
def test_with_httpx_it_is_known_whether_the_body_began_to_leave(reads_body: bool, outcome: str) -> None:
    class Stuck(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if reads_body:
                await request.aread()
            await asyncio.sleep(10_000)
            raise AssertionError

    error = failure(Script(OK), CREATE, deadline=20, transport=Stuck())
    assert (type(error), error.outcome) == (DeadlineExceeded, outcome)


def test_a_deadline_between_attempts_raises_the_last_answer() -> None:
    error = failure(Script(BROKEN), deadline=0.02)
    assert type(error) is ServerError
    assert error.outcome == "unknown"


def test_a_backoff_that_would_outlast_the_deadline_is_not_slept() -> None:
    class Unlucky(random.Random):
        def random(self) -> float:
            return 0.999

    async def main() -> None:
        engine = engine_on(Script(BROKEN), deadline=0.4, rng=Unlucky())
        with pytest.raises(ServerError):
            await engine.send(WRITE, body={})
        assert asyncio.get_running_loop().time() == pytest.approx(0.01, abs=0.001)

    run(main())


def test_a_call_whose_turn_comes_too_late_fails_at_once() -> None:
    async def main() -> None:
        engine = engine_on(Script(Answer(200, {})), deadline=10)
        loop = asyncio.get_running_loop()
        patient = engine.with_options(deadline=1000)
        waiting = [asyncio.create_task(patient.send(DEFAULT)) for _ in range(30)]
        await asyncio.sleep(0.5)
        began = loop.time()
        with pytest.raises(DeadlineExceeded) as caught:
            await engine.send(DEFAULT)
        assert loop.time() - began < 0.001
        assert caught.value.outcome == "not_sent"
        assert caught.value.retry_after == pytest.approx(30, abs=1.5), "its turn, which is when to try again"
        assert caught.value.attempts == ()
        await asyncio.gather(*waiting)

    run(main())


def test_waiting_at_the_gate_counts_against_the_deadline() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        engine = engine_on(script, deadline=2.5)
        results = await asyncio.gather(*(engine.send(DEFAULT) for _ in range(6)), return_exceptions=True)
        assert [isinstance(result, DeadlineExceeded) for result in results] == [False] * 3 + [True] * 3
        assert len(script.requests) == 3

    run(main())


def test_cancelling_a_call_leaves_the_gate_open() -> None:
    async def main() -> None:
        engine = engine_on(Script(NEVER, Answer(200, {})))
        stuck = asyncio.create_task(engine.send(DEFAULT))
        waiting = asyncio.create_task(engine.send(DEFAULT))
        await asyncio.sleep(5)
        stuck.cancel()
        response = await waiting
        assert response.status == 200
        assert stuck.cancelled()

    run(main())


# -- siblings, gates, loops ----------------------------------------------------------------------------------------


def test_siblings_of_a_project_share_its_gates_and_projects_do_not_share() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        engine = engine_on(script)
        quick = engine.with_options(timeout=5)
        other = engine.for_project("project_other")
        await asyncio.gather(*(sibling.send(DEFAULT) for sibling in (engine, quick, other)))
        by_project: dict[str, list[float]] = {}
        for request, when in zip(script.requests, script.times, strict=True):
            by_project.setdefault(dict(request.headers)["X-Batch-Project"], []).append(when)
        assert by_project["project_other"] == pytest.approx([0.0], abs=0.01)
        assert by_project[PROJECT] == pytest.approx([0.0, 1.03], abs=0.01)

    run(main())


def test_clients_of_one_origin_and_project_share_their_gates() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        first, second = engine_on(script), engine_on(script)
        await asyncio.gather(first.send(DEFAULT), second.send(DEFAULT))
        assert script.times == pytest.approx([0.0, 1.03], abs=0.01)

    run(main())


@pytest.mark.parametrize("options", [{"share": 0.5}, {"limits": {"thing_list": [Limit(2)]}}])
def test_a_second_client_with_other_limits_is_refused(options: dict[str, Any]) -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        first = engine_on(script)
        first.open()
        with pytest.raises(ConfigurationError, match="Another client of this project"):
            engine_on(script, **options).open()
        engine_on(script).open()
        engine_on(script, base_url="https://elsewhere.example/2.11", **options).open()

    run(main())


def test_a_share_takes_its_part_of_every_limit() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        engine = engine_on(script, share=0.25)
        assert engine.limits()["thing_list"] == [Limit(0.25)]
        assert engine.limits()["profile_update"] == [Limit(75, unit="items", burst=250)]
        await asyncio.gather(*(engine.send(DEFAULT) for _ in range(3)))
        assert [b - a for a, b in zip(script.times, script.times[1:], strict=False)] == pytest.approx(
            [4.03, 4.02], abs=0.01
        )

    run(main())


def test_own_limits_replace_all_of_an_operation() -> None:
    async def main() -> None:
        script = Script(OK)
        engine = engine_on(script, limits={"thing_write": [], "thing_list": [Limit(10, burst=100)]})
        await asyncio.gather(*(engine.send(WRITE, body={}) for _ in range(500)))
        assert script.times[-1] < 1
        assert engine.limits()["thing_write"] == []

    run(main())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"limits": {"no_such": [Limit(1)]}}, "no_such"),
        ({"limits": {"thing_list": Limit(1)}}, "list of Limit"),
        ({"limits": {"thing_list": [5]}}, "list of Limit objects, got int"),
        ({"limits": {"thing_list": [None]}}, "list of Limit objects, got NoneType"),
        ({"limits": {"thing_list": 5}}, "list of Limit objects, got int"),
        ({"limits": {"thing_list": [Limit(1, group="g")], "thing_view": [Limit(2, group="g")]}}, "group 'g'"),
        ({"share": 0}, "share"),
        ({"share": 1.5}, "share"),
        ({"share": True}, "share"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": "30"}, "timeout"),
        ({"max_in_flight": 0}, "max_in_flight"),
        ({"base_url": "http://api.batch.com/2.11"}, "plain http"),
        ({"base_url": "ftp://api.batch.com"}, "scheme"),
        ({"base_url": "api.batch.com/2.11"}, "scheme"),
        ({"base_url": "https://user:pw@api.batch.com/2.11"}, "scheme"),
    ],
)
def test_a_client_that_cannot_work_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        engine_on(Script(OK), **options)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Limit(0),
        lambda: Limit(-1),
        lambda: Limit(1, per=0),
        lambda: Limit(1, burst=0),
        lambda: Limit(float("inf")),
        lambda: Limit(1, unit="calls"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_limit_is_refused(bad: Callable[[], Limit]) -> None:
    with pytest.raises(ConfigurationError):
        bad()


def test_grouped_operations_draw_on_one_bucket_in_one_queue() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        shared = [Limit(1, group="reads")]
        engine = engine_on(script, limits={"thing_list": shared, "thing_view": shared})
        calls = [DEFAULT] * 4 + [READ, DEFAULT, READ]
        await asyncio.gather(*(engine.send(operation) for operation in calls))
        paths = [request.url.rsplit("/", 1)[-1] for request in script.requests]
        assert paths == ["list"] * 4 + ["view", "list", "view"]
        assert script.times[-1] == pytest.approx(6 * 1.02, abs=0.02)

    run(main())


def test_headroom_is_left_unused() -> None:
    async def main() -> None:
        script = Script(Answer(200, {}))
        careful = Operation("careful", "GET", "/careful", (200,), (LimitFact(5, headroom=0.01),), replay=True)
        engine = engine_on(script, api=api_of(careful))
        await asyncio.gather(*(engine.send(careful) for _ in range(11)))
        assert script.times[-1] - script.times[1] == pytest.approx(9 / 4.95, abs=0.001)

    run(main())


def test_wait_time_says_how_long_a_call_would_wait() -> None:
    async def main() -> None:
        engine = engine_on(Script(Answer(200, {}), OK))
        assert engine.wait_time("thing_list") == 0
        tasks = [asyncio.create_task(engine.send(DEFAULT)) for _ in range(4)]
        await asyncio.sleep(0.5)
        assert engine.wait_time("thing_list") == pytest.approx(3.6, abs=0.1)
        await engine.send(UPDATE, body=edits(200))
        assert engine.wait_time("profile_update", 150) == pytest.approx(0.5, abs=0.05)
        with pytest.raises(ConfigurationError, match="no_such"):
            engine.wait_time("no_such")
        await asyncio.gather(*tasks)

    run(main())


def test_one_client_serves_loop_after_loop_within_the_limit() -> None:
    script, clock = Script(Answer(200, {})), VirtualClock()
    engine = engine_on(script)
    for _ in range(3):
        run(engine.send(DEFAULT), clock=clock)
    assert script.times == pytest.approx([0, 1.02, 2.04], abs=0.05)


def test_a_closed_client_says_so() -> None:
    async def main() -> None:
        engine = engine_on(Script(OK))
        engine.open()
        await engine.aclose()
        with pytest.raises(ConfigurationError, match="closed"):
            await engine.send(WRITE, body={})

    run(main())


# -- observers, logs, secrets --------------------------------------------------------------------------------------


def test_an_observer_sees_every_attempt() -> None:
    seen = Seen()
    send(Script(TOO_MANY, RESET, OK), UPDATE, edits(7), observer=seen)
    assert [(a.operation, a.project, a.number, a.cost, a.status, a.fault, a.outcome) for a in seen] == [
        ("profile_update", "…2c3d", 1, 7, 429, None, "refused"),
        ("profile_update", "…2c3d", 2, 7, None, "ReadError", "unknown"),
        ("profile_update", "…2c3d", 3, 7, 202, None, "taken"),
    ]
    assert seen[1].waited >= 1
    assert seen[0].seconds == pytest.approx(0.01, abs=1e-4)


def test_an_observer_sees_a_cancelled_attempt() -> None:
    seen = Seen()

    async def main() -> None:
        task = asyncio.create_task(engine_on(Script(NEVER), observer=seen).send(WRITE, body={}))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(main())
    assert [(a.fault, a.outcome) for a in seen] == [("CancelledError", "unknown")]


def test_an_observer_that_raises_does_not_touch_the_call(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("mila@example.org")

    assert send(Script(OK), observer=broken).status == 202
    assert "observer raised" in caplog.text
    assert "mila" not in caplog.text


def test_the_log_tells_the_same_facts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="batch_api")
    send(Script(TOO_MANY, OK), UPDATE, edits(7))
    levels = [(record.levelname, record.batch_status, record.batch_number) for record in caplog.records]  # type: ignore[attr-defined]
    assert levels == [("WARNING", 429, 1), ("DEBUG", 202, 2)]
    assert "profile_update attempt 2: 202" in caplog.text


def _everything_of(error: BaseException) -> str:
    kept = pickle.loads(pickle.dumps(error))
    return "".join(
        [str(error), repr(error), *traceback.format_exception(error), str(kept), repr(kept), repr(vars(kept))]
    )


@pytest.mark.parametrize(
    "steps",
    [
        (Answer(400, {"error_code": "MALFORMED", "error_message": "bad: mila@example.org"}),),
        (Answer(400, {"error_code": "mila@example.org", "error_message": "x"}),),
        (BROKEN,),
        (RESET,),
        (NO_CONNECTION,),
        (NEVER,),
        (Answer(error=httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'")),),
    ],
)
def test_no_error_shows_the_key_or_people(steps: tuple[Answer, ...], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = failure(Script(*steps), UPDATE, [an_edit(attributes={"$email_address": "mila@example.org"})], deadline=40)
    shown = _everything_of(error) + caplog.text
    assert KEY not in shown
    assert "mila@example.org" not in shown


@pytest.mark.parametrize("bad", ["", "rest\nkey", "clé", "with space", "tab\t", None, 7, b"bytes"])
def test_a_key_that_would_break_a_header_is_refused_and_not_quoted(bad: Any) -> None:
    for keys in ((bad, PROJECT), (KEY, bad)):
        with pytest.raises(ConfigurationError) as caught:
            engine_on_keys(*keys)
        if isinstance(bad, str) and bad:
            assert bad not in str(caught.value)


def engine_on_keys(rest_api_key: Any, project_key: Any) -> object:
    from batch_api.engine.engine import Engine

    return Engine(rest_api_key, project_key, api=api_of(), base_url="https://x.example", user_agent="t")


def test_a_rotated_key_with_a_newline_is_refused_and_not_quoted() -> None:
    script = Script(OK)

    async def main() -> None:
        engine = engine_on(script)
        engine._credentials = type(engine._credentials)(engine.api, lambda: "rest_new\n", PROJECT)
        await engine.send(WRITE, body={})

    with pytest.raises(ConfigurationError) as caught:
        run(main())
    assert "rest_new" not in _everything_of(caught.value)
    assert script.requests == []


def test_a_response_shows_neither_its_body_nor_its_headers() -> None:
    download = Operation("file", "GET", "/file", (307,), (), replay=True)
    answer = Answer(307, {"people": "mila@example.org"}, headers={"Location": "https://s.example/f?signature=secret"})
    response = send(Script(answer), download)
    shown = repr(response) + str(response) + repr(response.headers) + str(response.headers)
    assert "secret" not in shown
    assert "mila" not in shown
    assert response.headers["LOCATION"].endswith("secret")
    with pytest.raises(TypeError):
        pickle.dumps(response)


def test_nothing_of_the_engine_shows_the_key_or_is_pickled() -> None:
    engine = engine_on(Script(OK))
    for thing in (engine, engine._credentials):
        assert KEY not in repr(thing) + str(thing)
        assert PROJECT not in repr(thing)
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_what_the_gate_lets_through_is_bounded_in_flight() -> None:
    class Counting(Script):
        now = most = 0

        async def send(self, request: Any) -> Answer:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                return await super().send(request)
            finally:
                self.now -= 1

    async def main() -> int:
        script = Counting(Answer(202, {}, after=1.0))
        engine = engine_on(script, limits={"thing_write": []}, max_in_flight=7)
        calls: list[Coroutine[Any, Any, Any]] = [engine.send(WRITE, body={}) for _ in range(50)]
        await asyncio.gather(*calls)
        return script.most

    assert run(main()) == 7


def test_loops_on_other_clocks_start_afresh_and_loops_on_one_clock_do_not() -> None:
    """A test that begins at 0 with a clock of its own does not wait for the test before it."""

    async def one() -> float:
        began = asyncio.get_running_loop().time()
        await engine_on(Script(OK), base_url="https://one-clock.example/2.11").send(DEFAULT)
        return asyncio.get_running_loop().time() - began

    clock = VirtualClock()
    assert [round(run(one(), clock=clock)) for _ in range(3)] == [0, 1, 1]
    assert [round(run(one())) for _ in range(3)] == [0, 0, 0]
