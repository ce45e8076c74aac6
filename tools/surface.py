"""What is public, read by griffe without importing anything: one line for each name, parameter and field.

Public is what `batch_api` and the modules directly below it list in `__all__`, whenever that may be imported; what the
pages in `docs/reference/` show, such as the class of `client.profiles`; the members of both; and the names for types
that their signatures use. Names that begin with an underscore are not, and neither are constructors of what is only
handed out.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import griffe

PACKAGE = "batch_api"
_PROTOCOLS = {f"__{word}__" for word in ("await", "call", "contains", "getitem", "len")} | {
    f"__{a}{word}__" for a in ("", "a") for word in ("enter", "exit", "iter", "next")
}
_KINDS = {
    griffe.ParameterKind.positional_only: "position {} only",
    griffe.ParameterKind.positional_or_keyword: "position {}",
    griffe.ParameterKind.var_positional: "all further positions",
    griffe.ParameterKind.keyword_only: "by keyword",
    griffe.ParameterKind.var_keyword: "all further keywords",
}
_STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
Annotation: TypeAlias = griffe.Expr | str | None


def surface(root: Path) -> dict[str, str]:
    """The public names of the package below `root`, each with what it is, in order."""
    package = griffe.load(
        PACKAGE, search_paths=[root], try_relative_path=False, resolve_aliases=True, allow_inspection=False
    )
    assert isinstance(package, griffe.Module)  # noqa: S101
    return dict(sorted(_Surface(package, shown(root / "docs" / "reference")).lines()))


def shown(reference: Path) -> dict[str, bool]:
    """The paths that the reference shows, and whether it shows their constructors."""
    found: dict[str, bool] = {}
    for page in sorted(reference.glob("*.md")):
        for entry in re.split(r"^::: ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            found[entry.split()[0]] = "merge_init_into_class: false" not in entry
    return found


class _Surface:
    def __init__(self, package: griffe.Module, reference: dict[str, bool]) -> None:
        self.package = package
        self.reference = reference
        self.names: dict[str, str] = {}
        """Canonical paths, and the names below the package that they are known by."""
        self.again: dict[str, str] = {}
        """Further names of the same."""
        self.waiting: list[griffe.Object] = []
        # Of a name that two modules have, the shorter module's is the name: `models.Unset`, not `app_models.Unset`.
        modules = [each for _, each in sorted(package.modules.items(), key=_by_length) if not each.is_private]
        for module in [package, *modules]:
            for name in module.exports or ():
                self._add(module[str(name)], f"{module.path}.{name}")
        self.listed = frozenset(self.names)
        for path in reference:
            found = package[path.removeprefix(f"{PACKAGE}.")]
            if not isinstance(found, griffe.Module):
                self._add(found, path)

    def _add(self, member: griffe.Object | griffe.Alias, path: str) -> None:
        found, name = _resolved(member), path.removeprefix(f"{PACKAGE}.")
        if found.path not in self.names and not isinstance(found, griffe.Module):
            self.names[found.path] = name
            self.waiting.append(found)
        elif path != found.path and not isinstance(found, griffe.Module) and self.names[found.path] != name:
            self.again[name] = f"the same as {self.names[found.path]}"

    def lines(self) -> Iterator[tuple[str, str]]:
        yield from self.again.items()
        while self.waiting:
            found = self.waiting.pop(0)
            yield from self._object(self.names[found.path], found)

    def _object(self, name: str, found: griffe.Object) -> Iterator[tuple[str, str]]:
        if isinstance(found, griffe.Class):
            yield from self._class(name, found)
        elif isinstance(found, griffe.Function):
            yield from self._function(name, found)
        elif isinstance(found, griffe.Attribute) and _is_alias(found):
            yield name, "a type, any of the following"
            for part in _parts(found.value):
                yield f"{name} | {part}", ""
            self._reach(found.value)
        elif isinstance(found, griffe.Attribute):
            yield name, _text(found.annotation) or "a constant"
            self._reach(found.annotation)

    def _class(self, name: str, found: griffe.Class) -> Iterator[tuple[str, str]]:
        bases = ", ".join(_text(base) for base in found.bases)
        yield name, f"class({bases})" if bases else "class"
        for key, member in sorted(self._members(found).items()):
            inner = _resolved(member)
            if isinstance(inner, griffe.Attribute):
                optional = " = …" if inner.value is not None and not inner.has_labels("property") else ""
                yield f"{name}.{key}", (_text(inner.annotation) or _inferred(inner, found)) + optional
                self._reach(inner.annotation)
            elif isinstance(inner, griffe.Function):
                yield from self._function(f"{name}.{key}", inner)

    def _members(self, found: griffe.Class) -> dict[str, griffe.Object | griffe.Alias]:
        """Its own, and those of the bases that are not public themselves."""
        inherited = {
            key: member for key, member in found.inherited_members.items() if not self._has_public_owner(member)
        }
        return {key: member for key, member in (inherited | found.members).items() if self._is_public(found, key)}

    def _has_public_owner(self, member: griffe.Alias) -> bool:
        return _owner(_resolved(member)) in self.names

    def _is_public(self, found: griffe.Class, key: str) -> bool:
        if key == "__init__":
            module = found.path.rpartition(".")[0]
            return found.path in self.listed and self.reference.get(found.path, self.reference.get(module, True))
        return key in _PROTOCOLS or not key.startswith("_")

    def _function(self, name: str, found: griffe.Function) -> Iterator[tuple[str, str]]:
        words = [word for word in ("async", "classmethod", "staticmethod") if found.has_labels(word)]
        yield name, " ".join([*words, "def"]) + (f" -> {_text(found.returns)}" if found.returns else "")
        self._reach(found.returns)
        skipped = isinstance(found.parent, griffe.Class) and not found.has_labels("staticmethod")
        for number, parameter in enumerate(list(found.parameters)[skipped:], 1):
            kind = parameter.kind or griffe.ParameterKind.positional_or_keyword
            stars = _STARS.get(kind, "")
            default = f" = {_text(parameter.default)}" if parameter.default is not None and not stars else ""
            yield (
                f"{name}({stars}{parameter.name})",
                f"{_text(parameter.annotation) or 'anything'}{default}, {_KINDS[kind].format(number)}",
            )
            self._reach(parameter.annotation)

    def _reach(self, annotation: Annotation) -> None:
        """Names for types, and the keywords of `**settings`, are as public as the signatures that use them."""
        parts = annotation.iterate() if isinstance(annotation, griffe.Expr) else ()
        for name in (part for part in parts if isinstance(part, griffe.ExprName)):
            with contextlib.suppress(KeyError, griffe.AliasResolutionError):  # what is no name of this package
                found = _resolved(self.package.modules_collection[name.canonical_path])
                if _is_typed_dict(found) or (isinstance(found, griffe.Attribute) and _is_alias(found)):
                    self._add(found, found.path)


def _is_typed_dict(found: griffe.Object) -> bool:
    """Whether it is one, itself or by a base."""
    return isinstance(found, griffe.Class) and any("TypedDict" in map(str, one.bases) for one in (found, *found.mro()))


def _by_length(entry: tuple[str, griffe.Module]) -> tuple[int, str]:
    return len(entry[0]), entry[0]


def _resolved(member: griffe.Object | griffe.Alias) -> griffe.Object:
    return member.final_target if isinstance(member, griffe.Alias) else member


def _inferred(attribute: griffe.Attribute, owner: griffe.Class) -> str:
    """The type of an attribute without an annotation: that of the argument it is set to, or of its constant."""
    constructor = owner.all_members.get("__init__")
    arguments = constructor.parameters if isinstance(constructor, griffe.Function) else ()
    for argument in arguments:
        if argument.name == str(attribute.value):
            return _text(argument.annotation)
    try:
        return type(ast.literal_eval(str(attribute.value))).__name__
    except (ValueError, SyntaxError):
        return "without annotation"


def _owner(member: griffe.Object) -> str:
    return member.path.rpartition(".")[0]


def _is_alias(found: griffe.Attribute) -> bool:
    """Whether it is a name for a type: `Fate = Delivered | Refused`."""
    stated = found.annotation is None or _text(found.annotation) == "TypeAlias"
    return stated and isinstance(found.value, griffe.ExprBinOp | griffe.ExprSubscript | griffe.ExprName)


def _parts(value: Annotation) -> Iterator[str]:
    """The branches of a union, and each value of a `Literal`."""
    if isinstance(value, griffe.ExprBinOp) and value.operator == "|":
        yield from _parts(value.left)
        yield from _parts(value.right)
    elif isinstance(value, griffe.ExprSubscript) and str(value.left) == "Literal":
        yield from map(str, value.slice.elements if isinstance(value.slice, griffe.ExprTuple) else [value.slice])
    else:
        yield _text(value)


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
