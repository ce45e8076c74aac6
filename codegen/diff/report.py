"""`make spec-diff`: a report in Markdown on what a new version of the document changes, for people."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from batch_api._version import __version__
from codegen import names, yamlfile
from codegen.diff import facade, release
from codegen.diff.changes import WEIGHTS, Change
from codegen.diff.compare import by_key, changes, sides_of
from codegen.diff.figures import Figures
from codegen.diff.remarks import operations_of, remark_changes
from codegen.diff.webhooks import webhook_changes
from codegen.document import Json, server
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.generate.normalise import Normalised, normalise
from codegen.layout import Layout
from codegen.opening import opened
from codegen.propose import Proposal

_TITLES = {"breaking": "Breaking", "additive": "Additive", "wording": "Wording"}
_MOST_METHODS = 3
_SEVERAL = 4
"""As many operations at which a change is the same share one row."""


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
        old = opened(old, layout, "the old document").document
        before = normalise(old, names.load(layout.names))
    with _odd("the new document"):
        new, notes = opened(new, layout, "the new document")
        after = normalise(new, names.load(layout.names), before.document)
        wider = operations_of(old) | operations_of(new)
        figures = Figures(layout, before.document, after.document, wider=wider)
        found = [*changes(before.document, after.document), *remark_changes(old, new)]
        found = [*map(figures.judged, found), *webhook_changes(old, new)]
        stops = pipeline.stops(layout, new)
        return _Report(layout, before, after, found, figures, stops, notes).text(_version(old), _version(new))


@contextmanager
def _odd(where: str) -> Iterator[None]:
    """Documents can be malformed in endless ways that no validator finds: one clear error for all."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CodegenError(where, f"has a malformed part: {error!r}") from None


class _Row(NamedTuple):
    """A change, and where it is found: one of them, or several operations at which it is the same."""

    change: Change
    changes: list[Change]


class _Report:
    def __init__(
        self,
        layout: Layout,
        before: Normalised,
        after: Normalised,
        found: list[Change],
        figures: Figures,
        stops: Sequence[CodegenError],
        notes: list[str],
    ) -> None:
        self.layout = layout
        self.names = names.load(layout.names)
        self.after = after
        self.figures = figures
        self.rows = self._rows(sorted(found, key=lambda change: (WEIGHTS.index(change.weight), change)))
        self.methods = facade.methods(layout)
        self.users = _users(before.document, after.document)
        self.stops = stops
        self.notes = notes
        self.uncovered = [
            f"`{operation['operationId']}`: `{_cell(key)}`"
            for key, operation in by_key(after.document).items()
            if operation["operationId"] not in self.methods
        ]

    def text(self, old: str, new: str) -> str:
        lines = [f"# The document: {old} → {new}", "", *self._summary(), ""]
        for weight, title in _TITLES.items():
            lines += self._table(title, [row for row in self.rows if row.change.weight == weight])
        lines += _table("Limits", ("Operation", "In the text", "We keep to"), self._limits())
        lines += _quoted("What stops the build", [self._here(str(stop)) for stop in self.stops])
        lines += _quoted("How it was read", [self._here(note) for note in self.notes])
        lines += self._proposed()
        lines += self._release(new)
        lines += _list("Operations without a method: `client.call` reaches them", self.uncovered)
        return "\n".join(lines).rstrip() + "\n"

    def _summary(self) -> list[str]:
        count = {weight: sum(row.change.weight == weight for row in self.rows) for weight in WEIGHTS}
        if not self.rows:
            told = "Nothing has changed, whatever its parts are called and however they are arranged."
        else:
            told = ", ".join(f"{number} {weight}" for weight, number in count.items()) + "."
        at = Counter(map(_file, self.stops))
        stops = ", ".join(f"{number} in {file}" for file, number in sorted(at.items()))
        return [
            f"**{told}**",
            "",
            f"- It stops the build: {stops}." if stops else "- Nothing in it stops the build.",
            f"- Operations without a method: {len(self.uncovered)}.",
            *([f"- Limits to look at: {len(self._limits())}."] if self._limits() else []),
        ]

    def _rows(self, found: list[Change]) -> list[_Row]:
        """A row for each change, and one for what is the same at several operations."""
        groups: dict[Change, list[Change]] = {}
        for change in found:
            (key,) = self.figures.own(change.where) or ("",)
            groups.setdefault(change._replace(where=change.where.removeprefix(key)) if key else change, []).append(
                change
            )
        rows: list[_Row] = []
        for same, group in groups.items():
            rows += [_Row(same, group)] if len(group) >= _SEVERAL else [_Row(change, [change]) for change in group]
        return sorted(rows, key=lambda row: (WEIGHTS.index(row.change.weight), row.changes[0]))

    def _table(self, title: str, rows: list[_Row]) -> list[str]:
        head = ("Where", "For", "What", "What it means for callers")
        cells = [
            f"| {self._where(row)} | {row.change.side or 'all'} | {_cell(row.change.what)} | {row.change.means} |"
            for row in rows
        ]
        return _table(title, head, cells)

    def _where(self, row: _Row) -> str:
        """The place, and the methods that it concerns."""
        operations, where = self.figures.operations, row.changes[0].where
        keys = self.figures.own(where) or sorted(self.users.get(self.figures.component(where), ()))
        place = f"`{_cell(where)}`"
        if len(row.changes) > 1:
            keys = [key for change in row.changes for key in self.figures.own(change.where)]
            place = f"`{_cell(row.change.where.strip())}` of {len(keys)} operations".removeprefix("`` of ")
        known = [self.methods.get(operations[key]["operationId"], "") for key in keys]
        named = [f"`{name}`" for name in dict.fromkeys(known) if name]
        more = f" and {len(named) - _MOST_METHODS} more" if len(named) > _MOST_METHODS else ""
        concerned = f" ({', '.join(named[:_MOST_METHODS])}{more})" if named else ""
        return place + concerned

    def _limits(self) -> list[str]:
        """The figures that may be limits; the same figure at several operations with the same limits is one row."""
        found: dict[tuple[str, str], list[str]] = {}
        for key, said, kept in sorted(set(self.figures.rows([change for row in self.rows for change in row.changes]))):
            found.setdefault((said, kept), []).append(f"`{_cell(key)}`")
        rows = []
        for (said, kept), keys in found.items():
            places = [f"{len(keys)} operations, as {keys[0]}"] if len(keys) >= _SEVERAL else keys
            rows += [f"| {place} | {_cell(said)} | {_cell(kept)} |" for place in places]
        return sorted(rows)

    def _proposed(self) -> list[str]:
        """What to write for what is new, to start from."""
        made = Proposal(self.after, self.names)
        blocks = [(self.layout.names, made.names_lines()), (self.layout.facts, made.facts_lines())]
        lines = []
        for path, rows in blocks:
            shown = [_cell(row) for row in rows]
            lines += [f"`{self._here(str(path))}`:", "", "```yaml", *shown, "```", ""] if rows else []
        return ["## New parts: lines to start from", "", *lines] if lines else []

    def _release(self, of: str) -> list[str]:
        """The next version, and a draft of its changelog."""
        if not self.rows:
            return []
        version = release.next_version(__version__, [row.change.weight for row in self.rows])
        told = [(self._public(row), row.change._replace(what=_cell(row.change.what))) for row in self.rows]
        draft = release.changelog(told, of.partition(" ")[0])
        lines = ["```markdown", *draft, "```", ""] if draft else []
        return [f"## The next version: {version}, after {__version__}", "", *lines]

    def _public(self, row: _Row) -> str:
        """The place as `tools/public-api.txt` has it, where it is a model."""
        place = self._where(row)
        return (
            place.replace("`", "`models.", 1)
            if self.figures.component(row.change.where) in self.names.schemas
            else place
        )

    def _here(self, text: str) -> str:
        return text.replace(f"{self.layout.root}/", "")

    def _own(self, line: str) -> str:
        return _cell(self._here(line))


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


def _quoted(title: str, texts: list[str]) -> list[str]:
    """What may quote the document, as it is."""
    shown = "\n\n".join(texts).replace("```", "'''")
    return [f"## {title}", "", "```text", shown, "```", ""] if texts else []


def _cell(text: str) -> str:
    """Text of a foreign document, escaped for a table."""
    return re.sub(r"[|`<>\r\n]", " ", text)


def _file(stop: CodegenError) -> str:
    """What to look at because of a stop: a file of the overrides, or what its message begins with."""
    path = Path(stop.where.split(":")[0])
    return "the overlays" if path.parent.name == "overlays" else path.name
