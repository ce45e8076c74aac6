"""What the legacy API gets and callers are told, over sockets, by the fake of that API."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from batch_api import BatchAppClient, Unknown
from batch_api.testing import FakeBatchApp
from tests.ingest.world import fates_of, kinds, one_each

MESSAGE = {"group_id": "shipped", "message": {"body": "On its way"}}
UNLIMITED: dict[str, list[Any]] = {
    name: []
    for name in (
        "transactional_send",
        "custom_data_bulk",
        "custom_data_bulk_delete",
        "trigger_event_bulk",
        "install_audience_update",
    )
}


@pytest.fixture
def fake() -> FakeBatchApp:
    return FakeBatchApp(limits=False, index_seconds=0)


@pytest.fixture
async def client(fake: FakeBatchApp) -> AsyncIterator[BatchAppClient]:
    async with (
        fake.serve() as url,
        BatchAppClient(fake.rest_api_key, fake.app_key, base_url=url, limits=UNLIMITED) as client,
    ):
        yield client


def users_with_1_percent_bad() -> list[Any]:
    """25 000 recipients, 250 of which are none: numbers, nothing, ids that were there before."""
    users: list[Any] = [f"u{number}" for number in range(25_000)]
    for number in range(0, 25_000, 100):
        users[number] = [number, None, "", "u1", {"id": "u1"}][number // 100 % 5]
    return users


def notified(fake: FakeBatchApp) -> Counter[str]:
    return Counter(name for body in fake.app().messages.sent for name in body["recipients"]["custom_ids"])


async def test_25_000_recipients_with_1_percent_bad_take_three_calls(
    client: BatchAppClient, fake: FakeBatchApp
) -> None:
    users = users_with_1_percent_bad()
    fates = await fates_of(client.transactional.ingest(MESSAGE, users))
    assert one_each(fates, 25_000)
    assert kinds(fates) == {"Delivered": 24_750, "Invalid": 250}
    assert [fate.index for fate in fates if type(fate).__name__ == "Invalid"] == list(range(0, 25_000, 100))
    assert fake.stats["transactional_send"].requests == 3
    assert notified(fake) == Counter(user for number, user in enumerate(users) if number % 100)


async def test_a_reset_after_acceptance_notifies_nobody_twice(client: BatchAppClient, fake: FakeBatchApp) -> None:
    fake.reset("transactional_send", after_acceptance=True, skip=1)
    fates = await fates_of(client.transactional.ingest(MESSAGE, users_with_1_percent_bad()))
    assert one_each(fates, 25_000)
    assert kinds(fates) == {"Delivered": 14_750, "Unknown": 10_000, "Invalid": 250}
    assert fake.stats["transactional_send"].requests == 3
    assert set(notified(fake).values()) == {1}
    assert len(notified(fake)) == 24_750  # those who are unknown were in fact taken
    assert {fate.error.outcome for fate in fates if isinstance(fate, Unknown)} == {"unknown"}


async def test_custom_data_events_and_audiences_arrive_whole(client: BatchAppClient, fake: FakeBatchApp) -> None:
    app = fake.app()
    updates = [{"id": f"u{number}", "update": {"values": {"u.n": number}}} for number in range(12_000)]
    assert (await client.custom_data.ingest(updates).collect()).delivered == 12_000
    assert len(app.users.by_id) == 12_000
    assert fake.stats["custom_data_bulk"].requests == 2

    assert (await client.custom_data.ingest_deletions(f"u{n}" for n in range(11_000)).collect()).delivered == 11_000
    assert len(app.users.by_id) == 1_000

    events: list[Any] = [{"id": f"u{number % 7}", "events": [{"name": f"ue.e{number}"}]} for number in range(2_500)]
    assert (await client.trigger_events.ingest(events).collect()).delivered == 2_500
    assert sorted(event["name"] for _, event in app.users.events) == sorted(one["events"][0]["name"] for one in events)
    assert fake.stats["trigger_event_bulk"].requests <= 4

    await client.audiences.create("vip", "install_ids")
    job = client.audiences.ingest("vip", [f"i{number}" for number in range(12_000)], "install_ids", mode="replace")
    assert (await job.collect()).delivered == 12_000
    assert (await client.audiences.view("vip", type="install_ids")).nb_ids == 12_000
