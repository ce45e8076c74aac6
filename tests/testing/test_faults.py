"""Trouble on request: who is struck, what they see, and what the state is afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import SERVER_URL
from batch_api.testing import FakeBatch
from batch_api.testing.faults import Fault

pytestmark = pytest.mark.virtual_time

EDIT = [{"identifiers": {"custom_id": "u1"}, "attributes": {"$email_address": "planted@example.org"}}]
MASS = [{"identifiers": {"custom_id": f"u{number}"}, "attributes": {"BAD": 1}} for number in range(50)]


async def update(api: httpx.AsyncClient) -> httpx.Response:
    return await api.post("/profiles/update", json=EDIT)


async def statuses(api: httpx.AsyncClient, count: int) -> list[int]:
    return [(await update(api)).status_code for _ in range(count)]


def stored(fake: FakeBatch) -> list[str]:
    return list(fake.project().profiles.by_id)


class TestWhoIsStruck:
    async def test_the_next_request_of_the_operation(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fault = fake.fail("profile_update")
        assert (await api.get("/segments/list")).status_code == 200
        assert await statuses(api, 2) == [500, 202]
        assert fault.struck == 1

    async def test_a_number_of_requests_after_some(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail("profile_update", times=2, skip=1)
        assert await statuses(api, 4) == [202, 500, 500, 202]

    async def test_every_operation_but_not_storage(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail(times=None)
        assert await statuses(api, 1) == [500]
        assert (await api.get("/segments/list")).status_code == 500
        storage = httpx.AsyncClient(transport=fake.transport())
        assert (await storage.get(fake.storage.origin)).status_code == 403

    async def test_a_time_that_begins_with_the_first_one(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fault = fake.storm(seconds=6)
        await asyncio.sleep(100)
        found = []
        for _ in range(8):
            found += await statuses(api, 1)
            await asyncio.sleep(1)
        assert found == [429] * 6 + [202] * 2
        assert fault.struck == 6
        assert fake.stats["profile_update"].rejected == 6

    async def test_by_chance_the_same_on_every_run(self, connect: Any) -> None:
        async def run(seed: int) -> list[int]:
            fake = FakeBatch(limits=False, seed=seed)
            fake.fail("profile_update", times=None, probability=0.3)
            return await statuses(connect(fake), 200)

        first = await run(1)
        assert first == await run(1)
        assert first != await run(2)
        assert 40 <= first.count(500) <= 80

    async def test_one_after_another(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail("profile_update", 500)
        fake.fail("profile_update", 503)
        assert await statuses(api, 3) == [500, 503, 202]

    async def test_until_it_is_stopped(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fault = fake.fail("profile_update", times=None)
        assert await statuses(api, 2) == [500, 500]
        fault.stop()
        assert await statuses(api, 1) == [202]
        fake.fail("profile_update", times=None)
        fake.clear_faults()
        assert await statuses(api, 1) == [202]

    async def test_a_misspelt_operation_is_told(self, fake: FakeBatch) -> None:
        with pytest.raises(ValueError, match="profile_updat'"):
            fake.fail("profile_updat")


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "code"),
        [(408, "REQUEST_TIMEOUT"), (500, "SERVER_ERROR"), (502, "SERVER_ERROR"), (503, "MAINTENANCE_ERROR")],
    )
    async def test_a_failure_changes_nothing(
        self, fake: FakeBatch, api: httpx.AsyncClient, status: int, code: str
    ) -> None:
        fake.fail("profile_update", status)
        answer = await update(api)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)
        assert stored(fake) == []
        stats = fake.stats["profile_update"]
        assert (stats.requests, stats.accepted, stats.failed + stats.refused) == (1, 0, 1)

    async def test_a_failure_after_acceptance_changes_the_state(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail("profile_update", after_acceptance=True)
        assert await statuses(api, 1) == [500]
        assert stored(fake) == ["u1"]
        assert fake.stats["profile_update"].accepted == 1

    async def test_code_message_and_html(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail("profile_update", 503, code="OTHER", message="so it is")
        assert (await update(api)).json() == {"error_code": "OTHER", "error_message": "so it is"}
        fake.fail("profile_update", 503, html=True)
        answer = await update(api)
        assert answer.headers["content-type"] == "text/html"
        assert answer.text.startswith("<html>")

    @pytest.mark.parametrize("text", ["7", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
    async def test_retry_after_as_it_was_given(self, fake: FakeBatch, api: httpx.AsyncClient, text: str) -> None:
        fake.storm("profile_update", times=1, retry_after=text)
        answer = await update(api)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, text)

    async def test_an_echo_of_an_e_mail_address(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.fail("profile_update", 400, echo=True)
        assert "planted@example.org" in (await update(api)).json()["error_message"]

    async def test_content_that_is_no_json(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.garble("profile_update")
        answer = await update(api)
        assert answer.status_code == 202
        assert answer.text.startswith("<html>")
        assert stored(fake) == ["u1"]

    async def test_fields_and_constants_of_a_later_version(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.extend("segment_list", {"new": [1]}, enums="PAUSED")
        page = (await api.get("/segments/list")).json()
        assert page["new"] == [1]
        assert {(segment["new"][0], segment["code"]) for segment in page["segments"]} == {(1, "PAUSED")}
        fake.extend("segment_list")
        page = (await api.get("/segments/list")).json()
        assert page["segments"][0]["code"] == "ENGAGED"
        assert "added_later" in page["segments"][0]

    async def test_an_answer_of_ones_own(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        name = fake.project().orchestrations.add({}).id
        fake.respond("campaign_delete", 200, {}, headers={"X-Served-By": "test"}, after_acceptance=True)
        answer = await api.post("/campaigns/delete", json={"id": name})
        assert (answer.status_code, answer.json(), answer.headers["x-served-by"]) == (200, {}, "test")
        assert fake.project().orchestrations.by_id == {}
        fake.respond("campaign_delete", 200, times=2)
        for _ in range(2):
            assert (await api.post("/campaigns/delete", json={"id": "unknown"})).content == b""
        stats = fake.stats["campaign_delete"]
        assert (stats.requests, stats.accepted, stats.refused, stats.failed) == (3, 1, 0, 0)

    async def test_an_empty_answer_stays_empty(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        name = fake.project().orchestrations.add({}).id
        fake.extend("campaign_delete")
        answer = await api.post("/campaigns/delete", json={"id": name})
        assert (answer.status_code, answer.content) == (204, b"")


class TestConnections:
    async def test_a_reset_before_the_body_is_taken_in(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.reset("profile_update")
        with pytest.raises(httpx.WriteError):
            await update(api)
        assert stored(fake) == []
        assert await statuses(api, 1) == [202]
        stats = fake.stats["profile_update"]
        assert (stats.requests, stats.accepted, stats.failed) == (2, 1, 1)

    async def test_a_reset_after_acceptance_loses_the_answer_only(
        self, fake: FakeBatch, api: httpx.AsyncClient
    ) -> None:
        fake.reset("profile_update", after_acceptance=True)
        with pytest.raises(httpx.ReadError):
            await update(api)
        assert stored(fake) == ["u1"]

    @pytest.mark.parametrize("trouble", ["reset before", "reset after", "slow"])
    async def test_a_client_sees_that_sending_had_begun(self, fake: FakeBatch, trouble: str) -> None:
        begun = False

        class Watched(httpx.AsyncByteStream):
            async def __aiter__(self) -> Any:
                nonlocal begun
                begun = True
                yield b"[]"

        if trouble == "slow":
            fake.delay("profile_update", 60)
        else:
            fake.reset("profile_update", after_acceptance=trouble == "reset after")
        headers = {
            "Authorization": f"Bearer {fake.rest_api_key}",
            "X-Batch-Project": fake.project_key,
            "Content-Type": "application/json",
        }
        url = f"{SERVER_URL}/profiles/update"
        patience = {"timeout": {"read": 1}}
        request = httpx.Request("POST", url, headers=headers, stream=Watched(), extensions=patience)
        with pytest.raises(httpx.TransportError):
            await fake.transport().handle_async_request(request)
        assert begun

    async def test_a_body_that_ends_early(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.truncate("profile_update")
        with pytest.raises(httpx.RemoteProtocolError):
            await api.post("/profiles/update", json=MASS)
        fake.truncate("profile_update", keep=0.9, reset=True)
        with pytest.raises(httpx.ReadError):
            await api.post("/profiles/update", json=MASS)
        assert len(stored(fake)) == 50

    async def test_what_was_sent_of_it_arrives(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.truncate("segment_list", keep=0.25)
        async with api.stream("GET", "/segments/list") as answer:
            chunks = answer.aiter_raw()
            got = await anext(chunks)
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(chunks)
        assert len(got) == int(answer.headers["content-length"]) // 4

    async def test_delays_on_both_ways(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        fake.delay("profile_update", 0.02, 0.05)
        took = []
        for _ in range(50):
            started = loop.time()
            await update(api)
            took.append(loop.time() - started)
        assert 0.02 <= min(took) < 0.03 < 0.04 < max(took) <= 0.0501
        fake.clear_faults()
        started = loop.time()
        await update(api)
        assert loop.time() - started < 0.001

    async def test_a_fixed_delay_for_some(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        fake.delay("profile_update", 4.0, times=1)
        started = loop.time()
        await update(api)
        await update(api)
        assert loop.time() - started == pytest.approx(4.0, abs=0.001)

    async def test_an_answer_slower_than_the_read_time_out(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        fake.delay("profile_update", 60)
        with pytest.raises(httpx.ReadTimeout):
            await api.post("/profiles/update", json=EDIT, timeout=40)
        assert stored(fake) == ["u1"]  # the half of the delay before it counts was over

    async def test_a_body_that_trickles(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        fake.slow_body("segment_list", over=20)
        started = loop.time()
        assert len((await api.get("/segments/list", timeout=5)).json()["segments"]) == 3
        assert loop.time() - started == pytest.approx(20, abs=2.1)
        fake.slow_body("segment_list", over=200)
        with pytest.raises(httpx.ReadTimeout):
            await api.get("/segments/list", timeout=5)


class TestStorage:
    async def link(self, api: httpx.AsyncClient) -> str:
        await api.post("/profiles/update", json=EDIT)
        export = await api.post("/profiles/export", json={"export_type": "ATTRIBUTES", "attributes": ["tier"]})
        await asyncio.sleep(3)
        record = (await api.get("/exports/view", params=export.json())).json()
        return str((await api.get("/exports/download", params={"id": record["files"][0]["id"]})).headers["location"])

    async def test_it_can_fail_break_off_and_be_slow(self, fake: FakeBatch, api: httpx.AsyncClient) -> None:
        link, storage = await self.link(api), httpx.AsyncClient(transport=fake.transport())
        fake.fail("storage", 503, html=True)
        assert (await storage.get(link)).status_code == 503
        fake.truncate("storage")
        with pytest.raises(httpx.RemoteProtocolError):
            await storage.get(link)
        fake.reset("storage")
        with pytest.raises(httpx.WriteError):
            await storage.get(link)
        fake.reset("storage", after_acceptance=True)
        with pytest.raises(httpx.ReadError):
            await storage.get(link)
        fake.delay("storage", 30)
        with pytest.raises(httpx.ReadTimeout):
            await storage.get(link, timeout=5)
        fake.clear_faults()
        assert (await storage.get(link)).status_code == 200


async def test_verbs_give_the_fault() -> None:
    fake = FakeBatch()
    for fault in (
        fake.fail(),
        fake.storm(),
        fake.reset(),
        fake.delay(),
        fake.slow_body(),
        fake.truncate(),
        fake.garble(),
    ):
        assert isinstance(fault, Fault)
        assert fault.struck == 0
