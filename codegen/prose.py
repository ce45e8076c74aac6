"""What text says: its numbers, and which of its words changed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:[ ,\u202f\u00a0]\d{3})+(?![\w.])|(?<![\w.])\d+(?![\w]|\.\d)")
_LONGEST = 60
_AROUND = 2


def plain(text: object) -> str:
    """Text in one line, without what only lays it out."""
    return " ".join(str(text or "").replace("*", "").split())


def numbers(text: str) -> list[int]:
    """The whole numbers in prose, thousands put together, in their order."""
    return [int(re.sub(r"\D", "", found)) for found in _NUMBER.findall(text)]


def changed_numbers(old: str, new: str) -> tuple[list[int], list[int]]:
    """The numbers that are gone, and those that have come."""
    was, now = numbers(old), numbers(new)
    return [one for one in was if one not in now], [one for one in now if one not in was]


def changed_words(old: str, new: str) -> tuple[str, str]:
    """The part of each text that is not in the other, with a word or two around it, shortened."""
    was, now = old.split(), new.split()
    same = [block for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks() if block.size]
    first = next((block.size for block in same if (block.a, block.b) == (0, 0)), 0)
    last = next(
        (block.size for block in same if (block.a + block.size, block.b + block.size) == (len(was), len(now))), 0
    )
    last = min(last, len(was) - first, len(now) - first)
    return _part(was, first, last), _part(now, first, last)


def _part(words: list[str], first: int, last: int) -> str:
    start, end = max(first - _AROUND, 0), min(len(words) - last + _AROUND, len(words))
    text = " ".join(words[start:end])
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{'…' if start else ''}{text}{'…' if end < len(words) and not text.endswith('…') else ''}" or "nothing"
