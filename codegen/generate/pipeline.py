"""The whole run, in its order; each step is a module of its own."""

from __future__ import annotations

import difflib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from batch_api._operation import Operation
from codegen import api, document, facts, names, opening
from codegen.errors import CodegenError, refuse
from codegen.generate import audit, complete, generator, overlay, render, written
from codegen.generate import format as code_format
from codegen.generate.describe import Descriptions
from codegen.generate.endpoints import Endpoints
from codegen.generate.models import Models
from codegen.generate.normalise import in_order, normalise
from codegen.generate.pytypes import Types
from codegen.generate.swap import swap
from codegen.generate.typed_dicts import TypedDicts
from codegen.layout import Layout, owned


class Prepared(NamedTuple):
    """The document as the generator gets it."""

    original: document.Json
    document: document.Json
    names: names.Names
    facts: dict[str, Operation]
    notes: list[str]


def prepare(layout: Layout, original: document.Json) -> Prepared:
    """Normalise, overlay, look up the facts, audit.

    What does not fit in names, overlays and facts is refused together: each can be corrected without the others.
    """
    named = names.load(layout.names)
    normalised = normalise(original, named, remembered(layout))
    problems = list(normalised.problems)
    prepared = normalised.document
    # `info.version` says 2.9 where the server says 2.11 (PROVENANCE, quirk 1).
    prepared["info"] = {**prepared["info"], "version": document.server(original)[1]}
    for path in layout.overlays:
        prepared, failed = overlay.tried(prepared, path)
        problems += failed
    prepared = in_order(document.without_optional_headers(prepared))
    known: dict[str, Operation] = {}
    try:
        known = facts.load(layout.facts, prepared)
    except CodegenError as error:
        problems.append(error)
    refuse(problems)
    document.validate(prepared, "the document after the overlays")
    dropped = [*normalised.dropped, *complete.lost(original, prepared)]
    notes = audit.check(prepared, dropped, *layout.allowances)
    return Prepared(original, prepared, named, known, [*normalised.derived, *notes])


def remembered(layout: Layout) -> document.Json:
    """The prepared document of the last run, empty if there was none."""
    try:
        found = json.loads((layout.root / layout.package / "openapi.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def build(layout: Layout, folder: Path) -> list[str]:
    """Write the whole generated tree below `folder`, which is empty. Returns notes for whoever runs it."""
    found = opening.read(layout)
    return [*found.notes, *build_from(layout, found.document, folder)]


def build_from(layout: Layout, original: document.Json, folder: Path) -> list[str]:
    """The same from a document that need not be the one in the tree."""
    prepared = prepare(layout, original)
    parsed = generator.parse(prepared.document, layout.templates)
    render.render(_views(layout, prepared, parsed), parsed.project.env, folder)
    code_format.format_tree(folder)
    written.check(folder / layout.package, prepared.document)
    return prepared.notes


def stops(layout: Layout, original: document.Json) -> tuple[CodegenError, ...]:
    """What stops a build from this document: found by building from it, elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            build_from(layout, original, Path(folder))
        except CodegenError as error:
            return error.errors
    return ()


def _views(layout: Layout, prepared: Prepared, parsed: generator.Parsed) -> render.Inputs:
    paths = prepared.document["paths"].values()
    operations = {operation["operationId"]: operation for item in paths for operation in item.values()}
    types = Types(prepared.document["components"]["schemas"], parsed)
    about = api.load(layout.description, prepared.original)
    words = Descriptions(types.schemas, operations, about.scope_parameter)
    models = Models(prepared.document, parsed, types, words)
    endpoints = Endpoints(parsed, types, words, prepared.facts, prepared.names.areas, about.scope_parameter)
    return render.Inputs(
        layout,
        about,
        prepared.original,
        prepared.document,
        prepared.facts,
        facts.undocumented(layout.facts),
        prepared.names.schemas,
        models.models(),
        models.aliases(),
        endpoints.areas(),
        TypedDicts(prepared.document, about, words, prepared.names.schemas),
    )


def generate(*layouts: Layout) -> list[str]:
    """Build elsewhere, then swap everything in. On failure the tree stays as it was."""
    root = layouts[0].root
    folder = Path(tempfile.mkdtemp(prefix=".codegen-", dir=root))
    try:
        notes = [note for layout in layouts for note in build(layout, folder)]
        swap(folder, root, owned(layouts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return notes


def check(*layouts: Layout) -> list[str]:
    """Build elsewhere and compare. Raises with a diff if the tree is not what would be written."""
    with tempfile.TemporaryDirectory() as folder:
        notes = [note for layout in layouts for note in build(layout, Path(folder))]
        differences = list(compare(layouts[0].root, Path(folder), owned(layouts)))
    if differences:
        shown = "\n".join(differences[:200])
        raise CodegenError(
            "batch_api/_generated", f"is not what `generate` would write:\n{shown}", "Run `python -m codegen generate`."
        )
    return notes


def compare(old: Path, new: Path, places: Iterable[str]) -> Iterator[str]:
    """The lines of a unified diff over these places; none if the trees are the same."""
    for name in sorted(name for place in places for name in _files(old, place) | _files(new, place)):
        before, after = _lines(old / name), _lines(new / name)
        yield from difflib.unified_diff(before, after, f"written/{name}", f"generated/{name}", lineterm="", n=1)


def _files(root: Path, place: str) -> set[str]:
    path = root / place
    files = [path] if path.is_file() else path.rglob("*")
    kept = (file for file in files if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(root).as_posix() for file in kept}


def _lines(path: Path) -> list[str]:
    """The lines with their ends, so that a missing last newline shows; a file that is missing has none."""
    return path.read_bytes().decode("utf-8", "backslashreplace").splitlines() if path.is_file() else ["(no such file)"]
