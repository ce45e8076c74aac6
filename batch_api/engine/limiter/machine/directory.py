"""Where the files are: a directory that belongs to this user, and that nobody else can look into."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from batch_api.engine.errors import ConfigurationError

NAME = "machine"
_MEMORY = Path("/dev/shm")  # noqa: S108 - the directory in it is checked
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_machine(quota: object) -> bool:
    """Whether `quota` means the files of this machine: `machine`, or `machine:` and a directory."""
    return isinstance(quota, str) and quota.partition(":")[0] == NAME


def checked(quota: str) -> str:
    """`quota`, if its directory can be used by this user. Raises `ConfigurationError` that says what to do."""
    try:
        import fcntl
    except ImportError:
        raise ConfigurationError(
            'quota="machine" needs the file locks of Unix: on this platform, share limits through a Redis.'
        ) from None
    if quota != NAME and not Path(quota.partition(":")[2]).is_absolute():
        raise ConfigurationError('Expected quota to be "machine", or "machine:" and an absolute path.')
    path = path_of(quota)
    try:
        make(path)
        with tempfile.TemporaryFile(dir=path) as probe:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ConfigurationError(
            f"quota={quota!r} cannot keep files in {path}: {error.strerror or error}. Name a local directory in which"
            ' this user may write, such as quota="machine:/run/my-service", or share limits through a Redis.'
        ) from None
    return quota


def path_of(quota: str) -> Path:
    """The directory of this user. It is the same for all its processes, whatever their environment."""
    # Not $XDG_RUNTIME_DIR: services and cron jobs lack it, and would share nothing with a shell of the same user.
    return _parent(quota) / f"batch_api-{os.geteuid()}"


def make(path: Path) -> None:
    """Make the directory, if it is not there. Raises `OSError` where it is not ours alone."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, "it is there, and no directory")
    if found.st_uid != os.geteuid():
        raise PermissionError(0, f"it belongs to another user (uid {found.st_uid})")
    if found.st_mode & _OTHERS:
        raise PermissionError(0, "other users may look into it: chmod 700")


def _parent(quota: str) -> Path:
    _, _, named = quota.partition(":")
    if named:
        return Path(named)
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
