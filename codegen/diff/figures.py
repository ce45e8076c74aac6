"""The numbers in the document's text against the limits that we keep to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codegen import yamlfile
from codegen.diff.changes import Change
from codegen.diff.compare import by_key
from codegen.document import Json
from codegen.generate.models import sent
from codegen.layout import Layout

_OPERATION = re.compile(r"[A-Z]+ /\S*")
_COMPONENT = re.compile(r"\w+")
_CAP = re.compile(r"maxItems: \S+ → \S+")


class Figures:
    """What we keep to, by operation, and which operations a place of the document belongs to."""

    def __init__(self, layout: Layout, *documents: Json) -> None:
        self.place = f"overrides/{layout.api}/operations.yaml"
        self.table = yamlfile.load_table(layout.facts)
        self.operations: dict[str, Json] = {}
        self.takes: dict[str, set[str]] = {}
        """The components in the requests of each operation."""
        for document in documents:
            for key, operation in by_key(document).items():
                self.operations[key] = operation
                alone = {"paths": {"": {"": operation}}, "components": document["components"]}
                self.takes[key] = self.takes.get(key, set()) | sent(alone)

    def judged(self, change: Change) -> Change:
        """A change of words about an operation that changes a limit of ours is more than wording."""
        ours = {figure for key in self.own(change.where) for figure in self._numbers(key)}
        pairs = [(was, now) for was, now in zip(change.gone, change.come, strict=False) if was in ours]
        if not pairs:
            return change
        lower = any(now < was for was, now in pairs)
        kept = " and ".join(str(was) for was, _ in pairs)
        means = f"we keep to {kept} until {self.place} is corrected"
        if lower:
            means += ": until then calls may be refused"
        return change._replace(weight="breaking" if lower else "additive", means=means)

    def rows(self, changes: list[Change]) -> Iterator[tuple[str, str, str]]:
        """Where a number changed that may be a limit, how, and what we keep to there."""
        for change in changes:
            cap = _CAP.match(change.what)
            of_operation = bool(self.own(change.where)) and bool(change.gone or change.come)
            for key in self.at(change.where):
                if not (cap or of_operation or set(change.gone) & set(self._numbers(key))):
                    continue
                said = cap.group() if cap else f"{_list(change.gone)} → {_list(change.come)}"
                yield key, said, self.kept(key)

    def at(self, where: str) -> list[str]:
        """The operations that a place belongs to: its own, or those that take such a component."""
        return self.own(where) or sorted(key for key, names in self.takes.items() if self.component(where) in names)

    def own(self, where: str) -> list[str]:
        """The operation that a place starts with, if it does."""
        found = _OPERATION.match(where)
        return [found.group()] if found and found.group() in self.operations else []

    def component(self, where: str) -> str:
        """The component that a place starts with."""
        found = _COMPONENT.match(where)
        return found.group() if found else ""

    def kept(self, key: str) -> str:
        """The limits that we keep to, in words."""
        facts = self._facts(key)
        most = facts.get("max_items")
        limits = [_limit(limit) for limit in facts.get("limits") or ()]
        return "; ".join([*limits, *([f"at most {most} items a call"] if most else [])]) or "none"

    def _numbers(self, key: str) -> Iterator[float]:
        facts = self._facts(key)
        for limit in facts.get("limits") or ():
            yield from (limit[name] for name in ("rate", "burst") if limit.get(name))
        if facts.get("max_items"):
            yield facts["max_items"]

    def _facts(self, key: str) -> Json:
        operation = self.operations[key]
        parts = [self.table.get("default")]
        parts.append((self.table.get("areas") or {}).get(operation["tags"][0]))
        parts.append((self.table.get("operations") or {}).get(operation["operationId"]))
        return {name: fact for part in parts if part for name, fact in part.items()}


def _limit(limit: Json) -> str:
    burst = f", burst {limit['burst']}" if limit.get("burst") else ""
    return f"{limit['rate']} {limit['unit']} every {limit.get('per', 1)} s{burst}"


def _list(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values)) or "no number"
