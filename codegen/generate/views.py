"""What the templates are given: plain values, ready to be written. `models` and `endpoints` make them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from openapi_python_client.strings import PythonIdentifier


class Import(NamedTuple):
    """`from .module import name`, in the models package."""

    module: str
    name: str


class Field(NamedTuple):
    name: str
    key: str
    """Its name in the API, as a Python literal."""
    type: str
    default: str | None
    parse: str
    """The expression that makes its value of `{}`, the JSON."""
    doc: str


class Model(NamedTuple):
    name: str
    module: str
    doc: str
    sent: bool
    """Can be part of a request: then a field may be `UNSET`; otherwise `None` says that it is missing."""
    fields: list[Field]
    types: list[Import]
    parsers: list[Import]


class Alias(NamedTuple):
    """An enumeration, a union, a map of free keys, or a plain value that has a name."""

    name: str
    module: str
    doc: str
    type: str
    types: list[Import]
    branches: Branches | None


class Branches(NamedTuple):
    """How the models of a union are told apart."""

    key: str
    """The property whose value says it, as a literal; empty where the keys that are present do."""
    cases: list[tuple[str, str]]
    """Literals of the value, or of the key, and the model it means."""
    otherwise: str | None
    """The model for every other object, if there is one."""


class Argument(NamedTuple):
    name: str
    key: str
    type: str
    required: bool
    doc: str


class Function(NamedTuple):
    """One endpoint function."""

    name: str
    constant: str
    doc: str
    body: str | None
    path: list[Argument]
    """Those that are part of the path; the engine fills in the one for all paths."""
    arguments: list[Argument]
    """Those that go into the query."""
    result: str
    parse: str


class Area(NamedTuple):
    """One module of endpoints."""

    name: str
    doc: str
    functions: list[Function]
    bodies: list[Import]
    """Only in annotations."""
    answers: list[Import]


def module_of(name: str) -> str:
    """The module of a class: its name in snake_case."""
    return str(PythonIdentifier(name, ""))


def imports(names: Iterable[str]) -> list[Import]:
    """What it takes to use these names of the models package."""
    return sorted({Import(module_of(name), name) for name in names})
