"""The registry has every operation of the document and the facts about each, spelled out here once more."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from batch_api._generated.cep import document
from batch_api._generated.cep.registry import OPERATIONS, UNDOCUMENTED
from batch_api._generated.mep.registry import OPERATIONS as LEGACY
from batch_api._operation import Condition, Dates, LimitFact, Operation
from codegen import yamlfile
from codegen.generate import render
from codegen.layout import HERE

DEFAULT = (LimitFact(1.0, spacing=0.02),)
CATALOG = (LimitFact(5.0, headroom=0.008),)
EVENTS = Condition(("*", "events"))
SEGMENT = LimitFact(5.0, per=3600.0, burst=10.0, when=Condition(("filter", "segment")))

# name: method, path, success, limits, items, max_items, replay, replay_unless
EXPECTED: dict[str, tuple[Any, ...]] = {
    "audience_create": ("POST", "/audiences/create", (202,), DEFAULT, None, None, True, None),
    "audience_list": ("GET", "/audiences/list", (200,), DEFAULT, None, None, True, None),
    "audience_remove": ("POST", "/audiences/remove", (202,), DEFAULT, None, None, True, None),
    "audience_replace": ("POST", "/audiences/replace", (202,), DEFAULT, ("ids",), 10_000, True, None),
    "audience_update": ("POST", "/audiences/update", (202,), DEFAULT, ("ids",), 10_000, True, None),
    "audience_view": ("GET", "/audiences/view", (200,), DEFAULT, None, None, True, None),
    "campaign_create": ("POST", "/campaigns/create", (200, 201), DEFAULT, None, None, False, None),
    "campaign_delete": ("POST", "/campaigns/delete", (200, 204), DEFAULT, None, None, True, None),
    "campaign_update": (
        *("POST", "/campaigns/update", (200,), DEFAULT, None, None, True),
        Condition(("campaign", "state"), "RUNNING"),
    ),
    "catalog_create": ("POST", "/catalogs/create", (201,), CATALOG, None, None, True, None),
    "catalog_items_edit": (
        *("POST", "/catalogs/items/edit", (202,)),
        (LimitFact(5.0, headroom=0.008), LimitFact(1000.0, unit="items", headroom=0.008)),
        *(("items",), 200, True, None),
    ),
    "catalog_list": ("GET", "/catalogs/list", (200,), CATALOG, None, None, True, None),
    "catalog_remove": ("POST", "/catalogs/remove", (202,), CATALOG, None, None, True, None),
    "catalog_update": ("POST", "/catalogs/update", (202,), CATALOG, None, None, True, None),
    "catalog_view": ("GET", "/catalogs/view", (200,), CATALOG, None, None, True, None),
    "export_download": ("GET", "/exports/download", (307,), DEFAULT, None, None, True, None),
    "export_list": ("GET", "/exports/list", (200,), DEFAULT, None, None, True, None),
    "export_view": ("GET", "/exports/view", (200,), DEFAULT, None, None, True, None),
    "orchestration_list": ("GET", "/orchestrations/list", (200,), DEFAULT, None, None, True, None),
    "orchestration_stats": ("GET", "/orchestrations/stats", (200,), DEFAULT, None, None, True, None),
    "orchestration_view": ("GET", "/orchestrations/view", (200,), DEFAULT, None, None, True, None),
    "profile_export": ("POST", "/profiles/export", (202,), (*DEFAULT, SEGMENT), None, None, False, None),
    "profile_mass_update": (
        *("POST", "/profiles/mass-update", (200, 202), (LimitFact(10_000.0, unit="items", spacing=0.02),)),
        *((), 10_000, True, EVENTS),
    ),
    "profile_update": (
        *("POST", "/profiles/update", (200, 202), (LimitFact(300.0, unit="items", burst=1000.0),)),
        *((), 200, True, EVENTS),
    ),
    "segment_list": ("GET", "/segments/list", (200,), DEFAULT, None, None, True, None),
}


def test_no_operation_is_lost() -> None:
    assert EXPECTED.keys() <= OPERATIONS.keys()
    assert list(OPERATIONS) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_facts(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.name == name
    assert operation[1:9] == EXPECTED[name]
    assert operation.pause == 5.0


WORDS = {word.__name__: word for word in (Operation, LimitFact, Condition, Dates)}


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), *LEGACY.values()], ids=lambda one: one.name)
def test_the_source_of_an_operation_makes_it_again(operation: Operation) -> None:
    assert eval(render.source(operation), WORDS) == operation


def test_source_states_what_differs_from_the_default() -> None:
    fact = LimitFact(5.0, per=60.0, when=Condition(("*", "a b"), True))
    assert render.source(fact) == "LimitFact(rate=5.0, per=60.0, when=Condition(path=('*', 'a b', ), equals=True))"
    assert render.source(LimitFact(1.0, unit="requests", headroom=0.0)) == "LimitFact(rate=1.0)"


def test_the_operations_are_those_of_the_document(original: dict[str, Any]) -> None:
    declared = {(method.upper(), path) for path, item in original["paths"].items() for method in item}
    assert {(operation.method, operation.path) for operation in OPERATIONS.values()} == declared


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        OPERATIONS["new"] = OPERATIONS["segment_list"]  # type: ignore[index]


AREAS = ("audiences", "campaigns", "catalogs", "exports", "orchestrations", "profiles", "segments")


def test_every_operation_has_one_function() -> None:
    functions: list[str] = []
    for area in AREAS:
        module = import_module(f"batch_api._generated.cep.endpoints.{area}")
        own = inspect.getmembers(module, inspect.iscoroutinefunction)
        assert all(function.__module__ == module.__name__ for _, function in own)
        functions += [name for name, _ in own]
    assert sorted(functions) == sorted(OPERATIONS)


def test_the_document_module_says_what_it_was_made_from() -> None:
    lock = yamlfile.load_table(HERE.lock)
    assert f"https://api.batch.com/{lock['server.version.default']}" == document.SERVER_URL
    assert lock["server.version.default"] == document.VERSION
    assert document.TITLE == "Batch - REST API"
    assert lock["sha256"] == document.DOCUMENT_SHA256
    assert "0.29.1" in document.GENERATOR


def test_what_is_assumed_of_an_operation_that_the_document_does_not_have() -> None:
    assert UNDOCUMENTED.limits == (LimitFact(1.0, spacing=0.02, group="undocumented"),)
    assert (UNDOCUMENTED.replay, UNDOCUMENTED.success) == (False, ())
