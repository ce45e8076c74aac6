"""Text that others wrote, made harmless: to a terminal, which obeys control characters, and to a spreadsheet.

Whoever may name an audience could otherwise clear the operator's screen, forge what is on it, or have a program run
when a list is opened in Excel.
"""

from __future__ import annotations

import re
from typing import Final

# Controls of C0 (but tab and line feed) and C1; what turns the direction of text, ends lines or is not visible; lone
# surrogates, which no terminal's encoding has.
_OBEYED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_ALSO_IN_CELLS: Final = str.maketrans({"\n": "\\n", "\t": "\\t"})
# What a spreadsheet takes for the beginning of a formula (OWASP: CSV injection), behind white space and in full width
# as well.
_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 .,]*(?:[eE][+-]?[0-9]+)?%?")


def visible(text: str) -> str:
    """Characters that a terminal would obey, as the escapes that Python writes for them: ESC as `\\x1b`."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)


def visible_cell(text: str) -> str:
    """The same in one line."""
    return visible(text).translate(_ALSO_IN_CELLS)


def visible_json(text: str) -> str:
    """JSON with the same characters as JSON's own escapes: whoever reads it gets what was there."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def inert(text: str) -> str:
    """A cell that no spreadsheet runs: one that could be a formula gets an apostrophe before it.

    Numbers stay as they are, with a sign or without, and so do phone numbers in international form.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
