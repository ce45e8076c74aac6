"""The state of one project, in a file that one process at a time may change.

The lock is the kernel's: it is free as soon as its holder is done or dead. What the holder was writing when it died
fails its checksum, and what was there before counts. Nothing here waits: who finds the file locked tries again in a
moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import secrets
import stat
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import DecodeError, json

from batch_api.engine.limiter.machine.directory import make, path_of
from batch_api.engine.limiter.machine.state import State

PATIENCE = 0.5
"""Seconds for which the file may be locked, or the disk refuse, until a worker goes on alone."""
_VERSION = 1
_AHEAD = 60.0  # what was written this much later than now was written by another clock
_HEAD = struct.Struct("<QII")
"""A number that grows with each change, the length of the text that follows, and the checksum of both."""
_LONGEST = 2**20
_SLOTS = 0, _LONGEST
"""Where the two places begin that are written in turn: while one is being written, the other holds."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")

logger = logging.getLogger("batch_api")

# Threads share the lock of their process, and a fork in the midst of a visit would leave the lock to the child as well.
_visiting = threading.RLock()
os.register_at_fork(before=_visiting.acquire, after_in_parent=_visiting.release, after_in_child=_visiting.release)


class Busy(Exception):
    """Another process has the file: it will be done within microseconds."""


class Away(Exception):
    """The file cannot be used: each worker goes on at its share until it can."""


class StateFile:
    """The file of one project, as one worker uses it. `worker` is its name among the others."""

    def __init__(self, quota: str, place: tuple[str, str], alias: str, now: Callable[[], float]) -> None:
        self.worker = f"{os.getpid()}:{secrets.token_hex(2)}"
        self.is_away = False
        self._alias, self._now = alias, now
        self.clock = clock_of(now)
        named = "\n".join((str(_VERSION), self.clock, *place))
        # The name shows no project key, and is another after a reboot, in which all clocks begin anew.
        self.path = path_of(quota) / hashlib.sha256(named.encode()).hexdigest()[:32]
        self._failing_since = self._failed_at = float("-inf")

    @contextlib.contextmanager
    def visit(self) -> Iterator[State]:
        """The state, to read and to change, kept when the block ends. Raises `Busy` or `Away`, and never waits."""
        if not _visiting.acquire(blocking=False):
            raise Busy
        try:
            with _locked(self.path) as descriptor:
                number, text = latest(descriptor)
                state = decoded(text, self.clock, self._now()) or State(self._alias, self.clock)
                yield state
                state.project, state.seen = self._alias, self._now()
                _write(descriptor, number + 1, state)
            self._find()
        except OSError as error:
            self._fail(error)
        finally:
            _visiting.release()

    def _fail(self, error: OSError) -> None:
        """Raises `Busy` for a while, and then `Away`."""
        now = self._now()
        if now - self._failed_at > PATIENCE:  # nobody tried meanwhile
            self._failing_since = now
        self._failed_at = now
        if not self.is_away and now - self._failing_since > PATIENCE:
            self.is_away = True
            logger.warning(
                "shared limits: cannot use %s (%s); continuing alone, at the reduced share", self.path, reason(error)
            )
        raise (Away if self.is_away else Busy) from error

    def _find(self) -> None:
        self._failed_at = float("-inf")
        if self.is_away:
            self.is_away = False
            logger.warning("shared limits: %s can be used again", self.path)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, made if it is not there, and locked. Raises `BlockingIOError` if another process has it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        make(path.parent)
        descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _check(os.fstat(descriptor))
        yield descriptor
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _check(found: os.stat_result) -> None:
    """Someone may have removed the directory, or put another in its place."""
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if not (is_ours and stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
        raise PermissionError(0, "the file is not ours alone, or was removed")


def latest(descriptor: int) -> tuple[int, bytes]:
    """The number and the text of what was written last, and to its end."""
    found = [(_HEAD.unpack(os.pread(descriptor, _HEAD.size, at).ljust(_HEAD.size, b"\0")), at) for at in _SLOTS]
    for (number, length, checksum), at in sorted(found, reverse=True):
        text = os.pread(descriptor, min(length, _LONGEST), at + _HEAD.size)
        if text and zlib.crc32(text, number % 2**32) == checksum:
            return number, text
    return 0, b""


def decoded(text: bytes, clock: str, now: float) -> State | None:
    """The state; nothing if there is none, or it is of another clock."""
    try:
        state = json.decode(text, type=State)
    except DecodeError:
        return None
    return state if state.clock == clock and state.seen < now + _AHEAD else None


def _write(descriptor: int, number: int, state: State) -> None:
    text = json.encode(state)
    written = _HEAD.pack(number, len(text), zlib.crc32(text, number % 2**32)) + text
    if len(written) > _LONGEST or os.pwrite(descriptor, written, _SLOTS[number % 2]) < len(written):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def clock_of(now: Callable[[], float]) -> str:
    """What tells clocks apart: those of two boots, of time namespaces, and that of a test."""
    try:
        boot = _BOOT.read_text(encoding="ascii").strip() + " " + os.readlink("/proc/self/ns/time")
    except OSError:  # not Linux: there, a reboot shows as a clock that went back
        boot = ""
    if abs(now() - time.monotonic()) < _AHEAD:
        return boot
    return f"{boot} {os.getpid()} {id(asyncio.get_running_loop())}"


def reason(error: OSError) -> str:
    """In words, for a log."""
    if isinstance(error, BlockingIOError):
        return "another process has locked it and does not go on"
    return error.strerror or type(error).__name__
