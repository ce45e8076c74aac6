"""What holds for each method of both clients: text that cannot be sent, answers that cannot be read, no event loop."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from batch_api import (
    BatchAppClient,
    BatchClient,
    ConfigurationError,
    InvalidInput,
    UnreadableAnswer,
    app_models,
    models,
)
from batch_api._generated.mep.registry import OPERATIONS
from tests.facade.wire import KEY, PROJECT, Answer, Wire

Ask = Callable[[Any, str], Any]

EDIT: dict[str, Any] = {"identifiers": {"custom_id": "u1"}}
DAY = "2026-02-01"


def campaign(name: str) -> dict[str, Any]:
    message = {"channel_type": "push", "platform_type": ["ios"], "body": "b"}
    return {"name": name, "state": "DRAFT", "when": {"start_time": "now"}, "messages": [message]}


def push(name: str) -> dict[str, Any]:
    return {"name": name, "live": True, "push_time": "now", "messages": [{"body": "x"}]}


def in_app(name: str) -> dict[str, Any]:
    return {"name": name, "live": True, "trigger": {"when": "NOW"}, "landing": {"theme": "t"}}


def edit(name: str) -> dict[str, Any]:
    return {"identifiers": {"custom_id": name}, "attributes": {"a": 1}}


def item(name: str) -> dict[str, Any]:
    return {"id": name, "action": "add", "attributes": {"a": 1}}


def event(**more: Any) -> dict[str, Any]:
    return {"name": "ue.bought", **more}


EXPORT = {"from": "2026-01-15T00:00:00", "to": "now", "events": ["push_sent"], "ids": ["custom_id"]}

# Each text that a method takes, one after another. The first call of a method is right, if the text is.
CEP: dict[str, list[Ask]] = {
    "profiles.update": [
        lambda c, s: c.profiles.update([edit(s)]),
        lambda c, s: c.profiles.update([{**EDIT, "attributes": {"a": s}}]),
        lambda c, s: c.profiles.update([{**EDIT, "attributes": {s: 1}}]),
        lambda c, s: c.profiles.update([{**EDIT, "events": [{"name": s}]}]),
    ],
    "profiles.mass_update": [lambda c, s: c.profiles.mass_update([edit(s)])],
    "profiles.export": [
        lambda c, s: c.profiles.export({"export_type": s}),
        lambda c, s: c.profiles.export({"export_type": "ATTRIBUTES", "attributes": [s]}),
    ],
    "profiles.send_chunk": [],
    "audiences.create": [
        lambda c, s: c.audiences.create(s),
        lambda c, s: c.audiences.create("vip", s),
        lambda c, s: c.audiences.create("vip", display_name=s),
    ],
    "audiences.update": [lambda c, s: c.audiences.update(s, ["u1"]), lambda c, s: c.audiences.update("vip", [s])],
    "audiences.replace": [lambda c, s: c.audiences.replace(s, ["u1"]), lambda c, s: c.audiences.replace("vip", [s])],
    "audiences.remove": [lambda c, s: c.audiences.remove(s)],
    "audiences.list": [lambda c, s: c.audiences.list(cursor=s)],
    "audiences.view": [lambda c, s: c.audiences.view(s), lambda c, s: c.audiences.view("vip", s)],
    "audiences.wait": [
        lambda c, s: c.audiences.wait(s, "t", timeout=2),
        lambda c, s: c.audiences.wait("vip", s, timeout=2),
    ],
    "audiences.ingest": [lambda c, s: c.audiences.ingest(s, ["u1"], patience=1)],
    "audiences.send_chunk": [lambda c, s: c.audiences.send_chunk(s, ["u1"])],
    "catalogs.create": [
        lambda c, s: c.catalogs.create(s, {"a": "string"}),
        lambda c, s: c.catalogs.create("shoes", {s: "string"}),
        lambda c, s: c.catalogs.create("shoes", {"a": s}),
    ],
    "catalogs.update": [
        lambda c, s: c.catalogs.update(s, [{"action": "remove", "name": "a"}]),
        lambda c, s: c.catalogs.update("shoes", [{"action": "remove", "name": s}]),
    ],
    "catalogs.remove": [lambda c, s: c.catalogs.remove(s)],
    "catalogs.list": [lambda c, s: c.catalogs.list(cursor=s)],
    "catalogs.view": [lambda c, s: c.catalogs.view(s), lambda c, s: c.catalogs.view("shoes", s)],
    "catalogs.edit_items": [
        lambda c, s: c.catalogs.edit_items(s, [item("i1")]),
        lambda c, s: c.catalogs.edit_items("shoes", [item(s)]),
    ],
    "catalogs.wait": [
        lambda c, s: c.catalogs.wait(s, "t", timeout=2),
        lambda c, s: c.catalogs.wait("shoes", s, timeout=2),
    ],
    "catalogs.buffer": [],
    "catalogs.ingest": [lambda c, s: c.catalogs.ingest(s, [item("i1")], patience=1)],
    "catalogs.send_chunk": [lambda c, s: c.catalogs.send_chunk(s, [item("i1")])],
    "campaigns.create": [lambda c, s: c.campaigns.create(campaign(s))],
    "campaigns.update": [
        lambda c, s: c.campaigns.update(s, campaign("one")),
        lambda c, s: c.campaigns.update("c1", campaign(s)),
    ],
    "campaigns.delete": [lambda c, s: c.campaigns.delete(s)],
    "orchestrations.list": [
        lambda c, s: c.orchestrations.list(cursor=s),
        lambda c, s: c.orchestrations.list(status=s),
        lambda c, s: c.orchestrations.list(type=[s]),
        lambda c, s: c.orchestrations.list(channels=s),
    ],
    "orchestrations.view": [lambda c, s: c.orchestrations.view(s)],
    "orchestrations.stats": [
        lambda c, s: c.orchestrations.stats(s, DAY, DAY),
        lambda c, s: c.orchestrations.stats("o1", DAY + s, DAY),
    ],
    "exports.list": [lambda c, s: c.exports.list(cursor=s)],
    "exports.view": [lambda c, s: c.exports.view(s)],
    "exports.wait": [lambda c, s: c.exports.wait(s, timeout=2)],
    "exports.records": [lambda c, s: c.exports.records(s, timeout=2)],
    "exports.download": [lambda c, s: c.exports.download(s)],
    "exports.download_to": [lambda c, s: c.exports.download_to(s, "file")],
    "segments.list": [lambda c, s: c.segments.list(cursor=s)],
}
TAKES_NO_TEXT = {"profiles.buffer", "profiles.ingest", "profiles.forecast", "gdpr.list"}

MEP: dict[str, list[Ask]] = {
    "app_data.create": [
        lambda c, s: c.app_data.create(s),
        lambda c, s: c.app_data.create("table", s),
    ],
    "app_data.update": [
        lambda c, s: c.app_data.update(s, {"a": "b"}),
        lambda c, s: c.app_data.update("table", {s: "b"}),
        lambda c, s: c.app_data.update("table", {"a": s}),
    ],
    "app_data.delete": [lambda c, s: c.app_data.delete(s)],
    "app_data.list": [lambda c, s: c.app_data.list(cursor=s if s != "vip" else "0")],
    "audiences.create": [
        lambda c, s: c.audiences.create(s),
        lambda c, s: c.audiences.create("vip", s),
        lambda c, s: c.audiences.create("vip", description=s),
    ],
    "audiences.update": [
        lambda c, s: c.audiences.update(s, ["u1"]),
        lambda c, s: c.audiences.update("vip", [s], "install_ids"),
        lambda c, s: c.audiences.update("vip", [s]),
    ],
    "audiences.replace": [lambda c, s: c.audiences.replace(s, ["u1"]), lambda c, s: c.audiences.replace("vip", [s])],
    "audiences.delete": [lambda c, s: c.audiences.delete(s)],
    "audiences.list": [lambda c, s: c.audiences.list(cursor=s if s != "vip" else "0")],
    "audiences.view": [lambda c, s: c.audiences.view(s), lambda c, s: c.audiences.view("vip", s)],
    "audiences.wait": [
        lambda c, s: c.audiences.wait(s, "t", timeout=2),
        lambda c, s: c.audiences.wait("vip", s, timeout=2),
    ],
    "audiences.ingest": [lambda c, s: c.audiences.ingest(s, ["u1"], patience=1)],
    "campaigns.create": [lambda c, s: c.campaigns.create(push(s))],
    "campaigns.update": [
        lambda c, s: c.campaigns.update(s, {"live": False}),
        lambda c, s: c.campaigns.update("c1", {"name": s}),
    ],
    "campaigns.delete": [lambda c, s: c.campaigns.delete(s)],
    "campaigns.view": [lambda c, s: c.campaigns.view(s)],
    "campaigns.list": [lambda c, s: c.campaigns.list(cursor=s if s != "vip" else "0")],
    "campaigns.stats": [lambda c, s: c.campaigns.stats(s)],
    "custom_data.set": [
        lambda c, s: c.custom_data.set(s, {"u.a": 1}),
        lambda c, s: c.custom_data.set("u1", {"u.a": s}),
    ],
    "custom_data.bulk": [lambda c, s: c.custom_data.bulk([{"id": s, "update": {"values": {"u.a": 1}}}])],
    "custom_data.delete": [lambda c, s: c.custom_data.delete(s)],
    "custom_data.bulk_delete": [lambda c, s: c.custom_data.bulk_delete([s])],
    "custom_data.ingest": [],
    "custom_data.ingest_deletions": [],
    "exports.campaign_ids": [
        lambda c, s: c.exports.campaign_ids(s, EXPORT),
        lambda c, s: c.exports.campaign_ids("c1", {**EXPORT, "ids": [s]}),
    ],
    "exports.campaign_events": [lambda c, s: c.exports.campaign_events(s, EXPORT)],
    "exports.view": [lambda c, s: c.exports.view(s)],
    "exports.wait": [lambda c, s: c.exports.wait(s, timeout=2)],
    "gdpr.create": [
        lambda c, s: c.gdpr.create({"request_type": "review", "id": {"type": "custom_id", "value": s}}),
        lambda c, s: c.gdpr.create({"request_type": "review", "id": {"type": s, "value": "u1"}}),
    ],
    "gdpr.view": [lambda c, s: c.gdpr.view(s)],
    "in_app_campaigns.create": [lambda c, s: c.in_app_campaigns.create(in_app(s))],
    "in_app_campaigns.update": [
        lambda c, s: c.in_app_campaigns.update(s, {"live": False}),
        lambda c, s: c.in_app_campaigns.update("c1", {"name": s}),
    ],
    "in_app_campaigns.delete": [lambda c, s: c.in_app_campaigns.delete(s)],
    "in_app_campaigns.view": [lambda c, s: c.in_app_campaigns.view(s)],
    "in_app_campaigns.list": [lambda c, s: c.in_app_campaigns.list(cursor=s if s != "vip" else "0")],
    "transactional.send": [
        lambda c, s: c.transactional.send({"group_id": s, "recipients": {"custom_ids": ["u1"]}, "message": {}}),
        lambda c, s: c.transactional.send({"group_id": "g", "recipients": {"custom_ids": [s]}, "message": {}}),
        lambda c, s: c.transactional.send({"group_id": "g", "recipients": {}, "message": {"body": s}}),
        lambda c, s: c.transactional.send({"group_id": "g", "recipients": {}, "custom_payload": {"a": s}}),
    ],
    "transactional.ingest": [
        lambda c, s: c.transactional.ingest({"group_id": s, "message": {}}, ["u1"], patience=1),
        lambda c, s: c.transactional.ingest({"group_id": "g", "message": {"body": s}}, ["u1"], patience=1),
    ],
    "transactional.stats": [
        lambda c, s: c.transactional.stats(s, DAY),
        lambda c, s: c.transactional.stats("g", DAY + s),
    ],
    "trigger_events.send": [
        lambda c, s: c.trigger_events.send(s, [event()]),
        lambda c, s: c.trigger_events.send("u1", [event(label=s)]),
    ],
    "trigger_events.bulk": [lambda c, s: c.trigger_events.bulk([{"id": s, "events": [event()]}])],
    "trigger_events.ingest": [],
}

ALL = [("cep", name, ask) for name, asks in CEP.items() for ask in asks] + [
    ("mep", name, ask) for name, asks in MEP.items() for ask in asks
]
FIRST = [("cep", name, asks[0]) for name, asks in CEP.items() if asks] + [
    ("mep", name, asks[0]) for name, asks in MEP.items() if asks
]
NAMES = [f"{api} {name}" for api, name, _ in FIRST]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files are saved."""
    monkeypatch.chdir(tmp_path)


def client_of(api: str, wire: Wire) -> Any:
    if api == "cep":
        return BatchClient(KEY, PROJECT, transport=wire, deadline=30)
    return BatchAppClient(KEY, "LIVE_APP", transport=wire, deadline=30, limits={name: [] for name in OPERATIONS})


async def done(what: Any) -> Any:
    """The whole of what a method gives."""
    if isinstance(what, AsyncIterable):  # a job, too, whose `__await__` only says how to use it
        return [one async for one in what]
    if isinstance(what, Awaitable):
        return await what
    assert isinstance(what, AbstractAsyncContextManager)
    async with what as entered:
        return entered


@pytest.mark.parametrize(("client", "calls"), [(BatchClient, CEP), (BatchAppClient, MEP)])
def test_every_method_is_among_them(client: type[Any], calls: dict[str, list[Ask]]) -> None:
    made = client(KEY, "some_key")
    areas = [name for name, value in vars(client).items() if not name.startswith("_") and hasattr(value, "func")]
    found = {
        f"{area}.{name}"
        for area in areas
        for name, method in inspect.getmembers(getattr(made, area), inspect.ismethod)
        if not name.startswith("_")
    }
    assert len(areas) >= 7
    assert found - TAKES_NO_TEXT == set(calls)


@pytest.mark.parametrize(("api", "name", "ask"), ALL)
async def test_text_that_cannot_be_sent_is_invalid_input(api: str, name: str, ask: Ask) -> None:
    wire = Wire(Answer(200, {}))
    async with client_of(api, wire) as client:
        with pytest.raises(InvalidInput) as caught:
            await done(ask(client, "a\ud800"))
    assert wire.requests == []
    assert "\ud800" not in str(caught.value)


@pytest.mark.parametrize("params", [{"name": "a\ud800"}, {"names": ["b", "\ud800"]}])
async def test_a_call_by_name_takes_none_either(params: dict[str, Any]) -> None:
    wire = Wire(Answer(200, {}))
    async with client_of("cep", wire) as client:
        with pytest.raises(InvalidInput):
            await client.call("GET /things/{name}", params={"name": "x", **params})
    assert wire.requests == []


def test_a_buffer_for_a_name_that_cannot_be_sent_is_not_made() -> None:
    with pytest.raises(InvalidInput):
        client_of("cep", Wire()).catalogs.buffer("\ud800")


@pytest.mark.parametrize(("api", "name", "ask"), FIRST, ids=NAMES)
async def test_an_answer_that_cannot_be_read_is_no_success_of_any(api: str, name: str, ask: Ask) -> None:
    async with client_of(api, Wire(Answer(200, b"<html>We are down for maintenance</html>"))) as client:
        if name.endswith("ingest"):
            assert [type(fate).__name__ for fate in await done(ask(client, "vip"))] == ["Unknown"]
            return
        with pytest.raises(UnreadableAnswer) as caught:
            await done(ask(client, "vip"))
    assert caught.value.outcome == "unknown"
    assert ("nothing was changed" in str(caught.value)) == caught.value.attempts[0].route.startswith("GET")


NEEDED = {
    "cep": {
        *("audiences.create", "audiences.update", "audiences.replace", "audiences.remove", "catalogs.edit_items"),
        *("campaigns.create", "profiles.export"),
    },
    "mep": {
        *("audiences.update", "audiences.replace", "campaigns.create", "in_app_campaigns.create", "gdpr.create"),
        *("exports.campaign_ids", "exports.campaign_events", "transactional.send"),
        *("custom_data.set", "custom_data.bulk", "custom_data.delete", "custom_data.bulk_delete"),
    },
}
"""What is called for a token or an id."""


def reads(api: str, name: str) -> bool:
    """Whether a method promises to show something: a model, or a list."""
    area, _, method = name.partition(".")
    given = str(inspect.signature(getattr(getattr(client_of(api, Wire()), area), method)).return_annotation)
    shown = {*models.__all__, *app_models.__all__}
    return given.removesuffix(" | None") in shown or given.startswith(("Listing[", "AsyncGenerator["))


ANSWERED = [one for one in FIRST if not one[1].endswith(("ingest", "download", "download_to"))]


@pytest.mark.parametrize(("api", "name", "ask"), ANSWERED)
async def test_an_empty_success_is_one_where_nothing_was_promised(api: str, name: str, ask: Ask) -> None:
    async with client_of(api, Wire(Answer(202))) as client:
        if name not in NEEDED[api] and not reads(api, name):
            await done(ask(client, "vip"))
            return
        with pytest.raises(UnreadableAnswer) as caught:
            await done(ask(client, "vip"))
    assert caught.value.outcome == "unknown"
    assert caught.value.status == 202
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize(("api", "name"), [(api, name) for api, names in NEEDED.items() for name in sorted(names)])
@pytest.mark.parametrize("answer", [{}, [], {"id": "", "token": ""}, {"indexing_token": 7, "id": None, "token": []}])
async def test_a_token_that_is_missing_is_missed(api: str, name: str, answer: Any) -> None:
    ask = {"cep": CEP, "mep": MEP}[api][name][0]
    wire = Wire(Answer(202, answer))
    async with client_of(api, wire) as client:
        with pytest.raises(UnreadableAnswer, match="without"):
            await done(ask(client, "vip"))
    assert len(wire.requests) == 1, "it was taken, and is not sent again"


# -- without a loop ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("api", "name", "ask"), FIRST, ids=NAMES)
def test_without_an_event_loop_of_asyncio_the_error_says_so(api: str, name: str, ask: Ask) -> None:
    """As under trio, which drives coroutines with a loop of its own."""
    wire = Wire(Answer(200, {}))
    running = done(ask(client_of(api, wire), "vip"))
    with pytest.raises(ConfigurationError, match="needs a running asyncio event loop; trio is not supported"):
        running.send(None)
    assert wire.requests == []


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.__aenter__(),
        lambda client: client.call("segment_list"),
        lambda client: client.profiles.send_chunk([EDIT]),
        lambda client: client.profiles.buffer().__aenter__(),
        lambda client: client.catalogs.buffer("shoes").__aenter__(),
        lambda client: client.profiles.ingest([EDIT]).collect(),
        lambda client: client.profiles.mass_update([EDIT] * 1000),
        lambda client: client.aclose(),
    ],
)
def test_nor_does_anything_else_work_without_one(use: Callable[[BatchClient], Any]) -> None:
    running = use(client_of("cep", Wire()))
    with pytest.raises(ConfigurationError, match="trio is not supported"):
        running.send(None)
    running.close()


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.wait_time("segment_list"),
        lambda client: client.resume(),
        lambda client: client.profiles.forecast(1000),
    ],
)
def test_questions_about_time_need_one_too(ask: Callable[[BatchClient], Any]) -> None:
    with pytest.raises(ConfigurationError, match="needs a running asyncio event loop"):
        ask(client_of("cep", Wire()))
