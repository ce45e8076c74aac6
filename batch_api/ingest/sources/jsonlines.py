"""Files of JSON lines, passed on as they are."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from batch_api.engine.errors import InvalidInput
from batch_api.ingest.items.lines import Block
from batch_api.ingest.sources.csvfile import Line
from batch_api.ingest.sources.files import FileSource, Mark
from batch_api.ingest.sources.text import head_of, marks_before

COMMENT = b"#"
"""The start of a comment line, which is not sent. No JSON starts with it."""


class JsonLines(FileSource):
    """One JSON object on each line; empty lines and those that start with `#` are skipped.

    Raises `InvalidInput` for a file that is something else: it would not be an item that is wrong, but all of them.
    """

    def __init__(self, path: Path, *, with_lines: bool) -> None:
        super().__init__(path, with_lines=with_lines)
        other = _other_json(head_of(path))
        if other:
            raise InvalidInput(f"expected an object on each line, got {other}", path=str(path))

    def _items(self, blocks: Iterator[bytes], start: Mark, size: int) -> Iterator[Block | list[Any]]:
        index, offset, number = start.index, start.offset, start.line
        for block in blocks:
            if offset == 0:
                offset = marks_before(block)
                block = block[offset:]  # noqa: PLW2901
            if self._with_lines or not _is_plain(block):
                lines = block.removesuffix(b"\n").split(b"\n")
                windows: Iterator[Block | list[bytes]] = (lines[at : at + size] for at in range(0, len(lines), size))
            else:
                windows = map(Block, pieces(block, size))
            for window in windows:
                self._note(Mark(index, offset, number))
                items: Block | list[Any] = window
                if isinstance(window, Block):
                    offset += len(window.raw) + 1
                else:
                    offset += sum(map(len, window)) + len(window)
                    items = list(self._each(enumerate(window, number)))
                number += len(window)
                index += len(items)
                yield items

    def _each(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[Any]:
        for number, text in lines:
            line = text.removesuffix(b"\r")
            if line.strip() and not line.startswith(COMMENT):
                yield (line, Line(number, line)) if self._with_lines else line


def _other_json(head: bytes) -> str | None:
    """What a file of JSON is, if it is not one of lines, and what makes such a file of it."""
    lines = (line.strip() for line in head.replace(codecs.BOM_UTF8, b"").splitlines())
    first, second = islice(chain((line for line in lines if line and not line.startswith(COMMENT)), (b"", b"")), 2)
    if first.startswith(b"["):
        return "a JSON array: write its elements one on each line, as `jq -c '.[]'` does"
    if first == b"{" and not second.startswith(b"{"):
        return "objects over several lines: write each on one line, as `jq -c .` does"
    return None


def _is_plain(block: bytes) -> bool:
    """Whether there is nothing but objects, as in most files, so that the lines need not be checked one by one."""
    # rfind, because it is three times as fast as `in` (CPython 3.11 to 3.13)
    empty = block[:1] == b"\n" or block.rfind(b"\n\n") >= 0
    return not (empty or b"\r" in block or (b"#" in block and (block[:1] == COMMENT or b"\n#" in block)))


def pieces(block: bytes, lines: int) -> Iterator[bytes]:
    """A block cut at line ends into pieces of about that many lines, if they are as long as the first."""
    end = len(block.removesuffix(b"\n"))
    span = max(lines * (block.find(b"\n") + 1), 1)
    start = 0
    while start < end:
        stop = block.find(b"\n", start + span - 1, end)
        stop = end if stop < 0 else stop
        yield block[start:stop]
        start = stop + 1
