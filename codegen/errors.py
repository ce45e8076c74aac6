"""The one way a run of codegen fails."""

from __future__ import annotations


class CodegenError(Exception):
    """A run cannot go on. The message names the file and says what to do about it."""

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f"\n  {remedy}" if remedy else ""))
