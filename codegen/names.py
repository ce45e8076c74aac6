"""`names.yaml` of an API's overrides: our names for the parts of the vendor's document, by where they are.

A location starts at an operation or at a name of ours and goes down from there:

    POST /profiles/update body[]          the items of a request body
    GET /audiences/list 2XX               the body of a success, whatever its status; or `202`, of one status
    * 4XX, * default                      the body of every such answer; there need be none
    GET /orchestrations/list ?status[]    a query parameter, here the items of its array
    EditProfile.events[]                  a property, and the items of its array
    Model{}                               the values under names that `properties` does not list
    Union<channel_type=push>              the branch of a union (or part of an `allOf`) whose property has that value,
    Union<type=>                          ... whose property accepts more than one value,
    Union<custom_id>                      ... that has this property,
    Union<:object>                        ... that is of this type,
    Union<0>                              ... that stands at this place, where nothing else tells it from the others
    Model{"^[a-z]+$"}                     the values under names that match this pattern of `patternProperties`

References are transparent: it makes no difference whether the vendor writes a schema in place or names it.

What stands at the places of one name must be the same. Under `merged` a name may be excused from that, with the reason:
it then has the properties and values that any of its places has, and requires what all of them require.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from codegen.errors import CodegenError

CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
FUNCTION_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TOKEN = re.compile(
    r"\.(?:\"(?P<quoted>[^\"]+)\"|(?P<plain>[^.\[\]{}<>\s\"]+))|(?P<mark>\[\]|\{(?:\"[^\"]+\")?\})|<(?P<select>[^<>]+)>"
)
_BASE = re.compile(
    r"(?P<operation>[A-Z]+ /\S*? (?:body|[1-5][0-9X]{2}|default|\?[^\s.\[{<]+))(?=$|[.\[{<])"
    r"|(?P<every>\* (?:[1-5][0-9X]{2}|default))(?=$|[.\[{<])"
    r"|(?P<name>[A-Z][A-Za-z0-9]*)(?=[.\[{<])"
)


class Line(NamedTuple):
    """One location of a schema, and the name it gets there."""

    name: str
    location: str
    number: int
    base: str
    steps: tuple[str, ...]


class OperationName(NamedTuple):
    """What an operation is called, and the module its function goes to."""

    name: str
    area: str
    number: int


class Names:
    """All lines of one file, and which of them matched a place."""

    def __init__(
        self,
        path: Path,
        areas: dict[str, str],
        operations: dict[str, OperationName],
        lines: list[Line],
        merged: dict[str, str],
    ) -> None:
        self.path = path
        self.merged = merged
        """Names whose places may differ, each with the reason: they have what any of their places has."""
        self.areas = areas
        self.operations = operations
        self.lines = lines
        self.schemas = {line.name for line in lines}
        self._by_base: dict[str, list[Line]] = {}
        for line in lines:
            self._by_base.setdefault(line.base, []).append(line)
        self._used: set[str] = set()

    def at(self, base: str) -> list[Line]:
        """The lines whose location starts at `base`."""
        return list(self._by_base.get(base, ()))

    def lines_named(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def use(self, location: str) -> None:
        self._used.add(location)

    def unused(self) -> Iterator[tuple[int, str]]:
        """The lines that matched nothing, with their numbers."""
        yield from ((op.number, key) for key, op in self.operations.items() if key not in self._used)
        lines = (line for line in self.lines if not line.base.startswith("* "))
        yield from ((line.number, line.location) for line in lines if line.location not in self._used)

    def where(self, number: int) -> str:
        return f"{self.path}:{number}"


def split(location: str) -> tuple[str, tuple[str, ...]] | None:
    """A location as its start and the steps down from it; `None` if it is not one."""
    start = _BASE.match(location)
    if start is None:
        return None
    steps: list[str] = []
    at = start.end()
    while at < len(location):
        token = _TOKEN.match(location, at)
        if token is None:
            return None
        name = token["quoted"] or token["plain"]
        steps.append(f".{name}" if name else token["mark"] or f"<{token['select']}>")
        at = token.end()
    return start.group(), tuple(steps)


def load(path: Path) -> Names:
    """Read the file; refuse invalid identifiers, invalid locations, and duplicate lines."""
    yaml = YAML(typ="rt", pure=True)
    try:
        table = yaml.load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise CodegenError(str(path), f"cannot be read: {error}", "Repair the file.") from None
    if not isinstance(table, dict) or not table.keys() >= {"areas", "operations", "schemas"}:
        raise CodegenError(str(path), "needs `areas`, `operations` and `schemas`", "Add what is missing.")
    operations = {str(key): _operation(path, table["operations"], str(key)) for key in table["operations"]}
    lines = [line for name in table["schemas"] for line in _lines(path, table["schemas"], str(name))]
    areas = {str(area): str(text).strip() for area, text in table["areas"].items()}
    names = Names(path, areas, operations, lines, _merged(path, table, lines))
    _refuse_doubles(names, operations, lines)
    return names


def _operation(path: Path, table: Any, key: str) -> OperationName:
    number = table.lc.key(key)[0] + 1
    entry = table[key]
    if not isinstance(entry, dict) or entry.keys() != {"name", "area"}:
        raise CodegenError(f"{path}:{number}", f"expected a `name` and an `area` for {key}", "Write both.")
    name, area = str(entry["name"]), str(entry["area"])
    for text in (name, area):
        if not FUNCTION_NAME.fullmatch(text) or iskeyword(text):
            raise CodegenError(f"{path}:{number}", f"expected a snake_case name, got {text!r}", "Correct it.")
    return OperationName(name, area, number)


def _lines(path: Path, table: Any, name: str) -> Iterator[Line]:
    if not CLASS_NAME.fullmatch(name):
        number = table.lc.key(name)[0] + 1
        raise CodegenError(f"{path}:{number}", f"expected a CamelCase class name, got {name!r}", "Correct it.")
    locations = table[name]
    for index, location in enumerate(locations):
        number = locations.lc.item(index)[0] + 1
        parts = split(str(location))
        if parts is None:
            remedy = "The grammar is at the top of codegen/names.py."
            raise CodegenError(f"{path}:{number}", f"expected a location, got {str(location)!r}", remedy)
        yield Line(name, str(location), number, *parts)


def _merged(path: Path, table: Any, lines: list[Line]) -> dict[str, str]:
    merged = {str(name): str(reason or "").strip() for name, reason in (table.get("merged") or {}).items()}
    for name in merged.keys() - {line.name for line in lines}:
        raise CodegenError(f"{path}: merged.{name}", "is not a name of `schemas`", "Correct it, or remove the line.")
    if bare := [name for name, reason in merged.items() if not reason]:
        raise CodegenError(f"{path}: merged.{bare[0]}", "has no reason", "Say why its places may differ.")
    return merged


def _refuse_doubles(names: Names, operations: dict[str, OperationName], lines: list[Line]) -> None:
    seen: dict[str, int] = {}
    numbered = [(operation.name, operation.number) for operation in operations.values()]
    for text, number in [*numbered, *((line.location, line.number) for line in lines)]:
        if text in seen:
            raise CodegenError(names.where(number), f"{text!r} is also in line {seen[text]}", "Remove one of them.")
        seen[text] = number
