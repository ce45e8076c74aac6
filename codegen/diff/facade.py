"""Which method of the facade calls which operation: read from its source, which is not imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codegen.layout import Layout


def methods(layout: Layout) -> dict[str, str]:
    """The operations that the facade calls, each with its method, such as `audiences.create`, where it is known."""
    found: dict[str, list[str]] = {}
    public: set[str] = set()
    for path in sorted((layout.root / "batch_api").rglob("*.py")):
        text = path.read_text(encoding="utf-8") if "_generated" not in path.parts else ""
        if f"_generated.{layout.api}.endpoints" in text:
            tree = ast.parse(text)
            public |= {f"{path.stem}.{method.name}" for method in _public(tree)}
            for operation, method in _calls(tree, path.stem, layout.api):
                found.setdefault(operation, []).append(method)
    return {operation: _best(operation, names, public) for operation, names in found.items()}


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for holder in tree.body:
        for function in holder.body if isinstance(holder, ast.ClassDef) else ():
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.name.startswith("_"):
                yield function


def _calls(tree: ast.Module, area: str, api: str) -> Iterator[tuple[str, str]]:
    """Each operation that a module imports and uses, with the public method that uses it, or with nothing."""
    modules, names = _imported(tree, f"batch_api._generated.{api}.endpoints")
    inside = {id(node): f"{area}.{method.name}" for method in _public(tree) for node in ast.walk(method)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.attr, inside.get(id(node), "")
        elif isinstance(node, ast.Name) and node.id in names:
            yield names[node.id], inside.get(id(node), "")


def _imported(tree: ast.Module, package: str) -> tuple[set[str], dict[str, str]]:
    """The names of endpoint modules, and of single functions with what they are called there."""
    modules: set[str] = set()
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            modules |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return modules, names


def _best(operation: str, names: list[str], public: set[str]) -> str:
    """The method that calls an operation, or where a helper does, the one that is called like it."""
    like_it = [name for name in sorted(public) if operation == name.replace("s.", "_", 1)]
    known = sorted({name for name in names if name})
    return (like_it or known or [""])[0]
