"""`python -m codegen try FILE --into FOLDER`: any OpenAPI 3.1 document through the whole run, without overrides.

Names come from the document, what would be dropped is reported and not refused, and what makes the generator fail is
left out: operations entirely, while schemas accept anything instead. It shows what a document would become.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from codegen import facts, names, yamlfile
from codegen.document import Json
from codegen.errors import CodegenError
from codegen.generate import audit, complete, generator, pipeline
from codegen.generate.normalise import in_order, normalise
from codegen.layout import GROUND, HERE, Layout
from codegen.pull import pull

API = "trial"
_FILES = {
    "names.yaml": "areas: {}\noperations: {}\nschemas: {}\n",
    "audit-allow.yaml": "allow: []\n",
    "operations.yaml": "default: {limits: [{rate: 1, unit: requests}], pause: 5}\nareas: {}\noperations: {}\n",
    "api.yaml": (
        "title: An API on trial\nscope: project\nscope_header: x-scope\nerror_code: code\nerror_message: message\n"
        "maintenance: ''\ndates: {offset: true, named: []}\n"
    ),
}


def trial(source: str, folder: Path) -> list[str]:
    """Write the package `batch_api._generated.trial` below `folder`. Returns what was left out or dropped."""
    if folder == Path() or (folder.exists() and any(folder.iterdir())):
        raise CodegenError(str(folder), "is not an empty folder", "Pass --into with a new folder.")
    content = pull.fetch(source if ":" in source else Path(source).resolve().as_uri()).content or b""
    found = pull.checked(content, source)
    layout = _repository(folder, content)
    normalised = normalise(found, names.load(layout.names), vendors_names=True)
    prepared = in_order(normalised.document)
    notes = _left_out(prepared)
    for _ in range(_MOST_ROUNDS):
        try:
            package = folder / "batch_api"
            shutil.rmtree(package, ignore_errors=True)
            known = facts.load(layout.facts, prepared)
            parsed = generator.parse(prepared, layout.templates)
            whole = pipeline.Prepared(found, prepared, names.load(layout.names), [])
            pipeline.write(layout, whole, known, parsed, folder)
            break
        except CodegenError as error:
            left = _without(prepared, error.parts)
            if not left:
                raise
            notes += [f"{part} left out: {_said(error, part)}" for part in left]
    else:
        raise CodegenError(source, f"still fails after {_MOST_ROUNDS} rounds", notes[-1])
    (package / "__init__.py").touch()
    for name in GROUND:
        shutil.copyfile(HERE.root / name, folder / name)
    findings = [
        *normalised.dropped,
        *complete.lost(found, prepared),
        *((f.kind, f.where) for f in audit.findings(prepared)),
    ]
    return [*notes, *_counted(findings)]


_MOST_ROUNDS = 60


def _repository(folder: Path, content: bytes) -> Layout:
    """A repository of its own in `folder`, with overrides that say nothing."""
    layout = Layout(folder, API)
    layout.overrides.mkdir(parents=True)
    layout.document.parent.mkdir()
    layout.document.write_bytes(content)
    layout.lock.write_text(f"sha256: {hashlib.sha256(content).hexdigest()}\nsource: {yamlfile.quoted('')}\n")
    shutil.copytree(HERE.templates, layout.templates)
    shutil.copyfile(HERE.rules, layout.rules)
    for name, text in _FILES.items():
        (layout.overrides / name).write_text(text, encoding="utf-8")
    return layout


def _left_out(prepared: Json) -> list[str]:
    """Leave out what is not supported: parameters in headers and cookies, and bodies other than JSON."""
    notes = []
    for item in prepared["paths"].values():
        for method, operation in list(item.items()):
            name = operation["operationId"]
            kept = [entry for entry in operation.get("parameters", []) if entry["in"] in ("query", "path")]
            gone = [entry for entry in operation.get("parameters", []) if entry not in kept]
            notes += [f"{name}: the {entry['in']} parameter {entry['name']} left out" for entry in gone]
            if "parameters" in operation:
                operation["parameters"] = kept
            for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
                content = holder.get("content", {})
                if "application/json" in content:
                    holder["content"] = {"application/json": content["application/json"]}
                elif content and holder is operation.get("requestBody"):
                    notes.append(f"{name} left out: its body is {', '.join(content)}")
                    item.pop(method, None)
                else:
                    holder.pop("content", None)
    return notes


def _without(prepared: Json, parts: tuple[str, ...]) -> list[str]:
    """Take away operations, and let schemas accept anything. Returns those that there were."""
    left = []
    schemas = prepared["components"]["schemas"]
    for item in prepared["paths"].values():
        for method, operation in list(item.items()):
            if operation["operationId"] in parts:
                left.append(operation["operationId"])
                del item[method]
    for name in parts:
        if schemas.get(name, {}).keys() - {"description"}:
            schemas[name] = {"description": schemas[name].get("description", "Left out.")}
            left.append(name)
    return left


def _said(error: CodegenError, part: str) -> str:
    """The line of an error that speaks of a part."""
    lines = str(error).splitlines()
    return next((line for line in lines if part in line), lines[0]).strip()[:200]


def _counted(findings: list[tuple[str, str]]) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for kind, where in sorted(set(findings)):
        kinds.setdefault(kind, []).append(where)
    return [f"{kind} at {len(places)} places, such as {places[0]}" for kind, places in sorted(kinds.items())]
