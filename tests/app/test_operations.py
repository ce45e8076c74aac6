"""All 40 operations through the resources, over sockets, with every example of the document."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batch_api import BatchAppClient
from batch_api._generated.mep.registry import OPERATIONS
from batch_api._operation import Operation
from batch_api.testing import FakeBatchApp
from batch_api.testing.document import answer_schema, body_schema, operation_in_document, resolve
from batch_api.testing.validation import compile_schema

Way = Callable[[BatchAppClient, Any, dict[str, str]], Awaitable[Any]]
SENT = {name for name, operation in OPERATIONS.items() if body_schema(operation, "mep") is not None}


async def rows(listing: Any) -> list[Any]:
    return [row async for row in listing]


WAYS: dict[str, Way] = {
    "transactional_send": lambda client, body, at: client.transactional.send(body),
    "transactional_stats": lambda client, body, at: client.transactional.stats(
        at["group_id"], at["since"], at.get("until")
    ),
    "push_campaign_create": lambda client, body, at: client.campaigns.create(body),
    "push_campaign_update": lambda client, body, at: client.campaigns.update(at["campaign_token"], body),
    "push_campaign_delete": lambda client, body, at: client.campaigns.delete(at["campaign_token"]),
    "push_campaign_view": lambda client, body, at: client.campaigns.view(at["campaign_token"]),
    "push_campaign_list": lambda client, body, at: rows(client.campaigns.list(live=True, from_api=True)),
    "push_campaign_stats": lambda client, body, at: client.campaigns.stats(at["campaign_token"]),
    "in_app_campaign_create": lambda client, body, at: client.in_app_campaigns.create(body),
    "in_app_campaign_update": lambda client, body, at: client.in_app_campaigns.update(at["campaign_token"], body),
    "in_app_campaign_delete": lambda client, body, at: client.in_app_campaigns.delete(at["campaign_token"]),
    "in_app_campaign_view": lambda client, body, at: client.in_app_campaigns.view(at["campaign_token"]),
    "in_app_campaign_list": lambda client, body, at: rows(client.in_app_campaigns.list(live=True, from_api=True)),
    "custom_data_set": lambda client, body, at: client.custom_data.set(
        at["custom_user_id"], body["values"], overwrite=body.get("overwrite", False)
    ),
    "custom_data_bulk": lambda client, body, at: client.custom_data.bulk(body),
    "custom_data_delete": lambda client, body, at: client.custom_data.delete(at["custom_user_id"]),
    "custom_data_bulk_delete": lambda client, body, at: client.custom_data.bulk_delete(body),
    "trigger_event_send": lambda client, body, at: client.trigger_events.send(at["custom_user_id"], body["events"]),
    "trigger_event_bulk": lambda client, body, at: client.trigger_events.bulk(body),
    "custom_audience_create": lambda client, body, at: client.audiences.create(at["audience_name"], **body),
    "custom_audience_update": lambda client, body, at: client.audiences.update(
        at["audience_name"], body["ids"], body["type"]
    ),
    "custom_audience_delete": lambda client, body, at: client.audiences.delete(at["audience_name"]),
    "custom_audience_view": lambda client, body, at: client.audiences.view(at["audience_name"]),
    "custom_audience_list": lambda client, body, at: rows(client.audiences.list()),
    "install_audience_create": lambda client, body, at: client.audiences.create(at["audience_name"], **body),
    "install_audience_update": lambda client, body, at: client.audiences.update(
        at["audience_name"], body["ids"], "install_ids"
    ),
    "install_audience_replace": lambda client, body, at: client.audiences.replace(at["audience_name"], body["ids"]),
    "install_audience_delete": lambda client, body, at: client.audiences.delete(at["audience_name"], "install_ids"),
    "install_audience_view": lambda client, body, at: client.audiences.view(at["audience_name"], None, "install_ids"),
    "install_audience_list": lambda client, body, at: rows(client.audiences.list(type="install_ids")),
    "app_data_create": lambda client, body, at: client.app_data.create(at["table_name"], **body),
    "app_data_update": lambda client, body, at: client.app_data.update(at["table_name"], **body),
    "app_data_delete": lambda client, body, at: client.app_data.delete(at["table_name"]),
    "app_data_list": lambda client, body, at: rows(client.app_data.list()),
    "gdpr_request_create": lambda client, body, at: client.gdpr.create(body),
    "gdpr_request_view": lambda client, body, at: client.gdpr.view(at["request_id"]),
    "gdpr_request_list": lambda client, body, at: rows(client.gdpr.list()),
    "app_export_campaign_ids": lambda client, body, at: client.exports.campaign_ids(at["campaign_token"], body),
    "app_export_campaign_events": lambda client, body, at: client.exports.campaign_events(at["campaign_token"], body),
    "app_export_view": lambda client, body, at: client.exports.view(at["request_id"]),
}
"""How to reach each operation, with a body of the document and the values of its parameters."""


def examples(content: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
    media = (content or {}).get("application/json", {})
    if "example" in media:
        yield "example", media["example"]
    for name, example in media.get("examples", {}).items():
        yield name, example["value"]


def bodies() -> Iterator[Any]:
    """Every example of a body, and each operation without one once."""
    for operation in OPERATIONS.values():
        body: Any = operation_in_document(operation, "mep").get("requestBody")
        found = list(examples(resolve(body, "mep")["content"])) if body else [("no body", None)]
        for name, value in found:
            yield pytest.param(operation, value, id=f"{operation.name}-{name}")


def answers(first: str) -> Iterator[Any]:
    """Every example of an answer whose status begins with this."""
    for operation in OPERATIONS.values():
        for status, response in operation_in_document(operation, "mep")["responses"].items():
            if status.startswith(first):
                for name, value in examples(resolve(response, "mep").get("content")):
                    yield pytest.param(operation, status, value, id=f"{operation.name}-{status}-{name}")


def parameters(operation: Operation) -> dict[str, str]:
    """The examples of its parameters."""
    found = operation_in_document(operation, "mep")["parameters"]
    return {one["name"]: one["example"] for one in (resolve(each, "mep") for each in found)}


def made_current(value: Any) -> Any:
    """An example with dates of events that the API still takes."""
    if isinstance(value, list):
        return [made_current(inner) for inner in value]
    if isinstance(value, dict):
        recently = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        return {key: recently if key == "time" else made_current(inner) for key, inner in value.items()}
    return value


async def prepared(fake: FakeBatchApp, client: BatchAppClient, operation: Operation) -> dict[str, str]:
    """What the examples speak of, made to be there; gives the values of the parameters."""
    at, app = parameters(operation), fake.app()
    campaign: Any = {"name": "One", "live": True, "push_time": "now", "messages": [{"body": "x"}]}
    in_app: Any = {"name": "Two", "live": True, "trigger": {"when": "NOW"}, "landing": {"theme": "t"}}
    push, shown = await client.campaigns.create(campaign), await client.in_app_campaigns.create(in_app)
    assert push.token
    assert shown.token
    for stored in (app.campaigns.by_token, app.in_app_campaigns.by_token):
        stored[at.get("campaign_token", "")] = stored.pop(next(iter(stored)))
        stored[at.get("campaign_token", "")]["campaign_token"] = at.get("campaign_token", "")
    await client.transactional.send({"group_id": "order_shipped", "recipients": {"custom_ids": ["u1"]}})
    if not operation.name.endswith("_create"):
        await client.audiences.create("vip_2026")
        await client.audiences.create("vip_2026", "install_ids")
        await client.app_data.create("opening_hours")
    if operation.name == "gdpr_request_view":
        at["request_id"] = await client.gdpr.create(
            {"request_type": "review", "id": {"type": "custom_id", "value": "u1"}}
        )
    if operation.name == "app_export_view":
        body: Any = {"from": "2026-01-15T00:00:00", "to": "now", "events": ["push_sent"], "ids": ["custom_id"]}
        token = next(iter(app.campaigns.by_token))
        app.campaigns.by_token["t"] = app.campaigns.by_token[token]
        at["request_id"] = await client.exports.campaign_ids("t", body)
    return at


def test_the_operations_are_these_40() -> None:
    assert len(OPERATIONS) == 40
    assert WAYS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize(("operation", "body"), [*bodies()])
async def test_every_operation_and_every_example_of_a_body(
    fake: FakeBatchApp, served: BatchAppClient, operation: Operation, body: Any
) -> None:
    at = await prepared(fake, served, operation)
    before = fake.stats[operation.name].accepted
    heard: list[Any] = []
    handlers: Any = fake.app().handlers
    inner = handlers[operation.name]

    def hear(call: Any) -> Any:
        heard.append(call)
        return inner(call)

    handlers[operation.name] = hear
    result = await WAYS[operation.name](served, made_current(body), at)
    assert fake.stats[operation.name].accepted == before + 1
    assert heard[0].body == made_current(body)
    expected = {name: value for name, value in at.items() if f"{{{name}}}" in operation.path}
    assert heard[0].path == {**expected, "app_key": fake.app_key}
    assert result is not None


def test_every_operation_that_takes_a_body_has_an_example() -> None:
    assert {entry.values[0].name for entry in bodies() if entry.values[1] is not None} == SENT


@pytest.mark.parametrize(("operation", "status", "value"), [*answers("2")])
async def test_every_example_of_an_answer_is_read(
    fake: FakeBatchApp, served: BatchAppClient, operation: Operation, status: str, value: Any
) -> None:
    """Typed, and with nothing lost: what has a model goes back to what came."""
    at = await prepared(fake, served, operation)
    number = 200 if status == "2XX" else int(status)
    assert compile_schema(answer_schema(operation, number, "mep") or {}, api="mep").is_valid(value)
    fake.respond(operation.name, number, value)
    body: Any = next((entry.values[1] for entry in bodies() if entry.values[0] is operation), None)
    result = await WAYS[operation.name](served, made_current(body), at)
    if isinstance(result, list):
        listed = value if isinstance(value, list) else next(iter(value.values()))
        result, value = [as_json(row) for row in result], listed
    elif isinstance(result, str):
        value = next(iter(value.values()))
    elif hasattr(result, "response"):
        result = result.response.json()
    assert without_nulls(as_json(result)) == without_nulls(value)


def as_json(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else value


def without_nulls(value: Any) -> Any:
    """A model that is only received says `None` both for what is null and for what is not there."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", OPERATIONS)
async def test_answers_of_the_fake_are_those_of_the_document(
    fake: FakeBatchApp, served: BatchAppClient, name: str
) -> None:
    operation = OPERATIONS[name]
    at = await prepared(fake, served, operation)
    params: dict[str, Any] = {key: value for key, value in at.items() if key not in ("app_key", "indexing_token")}
    body: Any = next((entry.values[1] for entry in bodies() if entry.values[0] is operation), None)
    answer = await served.call(name, body=made_current(body), params=params)
    schema = answer_schema(operation, answer.status, "mep")
    if schema is None:
        assert answer.content == b""
    else:
        assert compile_schema(schema, api="mep").is_valid(json.loads(answer.content))
