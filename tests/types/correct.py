"""Correct calls of many shapes: no type checker may complain about a line. Nothing runs this file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from batch_api import BatchAppClient, BatchClient, models
from batch_api.types import (
    AudienceChange,
    Campaign,
    CatalogFieldType,
    CatalogItemEdit,
    EditProfile,
    ProfileAttributes,
    ProfileEvent,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def edit_of(row: Mapping[str, str]) -> EditProfile:
    return {"identifiers": {"custom_id": row["id"]}, "attributes": {"city": row["city"]}}


async def profiles(client: BatchClient, rows: list[dict[str, str]], dynamic: dict[str, Any]) -> None:
    await client.profiles.update([{"identifiers": {"custom_id": "u1"}}])
    await client.profiles.update(({"identifiers": {"custom_id": "u1"}, "attributes": {}},))
    await client.profiles.update(
        [
            {
                "identifiers": {"installation": {"apikey": "A", "installation_id": "i"}},
                "attributes": {
                    "$email_address": "ann@example.org",
                    "$email_marketing": "subscribed",
                    "$topic_preferences": {"$add": ["sales"], "$remove": ["news"]},
                    "$language": None,
                    "tier": "gold",
                    "visits": 7,
                    "rate": 59.9,
                    "is_member": True,
                    "date(born_at)": NOW,
                    "url(homepage)": "https://example.org",
                    "sizes": ["m", "l"],
                    "shops": ("ghent", "mons"),
                },
                "events": [
                    {"name": "bought"},
                    {
                        "name": "bought",
                        "time": NOW,
                        "attributes": {
                            "$label": "shoes",
                            "$tags": ["a", "b"],
                            "amount": 59.9,
                            "date(at)": NOW,
                            "shoe": {"size": 42, "maker": {"name": "m"}},
                            "items": [{"sku": "1"}, {"sku": "2"}],
                            "coupon": None,
                        },
                    },
                    {"name": "bought", "time": "2026-11-28T00:00:00Z"},
                ],
            }
        ]
    )
    await client.profiles.mass_update([edit_of(row) for row in rows])
    attributes: ProfileAttributes = {"tier": "gold", "visits": len(rows)}
    plain: dict[str, str] = {"tier": "gold"}
    event: ProfileEvent = {"name": "bought"}
    if rows:
        event["time"] = NOW
    base: EditProfile = {"identifiers": {"custom_id": "u1"}}
    edits: list[EditProfile] = [{**base, "attributes": attributes}, {**base, "attributes": plain}]
    edits.append({**base, "events": [event]})
    await client.profiles.update(edits)
    # models, alone and among dicts
    model = models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id="u1"))
    await client.profiles.update([model])
    await client.profiles.update([model, base])
    await client.profiles.update(
        [{"identifiers": models.CustomIdIdentifier(custom_id="u1"), "events": [models.ProfileEvent(name="bought")]}]
    )
    # what is made at run time
    await client.profiles.update([models.EditProfile.from_dict(dynamic)])
    await client.profiles.update([cast("EditProfile", dynamic)])
    await client.profiles.send_chunk(edits)
    await client.profiles.export({"export_type": "ATTRIBUTES", "attributes": ["tier"], "filter": {"segment": "vip"}})
    await client.profiles.export({"export_type": "EVENTS", "events": ["push_open"], "from": NOW, "to": "now"})
    await client.profiles.export(
        {"export_type": "REACHABILITY", "channels": ["email"], "from": "2026-11-01T00:00:00Z", "to": "now"}
    )


async def streams(client: BatchClient, rows: list[dict[str, Any]], lines: AsyncIterator[bytes]) -> None:
    """Streams stay open: dicts of any shape, lines, pairs."""
    client.profiles.ingest(rows)
    client.profiles.ingest((row, row["id"]) for row in rows)
    client.profiles.ingest(lines)
    client.profiles.ingest("customers.csv")
    async with client.profiles.buffer() as buffer:
        await buffer.update({"identifiers": {"custom_id": "u1"}})
        await buffer.put(rows[0])
    await client.call("profile_update", body=rows)


async def audiences(client: BatchClient, ids: list[str]) -> None:
    await client.audiences.create("vip")
    await client.audiences.create("vip", "emails", "VIP")
    await client.audiences.update("vip", ids)
    await client.audiences.update("vip", tuple(ids))
    await client.audiences.update("vip", [*ids, {"action": "remove", "id": "u9"}])
    changes: list[AudienceChange] = [{"action": "add", "id": "u1", "attributes": {"rank": 3, "sizes": ["m"]}}]
    changes.append({"action": "remove", "id": "u2"})
    await client.audiences.update("vip", changes)
    await client.audiences.replace("vip", ["u1", {"id": "u2", "attributes": {"tier": "gold"}}])


async def catalogs(client: BatchClient, stock: dict[str, int]) -> None:
    await client.catalogs.create("shoes", {"title": "string", "price": "float"})
    await client.catalogs.create("shoes", [{"name": "title", "type": "string"}])
    kinds: dict[str, CatalogFieldType] = dict.fromkeys(stock, "integer")
    await client.catalogs.create("shoes", kinds)
    await client.catalogs.update("shoes", [{"action": "add", "name": "brand", "type": "string"}])
    await client.catalogs.update("shoes", [{"action": "remove", "name": "brand"}])
    items: list[CatalogItemEdit] = [
        {"id": name, "action": "add", "attributes": {"stock": count, "sizes": ["m"], "date(since)": NOW}}
        for name, count in stock.items()
    ]
    await client.catalogs.edit_items("shoes", [*items, {"id": "SKU-4", "action": "remove"}])


async def campaigns(client: BatchClient) -> None:
    campaign: Campaign = {
        "name": "Weekend",
        "state": "DRAFT",
        "when": {"start_time": NOW, "local_time": True},
        "labels": ["weekend"],
        "targeting": {"languages": ["en"], "query": {"age": {"$gt": 7}}},
        "messages": [
            {
                "channel_type": "email",
                "subject": "Hello",
                "html": "<p>Hello</p>",
                "sender_identity_id": "1",
                "languages": [{"language": "nl", "subject": "Hallo"}],
            }
        ],
    }
    await client.campaigns.create(campaign)
    await client.campaigns.update("id", {**campaign, "state": "RUNNING"})
    await client.campaigns.create(
        {
            "name": "Push",
            "state": "STOPPED",
            "when": {"start_time": "now"},
            "messages": [{"channel_type": "push", "platform_type": ["ios", "android"], "body": "Hi"}],
        }
    )
    # a value that is newer than this version
    await client.campaigns.update("id", models.Campaign.from_dict({**campaign, "state": "PAUSED"}))
    await client.audiences.create("vip", cast("Any", "phone_numbers"))
    async for _ in client.orchestrations.list(status=["draft", "running"], type="trigger"):
        break


async def legacy(client: BatchAppClient, payload: dict[str, Any]) -> None:
    await client.transactional.send(
        {
            "group_id": "g",
            "recipients": {"custom_ids": ["u1"]},
            "message": {"body": "Hello"},
            "custom_payload": payload,
            "priority": "high",
        }
    )
    await client.campaigns.create(
        {"name": "One", "live": True, "push_time": NOW, "messages": [{"language": "en", "body": "x"}]}
    )
    await client.campaigns.update("token", {"live": False})
    await client.custom_data.set("u1", {"u.tier": "gold", "ut.sports": {"$add": ["golf"]}, "date(u.since)": NOW})
    await client.custom_data.bulk([{"id": "u1", "update": {"values": {"u.tier": None}, "overwrite": True}}])
    await client.trigger_events.send("u1", [{"name": "ue.bought", "time": NOW, "attributes": {"amount": 5}}])
    await client.trigger_events.bulk([{"id": "u1", "events": [{"name": "ue.bought", "tags": ["gold"]}]}])
    await client.audiences.update("vip", ["u1", {"action": "remove", "id": "u2"}])
    await client.audiences.update("vip", [{"action": "add", "id": "i", "tags": ["gold"]}], "install_ids")
