"""What of the old document is what of the new one, where names and places say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from codegen.document import Json
from codegen.moves import ALIKE, NEAR, marks
from codegen.schema import Schema, shape, target_of

_MOST = 40_000
"""Pairs that are looked at. Where more is gone and come than that, it is another document."""


def components(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> dict[str, str]:
    """Each old component with the new one that it is: of the same name, or else with most of its properties."""
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    known_before, known_now = (
        {name: marks(all_[name], all_) for name in names} for all_, names in ((old, gone), (new, come))
    )
    alike = []
    for name in gone if len(gone) * len(come) <= _MOST else ():
        for other in come:
            was, now = known_before[name], known_now[other]
            share = len(was & now) / len(was | now) if was and now else 0.0
            if share >= ALIKE:
                alike.append((-share, name, other))
    return {name: name for name in old.keys() & new.keys()} | _best(alike)


def operations(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, str]:
    """Each old operation, by method and path, with the new one that it is: at the same place, or at one near it."""
    near = []
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    for key in gone if len(gone) * len(come) <= _MOST else ():
        for other in come:
            likeness = SequenceMatcher(None, key, other).ratio()
            if key.split()[0] == other.split()[0] and likeness >= NEAR and _asks_the_same(old[key], new[other]):
                near.append((-likeness, key, other))
    return {key: key for key in old.keys() & new.keys()} | _best(near)


def properties(old: Mapping[str, Schema], new: Mapping[str, Schema], same: Mapping[str, str]) -> dict[str, str]:
    """Each property with the one it is now: of the same name, or a new one that holds and says the same."""
    found = {key: key for key in old.keys() & new.keys()}
    for key in sorted(old.keys() - new.keys()):
        for other in sorted(new.keys() - old.keys() - set(found.values())):
            if _is_renamed(old[key], new[other], same):
                found[key] = other
                break
    return found


def _is_renamed(old: Schema, new: Schema, same: Mapping[str, str]) -> bool:
    if "$ref" in old and "$ref" in new:
        return same.get(target_of(old)) == target_of(new)
    said = str(old.get("description") or "")
    return bool(said) and said == new.get("description") and shape(old) == shape(new)


def _asks_the_same(old: Json, new: Json) -> bool:
    before, after = ({entry["name"] for entry in one.get("parameters", [])} for one in (old, new))
    return before == after and ("requestBody" in old) == ("requestBody" in new)


def _best(alike: list[tuple[float, str, str]]) -> dict[str, str]:
    """The pairs that are most alike, each name once."""
    found: dict[str, str] = {}
    for _, name, other in sorted(alike):
        if name not in found and other not in found.values():
            found[name] = other
    return found
