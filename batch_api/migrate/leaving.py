"""Fields that cannot be carried over, and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from batch_api.migrate.result import NotCarried

_LONGEST: Final = 200  # characters of a path


class Left(Exception):
    """Why a field is not carried over. `part` is the part of the field at fault, if it is not the whole."""

    def __init__(self, reason: str, part: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.part = part


class Leavings:
    """The fields of one body that are not carried over."""

    def __init__(self) -> None:
        self.all: list[NotCarried] = []

    def add(self, path: str, reason: str) -> None:
        """Note a field."""
        self.all.append(NotCarried(path if len(path) <= _LONGEST else f"{path[:_LONGEST]}…", reason))

    @contextmanager
    def at(self, path: str) -> Iterator[None]:
        """A block that carries over the field at `path`, or raises `Left`, which is noted."""
        try:
            yield
        except Left as why:
            self.add(below(path, why.part) if why.part else path, why.reason)


def below(parent: str, key: object) -> str:
    """The path of a key below another, in printable characters."""
    text = key if isinstance(key, str) else repr(key)
    text = text if text.isprintable() else ascii(text)[1:-1]
    return f"{parent}.{text}" if parent else text
