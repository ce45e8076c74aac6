"""The code in a Markdown page.

Every fence marked `python` is a block, of one of three kinds, as docs/fragments.md tells readers:

- without a title, a whole program;
- titled `Fragment`, a piece that goes on from what stands before it on the page;
- with the name of a file as its title, that file: of a test suite, such as `test_….py`, or of this project, such as
  `examples/….py`, word for word.

A `text` fence titled `Output` says what the block before it prints. What readers need not see, such as a server that
answers, stands in a comment that starts with `<!-- python` and is run in its place, as a fragment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(
    r"^(?P<indent> *)```python(?:\s+title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<code>.*?)^ *```$"
    r"(?:\s*^ *```text title=\"Output\"\n(?P<output>.*?)^ *```$)?"
    r"|^<!-- python\n(?P<hidden>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)


FRAGMENT = "Fragment"


class Block(NamedTuple):
    """A block of Python: `line` is that of its first line of code, counted from 1."""

    line: int
    title: str | None
    code: str
    output: str | None

    @property
    def is_program(self) -> bool:
        """Whether it runs by itself."""
        return self.title is None

    @property
    def is_fragment(self) -> bool:
        return self.title == FRAGMENT

    @property
    def is_test(self) -> bool:
        """Whether it is a file of a test suite."""
        return self.title not in (None, FRAGMENT) and self.example is None

    @property
    def example(self) -> Path | None:
        """The file of this project that the block shows."""
        return ROOT / self.title if self.title is not None and "/" in self.title else None


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    text = page.read_text()
    for found in _BLOCK.finditer(text):
        group = "code" if found["hidden"] is None else "hidden"
        indent = found["indent"] or ""
        line = text.count("\n", 0, found.start(group)) + 1
        title = found["title"] if found["hidden"] is None else FRAGMENT
        yield Block(line, title, _dedented(found[group], indent), found["output"])


def name_of(page: Path) -> str:
    """A page's path from the root of the project."""
    return page.relative_to(ROOT).as_posix()


def _dedented(code: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))
