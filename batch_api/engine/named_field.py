"""Which field of a request an error of the API is about, told in words that can be nobody's data.

The message of an error may quote what was sent. Of it we repeat only the keys that the document has, and positions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import Final

from batch_api._operation import Keys

_PATH: Final = re.compile(r"[\w$]+(?:(?:\.|\[)[\w$]+\]?)*", re.ASCII)
_POSITION: Final = re.compile(r"\d{1,5}", re.ASCII)
_QUOTES: Final = "'\"`"


def named_field(message: str, table: Mapping[str, Keys]) -> str | None:
    """The longest path of keys in `message`, such as `0.identifiers.custom_id`; `None` if it has none.

    A key that is an ordinary word, such as `name`, counts where it is quoted, before a colon, or in a path.
    """
    known = set(chain.from_iterable(keys.names for keys in table.values()))
    paths = [path for found in _PATH.finditer(message) if (path := _known(found, message, known))]
    return max(paths, key=len, default=None)


def _known(found: re.Match[str], message: str, known: set[str]) -> str | None:
    """A path as far as it consists of known keys and positions and ends in a key."""
    parts = found[0].replace("[", ".").replace("]", "").split(".")
    while parts and _POSITION.fullmatch(parts[-1]):
        parts.pop()
    if not parts or not all(part in known or _POSITION.fullmatch(part) for part in parts):
        return None
    is_certain = len(parts) > 1 or "_" in parts[0] or parts[0].startswith("$")
    return ".".join(parts) if is_certain or _is_marked(found, message) else None


def _is_marked(found: re.Match[str], message: str) -> bool:
    """Whether a word stands in quotes, or before a colon."""
    before, after = message[: found.start()][-1:], message[found.end() :][:1]
    return after == ":" or (before in _QUOTES and after == before and bool(before))
