"""Answers 2xx that are not the API's word: no edit is delivered by them, and no event is sent twice."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from batch_api import PartlyApplied, Unknown, UnreadableAnswer
from batch_api.ingest.buffer.settings import Sending
from tests.facade.wire import Answer, Wire
from tests.ingest.world import edit, fates_of, kinds, with_event

pytestmark = pytest.mark.virtual_time

PARTIAL = b'{"code":"SUCCESS_WITH_PARTIAL_ERRORS","errors":[{"bulk_index":0,"attribute":"a","reason":"x"}]}'
PAGE = Answer(200, b"<html>We are down for maintenance</html>")
OK = Answer(202, {"code": "SUCCESS"})

UNREADABLE = [
    pytest.param(PAGE, id="a page"),
    pytest.param(Answer(200, {"error_code": "INTERNAL", "error_message": "nothing taken"}), id="an error"),
    pytest.param(Answer(206, {}), id="a part"),
    pytest.param(Answer(202, PARTIAL[:60]), id="cut"),
    pytest.param(Answer(202, gzip.compress(PARTIAL)[:-1], {"Content-Encoding": "gzip"}), id="cut gzip"),
    pytest.param(Answer(202, PARTIAL, {"Content-Encoding": "br"}), id="unknown coding"),
]


@pytest.mark.parametrize("answer", UNREADABLE)
@pytest.mark.parametrize("endpoint", ["update", "mass-update"])
async def test_what_cannot_be_read_delivers_nothing(answer: Answer, endpoint: Any) -> None:
    async with Wire(answer).client() as client:
        fates = await fates_of(client.profiles.ingest([edit(1), edit(2)], endpoint=endpoint, patience=5))
    assert kinds(fates) == {"Unknown": 2}
    assert all(isinstance(fate, Unknown) and isinstance(fate.error, UnreadableAnswer) for fate in fates)


@pytest.mark.parametrize("answer", UNREADABLE)
async def test_events_are_not_sent_again_and_attributes_are(answer: Answer) -> None:
    wire = Wire(answer, OK)
    async with wire.client() as client:
        fates = await fates_of(client.profiles.ingest([with_event(1), edit(2)]))
    assert kinds(fates) == {"Unknown": 1, "Delivered": 1}
    assert [b"events" in request.content for request in wire.requests] == [True, False]


async def test_an_outage_that_answers_with_pages_is_ridden_out() -> None:
    wire = Wire(*[PAGE] * 10, OK)
    async with wire.client() as client:
        assert kinds(await fates_of(client.profiles.ingest([edit(1)], patience=600))) == {"Delivered": 1}
    assert len(wire.requests) == 11


async def test_a_buffer_tells_it_too() -> None:
    async with (
        Wire(PAGE).client() as client,
        client.profiles.buffer(sending=Sending(patience=5)) as buffer,
    ):
        fates = await asyncio.gather(buffer.update(edit(1)), buffer.update(with_event(2)))
    assert kinds(fates) == {"Unknown": 2}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(202, PARTIAL),
        Answer(202, b"\xef\xbb\xbf" + PARTIAL),
        Answer(202, gzip.compress(PARTIAL), {"Content-Encoding": "gzip"}),
        Answer(202, PARTIAL.replace(b"errors", b"\\u0065\\u0072rors")),
    ],
)
async def test_refused_values_are_found_however_they_are_written(answer: Answer) -> None:
    async with Wire(answer).client() as client:
        fates = await fates_of(client.profiles.ingest([edit(1), edit(2)]))
    assert kinds(fates) == {"PartlyApplied": 1, "Delivered": 1}


async def test_partial_errors_that_are_not_listed_concern_all() -> None:
    async with Wire(Answer(202, {"code": "SUCCESS_WITH_PARTIAL_ERRORS"})).client() as client:
        fates = await fates_of(client.profiles.ingest([edit(1), edit(2)]))
    assert all(isinstance(fate, PartlyApplied) for fate in fates)


async def test_an_empty_answer_delivers() -> None:
    async with Wire(Answer(202)).client() as client:
        assert kinds(await fates_of(client.profiles.ingest([edit(1)]))) == {"Delivered": 1}


async def test_the_first_chunk_of_a_replacement_needs_no_token() -> None:
    """What it answers is waited for as the latest change."""
    wire = Wire(Answer(202), Answer(200, {"name": "vip", "indexing_state": "APPLIED"}))
    async with wire.client() as client:
        fates = await fates_of(client.audiences.ingest("vip", ["u1", "u2"], mode="replace"))
    assert kinds(fates) == {"Delivered": 2}
    assert "indexing_token" not in wire.requests[1].url


@pytest.mark.parametrize("name", ["audiences", "catalogs"])
async def test_streams_of_other_things_are_no_different(name: str) -> None:
    async with Wire(PAGE).client() as client:
        items: list[Any] = [{"id": "a", "action": "add"}]
        job = getattr(client, name).ingest("vip", items, patience=5)
        assert kinds(await fates_of(job)) == {"Unknown": 1}
