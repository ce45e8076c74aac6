"""`make check` and `make api-snapshot`: what is public stays, unless the changelog says so.

The snapshot has one line for each public name, parameter and field. A line that is gone or says something else is
*broken*, and so is a new parameter or model field that callers must give. It passes if `CHANGELOG.md` names it in
backticks, as the snapshot writes it, under `### Removed` or `### Changed` of `## [Unreleased]`. Where a whole class or
function is gone, that is what to name. New lines need nothing but to be recorded, so that their loss is seen one day.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.surface import surface

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = Path("tools") / "public-api.txt"
_HEAD = "# What is public. Written by `make api-snapshot`; tools/ratchet.py says what a change of a line needs.\n"


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    lost = unexcused(root)
    if lost:
        print("\n".join(lost), file=sys.stderr)
        return 1
    if arguments == ["write"]:
        write(root)
    elif (new := unrecorded(root)) is not None:
        print(f"public API: {SNAPSHOT} is stale ({new} new lines). Run `make api-snapshot`.", file=sys.stderr)
        return 1
    return 0


def unexcused(root: Path) -> list[str]:
    """What callers may stumble over and the changelog does not tell, and what to do then; empty if all is well."""
    excused = excuses((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    found = {name: why for name, why in broken(_snapshot(root), surface(root)).items() if name not in excused}
    remedy = "  Name each under Removed or Changed of Unreleased in CHANGELOG.md, or keep it."
    return [*(f"public API: `{name}` {why}" for name, why in found.items()), *([remedy] if found else [])]


def unrecorded(root: Path) -> int | None:
    """How many names are new in a snapshot that is not up to date; `None` if it is."""
    before, now = _snapshot(root), surface(root)
    return None if written(now) == written(before) else len(now.keys() - before.keys())


def write(root: Path) -> None:
    """Record what is public now."""
    (root / SNAPSHOT).write_text(written(surface(root)), encoding="utf-8")


def _snapshot(root: Path) -> dict[str, str]:
    path = root / SNAPSHOT
    return read(path.read_text(encoding="utf-8")) if path.is_file() else {}


def written(names: Mapping[str, str]) -> str:
    return _HEAD + "".join(f"{name}: {what}\n" if what else f"{name}\n" for name, what in names.items())


def read(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, what = line.partition(": ") if " | " not in line.partition(": ")[0] else (line, "", "")
            found[name] = what
    return found


def broken(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What callers may stumble over, by name, with what happened to it."""
    found: dict[str, str] = {}
    for name, was in before.items():
        if name not in now:
            if not any(whole in before and whole not in now for whole in wholes(name)):
                found[name] = "is gone"
        elif now[name] != was:
            found[name] = f"was `{was}` and is `{now[name]}`"
    for name in now.keys() - before.keys():
        if is_due(name, now[name]) and next(wholes(name), "") in before:
            found[name] = "is new, and callers must give it"
    return dict(sorted(found.items()))


def wholes(name: str) -> Iterator[str]:
    """What a name is part of, from the inside out: of `Client.call(body)` first `Client.call`, then `Client`."""
    while name:
        head, bar, _ = name.partition(" | ")
        name = head if bar else name.rpartition("(" if name.endswith(")") else ".")[0]
        yield name


def is_due(name: str, what: str) -> bool:
    """Whether it is a parameter or a field of a model without a default."""
    if name.endswith(")"):
        return " = " not in what and "(*" not in name
    return (
        re.match(r"(app_)?models\.", name) is not None
        and name.count(".") == 2
        and " = …" not in what
        and "def" not in what.split()
    )


def excuses(changelog: str) -> set[str]:
    """What the changelog's next version says is removed or changed."""
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    sections = re.split(r"^### ", unreleased[1] if unreleased else "", flags=re.MULTILINE)
    told = [section for section in sections if section.startswith(("Removed\n", "Changed\n"))]
    return {" ".join(name.split()) for section in told for name in re.findall(r"`([^`]+)`", section)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
