"""What to release: the next version by what the changes are, and lines for the changelog to start from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from codegen.diff.changes import Change

_SECTIONS = {"breaking": "Changed", "additive": "Added"}


def next_version(version: str, weights: Iterable[str]) -> str:
    """By Semantic Versioning: before 1.0.0 a minor version may break, and adds as well."""
    major, minor, patch = map(int, re.findall(r"\d+", version)[:3])
    if "breaking" in weights and major:
        return f"{major + 1}.0.0"
    if {"breaking", "additive"} & set(weights):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def changelog(changes: Iterable[tuple[str, Change]], of: str) -> list[str]:
    """Lines for Unreleased, to start from: the place of each change with its methods, and what it is."""
    lines: dict[str, list[str]] = {}
    for place, change in changes:
        if change.weight in _SECTIONS and change.what != "schema added":
            section = "Removed" if re.search(r"\b(removed|gone)$", change.what) else _SECTIONS[change.weight]
            lines.setdefault(section, []).append(f"- {place}: {_what(change)} ({of}).")
    found = []
    for section in ("Added", "Changed", "Removed"):
        found += [f"### {section}", "", *lines[section], ""] if section in lines else []
    return found[:-1]


def _what(change: Change) -> str:
    """What it is; of a text its figures."""
    if not (change.gone or change.come):
        return change.what
    was, now = (", ".join(map(str, figures)) or "no limit" for figures in (change.gone, change.come))
    return f"the document says {now}, and said {was}"
