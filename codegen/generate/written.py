"""Everything in the prepared document is in the code that was written: looked up in the code, without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from codegen.document import Json
from codegen.errors import CodegenError
from codegen.generate.views import module_of
from codegen.schema import Schema, all_properties, children, const_of


class _Module(NamedTuple):
    names: set[str]
    """What it defines."""
    words: set[object]
    """The literals in it, docstrings aside."""


def check(package: Path, document: Json) -> None:
    """Refuse a package in which an operation, a parameter, a schema, a property or a value is missing."""
    missing = sorted({*_operations(package, document), *_schemas(package, document["components"]["schemas"])})
    if missing:
        lines = "\n  ".join(missing[:20])
        raise CodegenError(
            package.name, f"lacks parts of the document:\n  {lines}", "Correct the template that leaves them out."
        )


def _operations(package: Path, document: Json) -> Iterator[str]:
    registry = _read(package / "registry.py")
    areas: dict[str, _Module] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name, area = operation["operationId"], operation["tags"][0]
            module = areas.setdefault(area, _read(package / "endpoints" / f"{area}.py"))
            if name not in module.names or name.upper() not in registry.names or path not in registry.words:
                yield f"operation {name} ({method.upper()} {path})"
            for parameter in operation.get("parameters", []):
                # What is in the path of every operation is filled in by the engine.
                if parameter["name"] not in module.words | registry.words:
                    yield f"parameter {parameter['name']} of {name}"


def _schemas(package: Path, schemas: dict[str, Schema]) -> Iterator[str]:
    for name, schema in schemas.items():
        module = _read(package / "models" / f"{module_of(name)}.py")
        if name not in module.names:
            yield f"schema {name}"
        properties = all_properties(name, schemas)
        yield from (f"property {name}.{key}" for key in properties if key not in module.words)
        # Values that not all parts of an `allOf` have are none of the whole.
        inside = [child for (keyword, _), child in children(schema) if keyword != "allOf"]
        parts = [schema, *properties.values(), *inside]
        yield from (f"value {value!r} of {name}" for value in _values(parts) if value not in module.words)


def _values(schemas: list[Schema]) -> Iterator[object]:
    """The values of the enumerations that stand in place; null is a type of its own."""
    for schema in (schema for schema in schemas if isinstance(schema, dict)):
        const = const_of(schema)
        yield from (value for value in (const, *schema.get("enum", ())) if isinstance(value, (str, int)))


def _read(path: Path) -> _Module:
    if not path.is_file():
        return _Module(set(), set())
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.AsyncFunctionDef, ast.FunctionDef))}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words: set[object] = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in texts
    }
    minus = (node.operand for node in ast.walk(tree) if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub))
    words |= {-node.value for node in minus if isinstance(node, ast.Constant) and isinstance(node.value, (int, float))}
    return _Module(names, words)
