"""The error with which a run of codegen fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_MOST_SHOWN = 50


class CodegenError(Exception):
    """A run cannot go on. The message names the file and says what to do about it."""

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f"\n  {remedy}" if remedy else ""))
        self.where = where
        self.errors: tuple[CodegenError, ...] = (self,)
        """The single errors that it stands for."""


class _Several(CodegenError):
    """Several at once, so that a person sees everything there is to do."""

    def __init__(self, errors: tuple[CodegenError, ...]) -> None:
        shown = "\n".join(map(str, errors[:_MOST_SHOWN]))
        Exception.__init__(self, f"{len(errors)} errors\n{shown}")
        self.where = ""
        self.errors = errors


def refuse(errors: Iterable[CodegenError]) -> None:
    """Raise these errors, as one; nothing if there are none."""
    single = tuple(one for error in errors for one in error.errors)
    if single:
        raise single[0] if len(single) == 1 else _Several(single)


def each(make: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results of `make` for each item. Collects all errors into one."""
    made: list[R] = []
    errors: list[CodegenError] = []
    for item in items:
        try:
            made.append(make(item))
        except CodegenError as error:
            errors.append(error)
    refuse(errors)
    return made
