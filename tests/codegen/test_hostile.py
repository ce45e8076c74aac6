"""Text of the document is text in the code, whatever it says."""

from __future__ import annotations

import ast
import copy
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import HERE, Layout
from codegen.text import docstring, literal
from tests.codegen.conftest import copy_of_inputs, prepared_from, put_document, put_ground

Json = dict[str, Any]
PAYLOADS = [
    '"""\nimport pwned\npwned.run()\n"""',
    "'''\nimport pwned\n'''",
    '\\"""\nimport pwned\n#',
    'ends with a quote"',
    "ends with a backslash\\",
    "{{ pwned }} {% raw %} {# pwned #} %s {} {0}",
    'x"); import pwned; ("',
    "']; import pwned; ['",
    "\\N{BULLET} \\x41 \\u0041",
    "a\u2028import pwned\u2029b\x00c\x0cd\x85e\ud7ff",
    "# noqa\r\nimport pwned\r",
]


def hostile(document: Json) -> Json:
    """Payloads in every place that ends up in code."""
    document = copy.deepcopy(document)
    everything = "\n\n".join(PAYLOADS)
    document["info"]["title"] = everything
    document["servers"][0]["url"] += PAYLOADS[6]
    for item in document["paths"].values():
        for operation in item.values():
            operation["description"] = operation["summary"] = everything
    view = document["paths"]["/segments/list"]["get"]
    view["parameters"] += [
        {"name": f"q{number} {text}", "in": "query", "description": text, "schema": {"type": "string", "default": text}}
        for number, text in enumerate(PAYLOADS)
    ]
    view["parameters"] += [
        {"name": f"const{number}", "in": "query", "schema": {"const": text}} for number, text in enumerate(PAYLOADS)
    ]
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        schema["description"] = everything
    names = {f"p{number} {payload}": payload for number, payload in enumerate(PAYLOADS)}
    schemas["oneSegment"]["properties"] |= {
        name: {"type": "string", "description": text} for name, text in names.items()
    }
    schemas["oneSegment"]["properties"] |= {
        f"const {number}": {"const": payload, "default": payload} for number, payload in enumerate(PAYLOADS)
    }
    schemas["EditProfile"]["properties"] |= {
        f"const {number}": {"const": payload} for number, payload in enumerate(PAYLOADS)
    }
    schemas["EditProfile"]["required"] += [f"const {number}" for number in range(len(PAYLOADS))]
    schemas["status"]["enum"] += PAYLOADS
    document["paths"][f"/segments/{PAYLOADS[6]}"] = {"get": {"responses": {"200": {"description": PAYLOADS[0]}}}}
    return document


@pytest.fixture(scope="module")
def hostile_tree(original: Json, tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = copy_of_inputs(tmp_path_factory.mktemp("hostile"))
    put_document(layout, hostile(original))
    pipeline.build(layout, layout.root)
    put_ground(layout.root)
    return layout.root


def statements(folder: Path) -> Iterator[ast.AST]:
    for path in sorted(folder.rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def test_no_payload_becomes_code(hostile_tree: Path) -> None:
    seen = 0
    for node in statements(hostile_tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert "pwned" not in ast.unparse(node)
        if isinstance(node, ast.Name):
            assert node.id != "pwned"
        seen += isinstance(node, ast.Constant) and "pwned" in str(node.value)
    assert seen > 100  # the payloads are there, as text


def test_the_code_imports_and_the_payloads_travel(hostile_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = hostile_tree / "batch_api"
    package.rename(hostile_tree / "hostile_api")
    monkeypatch.syspath_prepend(str(hostile_tree))
    monkeypatch.delitem(sys.modules, "pwned", raising=False)
    models = importlib.import_module("hostile_api.models")
    for name in models.__all__:
        getattr(models, name)
    importlib.import_module("hostile_api._generated.cep.endpoints.segments")
    registry = importlib.import_module("hostile_api._generated.cep.registry")
    assert f"/segments/{PAYLOADS[6]}" in [operation.path for operation in registry.OPERATIONS.values()]
    data = {f"p{number} {payload}": number for number, payload in enumerate(PAYLOADS)}
    assert models.Segment.from_dict(data).to_dict() == data
    sent = models.EditProfile(identifiers=models.CustomIdIdentifier(custom_id="u")).to_dict()
    assert [sent[f"const {number}"] for number in range(len(PAYLOADS))] == PAYLOADS
    assert "pwned" not in sys.modules


@pytest.mark.parametrize("text", PAYLOADS)
@pytest.mark.parametrize("indent", [0, 4])
def test_a_docstring_is_one_constant(text: str, indent: int) -> None:
    body = ast.parse(docstring(text, 0) if not indent else f"def f():\n    {docstring(text, indent)}").body
    inner = body[0].body if isinstance(body[0], ast.FunctionDef) else body
    assert len(inner) == 1
    assert isinstance(inner[0], ast.Expr)
    assert isinstance(inner[0].value, ast.Constant)


@pytest.mark.parametrize("value", [*PAYLOADS, 1, -2.5, True, None, (), ("a",), (1, "b")])
def test_a_literal_reads_back_as_itself(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {"a": 1}])
def test_what_is_no_literal_is_refused(value: object) -> None:
    with pytest.raises(CodegenError, match="as a literal"):
        literal(value)


def test_our_own_names_are_checked(inputs: Layout) -> None:
    text = inputs.names.read_text().replace("name: profile_update,", "name: 'import os',")
    inputs.names.write_text(text)
    with pytest.raises(CodegenError, match="expected a snake_case name"):
        prepared_from(inputs)
    assert HERE.names != inputs.names
