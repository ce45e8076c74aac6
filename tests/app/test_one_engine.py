"""One engine for two APIs: its code knows neither by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batch_api.engine
from batch_api import _generated
from batch_api._generated.cep.document import VERSION
from batch_api._generated.cep.registry import API as PROJECTS
from batch_api._generated.mep.registry import API as APPS
from batch_api._operation import Api

ENGINE = Path(batch_api.engine.__file__).parent


def words_of(api: Api) -> set[str]:
    """What only someone who knows this API says: its name, headers, fields, operations and paths."""
    found = {api.name, api.key_header, api.key_scheme, api.scope_header, api.scope_parameter, api.maintenance}
    found |= {*api.operations, *(operation.path for operation in api.operations.values()), api.server_url}
    found |= {part for operation in api.operations.values() for part in re.findall(r"\{(\w+)\}", operation.path)}
    return {word for word in found if word}


def code_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every name and every text in the code of a module, with its line; docstrings are for people."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield line, node.value
        for name in ("id", "attr", "name", "arg", "module"):
            if isinstance(value := getattr(node, name, None), str):
                yield line, value


@pytest.mark.parametrize("api", [PROJECTS, APPS], ids=lambda api: api.name)
def test_the_code_of_the_engine_knows_neither_api_by_name(api: Api) -> None:
    words = words_of(api)
    lines = [
        f"{path.name}:{line}: {text}"
        for path in sorted(ENGINE.rglob("*.py"))
        for line, text in code_of(path)
        if words & {text, *re.split(r"[^\w-]+", text)} - {"name"}
    ]
    assert lines == []


def test_the_engine_imports_neither_generated_package() -> None:
    for path in ENGINE.rglob("*.py"):
        assert not re.search(r"_generated\.(cep|mep)", path.read_text()), path.name


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "engine.py"
    path.write_text('def send(key):\n    """Sends X-Authorization."""\n    return {"X-Authorization": key}\n')
    assert [(line, text) for line, text in code_of(path) if "X-Authorization" in text] == [(3, "X-Authorization")]


def test_what_differs_is_data() -> None:
    fields: dict[str, tuple[Any, Any]] = {
        name: (getattr(PROJECTS, name), getattr(APPS, name))
        for name in Api._fields
        if name not in ("operations", "undocumented", "keys")
    }
    assert fields == {
        "name": ("cep", "mep"),
        "server_url": (f"https://api.batch.com/{VERSION}", "https://api.batch.com"),
        "key_header": ("Authorization", "X-Authorization"),
        "key_scheme": ("Bearer", ""),
        "scope": ("project", "app"),
        "scope_header": ("X-Batch-Project", None),
        "scope_parameter": (None, "app_key"),
        "error_code": ("error_code", "type"),
        "error_message": ("error_message", "message"),
        "maintenance": ("MAINTENANCE_ERROR", "MAINTENANCE_ERROR"),
    }


def test_generated_packages_share_what_they_say_to_the_engine() -> None:
    folder = Path(str(_generated.__file__)).parent
    assert {path.name for path in folder.glob("*.py")} == {"__init__.py"}
    assert {path.name for path in folder.iterdir() if path.is_dir()} - {"__pycache__"} == {"cep", "mep"}
