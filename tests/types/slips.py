"""Planted slips, each below a comment that names it. Type checkers read this file; nothing runs it."""

from __future__ import annotations

from batch_api import BatchAppClient, BatchClient
from batch_api.types import Campaign, EditProfile

EDIT: EditProfile = {"identifiers": {"custom_id": "u1"}}
BASE: Campaign = {"name": "n", "state": "DRAFT", "when": {"start_time": "now"}, "messages": []}


async def slips(client: BatchClient, app: BatchAppClient) -> None:
    # slip: a misspelt key of an edit
    await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attribute": {"tier": "gold"}}])
    # slip: a misspelt key of an identifier
    await client.profiles.update([{"identifiers": {"customid": "u1"}}])
    # slip: a number as an id
    await client.profiles.update([{"identifiers": {"custom_id": 4711}}])
    # slip: a missing key
    await client.profiles.update([{"attributes": {"tier": "gold"}}])
    # slip: a misspelt key of an event
    await client.profiles.mass_update([{**EDIT, "events": [{"name": "bought", "atributes": {"amount": 5}}]}])
    # slip: a dict in place of a list of events
    await client.profiles.update([{**EDIT, "events": {"name": "bought"}}])
    # slip: a set as the value of an attribute
    await client.profiles.update([{**EDIT, "attributes": {"tags": {"gold"}}}])
    # slip: a misspelt key in the change of an array
    await client.profiles.update([{**EDIT, "attributes": {"tags": {"$ad": ["gold"]}}}])
    # slip: an edit without its list
    await client.profiles.update(EDIT)
    # slip: a kind of audience that there is not
    await client.audiences.create("vip", "emial")
    # slip: a text in place of a list of ids
    await client.audiences.update("vip", "u1")
    # slip: an action that there is not
    await client.audiences.update("vip", [{"action": "ad", "id": "u1"}])
    # slip: a type of field that there is not
    await client.catalogs.create("shoes", {"price": "flaot"})
    # slip: an action on a field that there is not
    await client.catalogs.update("shoes", [{"action": "ad", "name": "brand", "type": "string"}])
    # slip: a misspelt key of a catalog item
    await client.catalogs.edit_items("shoes", [{"id": "SKU-9", "action": "add", "atributes": {"stock": 4}}])
    # slip: a state that there is not
    await client.campaigns.create({**BASE, "state": "RUNING"})
    # slip: a misspelt key of a schedule
    await client.campaigns.create({**BASE, "when": {"start_time": "now", "localtime": True}})
    # slip: a misspelt key that is set later
    BASE["label"] = ["weekend"]
    # slip: a text in place of a list of labels
    await client.campaigns.update("id", {**BASE, "labels": "weekend"})
    # slip: a misspelt key of a message
    await client.campaigns.create(
        {
            **BASE,
            "messages": [
                {"channel_type": "email", "html": "h", "sender_identity_id": "1", "subject": "s", "replyto": {}},
            ],
        }
    )
    # slip: a kind of export that there is not
    await client.profiles.export({"export_type": "ATRIBUTES"})
    # slip: a missing argument
    await client.orchestrations.stats("id", "2026-11-01")
    # slip: a state to filter by that there is not
    client.orchestrations.list(status="runing")
    # slip: a missing await
    client.profiles.update([EDIT])
    # slip: a misspelt key of a legacy event
    await app.trigger_events.bulk([{"id": "u1", "events": [{"name": "ue.bought", "tag": ["gold"]}]}])
    # slip: legacy custom data one level too high
    await app.custom_data.bulk([{"id": "u1", "values": {"u.tier": "gold"}}])
    # slip: a kind of legacy request that there is not
    await app.gdpr.create({"request_type": "removal", "id": {"type": "custom_id", "value": "u1"}})
