"""What stands beside the operations and schemas of a document, where a limit may be said, too: tags and extensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codegen.diff.changes import Change, said
from codegen.document import METHODS, Json


def remark_changes(old: Json, new: Json) -> Iterator[Change]:
    """Differences of the texts of tags, and of `x-…` at the root, at paths and at operations."""
    before, after = dict(_remarks(old)), dict(_remarks(new))
    for where in sorted(before.keys() | after.keys()):
        yield from said("both", where, before.get(where), after.get(where))


def operations_of(document: Json) -> dict[str, list[str]]:
    """The operations that each tag speaks of, by the place of its text, and those of the document as a whole."""
    found: dict[str, list[str]] = {"the document": []}
    for path, item in document.get("paths", {}).items():
        for method in (method for method in METHODS if method in item):
            key = f"{method.upper()} {path}"
            found["the document"].append(key)
            for tag in item[method].get("tags", ()):
                found.setdefault(f"tag {tag}", []).append(key)
    return found


def _remarks(document: Json) -> Iterator[tuple[str, str]]:
    for tag in document.get("tags") or ():
        yield f"tag {tag.get('name')}", str(tag.get("description") or "")
    yield from _extensions("the document", document)
    yield from _extensions("the document", document.get("info", {}))
    for path, item in document.get("paths", {}).items():
        for method in (method for method in METHODS if method in item):
            yield from _extensions(f"{method.upper()} {path}", {**item, **item[method]})


def _extensions(where: str, holder: Json) -> Iterator[tuple[str, str]]:
    yield from ((f"{where} {key}", _flat(value)) for key, value in holder.items() if key.startswith("x-"))


def _flat(value: Any) -> str:
    """A value as prose: `{rate: 7, per: second}` as "rate 7 per second"."""
    if isinstance(value, dict):
        return " ".join(f"{key} {_flat(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return str(value)
