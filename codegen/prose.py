"""What text says: its figures, each with what it counts and in how much time, and which of its words changed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

_DIGITS = r"\d{1,3}(?:[ ,'\u202f\u00a0]\d{3})+(?!\d)|\d+(?:\.\d+)?(?!\d)"
_SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WORDS = {word: number for number, word in enumerate(_SMALL, 1)} | {"a": 1, "fifteen": 15, "twenty": 20, "thirty": 30}
_WORDS |= {"forty": 40, "fifty": 50, "sixty": 60}
_SCALES = {"k": 1000, "thousand": 1000, "m": 1_000_000, "million": 1_000_000, "hundred": 100}
_SCALE = r"(?P<scale>k\b|M\b|[ -](?:hundred|thousand|million)\b)"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:(?P<digits>{_DIGITS})|(?P<word>{'|'.join(_WORDS)})\b){_SCALE}?(?!\w|[.,]\d)", re.IGNORECASE
)
_TIMES = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86_400}
_RATE = re.compile(
    r"[\s-]*(?P<unit>(?:[A-Za-z]+[\s-]+){0,3}?(?:[A-Za-z]+\s*)??)(?:/|\b(?:per|an?|every|each|in(?=\s\d))\b)\s*"
    rf"(?:(?P<many>\d+)\s*)?(?P<time>{'|'.join(sorted(_TIMES, key=len, reverse=True))})s?\b",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[\s-]*([A-Za-z]+)")
_LONGEST = 200
_AROUND = 2


class Figure(NamedTuple):
    """A number in prose. Two are the same if number, unit and time are."""

    number: float
    unit: str
    """The word for what is counted, in the singular; empty if there is none."""
    per: int | None
    """Seconds, if it is so many in a time."""

    @property
    def speed(self) -> float:
        """How many in a second; the number itself if it is no rate."""
        return self.number / (self.per or 1)

    def __str__(self) -> str:
        number = f"{self.number:,.10g}".replace(",", " " if self.number >= 10_000 else "")
        unit = self.unit + "s" * (self.number != 1 and self.unit.islower())
        times = {seconds: word for word, seconds in _TIMES.items()}  # the last word for it is the longest
        return f"{number} {unit}".strip() + (f" per {times.get(self.per, f'{self.per} s')}" if self.per else "")


def plain(text: object) -> str:
    """Text in one line, without what only lays it out."""
    return " ".join(str(text or "").replace("*", "").split())


def figures(text: str) -> list[Figure]:
    """The figures in prose, in their order. Words (`one`) and decimals (`2.11`) count only where they are rates."""
    found, end = [], 0
    for match in _NUMBER.finditer(text):
        number, rest = _number(match), text[match.end() :]
        if match.start() < end:
            continue  # part of the time of the figure before
        if (rate := _RATE.match(rest)) is not None:
            per = _TIMES[rate["time"].lower()] * int(rate["many"] or 1)
            found.append(Figure(number, _singular(rate["unit"].split()), per))
            end = match.end() + rate.end()
        elif (match["digits"] or match["scale"]) and number == int(number) and "." not in (match["digits"] or ""):
            unit = _UNIT.match(rest)
            found.append(Figure(number, _singular(unit.groups() if unit else ()), None))
    return found


def _number(match: re.Match[str]) -> float:
    word = (match["word"] or "").lower()
    number = float(re.sub(r"[^\d.]", "", match["digits"])) if match["digits"] else _WORDS[word]
    scale = (match["scale"] or "").strip(" -").lower()
    return number * _SCALES.get(scale, 1)


def _singular(words: tuple[str, ...] | list[str]) -> str:
    word = words[-1] if words else ""
    return word if word.isupper() else word.lower().removesuffix("s")


def numbers(text: str) -> list[int]:
    """The whole numbers in prose."""
    return [int(figure.number) for figure in figures(text) if figure.number == int(figure.number)]


def changed_figures(old: str, new: str) -> tuple[list[Figure], list[Figure]]:
    """The figures that are gone, and those that have come."""
    was, now = figures(old), figures(new)
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
