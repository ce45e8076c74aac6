"""The figures in the document's text against the limits that we keep to: by number, by what is counted, and by time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from codegen import yamlfile
from codegen.diff.changes import Change
from codegen.diff.compare import by_key
from codegen.document import Json
from codegen.generate.models import sent
from codegen.layout import Layout
from codegen.prose import Figure

_OPERATION = re.compile(r"[A-Z]+ /\S*")
_COMPONENT = re.compile(r"\w+")
_CAP = re.compile(r"maxItems: \S+ → \S+")
_CALLS = ("request", "call", "")


class Figures:
    """What we keep to, by operation, and which operations a place of the document belongs to."""

    def __init__(self, layout: Layout, *documents: Json, wider: Mapping[str, list[str]] | None = None) -> None:
        """`wider` has places that hold for several operations, such as a tag, with these."""
        self.place = f"overrides/{layout.api}/operations.yaml"
        self.table = yamlfile.load_table(layout.facts)
        self.wider = wider or {}
        self.operations: dict[str, Json] = {}
        self.takes: dict[str, set[str]] = {}
        """The components in the requests of each operation."""
        for document in documents:
            for key, operation in by_key(document).items():
                self.operations[key] = operation
                alone = {"paths": {"": {"": operation}}, "components": document["components"]}
                self.takes[key] = self.takes.get(key, set()) | sent(alone)

    def judged(self, change: Change) -> Change:
        """A change of words that changes a limit of ours, or may set one, is more than wording."""
        if change.weight != "wording":
            return change
        keys = self.at(change.where)
        gone = [one for one in change.gone if self._is_ours(one, keys)]
        pairs = [(one, now) for one in gone if (now := self._successor(one, change.come))]
        if pairs:
            lower = any(now.speed < was.speed for was, now in pairs)
            means = f"we keep to {' and '.join(str(was) for was, _ in pairs)} until {self.place} is corrected"
            means += ": until then calls may be refused" if lower else ""
            return change._replace(weight="breaking" if lower else "additive", means=means)
        if gone:
            return change._replace(weight="additive", means=f"we keep to {gone[0]}, which the text no longer states")
        if new := [one for one in change.come if one.per and not self._is_ours(one, keys)]:
            slower = bool(self._wide(change.where)) or not all(self._allows(one, keys) for one in new)
            means = f"a limit of {new[0]} is not in {self.place}: add it, if it is one"
            return change._replace(weight="breaking" if slower else "additive", means=means)
        return change

    def rows(self, changes: list[Change]) -> Iterator[tuple[str, str, str]]:
        """Where a figure changed that may be a limit, how, and what we keep to there."""
        for change in changes:
            cap = _CAP.match(change.what)
            said = cap.group() if cap else f"{_list(change.gone)} → {_list(change.come)}"
            if keys := self._wide(change.where):
                if any(one.per or self._is_ours(one, keys) for one in (*change.gone, *change.come)):
                    yield change.where, said, self._kept_by(keys)
                continue
            of_operation = bool(self.own(change.where)) and bool(change.gone or change.come)
            for key in self.at(change.where):
                if cap or of_operation or any(self._is_ours(one, [key]) for one in change.gone):
                    yield key, said, self.kept(key)

    def at(self, where: str) -> list[str]:
        """The operations that a place belongs to: its own, those of a wider place, or those that take a component."""
        if keys := self._wide(where):
            return keys
        component = self.component(where)
        return self.own(where) or [key for key, names in sorted(self.takes.items()) if component in names]

    def _wide(self, where: str) -> list[str]:
        known = self.wider.get(where.partition(" x-")[0], ())
        return [key for key in known if key in self.operations]

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

    def _kept_by(self, keys: list[str]) -> str:
        """What we keep to at most of these operations."""
        kept = [self.kept(key) for key in keys]
        return f"{max(sorted(kept), key=kept.count)}, at {len(keys)} operations" if kept else "nothing"

    def _is_ours(self, figure: Figure, keys: list[str]) -> bool:
        return any(_same(figure, ours) for key in keys for ours in self._limits(key))

    def _allows(self, figure: Figure, keys: list[str]) -> bool:
        """Whether it is faster than all that we keep to."""
        ours = [one for key in keys for one in self._limits(key) if one.per and one.unit == unit_of(figure)]
        return bool(ours) and all(figure.speed >= one.speed for one in ours)

    def _successor(self, was: Figure, come: tuple[Figure, ...]) -> Figure | None:
        """What took the place of a figure: one that counts the same, or else one that is a rate if it was one."""
        alike = [one for one in come if one.unit == was.unit and bool(one.per) == bool(was.per)]
        return next(iter(alike or [one for one in come if bool(one.per) == bool(was.per)] or come), None)

    def _limits(self, key: str) -> Iterator[Figure]:
        facts = self._facts(key)
        for limit in facts.get("limits") or ():
            yield Figure(limit["rate"], limit["unit"], int(limit.get("per", 1)))
            if limit.get("burst"):
                yield Figure(limit["burst"], limit["unit"], None)
        if facts.get("max_items"):
            yield Figure(facts["max_items"], "items", None)

    def _facts(self, key: str) -> Json:
        operation = self.operations[key]
        parts = [self.table.get("default")]
        parts.append((self.table.get("areas") or {}).get(operation["tags"][0]))
        parts.append((self.table.get("operations") or {}).get(operation["operationId"]))
        return {name: fact for part in parts if part for name, fact in part.items()}


def unit_of(figure: Figure) -> str:
    """What a limit of ours counts where the text counts this: whatever is no request is an item."""
    return "requests" if figure.unit in _CALLS else "items"


def _same(said: Figure, ours: Figure) -> bool:
    if said.number != ours.number or bool(said.per) != bool(ours.per):
        return False
    return not said.per or (said.per == ours.per and (not said.unit or unit_of(said) == ours.unit))


def _limit(limit: Json) -> str:
    burst = f", burst {limit['burst']}" if limit.get("burst") else ""
    return f"{Figure(limit['rate'], limit['unit'].removesuffix('s'), int(limit.get('per', 1)))}{burst}"


def _list(values: tuple[Figure, ...]) -> str:
    return ", ".join(map(str, values)) or "no figure"
