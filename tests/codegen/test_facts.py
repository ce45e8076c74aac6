"""Operation facts: how defaults, areas and operations combine, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batch_api._operation import Condition, LimitFact, Operation
from codegen import facts
from codegen.errors import CodegenError

Json = dict[str, Any]
OK = {"description": "Fine."}
ITEMS = {"type": "object", "properties": {"items": {"type": "array", "maxItems": 7, "items": {}}}}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Items"}}}}
DOCUMENT: Json = {
    "paths": {
        "/a/list": {"get": {"operationId": "a_list", "tags": ["a"], "responses": {"200": OK, "201": OK, "404": OK}}},
        "/a/edit": {"post": {"operationId": "a_edit", "tags": ["a"], "responses": {"202": OK}, "requestBody": BODY}},
        "/b/move": {"get": {"operationId": "b_move", "tags": ["b"], "responses": {"307": OK}}},
    },
    "components": {"schemas": {"Items": ITEMS}},
}
DEFAULT = "default: {limits: [{rate: 1, unit: requests}], pause: 5}\n"
MOVE = "  b_move: {success: [307]}\n"


def load(tmp_path: Path, text: str) -> dict[str, Operation]:
    path = tmp_path / "operations.yaml"
    path.write_text(text)
    return facts.load(path, DOCUMENT)


def test_defaults(tmp_path: Path) -> None:
    found = load(tmp_path, f"{DEFAULT}operations:\n{MOVE}")
    assert list(found) == ["a_edit", "a_list", "b_move"]
    assert found["a_list"].success == (200, 201)
    assert found["a_list"].replay
    assert not found["a_edit"].replay
    assert found["b_move"].success == (307,)
    assert found["a_edit"].limits == (LimitFact(1.0),)
    assert found["a_edit"].pause == 5.0


def test_an_operation_replaces_its_area_which_replaces_the_default(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        f"{DEFAULT}areas:\n  a: {{limits: [{{rate: 5, unit: requests}}], pause: 1}}\noperations:\n{MOVE}"
        "  a_edit: {limits: [{rate: 9, unit: items, per: 60, burst: 20, when: {path: [x], equals: y}}]}\n",
    )
    assert found["a_list"].limits == (LimitFact(5.0),)
    assert found["a_edit"].limits == (LimitFact(9.0, 60.0, "items", 20.0, None, Condition(("x",), "y")),)
    assert found["a_edit"].pause == 1.0
    assert found["b_move"].limits == (LimitFact(1.0),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{DEFAULT}operations:\n{MOVE}  gone: {{}}\n", r"operations\.gone: is not an operation"),
        (f"{DEFAULT}areas: {{z: {{}}}}\noperations:\n{MOVE}", r"areas\.z: is not an area"),
        (f"{DEFAULT}operations:\n{MOVE}  a_list: {{retry: true}}\n", r"a_list: unknown keys: retry"),
        (f"{DEFAULT}operations:\n{MOVE}  a_list: {{limits: [{{rate: 1}}]}}\n", "has no unit"),
        (f"{DEFAULT}operations:\n{MOVE}  a_list: {{limits: [{{unit: items}}]}}\n", "missing or unreadable.*rate"),
        (f"{DEFAULT}operations:\n{MOVE}  a_list: {{replay_unless: {{at: [x]}}}}\n", "unknown keys: at"),
        (f"{DEFAULT}operations: {{}}\n", "b_move: declares no 2xx response"),
        (f"{DEFAULT}operations:\n{MOVE}  a_edit: {{items: [none]}}\n", "no array at"),
        (f"{DEFAULT}operations:\n{MOVE}  a_edit: {{items: [items], max_items: 8}}\n", "is 8, the document says 7"),
        (f"{DEFAULT}more: 1\n", "unknown keys: more"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        load(tmp_path, text)


def test_the_cap_of_the_document_is_accepted(tmp_path: Path) -> None:
    found = load(tmp_path, f"{DEFAULT}operations:\n{MOVE}  a_edit: {{items: [items], max_items: 7}}\n")
    assert found["a_edit"].items == ("items",)
