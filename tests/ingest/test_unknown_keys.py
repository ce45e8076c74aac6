"""Keys that an object does not have: refused by every way in, by the fake too; a model may carry them all the same."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from batch_api import BatchClient, Delivered, Invalid
from batch_api._generated.cep.keys import KEYS
from batch_api.engine.keys import Known
from batch_api.models import CustomIdIdentifier, EditProfile, ProfileEvent
from batch_api.testing import FakeBatch
from tests.facade.wire import Answer, Wire

GOOD = {"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}, "events": [{"name": "bought"}]}
SLIP = {"identifiers": {"custom_id": "u2"}, "attribute": {"tier": "gold"}}
IN_AN_EVENT = {"identifiers": {"custom_id": "u3"}, "events": [{"name": "bought", "atributes": {}}]}
REASONS = [
    (1, "attribute", "unknown key: did you mean `attributes`?"),
    (2, "events[0].atributes", "unknown key: did you mean `attributes`?"),
]


def edits() -> list[dict[str, Any]]:
    return [GOOD, SLIP, IN_AN_EVENT, {**GOOD, "identifiers": {"custom_id": "u4"}}]


def lines() -> bytes:
    return b"\n".join(map(orjson.dumps, edits()))


def sources(folder: Path) -> dict[str, Any]:
    plain, packed = folder / "edits.jsonl", folder / "edits.jsonl.gz"
    plain.write_bytes(lines())
    packed.write_bytes(gzip.compress(lines()))
    return {"dicts": edits(), "lines": lines().split(b"\n"), "a file": plain, "a packed file": packed}


@pytest.mark.parametrize("kind", ["dicts", "lines", "a file", "a packed file"])
async def test_in_a_stream_it_ends_invalid_and_the_others_go_out(
    kind: str, fake_batch: FakeBatch, batch_client: BatchClient, tmp_path: Path
) -> None:
    async with batch_client.profiles.ingest(sources(tmp_path)[kind]) as job:
        fates = [fate async for fate in job]
    invalid = [(fate.index, fate.error.path, fate.error.reason) for fate in fates if isinstance(fate, Invalid)]
    assert sorted(invalid) == REASONS
    assert sum(isinstance(fate, Delivered) for fate in fates) == 2
    assert sorted(fake_batch.project().profiles.by_id) == ["u1", "u4"]


async def test_so_it_does_in_a_buffer(batch_client: BatchClient) -> None:
    async with batch_client.profiles.buffer() as buffer:
        fate = await buffer.update(SLIP)
    assert isinstance(fate, Invalid)
    assert fate.error.path == "attribute"


async def test_items_of_catalogs_and_audiences_too(batch_client: BatchClient) -> None:
    for job in (
        batch_client.catalogs.ingest("shoes", [{"id": "a", "action": "add", "attribute": {}}]),
        batch_client.catalogs.ingest("shoes", [b'{"id": "a", "action": "add", "attribute": {}}']),
        batch_client.audiences.ingest("vip", [{"id": "a", "action": "add", "attribute": {}}]),
        batch_client.audiences.ingest("vip", [b'{"id": "a", "action": "add", "attribute": {}}']),
        batch_client.audiences.ingest("vip", [{"id": "a", "attribute": {}}], mode="replace"),
    ):
        async with job:
            (fate,) = [fate async for fate in job]
        assert isinstance(fate, Invalid), fate
        assert fate.error.path == "attribute"


async def test_a_model_carries_a_field_that_is_newer_than_the_document() -> None:
    """Wherever it is, and by every way in; what is written beside it is checked as ever."""
    newer = EditProfile.from_dict({**GOOD, "consent": {"by": "form"}})
    inside: Any = {**GOOD, "events": [ProfileEvent(name="bought", additional_properties={"value": 3})]}
    wire = Wire(Answer(202, {"code": "SUCCESS"}))
    async with wire.client() as client:
        await client.profiles.update([newer, inside])
        async with client.profiles.ingest([newer, inside]) as job:
            assert all([isinstance(fate, Delivered) async for fate in job])
        async with client.profiles.buffer() as buffer:
            assert isinstance(await buffer.update(newer), Delivered)
        slip = EditProfile(identifiers=CustomIdIdentifier(custom_id="u1"), events=[{"nam": "a"}])  # type: ignore[list-item]
        async with client.profiles.ingest([slip]) as job:
            assert [isinstance(fate, Invalid) async for fate in job] == [True]
    sent = [edit for request in wire.requests for edit in orjson.loads(request.content or b"")]
    assert [edit["consent"] for edit in sent if "consent" in edit] == [{"by": "form"}] * 3
    assert [edit["events"] for edit in sent if "consent" not in edit] == [[{"name": "bought", "value": 3}]] * 2


async def test_a_call_by_name_carries_anything() -> None:
    wire = Wire(Answer(202, {"code": "SUCCESS"}))
    async with wire.client() as client:
        await client.call("profile_update", body=[SLIP])
    assert orjson.loads(wire.requests[0].content or b"") == [SLIP]


def test_what_is_not_listed_of_a_push_message_passes() -> None:
    """The vendor's own list of its options is not whole."""
    push = {"channel_type": "push", "platform_type": ["ios"], "body": "b", "sound": "ping"}
    Known(KEYS, ("Campaign",)).check({"messages": [push]})


async def test_a_long_key_is_cut_and_what_is_no_text_is_left_to_the_encoder() -> None:
    async with Wire().client() as client, client.profiles.ingest([{**GOOD, "x" * 1000: 1}, {**GOOD, 7: 1}]) as job:
        fates = [fate async for fate in job]
    assert [len(fate.error.path) for fate in fates if isinstance(fate, Invalid)] == [60, 0]


async def test_the_fake_refuses_them() -> None:
    fake = FakeBatch(rest_api_key="key", project_key="project")
    headers = {"Authorization": "Bearer key", "X-Batch-Project": "project"}
    slips: list[tuple[str, Any, str]] = [
        ("/profiles/update", [GOOD, SLIP], "1.attribute"),
        ("/profiles/update", [GOOD, IN_AN_EVENT], "1.events[0].atributes"),
        ("/catalogs/create", {"name": "c", "fields": [{"name": "a", "type": "url", "typ": 1}]}, "fields[0].typ"),
        ("/audiences/create", {"name": "a", "type": "emails", "displayname": "A"}, "displayname"),
    ]
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, headers=headers) as api:
        for path, body, where in slips:
            answer = await api.post(path, json=body)
            assert answer.status_code == 400, path
            assert where in answer.json()["error_message"]
            assert "did you mean" in answer.json()["error_message"]
