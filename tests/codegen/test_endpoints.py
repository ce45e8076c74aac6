"""Endpoint functions: what they send, and what they make of the answer."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

from batch_api import models
from batch_api._codec import UNSET, QueryValue
from batch_api._generated.cep.endpoints import audiences, campaigns, exports, orchestrations, profiles
from batch_api._operation import Encoded, Operation


class Reply:
    def __init__(self, content: bytes, status: int = 200) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {}
        self.content = content

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None


class Recorder:
    """Answers everything with one body, and keeps what it was asked."""

    def __init__(self, content: bytes = b"{}") -> None:
        self.reply = Reply(content)
        self.operation: Operation | None = None
        self.body: object = None
        self.query: Mapping[str, QueryValue] | None = None

    async def send(
        self,
        operation: Operation,
        *,
        body: object | Encoded | None = None,
        query: Mapping[str, QueryValue] | None = None,
        path: Mapping[str, str] | None = None,
    ) -> Reply:
        self.operation, self.body, self.query = operation, body, query
        return self.reply


async def test_a_body_goes_to_the_sender_untouched() -> None:
    sender = Recorder(b'{"code": "SUCCESS"}')
    edits: list[models.EditProfile | dict[str, Any]] = [
        {"identifiers": {"custom_id": "u1"}},
        models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id="u2")),
    ]
    answer = await profiles.profile_update(sender, edits)
    assert sender.operation is not None
    assert sender.operation.name == "profile_update"
    assert sender.body is edits
    assert sender.query is None
    assert answer.parsed == models.ProfileUpdateSuccess(code="SUCCESS")
    assert answer.response is sender.reply


async def test_partial_errors() -> None:
    sender = Recorder(
        b'{"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [{"bulk_index": 3, "category": "c", "reason": "r"}]}'
    )
    answer = await profiles.profile_mass_update(sender, Encoded(b"[]", 0, False))
    assert isinstance(answer.parsed, models.ProfileUpdatePartialErrors)
    assert answer.parsed.errors == [models.ProfileUpdateError(bulk_index=3, category="c", reason="r")]


async def test_query_parameters_that_are_not_given_are_not_sent() -> None:
    sender = Recorder()
    await audiences.audience_list(sender)
    assert sender.query == {}
    await audiences.audience_list(sender, from_="cursor", limit=UNSET)
    assert sender.query == {"from": "cursor"}


async def test_query_parameters_take_the_form_of_the_api() -> None:
    """Quirk 12: `from` is a date here, and a cursor everywhere else."""
    sender = Recorder()
    await orchestrations.orchestration_stats(
        sender,
        orchestration_id="o",
        from_=datetime.date(2026, 2, 1),
        to=datetime.date(2026, 2, 28),
        include_platforms=True,
    )
    assert sender.query == {
        "orchestration_id": "o",
        "from": "2026-02-01",
        "to": "2026-02-28",
        "include_platforms": "true",
    }
    await orchestrations.orchestration_list(sender, status=["draft", "running"], limit=5)
    assert sender.query == {"limit": 5, "status": ["draft", "running"]}


async def test_an_empty_answer() -> None:
    """Quirk 8: a 204 has no body; quirk 9: nor has the redirect to a file."""
    answer = await campaigns.campaign_delete(Recorder(b""), {"id": "c"})
    assert answer.parsed is None
    download = await exports.export_download(Recorder(b""), id="file_1")
    assert download.parsed is None


async def test_answers_of_an_unexpected_shape_are_kept_as_they_came() -> None:
    listed: object = (await audiences.audience_list(Recorder(b"[1, 2]"))).parsed
    assert listed == [1, 2]
    assert (await audiences.audience_list(Recorder(b"<html>"))).parsed is None
    updated: object = (await profiles.profile_update(Recorder(b'{"code": "NEW"}'), [])).parsed
    assert updated == {"code": "NEW"}
