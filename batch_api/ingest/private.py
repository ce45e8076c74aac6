"""Files that hold personal data: readable by their owner alone, and changed only once they are known to be ours.

The path that a caller gives may be a mistake: a link, a device, a file of another program. So a new file is created in
one step, with its mode, and only if nothing has its name; and an existing one is examined before it is opened. What is
not a regular file of ours is refused here. The caller checks the content, and calls `tighten` after that.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from batch_api.engine.errors import ConfigurationError

_MODE: Final = 0o600
# Windows has no such flag: there, a link that replaces a file after it was examined is followed.
_FOLLOW_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_KINDS: Final = (
    (stat.S_ISLNK, "a symbolic link: name the file itself"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)

Path = str | os.PathLike[str]


def new(path: Path, flags: int) -> int:
    """An `opener` for `open`: create the file, with its mode from the start.

    Raises `FileExistsError` if anything has this name, even a link that leads nowhere.
    """
    return os.open(path, flags | os.O_CREAT | os.O_EXCL | _FOLLOW_NO_LINK, _MODE)


def existing(path: Path, flags: int) -> int:
    """An `opener` for `open`: open a file that exists and may be ours, and change nothing.

    Raises what `check` raises, and `FileNotFoundError`.
    """
    check(path)  # first, because merely opening a pipe or a device may have an effect
    descriptor = os.open(path, flags & ~(os.O_CREAT | os.O_TRUNC) | _FOLLOW_NO_LINK)
    try:
        _refuse_what_is_not_ours(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check(path: Path) -> os.stat_result | None:
    """Examine what has this name; `None` if nothing has.

    Raises `ConfigurationError` for anything but a regular file that has no other name and belongs to the user of this
    process (root may use the files of others), and `OSError` for a folder that cannot be searched.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    _refuse_what_is_not_ours(path, found)
    return found


def tighten(file: int | Path) -> None:
    """Take from everyone but its owner the right to read a file, given by descriptor or by path."""
    if os.name == "posix":  # elsewhere a mode says nothing about who may read
        os.chmod(file, _MODE)


def _refuse_what_is_not_ours(path: Path, found: os.stat_result) -> None:
    reason = _reason_against(found)
    if reason:
        raise ConfigurationError(
            f"{os.fspath(path)} cannot be used, and was left unchanged: expected a regular file, got {reason}."
        )


def _reason_against(found: os.stat_result) -> str | None:
    for is_one, what in _KINDS:
        if is_one(found.st_mode):
            return what
    if found.st_nlink > 1:  # what is written here would appear under the other names, too
        return "one of several names (hard links) of a file: make a copy and name that"
    if os.name == "posix" and os.geteuid() not in (0, found.st_uid):
        return "another user's file"
    return None
