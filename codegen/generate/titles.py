"""Names made from words of the document, where names.yaml has no line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container

from codegen.schema import Step

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST = 100


def pascal(text: str) -> str:
    """`text` as one CamelCase word of ASCII letters and digits."""
    words = _WORD.findall(text)
    return "".join(word[0].upper() + word[1:].lower() for word in words)


def short(title: str) -> str:
    """`title`, or what a file can still be called: its beginning, and letters made from all of it."""
    if len(title) <= _LONGEST:
        return title
    letters = "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(title.encode()).hexdigest()[:8])
    return title[: _LONGEST // 2] + letters.capitalize()


def free(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name_2`, `name_3`… that is not taken."""
    number, found = 2, name
    while found in taken:
        number, found = number + 1, f"{name}_{number}"
    return found


def token(step: Step) -> tuple[str, str]:
    """The step in the words of names.yaml, and in those of a derived class name."""
    keyword, key = step
    if keyword == "properties":
        return f".{key}", pascal(str(key)) or "Field"
    if keyword == "items":
        return "[]", "Item"
    if keyword == "additionalProperties":
        return "{}", "Value"
    if keyword == "patternProperties":
        return f'{{"{key}"}}', "Value"
    if isinstance(key, int):
        return f"<{key}>", f"Option{key + 1}"
    return f"({keyword} {key})" if key else f"({keyword})", pascal(keyword)
