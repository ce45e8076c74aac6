"""Planted slips, one on each line that says so: `# slip: KIND`. Type checkers read this file, nothing runs it.

mypy: disallow-any-generics
"""
# mypy: ignore-errors=False

from __future__ import annotations

from batch_api import BatchAppClient, BatchClient
from batch_api.types import Campaign, EditProfile

EDIT: EditProfile = {"identifiers": {"custom_id": "u1"}}


async def slips(client: BatchClient, app: BatchAppClient) -> None:
    await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attribute": {"tier": "gold"}}])  # slip: key of an edit
    await client.profiles.update([{"identifiers": {"customid": "u1"}}])  # slip: key of an identifier
    await client.profiles.update([{"identifiers": {"custom_id": 4711}}])  # slip: a number as id
    await client.profiles.update([{"attributes": {"tier": "gold"}}])  # slip: a missing key
    await client.profiles.update([{**EDIT, "events": [{"nam": "bought"}]}])  # slip: key of an event
    await client.profiles.update([{**EDIT, "events": {"name": "bought"}}])  # slip: a dict for a list of events
    await client.profiles.update([{**EDIT, "attributes": {"tags": {"gold"}}}])  # slip: a set as value of an attribute
    await client.profiles.update([{**EDIT, "attributes": {"tags": {"$ad": ["gold"]}}}])  # slip: key of a change of an array
    await client.profiles.update(EDIT)  # slip: an edit without its list
    await client.audiences.create("vip", "emial")  # slip: kind of an audience
    await client.audiences.update("vip", "u1")  # slip: a text for a list of ids
    await client.audiences.update("vip", [{"action": "ad", "id": "u1"}])  # slip: action of an id
    await client.catalogs.create("shoes", {"price": "flaot"})  # slip: type of a field
    await client.catalogs.update("shoes", [{"action": "ad", "name": "brand", "type": "string"}])  # slip: action of a field
    await client.catalogs.edit_items("shoes", [{"id": "SKU-9", "action": "add", "atributes": {"stock": 4}}])  # slip: key of an item
    await client.campaigns.create({"name": "n", "state": "RUNING", "when": {"start_time": "now"}, "messages": []})  # slip: state
    campaign: Campaign = {"name": "n", "state": "DRAFT", "when": {"start": "now"}, "messages": []}  # slip: key of a schedule
    campaign["label"] = ["weekend"]  # slip: key that is set later
    await client.campaigns.update("id", {**campaign, "labels": "weekend"})  # slip: a text for a list of labels
    await client.campaigns.create({"name": "n", "state": "DRAFT", "when": {"start_time": "now"}, "messages": [{"channel_type": "email", "html": "h", "sender_identity_id": "1", "subjet": "s"}]})  # slip: key of a message
    await client.profiles.export({"export_type": "ATRIBUTES"})  # slip: kind of an export
    await client.orchestrations.stats("id", "2026-11-01")  # slip: an argument that is missing
    client.orchestrations.list(status="runing")  # slip: word of a filter
    client.profiles.update([EDIT])  # slip: an await that is missing
    await app.trigger_events.bulk([{"id": "u1", "events": [{"name": "ue.bought", "tag": ["gold"]}]}])  # slip: key of a legacy event
    await app.custom_data.bulk([{"id": "u1", "values": {"u.tier": "gold"}}])  # slip: key of legacy custom data
    await app.gdpr.create({"request_type": "removal", "id": {"type": "custom_id", "value": "u1"}})  # slip: kind of a legacy request
