"""The vendor's text on its way into Python source: it stays text, whatever it says."""

from __future__ import annotations

import math
import textwrap
import unicodedata

from codegen.errors import CodegenError

WIDTH = 116


def literal(value: object) -> str:
    """`value` as a Python literal: text, numbers, booleans, `None`, and tuples of these."""
    if isinstance(value, tuple):
        return "(" + "".join(f"{literal(item)}, " for item in value).rstrip() + ")"
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    raise CodegenError(
        "codegen",
        f"expected a str, a number, a boolean or None as a literal, got {type(value).__name__}",
        "Repair it with an overlay.",
    )


def docstring(text: str, indent: int) -> str:
    """`text` as a docstring, quotes included, wrapped to short lines."""
    lines = _wrapped(_harmless(text), WIDTH - indent)
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    margin = " " * indent
    body = "\n".join(f"{margin}{line}" if line else "" for line in lines[1:])
    return f'"""{lines[0]}\n{body}\n{margin}"""'


def first_sentence(text: str) -> str:
    """The first sentence of `text`, for a field whose type has more to say about itself."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


def _harmless(text: str) -> str:
    """`text` without control characters, and escaped so that it cannot end the docstring it is in."""
    kept = (char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))
    return "".join(kept).replace("\\", "\\\\").replace('"', '\\"') if _risky(text) else "".join(kept)


def _risky(text: str) -> bool:
    return "\\" in text or '"""' in text or text.rstrip().endswith('"')


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        lines += ["", *_paragraph(paragraph, width)]
    return lines[1:] or [""]


def _paragraph(paragraph: str, width: int) -> list[str]:
    """Lists keep their lines; prose is filled."""
    rows = paragraph.split("\n")
    if any(row.lstrip().startswith(("* ", "- ", "|", "```")) for row in rows):
        return [row.rstrip() for row in rows]
    return textwrap.wrap(" ".join(paragraph.split()), width, break_long_words=False, break_on_hyphens=False) or [""]
