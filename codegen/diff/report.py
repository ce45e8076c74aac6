"""`make spec-diff`: a report in Markdown on what a new version of the document changes, for people."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codegen import names, yamlfile
from codegen.diff import facade
from codegen.diff.changes import WEIGHTS, Change
from codegen.diff.compare import by_key, changes, sides_of
from codegen.diff.figures import Figures
from codegen.document import Json, server, validate
from codegen.errors import CodegenError
from codegen.generate import overlay
from codegen.generate.normalise import Normalised, normalise
from codegen.layout import Layout

_TITLES = {"breaking": "Breaking", "additive": "Additive", "wording": "Wording"}
_MOST_METHODS = 3


def of_head(layout: Layout) -> Json:
    """The document as git's HEAD has it."""
    place = layout.document.relative_to(layout.root).as_posix()
    done = subprocess.run(["git", "show", f"HEAD:{place}"], cwd=layout.root, capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        raise CodegenError(place, f"git has none: {done.stderr.decode(errors='replace').strip()}", "Pass OLD=file.")
    return yamlfile.parse_untrusted(done.stdout, f"HEAD:{place}")


def of_file(path: Path) -> Json:
    """The document in a file, which may be anyone's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CodegenError(str(path), f"cannot be read: {error.strerror}") from None
    return yamlfile.parse_untrusted(content, str(path))


def write(layout: Layout, old: Json, new: Json) -> str:
    """The whole report. Raises `CodegenError` for what is no document of OpenAPI 3.1."""
    with _odd("the old document"):
        validate(old, "the old document")
        before = normalise(old, names.load(layout.names), strict=False)
    with _odd("the new document"):
        validate(new, "the new document")
        after = normalise(new, names.load(layout.names), before.document, strict=False)
        figures = Figures(layout, before.document, after.document)
        found = [figures.judged(change) for change in changes(before.document, after.document)]
        return _Report(layout, before, after, found, figures).text(_version(old), _version(new))


@contextmanager
def _odd(where: str) -> Iterator[None]:
    """Documents can be malformed in endless ways that no validator finds: one clear error for all."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CodegenError(where, f"has a malformed part: {error!r}") from None


class _Report:
    def __init__(
        self, layout: Layout, before: Normalised, after: Normalised, found: list[Change], figures: Figures
    ) -> None:
        self.layout = layout
        self.after = after
        self.found = sorted(found, key=lambda change: (WEIGHTS.index(change.weight), change))
        self.figures = figures
        self.methods = facade.methods(layout)
        self.users = _users(before.document, after.document)
        self.lost = [self._own(line) for line in after.lost]
        self.overlays = _overlays(layout, after.document)
        self.uncovered = [
            f"`{operation['operationId']}`: `{_cell(key)}`"
            for key, operation in by_key(after.document).items()
            if operation["operationId"] not in self.methods
        ]

    def text(self, old: str, new: str) -> str:
        lines = [f"# The document: {old} → {new}", "", *self._summary(), ""]
        for weight, title in _TITLES.items():
            lines += self._table(title, [change for change in self.found if change.weight == weight])
        rows = [f"| `{_cell(key)}` | {_cell(said)} | {_cell(kept)} |" for key, said, kept in self._figures()]
        lines += _table("Limits", ("Operation", "In the text", "We keep to"), rows)
        lines += _list("Lines of names.yaml that find nothing: the build stops at them", self.lost)
        lines += _list("Overlays that no longer match: the build stops at them", self.overlays)
        lines += _list("New parts without a line in names.yaml", [self._own(note) for note in self.after.derived])
        lines += _list("Operations without a method: `client.call` reaches them", self.uncovered)
        return "\n".join(lines).rstrip() + "\n"

    def _summary(self) -> list[str]:
        count = {weight: sum(change.weight == weight for change in self.found) for weight in WEIGHTS}
        if not self.found:
            told = "Nothing has changed, whatever its parts are called and however they are arranged."
        else:
            told = ", ".join(f"{number} {weight}" for weight, number in count.items()) + "."
        stops = " and ".join(
            f"{len(rows)} of {what}"
            for rows, what in ((self.lost, "names.yaml"), (self.overlays, "the overlays"))
            if rows
        )
        return [
            f"**{told}**",
            "",
            f"- Before it can be built from: correct {stops}." if stops else "- Nothing in it stops the build.",
            f"- Operations without a method: {len(self.uncovered)}.",
            *([f"- Limits to look at: {len(self._figures())}."] if self._figures() else []),
        ]

    def _table(self, title: str, changes: list[Change]) -> list[str]:
        head = ("Where", "For", "What", "What it means for callers")
        rows = [
            f"| {self._where(change)} | {change.side or 'all'} | {_cell(change.what)} | {change.means} |"
            for change in changes
        ]
        return _table(title, head, rows)

    def _where(self, change: Change) -> str:
        """The place, and the methods that it concerns."""
        operations = self.figures.operations
        keys = self.figures.own(change.where) or sorted(self.users.get(self.figures.component(change.where), ()))
        known = [self.methods.get(operations[key]["operationId"], "") for key in keys]
        named = [f"`{name}`" for name in dict.fromkeys(known) if name]
        more = f" and {len(named) - _MOST_METHODS} more" if len(named) > _MOST_METHODS else ""
        concerned = f" ({', '.join(named[:_MOST_METHODS])}{more})" if named else ""
        return f"`{_cell(change.where)}`{concerned}"

    def _figures(self) -> list[tuple[str, str, str]]:
        return sorted(set(self.figures.rows(self.found)))

    def _own(self, line: str) -> str:
        return _cell(line.replace("\n   ", ":")).replace(f"{self.layout.root}/", "")


def _users(*documents: Json) -> dict[str, set[str]]:
    """The operations that send or receive each component."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for key, operation in by_key(document).items():
            alone = {"paths": {"": {"": operation}}, "components": document["components"]}
            for name, sides in sides_of(alone).items():
                if sides:
                    found.setdefault(name, set()).add(key)
    return found


def _version(document: Json) -> str:
    version, stated = server(document)[1], str(document["info"]["version"])
    return _cell(version if version == stated else f"{version} (info.version {stated})")


def _table(title: str, head: tuple[str, ...], rows: list[str]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *rows]
    return [f"## {title}", "", *lines, ""] if rows else []


def _list(title: str, rows: list[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {row}" for row in rows), ""] if rows else []


def _cell(text: str) -> str:
    """Text of a foreign document, escaped for a table."""
    return re.sub(r"[|`<>\r\n]", " ", text)


def _overlays(layout: Layout, document: Json) -> list[str]:
    found = []
    for path in layout.overlays:
        document, problems = overlay.tried(document, path)
        found += [_cell(problem.splitlines()[0]) for problem in problems]
    return found
