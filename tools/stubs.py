"""`make stubs`: a method for each operation that has none, in its place, and what tests and changelog need.

For each it writes a method of the area's class, its calls in the tests that know every method, and a line of the
changelog.
Types are those of the generated function, words those of the document: a start that works, to be made good. An
operation in an area without a class is only named.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined

from batch_api.testing.sample import sample
from codegen import names
from codegen.diff import facade
from codegen.layout import HERE, Layout

_IMPORTS = """
from collections.abc import Mapping, Sequence
from typing import Any

from batch_api._codec import UNSET
from batch_api._generated.{api}.endpoints import {area} as api
from batch_api.engine import arguments
from batch_api.resources.paging import CursorListing, Listing
from batch_api.results import Done, IndexingResult, shown
"""
_TEMPLATE = (Path(__file__).parent / "method.py.jinja").read_text(encoding="utf-8")
_PAGES = ("from_", "limit")
"""The arguments of an operation that gives one page of a list."""


class Argument(NamedTuple):
    name: str
    type: str
    is_optional: bool

    @property
    def stated(self) -> str:
        return f"{self.name}: {self.type} | None = None" if self.is_optional else f"{self.name}: {self.type}"

    @property
    def passed(self) -> str:
        if self.is_optional:
            return f"{self.name}=UNSET if {self.name} is None else {self.name}"
        return (
            f'{self.name}=arguments.text({self.name}, "{self.name}")'
            if self.type == "str"
            else f"{self.name}={self.name}"
        )


class Operation(NamedTuple):
    """What is known of an operation that has no method yet."""

    name: str
    area: str
    key: str
    """Its HTTP method and path."""
    described: dict[str, Any]
    body: str | None
    """The type of its body."""
    arguments: list[Argument]
    result: str
    schemas: dict[str, Any]

    @property
    def method(self) -> str:
        """What its method is called: its name without that of the area."""
        return self.name.removeprefix(f"{self.area.removesuffix('s')}_")

    @property
    def rows(self) -> tuple[str, str] | None:
        """The field of the rows of a page, and their type; `None` if it gives no pages."""
        page = self.schemas.get(self.result, {}).get("properties", {})
        lists = [(key, one["items"]["$ref"]) for key, one in page.items() if "$ref" in one.get("items", {})]
        if {argument.name for argument in self.arguments} >= set(_PAGES) and len(lists) == 1:
            return lists[0][0], lists[0][1].rsplit("/", 1)[1]
        return None


def main(layout: Layout = HERE) -> int:
    found = list(without_method(layout))
    if not found:
        print("Every operation has a method.")
    for operation in found:
        place = layout.root / "batch_api" / "resources" / f"{operation.area}.py"
        if not place.is_file():
            print(f"{operation.key}: write {place.relative_to(layout.root)}, and its attribute in batch_api/client.py")
            continue
        for name in write(layout, operation):
            print(f"{operation.key}: {name}")
    return 0


def without_method(layout: Layout) -> Iterator[Operation]:
    """The operations that a person has named, and that no method calls."""
    package = layout.root / layout.package
    document = json.loads((package / "openapi.json").read_text(encoding="utf-8"))
    covered = facade.methods(layout)
    named = {operation.name for operation in names.load(layout.names).operations.values()}
    for path, item in document["paths"].items():
        for method, described in item.items():
            name, area = described["operationId"], described["tags"][0]
            if name in named - covered.keys():
                tree = ast.parse((package / "endpoints" / f"{area}.py").read_text(encoding="utf-8"))
                (function,) = [one for one in tree.body if isinstance(one, ast.AsyncFunctionDef) and one.name == name]
                yield Operation(
                    name,
                    area,
                    f"{method.upper()} {path}",
                    described,
                    next((_type(one) for one in function.args.args if one.arg == "body"), None),
                    list(_arguments(function)),
                    ast.unparse(function.returns)[len("Answer[") : -1] if function.returns else "None",
                    document["components"]["schemas"],
                )


def _arguments(function: ast.AsyncFunctionDef) -> Iterator[Argument]:
    for argument in function.args.kwonlyargs:
        stated = _type(argument)
        yield Argument(argument.arg, stated.removesuffix(" | Unset"), stated.endswith(" | Unset"))


def _type(argument: ast.arg) -> str:
    stated = ast.unparse(argument.annotation) if argument.annotation else "Any"
    # `list` is a method of these classes.
    return stated.replace("list[", "Sequence[").removesuffix(" | Encoded")


def write(layout: Layout, operation: Operation) -> Iterator[str]:
    """Write the stubs of an operation. Yields the files that it changed."""
    edits: dict[str, Callable[[str], str]] = {
        f"batch_api/resources/{operation.area}.py": lambda text: with_method(text, operation),
        "tests/facade/test_every_method.py": lambda text: with_row(text, operation),
        "tests/facade/test_operations.py": lambda text: with_call(text, operation),
        "CHANGELOG.md": lambda text: with_line(text, operation),
    }
    for name, edit in edits.items():
        path = layout.root / name
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        if path.suffix == ".py":
            for command in (("check", "--fix", "--select=F401,I"), ("format",)):
                subprocess.run(
                    [sys.executable, "-m", "ruff", *command, "--quiet", str(path)], cwd=layout.root, check=True
                )
        yield name


def with_method(text: str, operation: Operation) -> str:
    """The module of an area, with a method more; what it does not need of the imports is for ruff to remove."""
    tree = ast.parse(text)
    last = next(
        one for one in reversed(tree.body) if isinstance(one, ast.ClassDef) and one.name.lower() == operation.area
    )
    future = next(one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__")
    models = sorted({*re.findall(r"\b[A-Z]\w+", _source(operation))} & operation.schemas.keys())
    imported = f"if TYPE_CHECKING:\n    from batch_api.models import {', '.join(models)}\n" if models else ""
    lines = text.split("\n")
    assert last.end_lineno is not None  # noqa: S101
    imports = _IMPORTS.format(api=HERE.api, area=operation.area)
    inside = _merged(lines[future.lineno : last.end_lineno], imported)
    return "\n".join([*lines[: future.lineno], imports, *inside, "", _source(operation), *lines[last.end_lineno :]])


def _merged(lines: list[str], imported: str) -> list[str]:
    """Lines with the imports of types beside those that are there."""
    block = imported.rstrip().split("\n")[1:]
    if "if TYPE_CHECKING:" in lines:
        at = lines.index("if TYPE_CHECKING:") + 1
        return [*lines[:at], *block, *lines[at:]]
    first = next(number for number, line in enumerate(lines) if line.startswith("class "))
    return [
        *lines[:first],
        *(["from typing import TYPE_CHECKING", "", *imported.split("\n"), ""] if block else []),
        *lines[first:],
    ]


def _source(operation: Operation) -> str:
    """The method, without more checks than those of text."""
    others = [one for one in operation.arguments if operation.rows is None or one.name not in _PAGES]
    body = [f"body: {operation.body}"] if operation.body else []
    template = Environment(trim_blocks=True, undefined=StrictUndefined, autoescape=False).from_string(_TEMPLATE)  # noqa: S701
    return template.render(
        name=operation.name,
        method=operation.method,
        rows=operation.rows,
        stated=["self", *body, *(one.stated for one in sorted(others, key=lambda one: one.is_optional))],
        passed=["self._engine", *(["body"] if body else []), *(one.passed for one in others)],
        texts=[one.name for one in others if one.type == "str" and not one.is_optional],
        names=["self._engine", *(f"{one.name}={one.name}" for one in others)],
        is_object=bool(body) and "Sequence" not in str(operation.body),
        said=_first_words(operation),
        result=_result(operation),
    )


def _result(operation: Operation) -> tuple[str, str]:
    """What the method gives, and how it is made of the answer."""
    if operation.result == "IndexingToken":
        return "IndexingResult", "IndexingResult.of(answer)"
    if operation.result in ("None", "EmptyResponse") or not operation.result.isidentifier():
        return "Done", "Done.of(answer)"
    return operation.result, "shown(answer)"


def _first_words(operation: Operation) -> str:
    text = " ".join(str(operation.described.get("description") or operation.described.get("summary") or "").split())
    sentence = text.partition(". ")[0].rstrip(".").replace("*", "").replace('"""', "'''").replace("\\", "")
    return f"{sentence or operation.name}."


# What else must know it


def _call(operation: Operation, client: str, text: str) -> str:
    """A call with made-up values, in the first text of which stands `text`."""
    values = _sampled(operation)
    shown = [repr(value) for value in values]
    if (number := next((number for number, one in enumerate(shown) if "'a'" in one), None)) is not None:
        shown[number] = shown[number].replace("'a'", text, 1)
    return f"{client}.{operation.area}.{operation.method}({', '.join(shown)})"


def _sampled(operation: Operation) -> list[Any]:
    content = operation.described.get("requestBody", {}).get("content", {})
    bodies = [sample(media["schema"], HERE.api) for media in content.values()]
    parameters = {_python(one["name"]): one.get("schema", {}) for one in operation.described.get("parameters", [])}
    needed = [one for one in operation.arguments if not one.is_optional]
    return [*bodies, *(sample(parameters.get(one.name, {}), HERE.api) for one in needed)]


def _python(name: str) -> str:
    return re.sub(r"\W", "_", name)


def with_row(text: str, operation: Operation) -> str:
    """The calls of every method, with one more, after those of the same area."""
    call = _call(operation, "c", "s")
    asked = f"[lambda c, s: {call}]" if re.search(r"\bs\b", call.partition("(")[2]) else "[]"
    row = f'    "{operation.area}.{operation.method}": {asked},'
    lines = text.split("\n")
    start = lines.index("CEP: dict[str, list[Ask]] = {")
    end = lines.index("}", start)
    own = [number for number in range(start, end) if lines[number].startswith(f'    "{operation.area}.')]
    at = next(number for number in range(own[-1] + 1, end + 1) if lines[number].startswith(('    "', "}")))
    return "\n".join([*lines[:at], row, *lines[at:]])


def with_call(text: str, operation: Operation) -> str:
    """What calls everything, with one call more at its end."""
    tree = ast.parse(text)
    last = next(one for one in tree.body if isinstance(one, ast.AsyncFunctionDef) and one.name == "everything")
    call = _call(operation, "client", "'a'")
    line = f"    assert [one async for one in {call}]" if operation.rows else f"    await {call}"
    lines = text.split("\n")
    assert last.end_lineno is not None  # noqa: S101
    return "\n".join([*lines[: last.end_lineno], line, *lines[last.end_lineno :]])


def with_line(text: str, operation: Operation) -> str:
    """The changelog, with a line more under Added of Unreleased."""
    line = f"- `client.{operation.area}.{operation.method}`: {_first_words(operation)}"
    head, unreleased, rest = text.partition("## [Unreleased]\n")
    if not rest.lstrip("\n").startswith("### Added"):
        return f"{head}{unreleased}\n### Added\n\n{line}\n{rest}"
    added, rest = rest.split("### Added\n\n", 1)
    return f"{head}{unreleased}{added}### Added\n\n{line}\n{rest}"


if __name__ == "__main__":
    raise SystemExit(main())
