"""The document of the legacy API goes the same way as the first: through the same steps, with files of its own."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from batch_api import _generated, app_models
from batch_api._generated.mep import endpoints
from batch_api._generated.mep.registry import API, OPERATIONS
from batch_api._operation import Condition, Dates, LimitFact
from codegen import api, yamlfile
from codegen import document as documents
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import APIS, HERE, Layout, owned
from tests.codegen.conftest import prepared_from
from tests.codegen.test_pipeline import digest

MEP = HERE._replace(api="mep")
AREAS = (
    *("app_data", "audiences", "campaigns", "custom_data", "exports", "gdpr", "in_app_campaigns", "transactional"),
    "trigger_events",
)
FUNCTIONS = {
    name: getattr(import_module(f"{endpoints.__name__}.{area}"), name)
    for area in AREAS
    for name in OPERATIONS
    if hasattr(import_module(f"{endpoints.__name__}.{area}"), name)
}


@pytest.fixture(scope="module")
def prepared() -> pipeline.Prepared:
    return prepared_from(MEP)


def test_each_api_has_places_of_its_own() -> None:
    assert APIS == ("cep", "mep")
    assert [layout.document.name for layout in HERE.every_api()] == ["batch-api.yaml", "batch-mep-api.yaml"]
    public = [f"batch_api/{name}.py" for name in ("models", "types", "app_models", "app_types")]
    assert owned(HERE.every_api()) == ("batch_api/_generated", *public)
    for layout in HERE.every_api():
        files = (layout.document, layout.lock, layout.names, layout.facts, *layout.allowances, layout.description)
        assert all(path.is_file() for path in files)


def test_nothing_was_named_by_the_machine(prepared: pipeline.Prepared) -> None:
    assert prepared.notes == []


def test_the_lock_names_the_document() -> None:
    assert yamlfile.load_table(MEP.lock)["sha256"] == documents.sha256(MEP.document)


def test_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, codegen.generate.pipeline as p\n"
        "layout = p.Layout(pathlib.Path(), 'mep')\n"
        "p.build(layout, pathlib.Path(sys.argv[1]))"
    )
    found = []
    for seed in ("1", "42"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True, cwd=HERE.root, env=environment)
        found.append(digest(folder))
    assert found[0] == found[1]
    shared = {name for name in found[0] if name.count("/") == 2}
    written = digest(HERE.root / "batch_api")
    assert {name: found[0][name] for name in found[0]} == {
        name: written[name.removeprefix("batch_api/")] for name in found[0]
    }
    assert shared == {f"batch_api/_generated/{name}" for name in ("__init__.py",)}


def test_every_operation_is_a_function() -> None:
    assert FUNCTIONS.keys() == OPERATIONS.keys()
    assert len(FUNCTIONS) == 40


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_arguments_are_those_of_the_document(name: str, prepared: pipeline.Prepared) -> None:
    operation = OPERATIONS[name]
    declared = prepared.document["paths"][operation.path][operation.method.lower()]
    python = {"from": "from_"}
    expected = {python.get(one["name"], one["name"]) for one in declared["parameters"]} - {"app_key"}
    expected |= {"sender"} | ({"body"} if "requestBody" in declared else set())
    assert set(inspect.signature(FUNCTIONS[name]).parameters) == expected


class Sender:
    """Keeps what a function sends."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.content = b""

    def json(self) -> Any:
        return self.answer

    async def send(self, operation: Any, **sent: Any) -> Any:
        self.operation, self.sent = operation, sent
        return self


def test_values_for_the_path_go_by_name() -> None:
    sender = Sender({"indexing_token": "t"})
    body = {"ids": [{"id": "a"}]}
    answer = asyncio.run(FUNCTIONS["install_audience_replace"](sender, body, audience_name="vip"))
    assert (sender.operation.name, sender.sent) == (
        "install_audience_replace",
        {"body": body, "path": {"audience_name": "vip"}},
    )
    assert answer.parsed == app_models.IndexingToken(indexing_token="t")
    sender = Sender([{"name": "a"}, "odd"])
    answer = asyncio.run(FUNCTIONS["push_campaign_list"](sender, from_=20, live=False))
    assert sender.sent == {"query": {"from": 20, "live": "false"}}
    assert answer.parsed == [app_models.PushCampaignSummary(name="a"), "odd"]


def test_the_facts() -> None:
    assert {operation.limits for operation in OPERATIONS.values()} == {(LimitFact(1.0, spacing=0.02),)}
    assert {operation.pause for operation in OPERATIONS.values()} == {5.0}
    assert {operation.dates for operation in OPERATIONS.values()} == {Dates(False, ("attributes", "values"))}
    caps = {name: operation.max_items for name, operation in OPERATIONS.items() if operation.max_items}
    assert caps == {
        **dict.fromkeys(("trigger_event_send", "trigger_event_bulk"), 1000),
        **dict.fromkeys(
            ("transactional_send", "custom_data_bulk", "custom_data_bulk_delete", "app_data_update"), 10_000
        ),
        **dict.fromkeys(("custom_audience_update", "install_audience_update", "install_audience_replace"), 10_000),
    }
    assert OPERATIONS["push_campaign_update"].replay_only_if == Condition(("live",), equals=False)
    assert OPERATIONS["custom_data_bulk_delete"].items_are_text
    assert API.operations is OPERATIONS
    assert API.undocumented.dates == Dates(False, ("attributes", "values"))


@pytest.mark.parametrize(
    "security",
    [
        {"security": []},
        {"components": {"securitySchemes": {"rest_key": {"type": "apiKey", "in": "query", "name": "k"}}}},
    ],
)
def test_a_security_that_the_engine_cannot_serve(security: dict[str, Any]) -> None:
    document = yamlfile.load_table(MEP.document)
    with pytest.raises(CodegenError, match="no bearer token and no key in a header"):
        api.load(MEP.description, document | security)


@pytest.mark.parametrize(
    ("change", "message"),
    [("scope: app", "a fact is missing"), ("dates:", "a fact is missing"), ("", "unknown keys: more")],
)
def test_a_description_that_says_too_little_or_too_much(tmp_path: Path, change: str, message: str) -> None:
    text = MEP.description.read_text()
    lines = [line for line in text.splitlines() if not (change and line.startswith(change))]
    (tmp_path / "api.yaml").write_text("\n".join([*lines, *([] if change else ["more: 1"])]))
    with pytest.raises(CodegenError, match=message):
        api.load(tmp_path / "api.yaml", yamlfile.load_table(MEP.document))


def test_public_models_have_a_module_of_their_own() -> None:
    assert Path(str(app_models.__file__)).name == "app_models.py"
    assert app_models.TransactionalSend.__module__.startswith(f"{_generated.__name__}.mep.")
    assert not {"EditProfile", "Campaign"} & set(app_models.__all__)


def test_one_api_that_fails_leaves_both_as_they_were(inputs: Layout) -> None:
    layouts = inputs.every_api()
    layouts[1].facts.write_text("default: {}\n")
    with pytest.raises(CodegenError, match="operations"):
        pipeline.generate(*layouts)
    assert not (inputs.root / "batch_api").exists()
