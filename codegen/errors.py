"""The one way a run of codegen fails."""

from __future__ import annotations

from collections.abc import Iterable


class CodegenError(Exception):
    """A run cannot go on. The message names the file and says what to do about it."""

    def __init__(self, where: str, problem: str, remedy: str = "", parts: Iterable[str] = ()) -> None:
        """`parts` are the components and operations that it is about, for who can do without them."""
        super().__init__(f"{where}: {problem}" + (f"\n  {remedy}" if remedy else ""))
        self.parts = tuple(dict.fromkeys(parts))
