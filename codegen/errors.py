"""The error with which a run of codegen fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class CodegenError(Exception):
    """A run cannot go on. The message names the file and says what to do about it."""

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f"\n  {remedy}" if remedy else ""))


def each(make: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results of `make` for each item. Collects all errors into one, so that a person sees everything to do."""
    made: list[R] = []
    errors: list[CodegenError] = []
    for item in items:
        try:
            made.append(make(item))
        except CodegenError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        lines = "\n  ".join(str(error).splitlines()[0] for error in errors[:20])
        raise CodegenError(f"{len(errors)} errors", f"\n  {lines}")
    return made
