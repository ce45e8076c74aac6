"""Putting a finished tree in the place of an old one: all of it or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

_OLD = ".codegen-old"


def swap(new: Path, root: Path, places: Sequence[str]) -> None:
    """Move each of `places` from below `new` to below `root`. If one cannot be moved, all are as they were."""
    moved: list[tuple[Path, Path]] = []
    try:
        for place in places:
            target, old = root / place, (root / place).with_name((root / place).name + _OLD)
            _remove(old)
            if target.exists():
                target.rename(old)
            moved.append((target, old))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(new / place, target)
    except BaseException:
        for target, old in reversed(moved):
            _remove(target)
            if old.exists():
                old.rename(target)
        raise
    for _, old in moved:
        _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
