"""`make spec-diff`: a report in Markdown on what a new version of the document changes, for people."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from . import names, overlay, yamlfile
from .compare import Change, changes
from .document import Json, server
from .errors import CodegenError
from .layout import Layout
from .normalise import normalise


def of_head(layout: Layout) -> Json:
    """The document as git's HEAD has it."""
    place = layout.document.relative_to(layout.root).as_posix()
    done = subprocess.run(["git", "show", f"HEAD:{place}"], cwd=layout.root, capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        raise CodegenError(place, f"git has none: {done.stderr.decode(errors='replace').strip()}", "Say OLD=file.")
    return yamlfile.parse_untrusted(done.stdout, f"HEAD:{place}")


def write(layout: Layout, old: Json, new: Json) -> str:
    """The whole report."""
    before = normalise(old, names.load(layout.names), strict=False)
    after = normalise(new, names.load(layout.names), before.document, strict=False)
    found = changes(before.document, after.document)
    count = {weight: sum(change.weight == weight for change in found) for weight in ("breaking", "additive", "wording")}
    lines = [f"# The document: {_version(old)} → {_version(new)}", ""]
    lines += [", ".join(f"{number} {weight}" for weight, number in count.items()) + ".", ""]
    for weight, title in (("breaking", "Breaking"), ("additive", "Additive"), ("wording", "Wording")):
        lines += _table(title, [change for change in found if change.weight == weight])
    lines += _section("Numbers in the text, and our facts", _numbers(layout, found, after.document))
    lines += _section("Lines of names.yaml that find nothing: the build stops at them", _lost(layout, after.lost))
    lines += _section("Overlays that no longer match: the build stops at them", _overlays(layout, after.document))
    lines += _section(
        "New parts without a line in names.yaml", [_cell(note).replace(f"{layout.root}/", "") for note in after.derived]
    )
    lines += _section("Operations the facade does not cover", _uncovered(layout, after.document))
    return "\n".join(lines).rstrip() + "\n"


def _version(document: Json) -> str:
    return f"{server(document)[1]} (info.version {document['info']['version']})"


def _table(title: str, rows: list[Change]) -> list[str]:
    head = ["| Where | For | What | What it means |", "| --- | --- | --- | --- |"]
    body = [f"| `{_cell(row.where)}` | {row.side or 'all'} | {_cell(row.what)} | {_cell(row.means)} |" for row in rows]
    return [f"## {title}", "", *([*head, *body] if rows else ["None."]), ""]


def _section(title: str, rows: list[str]) -> list[str]:
    return [f"## {title}", "", *([f"- {row}" for row in rows] or ["None."]), ""]


def _cell(text: str) -> str:
    """Text of a document that is not ours, harmless in a table."""
    return re.sub(r"[|`<>\r\n]", " ", text)


def _lost(layout: Layout, lines: list[str]) -> list[str]:
    return [_cell(line.replace("\n   ", ":")).replace(f"{layout.root}/", "") for line in lines]


def _numbers(layout: Layout, found: list[Change], document: Json) -> list[str]:
    table = yamlfile.load_table(layout.facts)
    rows = []
    for change in found:
        method, _, path = change.where.split(" ?")[0].partition(" ")
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation and change.what.startswith("numbers in the text"):
            name, area = operation["operationId"], operation["tags"][0]
            known = {**table["default"], **(table["areas"].get(area) or {}), **(table["operations"].get(name) or {})}
            ours = "; ".join(_limit(limit) for limit in known["limits"])
            most = f"; at most {known['max_items']} items a call" if known.get("max_items") else ""
            rows.append(f"`{_cell(change.where)}`: {change.what}. We keep to {ours}{most}.")
    return rows


def _limit(limit: Json) -> str:
    burst = f", burst {limit['burst']}" if limit.get("burst") else ""
    return f"{limit['rate']} {limit['unit']} every {limit.get('per', 1)} s{burst}"


def _overlays(layout: Layout, document: Json) -> list[str]:
    found = []
    for path in layout.overlays:
        document, problems = overlay.tried(document, path)
        found += [problem.splitlines()[0] for problem in problems]
    return found


def _uncovered(layout: Layout, document: Json) -> list[str]:
    folder = layout.root / "batch_api" / "resources"
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    return [row for row in _names(document) if not re.search(rf"\b{row.split('`')[1]}\b", code, re.IGNORECASE)]


def _names(document: Json) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"`{operation['operationId']}` ({method.upper()} {_cell(path)})"
